"""Which conversations are open, since when nothing came or was said in them, and what of them is on its way.

Part of a transaction that the caller runs. Decides nothing but whether a plan still fits the facts.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from bridge.core.errors import Conflict
from bridge.core.lives import Life, Waits
from bridge.core.plan import Conversation
from bridge.store import past
from bridge.store.lanes import ASIDE, WAITING
from bridge.store.schema import conversations, lanes, outbox
from bridge.store.statements import Statement

_SHOWN = text("outbox.kind IN ('show', 'attach', 'react')")
"""Kinds of effects that bring a mail into its room."""

CLOSED = text("conversations.state = 'closed'")

_turn = Statement(
    update(conversations)
    .where(conversations.c.id == bindparam("of"), conversations.c.state != bindparam("to"))
    .values(state=bindparam("to"), look_at=0.0)
)
_last = Statement(select(conversations.c.last).where(conversations.c.id == bindparam("of")))
_stir = Statement(
    update(conversations)
    .where(conversations.c.id == bindparam("of"), conversations.c.state == "open")
    .values(last=bindparam("now"))
)
_stir_closed = Statement(
    update(conversations).where(conversations.c.id == bindparam("of")).values(last=bindparam("now"))
)
_state = Statement(select(conversations.c.state).where(conversations.c.id == bindparam("of")))
_closed_rooms = Statement(select(conversations.c.room).where(CLOSED))
_unshown = Statement(select(outbox.c.seq).where(WAITING, outbox.c.lane == bindparam("of"), _SHOWN).limit(1))
_being_shown = Statement(
    select(outbox.c.seq)
    .join(lanes, lanes.c.head == outbox.c.seq)
    .where(lanes.c.lane == bindparam("of"), lanes.c.state == "claimed", _SHOWN)
)
_held = Statement(
    select(outbox.c.seq).where(ASIDE, outbox.c.lane == bindparam("of"), outbox.c.state == "held").limit(1)
)
_leaving = Statement(select(lanes.c.head).where(lanes.c.lane == bindparam("of")))


def turn(connection: Connection, lives: Sequence[Life], now: float) -> None:
    """Close and open; that is the last event of one that is opened. Raises Conflict when a conversation is not what the
    plan was made of."""
    for life in lives:
        asked = {"of": life.conversation}
        if life.last is not None and _last.scalar(connection, asked) != life.last:
            raise Conflict("something came into the conversation first")
        if _turn.run(connection, {**asked, "to": life.state}).rowcount != 1:
            raise Conflict("the conversation was closed or opened first")
        _stir.run(connection, {**asked, "now": now})


def stir(connection: Connection, ids: Iterable[str], now: float, *, quiet: bool) -> None:
    """Letters were filed in these, or somebody took them.

    Raises Conflict when one was purged meanwhile, or closed; history (`quiet`) goes into closed ones.
    """
    rows = [{"of": each, "now": now} for each in ids]
    if not rows or _stir.many(connection, rows) == len(rows):
        return
    for row in rows:
        state = _state.scalar(connection, {"of": row["of"]})
        if state is None and past.knows(connection, past.conversation(str(row["of"]))):
            raise Conflict("the conversation was purged first")
        if state == "closed":
            if not quiet:
                raise Conflict("the conversation was closed first")
            _stir_closed.run(connection, row)


def last_at(connection: Connection, conversation: str) -> float:
    """When its newest letter was written down."""
    return float(_last.scalar(connection, {"of": conversation}) or 0.0)


def waits(connection: Connection, talk: Conversation) -> Waits:
    """What of it is on its way."""
    shows, leaves = {"of": f"conv:{talk.id}"}, {"of": f"mail:{talk.into or talk.id}"}
    if _leaving.scalar(connection, leaves) is not None or _held.scalar(connection, leaves) is not None:
        return "answer"
    if _unshown.scalar(connection, shows) is not None or _being_shown.scalar(connection, shows) is not None:
        return "mail"
    return ""


def closed_rooms(connection: Connection) -> frozenset[str]:
    """The keys of the rooms of closed conversations."""
    return frozenset(row.room for row in _closed_rooms.all(connection, {}))
