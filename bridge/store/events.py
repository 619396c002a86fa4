"""What events and rooms in Matrix are to us: bound when a receipt comes, looked up when someone answers.

Never talks to Matrix; ids are the strings that receipts and events bring.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from bridge.core.effects import (
    Admit,
    Attach,
    AutoMail,
    CloseRoom,
    DigestRoot,
    Effect,
    FileCopy,
    Line,
    MarkMail,
    Obey,
    OpenRoom,
    React,
    Receipt,
    Rejoin,
    ReopenRoom,
    SendMail,
    Show,
    Tell,
)
from bridge.store import codec, lanes, standings
from bridge.store.schema import conversations, events, former_rooms, rooms, threads
from bridge.store.statements import Statement

_new_event = insert(events)
_bind = Statement(_new_event.on_conflict_do_nothing())
_bind_answer = Statement(
    _new_event.on_conflict_do_update(
        index_elements=[events.c.event_id],
        set_={name: _new_event.excluded[name] for name in ("effect", "meaning", "subject", "letter", "conversation")},
    )
)
_root = Statement(insert(threads).on_conflict_do_nothing())
_new_room = insert(rooms)
_opened = Statement(
    _new_room.on_conflict_do_update(
        index_elements=[rooms.c.key], set_={"room_id": _new_room.excluded.room_id, "state": "open", "words": ""}
    )
)
_use = Statement(
    _new_room.on_conflict_do_update(
        index_elements=[rooms.c.key],
        set_={"scope": _new_room.excluded.scope, "rule": _new_room.excluded.rule},
        where=or_(rooms.c.scope != _new_room.excluded.scope, rooms.c.rule != _new_room.excluded.rule),
    )
)
_room_id = Statement(select(rooms.c.room_id).where(rooms.c.key == bindparam("of")))
_keys = Statement(select(rooms.c.key).where(rooms.c.room_id == bindparam("id")))


def bind(connection: Connection, given: Sequence[tuple[Effect, Receipt]]) -> None:
    """Keep what peers gave for effects: event ids with their meaning, a thread's root, a room id, who took a mail."""
    rows: list[dict[str, str]] = []
    for effect, receipt in given:
        rows += _bind_one(connection, effect, receipt)
    if rows:
        _bind.many(connection, rows)


def _bind_one(connection: Connection, effect: Effect, receipt: Receipt) -> list[dict[str, str]]:
    """Keep all but the event ids, whose rows are returned."""
    match effect:
        case Show() | Attach():
            if isinstance(effect, Show) and effect.threaded and receipt.events:
                _root.run(connection, {"conversation": effect.conversation, "root": receipt.events[0]})
            return _events(effect, receipt, "letter", effect.letter)
        case React():
            return _events(effect, receipt, "letter", effect.letter)
        case Tell():
            return _events(effect, receipt, effect.meaning, "")
        case Line():
            return _events(effect, receipt, "line", "")
        case DigestRoot():
            if receipt.events:
                _root.run(connection, {"conversation": effect.conversation, "root": receipt.events[0]})
            return _events(effect, receipt, "notice", "")
        case OpenRoom():
            _open(connection, effect.room.key, receipt.room)
        case Rejoin():
            entered = receipt.room or effect.room_id
            before = _room_id.scalar(connection, {"of": effect.room})
            if before and before != entered:  # its successor, and so for everything that lies in it
                find_room(connection, before, entered)
            _open(connection, effect.room, entered)
        case SendMail():
            taken = [a for a in effect.draft.recipients if a.spec in receipt.accepted]
            standings.know(connection, [(effect.scope, a.key) for a in taken])
        case AutoMail() | FileCopy() | MarkMail() | Admit() | CloseRoom() | ReopenRoom() | Obey():
            pass
    return []


def bind_answer(connection: Connection, effect: SendMail) -> None:
    """The chat message that became this mail."""
    if effect.event:
        values = {"event_id": effect.event, "effect": effect.key, "meaning": "answer", "subject": effect.key}
        values |= {"letter": effect.key, "conversation": effect.conversation}
        _bind_answer.run(connection, {**values, "room": effect.room, "sender": effect.author})


def use_rooms(connection: Connection, used: Sequence[tuple[str, str, str]]) -> None:
    """Remember room keys with their scope and rule; an id that is known already stays."""
    if used:
        rows = [
            {"key": key, "scope": scope, "rule": rule, "room_id": "", "state": "open", "words": ""}
            for key, scope, rule in used
        ]
        _use.many(connection, rows)


def lose_room(connection: Connection, room_id: str, words: str) -> None:
    """The bot is no longer in it."""
    connection.execute(update(rooms).where(rooms.c.room_id == room_id).values(state="lost", words=codec.clean(words)))
    lanes.block(connection, room_id)


def find_room(connection: Connection, room_id: str, successor: str | None) -> None:
    """It is usable again, under the id of its successor if it was upgraded: threads then start anew there."""
    current = successor or room_id
    keys = [row.key for row in _keys.all(connection, {"id": room_id})]
    if current != room_id and keys:
        connection.execute(
            insert(former_rooms).on_conflict_do_nothing(), [{"room_id": room_id, "key": key} for key in keys]
        )
        _move(connection, keys, current)
    connection.execute(update(rooms).where(rooms.c.room_id == current).values(state="open", words=""))
    lanes.unblock(connection, current)


def _move(connection: Connection, keys: Sequence[str], current: str) -> None:
    moved = select(conversations.c.id).where(conversations.c.room.in_(keys))
    connection.execute(delete(threads).where(threads.c.conversation.in_(moved)))
    connection.execute(update(rooms).where(rooms.c.key.in_(keys)).values(room_id=current))


def _open(connection: Connection, key: str, room_id: str) -> None:
    """Another room than before is another choice, for this key alone: the former one is no longer listened to."""
    if room_id:
        before = _room_id.scalar(connection, {"of": key})
        if before and before != room_id:
            _move(connection, [key], room_id)
        row = {"key": key, "room_id": room_id, "scope": "", "rule": "", "state": "open", "words": ""}
        _opened.run(connection, row)
        lanes.unblock(connection, room_id)


def _events(
    effect: Show | Attach | React | Tell | DigestRoot | Line, receipt: Receipt, meaning: str, letter: str
) -> list[dict[str, str]]:
    same = {
        "effect": effect.key,
        "meaning": meaning,
        "subject": effect.subject_of if isinstance(effect, Tell) else "",
        "letter": letter,
        "conversation": effect.conversation,
        "room": effect.room,
        "sender": "",
    }
    return [{"event_id": event_id, **same} for event_id in receipt.events]
