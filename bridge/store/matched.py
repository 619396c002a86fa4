"""Which rules took mail, by the traces that decisions left with their arrivals. Reads only, and no mail's text."""

from collections.abc import Set
from pathlib import Path

from sqlalchemy import func, select

from bridge.store import codec, database
from bridge.store.schema import inbox

STEP = 20_000
"""Arrivals that are looked at together, from the newest to the oldest: where all rules take mail, few are enough."""

RuleKey = tuple[str, str]
"""A rule's name, and the file it stood in as traces name it."""


def idle(folder: Path, rules: Set[RuleKey], since: float) -> frozenset[RuleKey]:
    """Those of `rules` that took none of the mail that was decided since then; none when no mail was.

    A rule of the same name in the same file counts as the same one. Raises Permanent, Transient.
    """
    left, decided = set(rules), False
    with database.reading(folder) as connection:
        high = connection.execute(select(func.max(inbox.c.order))).scalar_one() or 0
        while high > 0 and left:
            here = (inbox.c.order > high - STEP, inbox.c.order <= high)
            newest = connection.execute(select(func.max(inbox.c.planned_at)).where(*here)).scalar_one()
            if newest is not None and newest < since:
                break
            traces = select(inbox.c.traces).where(*here, inbox.c.planned_at >= since, inbox.c.traces != "").distinct()
            for (text,) in connection.execute(traces):
                decided = True
                left.difference_update((trace.rule, trace.file) for trace in codec.load_traces(text))
            high -= STEP
    return frozenset(left) if decided else frozenset()
