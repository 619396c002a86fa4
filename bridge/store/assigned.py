"""Whose turn it is, and whose a conversation is. Part of a transaction that the caller runs."""

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from bridge.core.errors import Conflict
from bridge.core.plan import Assignment
from bridge.store import codec
from bridge.store.schema import assignments
from bridge.store.statements import Statement

_add = Statement(insert(assignments).on_conflict_do_nothing(), [column.name for column in assignments.columns])
_last = Statement(
    select(assignments.c.turn, assignments.c.user)
    .where(
        assignments.c.scope == bindparam("in_scope"),
        assignments.c.rule == bindparam("of"),
        assignments.c.turn.is_not(None),
    )
    .order_by(assignments.c.turn.desc())
    .limit(1)
)


def next_turn(connection: Connection, scope: str, rule: str | None) -> tuple[int, str]:
    """The next turn of a scope and rule, and who had the last; (0, "") where nobody is assigned."""
    row = None if rule is None else _last.first(connection, {"in_scope": scope, "of": rule})
    return (0, "") if row is None else (row.turn + 1, row.user)


def keep(connection: Connection, given: tuple[Assignment, ...], arrival: str) -> None:
    """Write them. Raises Conflict when another turn was quicker: whoever plans again sees who had it."""
    rows = [
        {
            "conversation": each.conversation,
            "scope": each.scope,
            "rule": each.rule,
            "turn": each.turn if each.user else None,
            "user": each.user,
            "tags": codec.clean("\n".join(each.tags)),
            "arrival": arrival,
        }
        for each in given
    ]
    if rows and _add.many(connection, rows) < len(rows):
        raise Conflict("another conversation had this turn")
