"""To whom an automatic answer went, and when: the memory that keeps it to one in a while (RFC 3834 section 2).

Whichever inbox it was: a person gets one answer, not one of each. What counts is the moment of the mail it answered.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from bridge.core.acknowledging import MOST
from bridge.core.errors import Conflict
from bridge.core.plan import Acknowledged
from bridge.store.schema import acknowledged
from bridge.store.statements import Statement

_last = Statement(select(acknowledged.c.at).where(acknowledged.c.address == bindparam("of")))
_nth = Statement(select(acknowledged.c.at).order_by(acknowledged.c.at.desc()).limit(1).offset(MOST - 1))
_new = insert(acknowledged)
_remember = Statement(
    _new.on_conflict_do_update(
        index_elements=[acknowledged.c.address],
        set_={"at": func.max(acknowledged.c.at, _new.excluded.at)},
    )
)


def last(connection: Connection, address: str) -> float:
    """When the last one was answered; 0 when none was."""
    return float(_last.scalar(connection, {"of": address}) or 0.0)


def flood(connection: Connection) -> float:
    """When the newest but MOST - 1 was answered, whoever it was; 0 when they are fewer."""
    return float(_nth.scalar(connection, {}) or 0.0)


def remember(connection: Connection, answers: Sequence[Acknowledged]) -> None:
    """Raises Conflict when another turn answered the same person meanwhile: the view did not tell."""
    for each in answers:
        if each.at - last(connection, each.address) < each.once:
            raise Conflict("another mail of the same person was acknowledged first")
        _remember.run(connection, {"address": each.address, "at": each.at})
