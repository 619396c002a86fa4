"""Lanes: who is at the head of each, so that claiming costs the same however much waits behind a head.

A lane has a row exactly while something in it waits or is claimed; its head is what is claimed, else the earliest that
waits. Held effects are passed over. Never decides what an effect means; `outbox` does the bookkeeping of effects.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, case, delete, exists, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert

from bridge.store.schema import lanes, outbox, rooms
from bridge.store.statements import Statement

RANKS = (0, 1, 3, 2)
"""Who goes first among lanes: mail that leaves, live chat, rooms to open, history.

A long import delays none of the others. A room costs a homeserver many times what a message does, so that a wave of
new conversations would make those that are open wait (I8): their messages go first.
"""

# Partial indexes serve a query only when it says the very words of their condition.
WAITING = text("outbox.state = 'waiting'")
READY = text("lanes.state = 'ready'")
ASIDE = text("outbox.state IN ('held', 'buried', 'cancelled')")

CLAIMED = outbox.c.seq.in_(select(lanes.c.head).where(lanes.c.state == "claimed"))
"""Effects under way: each is the head of its lane."""

_columns = ("lane", "head", "state", "rank", "due", "room")
_head = (
    select(
        outbox.c.lane,
        outbox.c.seq,
        case((exists().where(rooms.c.key == outbox.c.room, rooms.c.state == "lost"), "blocked"), else_="ready"),
        outbox.c.rank,
        outbox.c.due,
        outbox.c.room,
    )
    .where(outbox.c.lane == bindparam("of"), WAITING)
    .order_by(outbox.c.seq)
    .limit(1)
)
_free = or_(lanes.c.state != "claimed", lanes.c.head == bindparam("freed"))
_new = insert(lanes).from_select(_columns, _head)
_begin = Statement(_new.on_conflict_do_nothing(index_elements=[lanes.c.lane]))
_put = Statement(
    _new.on_conflict_do_update(
        index_elements=[lanes.c.lane], set_={name: _new.excluded[name] for name in _columns[1:]}, where=_free
    )
)
_drop = Statement(
    delete(lanes).where(lanes.c.lane == bindparam("of"), _free, ~exists().where(outbox.c.lane == lanes.c.lane, WAITING))
)
_mine = lanes.c.room.in_(select(rooms.c.key).where(rooms.c.room_id == bindparam("id")))
_blocked = select(lanes.c.head).where(lanes.c.state == "blocked", _mine)
_any_blocked = Statement(_blocked.limit(1))
_block = Statement(update(lanes).where(READY, _mine).values(state="blocked"))
_undelay = Statement(update(outbox).where(outbox.c.seq.in_(_blocked), outbox.c.kind != "send-mail").values(due=0.0))
_due = select(outbox.c.due).where(outbox.c.seq == lanes.c.head).scalar_subquery()
_unblock = Statement(update(lanes).where(lanes.c.state == "blocked", _mine).values(state="ready", due=_due))
_next_due = [
    Statement(select(func.min(lanes.c.due)).where(READY, lanes.c.rank == rank, lanes.c.due > bindparam("now")))
    for rank in RANKS
]


def advance(connection: Connection, lane: str, freed: int = -1) -> None:
    """Make the lane's row true again after one of its effects changed. `freed`: the seq that is no longer claimed."""
    advance_all(connection, [(lane, freed)])


def advance_all(connection: Connection, changed: Sequence[tuple[str, int]]) -> None:
    """The same for several lanes, each with its `freed`."""
    asked = [{"of": lane, "freed": freed} for lane, freed in changed]
    if asked and _drop.many(connection, asked) < len(asked):
        _put.many(connection, asked)  # of a lane in which nothing waits it puts nothing


def extend(connection: Connection, names: Iterable[str]) -> None:
    """Effects were added at the end of these lanes: only a lane that had nothing gets a new head."""
    if added := [{"of": lane} for lane in dict.fromkeys(names)]:
        _begin.many(connection, added)


def block(connection: Connection, room_id: str) -> None:
    """Lanes whose head needs this lost room wait without limit."""
    _block.run(connection, {"id": room_id})


def unblock(connection: Connection, room_id: str) -> None:
    """The room is there again: its lanes go on at once, mail not before its hold."""
    if _any_blocked.first(connection, {"id": room_id}) is None:
        return
    _undelay.run(connection, {"id": room_id})
    _unblock.run(connection, {"id": room_id})


def next_due(connection: Connection, now: float) -> float | None:
    """The earliest moment after `now` at which the head of a lane becomes due."""
    moments = [query.scalar(connection, {"now": now}) for query in _next_due]
    return min((moment for moment in moments if moment is not None), default=None)
