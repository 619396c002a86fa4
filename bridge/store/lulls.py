"""Conversations that are to be looked at, because nothing may have happened in them for long; and what becomes of them.

Part of a transaction that the caller runs. Decides nothing but whether a step still fits the facts.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text, update

from bridge.core import idling
from bridge.core.idling import Lull, Step
from bridge.core.plan import Bookmark, Conversation
from bridge.store import intake, lives, outbox, purging
from bridge.store.assigned import CONVERSATIONS
from bridge.store.schema import AnyRow, conversations, lanes, rooms
from bridge.store.statements import Statement
from bridge.store.views import as_conversation

BY = "lulls"
"""The bookmark that holds the digest of the rules by which all conversations were to be looked at."""

_LOOKED_AT = text("conversations.look_at IS NOT NULL")

_due = Statement(
    CONVERSATIONS.where(_LOOKED_AT, conversations.c.look_at <= bindparam("now"))
    .order_by(conversations.c.look_at)
    .limit(bindparam("most"))
)
_of = Statement(CONVERSATIONS.where(conversations.c.id == bindparam("of")))
_lane = Statement(select(lanes.c.head).where(lanes.c.lane == bindparam("of")))
_room = Statement(select(rooms.c.room_id).where(rooms.c.key == bindparam("of"), rooms.c.state == "open"))
_any_room = Statement(select(rooms.c.room_id).where(rooms.c.key == bindparam("of")))
_merged = Statement(CONVERSATIONS.where(text("conversations.merged <> ''"), conversations.c.merged == bindparam("of")))
_write = Statement(
    update(conversations)
    .where(conversations.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("state", "last", "look_at")})
)
_anew = Statement(update(conversations).where(text("conversations.look_at IS NOT 0.0")).values(look_at=0.0))


def lulls(connection: Connection, now: float, limit: int) -> list[Lull]:
    """Those whose moment has come, with what is known of them."""
    return [_lull(connection, row) for row in _due.all(connection, {"now": now, "most": limit})]


def _lull(connection: Connection, row: AnyRow) -> Lull:
    """What was merged into it counts with it."""
    together = [row, *_merged.all(connection, {"of": row.id})]
    return Lull(
        as_conversation(row),
        row.last,
        newest=max(each.last for each in together),
        busy=any(_busy(connection, as_conversation(each)) for each in together),
        lost=not _room.scalar(connection, {"of": row.room}),
    )


def _busy(connection: Connection, talk: Conversation) -> bool:
    return lives.waits(connection, talk) != "" or _lane.scalar(connection, {"of": f"conv:{talk.id}"}) is not None


def take(connection: Connection, steps: Sequence[Step], now: float) -> list[Step]:
    """Do those of `steps` whose conversation is still what they were made of; the others are looked at again."""
    done: list[Step] = []
    for step in steps:
        row = _of.first(connection, {"of": step.lull.conversation.id})
        if row is None or _lull(connection, row) != step.lull:
            continue
        if step.purges:
            if not _purged(connection, row, step, now):
                continue
            done.append(step)
            continue
        values = {"state": step.state, "last": step.last, "look_at": step.look_at}
        _write.run(connection, {"of": step.lull.conversation.id, **values})
        outbox.enqueue(connection, step.effects, rank=outbox.LIVE, cause="", now=now)
        done.append(step)
    return done


def _purged(connection: Connection, row: AnyRow, step: Step, now: float) -> bool:
    """Forget it with what was merged into it; the rooms that were theirs alone are left."""
    family = [row, *_merged.all(connection, {"of": row.id})]
    # An answer that is not planned yet may be said in its room: it would be no room of ours any more.
    if intake.unheard(connection) or any(purging.passes_on(connection, each.id) for each in family):
        return False
    own = [each for each in family if not each.threaded]
    left = [(each, _any_room.scalar(connection, {"of": each.room})) for each in own]
    lines = {each.id: purging.lines_of(connection, each.id) for each in family}
    purging.purge(connection, [each.id for each in family], [each.room for each in own])
    effects = [idling.leaving(as_conversation(each), room) for each, room in left if room]
    unsaid = [effect for key, found in lines.items() for effect in idling.unsaid(key, found)]
    outbox.enqueue(connection, [*effects, *unsaid], rank=outbox.LIVE, cause="", now=now)
    return True


def look_anew(connection: Connection, digest: str) -> None:
    """All are to be looked at, once for each change of the rules."""
    if intake.read_bookmark(connection, BY) != digest:
        _anew.run(connection, {})
        intake.mark(connection, Bookmark(BY, digest))
