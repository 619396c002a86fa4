"""What the planner must know of a room event: where it was said, what it answers, which mail and answer are meant.

Reads one moment of committed facts and changes nothing.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select

from bridge.core.effects import SendMail, Show
from bridge.core.ids import derive
from bridge.core.mail import Letter
from bridge.core.plan import Answer, Conversation, EventQuery, EventView, Known
from bridge.core.unfolding import whole_of
from bridge.store import codec, lives
from bridge.store.assigned import CONVERSATIONS
from bridge.store.outbox import ENTRIES
from bridge.store.schema import AnyRow, conversations, events, former_rooms, letters, outbox, rooms, threads
from bridge.store.statements import Statement
from bridge.store.views import as_conversation, conversation_of, oldest, participants_of

_event = Statement(select(events).where(events.c.event_id == bindparam("of")))
_letter = Statement(select(letters.c.letter).where(letters.c.key == bindparam("of")))
_last = Statement(
    select(letters.c.letter)
    .where(letters.c.conversation == bindparam("of"), letters.c.ours == 0)
    .order_by(letters.c.order.desc())
    .limit(1)
)
_rooms_of_id = Statement(select(rooms).where(rooms.c.room_id == bindparam("id")).order_by(rooms.c.key))
_rooms_of_former_id = Statement(
    select(rooms)
    .join(former_rooms, former_rooms.c.key == rooms.c.key)
    .where(former_rooms.c.room_id == bindparam("id"))
    .order_by(rooms.c.key)
)
_thread = Statement(select(threads.c.conversation).where(threads.c.root == bindparam("of")))
_only_conversation = Statement(
    CONVERSATIONS.where(conversations.c.room == bindparam("of"), conversations.c.threaded == 0).limit(2)
)
_effect = Statement(ENTRIES.where(outbox.c.key == bindparam("of")))
_state = Statement(select(outbox.c.state).where(outbox.c.key == bindparam("of")))


def event_view(connection: Connection, query: EventQuery) -> EventView:
    """The facts for planning a room event.

    An event is only ever taken for what it is in its own room: naming another room's event must not reach its mail.
    """
    asked = {"id": query.room_id}
    here = _rooms_of_id.all(connection, asked) or _rooms_of_former_id.all(connection, asked)
    if not here:
        return EventView()
    keys = [row.key for row in here]
    replied = _event_in(connection, query.reply_to, keys)
    target = _event_in(connection, query.target, keys)
    conversation = _conversation_said(connection, query, keys, (replied, target))
    room = next((row for row in here if conversation is not None and row.key == conversation.room), here[0])
    spoken = replied
    if spoken is None and target is not None and target.meaning in ("mark", "confirm", "answer"):
        spoken = target
    line = None
    if target is not None and target.meaning == "line":
        line = oldest(connection, target.conversation)
        room = next(row for row in here if row.key == target.room)
    known, last = None if spoken is None else _known(connection, spoken), _last_letter(connection, conversation)
    return EventView(
        room=room.key,
        scope=room.scope,
        rule=room.rule,
        conversation=conversation,
        last=last,
        replied=known,
        answer=None if target is None else _answer(connection, target.subject),
        participants=participants_of(connection, conversation),
        shown=_shown(connection, _show_of(query, target, known, last)),
        waits=lives.waits(connection, conversation) if query.waits and conversation is not None else "",
        last_at=lives.last_at(connection, conversation.id) if query.waits and conversation is not None else 0.0,
        line=line,
    )


def _show_of(query: EventQuery, target: AnyRow | None, known: Known | None, last: Letter | None) -> str:
    """The key of the effect that showed the mail in question, or empty."""
    if target is not None:
        return str(target.effect) if target.meaning == "letter" else ""
    letter = whole_of(known, last) if query.whole else None
    return "" if letter is None else derive("show", letter.key)


def _shown(connection: Connection, key: str) -> Show | None:
    row = _effect.first(connection, {"of": key}) if key else None
    effect = None if row is None else codec.load_effect(row.kind, row.effect)
    return effect if isinstance(effect, Show) else None


def _conversation_said(
    connection: Connection,
    query: EventQuery,
    keys: Sequence[str],
    named: Iterable[AnyRow | None],
) -> Conversation | None:
    """By the replied-to event, else the thread, else the target, else the room when it holds one conversation."""
    replied, target = named
    candidates = [replied.conversation if replied is not None else ""]
    if query.thread:
        root = _event_in(connection, query.thread, keys)
        candidates.append(root.conversation if root is not None else "")
        candidates.append(_thread.scalar(connection, {"of": query.thread}) or "")
    candidates.append(target.conversation if target is not None else "")
    for each in candidates:
        if each and (found := conversation_of(connection, each)) is not None and found.room in keys:
            return found
    alone = [row for key in keys for row in _only_conversation.all(connection, {"of": key})]
    return as_conversation(alone[0]) if len(alone) == 1 else None


def _event_in(connection: Connection, event_id: str, keys: Sequence[str]) -> AnyRow | None:
    row = _event.first(connection, {"of": event_id}) if event_id else None
    return row if row is not None and row.room in keys else None


def _known(connection: Connection, row: AnyRow) -> Known:
    """What an event is to us. An answer that was taken back is a note now: nobody may answer or quote it (I6)."""
    taken_back = row.meaning == "answer" and _state.scalar(connection, {"of": row.subject}) == "cancelled"
    if taken_back:
        return Known(meaning="notice", effect=row.subject, sender=row.sender)
    text = _letter.scalar(connection, {"of": row.letter}) if row.letter else None
    letter = None if text is None else codec.load_letter(text)
    return Known(meaning=row.meaning, letter=letter, effect=row.subject, sender=row.sender)


def _answer(connection: Connection, key: str) -> Answer | None:
    row = _effect.first(connection, {"of": key}) if key else None
    if row is None:
        return None
    effect = codec.load_effect(row.kind, row.effect)
    assert isinstance(effect, SendMail)
    match row.state:
        case "waiting" | "held" | "claimed" if row.begun:
            return Answer(key, effect, "begun")
        case "buried":
            return Answer(key, effect, "failed")
        case state:
            return Answer(key, effect, state)


def _last_letter(connection: Connection, conversation: Conversation | None) -> Letter | None:
    if conversation is None:
        return None
    text = _last.scalar(connection, {"of": conversation.id})
    return None if text is None else codec.load_letter(text)
