"""The journal in numbers, and whether it can be written: for who watches the daemon from outside.

It counts over indexes and reads no text.
"""

from sqlalchemy import Connection, bindparam, case, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from bridge.core.happened import Tally
from bridge.store.intake import NEW, QUARANTINED
from bridge.store.lanes import ASIDE, WAITING
from bridge.store.schema import inbox, lanes, meta, outbox, rooms
from bridge.store.statements import Statement

_count = select(func.count())
_new = Statement(_count.select_from(inbox).where(NEW))
_quarantined = Statement(_count.select_from(inbox).where(QUARANTINED))
_waiting = Statement(_count.select_from(outbox).where(WAITING))
_aside = {
    state: Statement(_count.select_from(outbox).where(ASIDE, outbox.c.state == state)) for state in ("held", "buried")
}
_lanes = Statement(select(lanes.c.state, func.count()).group_by(lanes.c.state))
_lost = Statement(_count.select_from(rooms).where(rooms.c.state == "lost"))
# What was tried waits since then; what was not, since it was planned and its own time came.
_since = case((outbox.c.first_at.is_not(None), outbox.c.first_at), else_=func.max(outbox.c.created_at, outbox.c.due))
_oldest = Statement(
    select(func.min(_since))
    .select_from(lanes)
    .join(outbox, outbox.c.seq == lanes.c.head)
    .where(or_(outbox.c.first_at.is_not(None), outbox.c.due <= bindparam("now")))
)
_PROBED = "probed"
_new_probe = insert(meta)
_probe = Statement(
    _new_probe.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": _new_probe.excluded.value})
)


def tally(connection: Connection, now: float) -> Tally:
    """How much is where."""
    return Tally(
        arrivals={"new": _new.scalar(connection, {}), "quarantined": _quarantined.scalar(connection, {})},
        lanes={"ready": 0, "claimed": 0, "blocked": 0} | dict(_lanes.all(connection, {})),
        effects={"waiting": _waiting.scalar(connection, {})}
        | {state: counting.scalar(connection, {}) for state, counting in _aside.items()},
        lost_rooms=_lost.scalar(connection, {}),
        oldest=_oldest.scalar(connection, {"now": now}),
    )


def probe(connection: Connection, now: float) -> None:
    """Write something small. Part of the caller's transaction, whose commit tells."""
    _probe.run(connection, {"key": _PROBED, "value": f"{now:.0f}"})
