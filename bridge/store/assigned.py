"""Whose turn it is, and whose a conversation is. Part of a transaction that the caller runs."""

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from bridge.core.errors import Conflict
from bridge.core.plan import Assignment
from bridge.store import codec
from bridge.store.schema import assignments, conversations
from bridge.store.statements import Statement

_new = insert(assignments)
_columns = [column.name for column in assignments.columns]
_add = Statement(_new.on_conflict_do_nothing(), _columns)
_take = Statement(
    _new.on_conflict_do_update(index_elements=[assignments.c.conversation], set_={"taken": _new.excluded.taken}),
    _columns,
)
WHOSE = func.coalesce(func.nullif(assignments.c.taken, ""), assignments.c.user, "").label("whose")
"""Who has a conversation: who took it last, else whom the rules gave it to; empty for nobody."""

CONVERSATIONS = select(conversations, WHOSE).outerjoin(assignments, assignments.c.conversation == conversations.c.id)
"""Conversations, each with who has it."""

_everybody = Statement(
    select(conversations.c.room, WHOSE)
    .join(conversations, conversations.c.id == assignments.c.conversation)
    .where(conversations.c.threaded == 0, (assignments.c.taken != "") | (assignments.c.user != ""))
)
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


def by_room(connection: Connection) -> dict[str, str]:
    """Who has the conversations that have rooms of their own, by the key of the room."""
    return {row.room: row.whose for row in _everybody.all(connection, {})}


def keep(connection: Connection, given: tuple[Assignment, ...], arrival: str) -> None:
    """Write them. Raises Conflict when another turn was quicker: whoever plans again sees who had it."""
    rows = [
        {
            "conversation": each.conversation,
            "scope": each.scope,
            "rule": each.rule,
            "turn": each.turn if each.user and not each.taken else None,
            "user": "" if each.taken else each.user,
            "tags": codec.clean("\n".join(each.tags)),
            "arrival": arrival,
            "taken": each.user if each.taken else "",
        }
        for each in given
    ]
    taken = [row for row in rows if row["taken"]]
    new = [row for row in rows if not row["taken"]]
    if taken:
        _take.many(connection, taken)
    if new and _add.many(connection, new) < len(new):
        raise Conflict("another conversation had this turn")
