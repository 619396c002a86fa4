"""What the planner and the delivery turn ask of mail: each function reads one moment of committed facts and changes
nothing. What they ask of room events is asked in `said`.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, bindparam, func, select, text, union_all

from bridge.core import gathering
from bridge.core.calendars import Event
from bridge.core.effects import DigestRoot, SendMail, Show
from bridge.core.mail import Letter
from bridge.core.plan import Conversation, Kin, MailQuery, MailView, Unshown
from bridge.store import acknowledged, assigned, codec, past, reported, standings
from bridge.store.intake import QUARANTINED
from bridge.store.lanes import CLAIMED, WAITING
from bridge.store.outbox import ENTRIES, HISTORY
from bridge.store.schema import (
    AnyRow,
    anchors,
    conversations,
    inbox,
    letters,
    participants,
    rooms,
)
from bridge.store.schema import outbox as outbox_table
from bridge.store.statements import Statement

ANCESTORS = 500
"""How many ancestors of one mail are looked at: References of hostile mails are without end."""

EARLIER = 3
"""How many ancestors' texts a mail is held against."""

REMEMBERED = 50
"""Letters of a conversation in which an earlier word about an appointment is looked for."""

_same_id = select(letters.c.content, letters.c.ours).where(
    letters.c.scope == bindparam("in_scope"), letters.c.message_id == bindparam("of")
)
_letters_of_id = Statement(_same_id)
_same_content = Statement(_same_id.where(letters.c.content == bindparam("digest")).limit(1))
_binding = Statement(
    select(anchors.c.conversation).where(
        anchors.c.scope == bindparam("in_scope"), anchors.c.message_id == bindparam("of")
    )
)
_conversation_of = Statement(assigned.CONVERSATIONS.where(conversations.c.id == bindparam("of")))
_participants_of = Statement(
    union_all(
        select(participants.c.address).where(participants.c.conversation == bindparam("of")),
        select(participants.c.address)
        .join(conversations, conversations.c.id == participants.c.conversation)
        .where(text("conversations.merged <> ''"), conversations.c.merged == bindparam("of")),
    )
)
_begun = Statement(select(func.min(letters.c.order)).where(letters.c.conversation == bindparam("of")))
_open = Statement(select(rooms.c.key).where(rooms.c.room_id != "", rooms.c.key == bindparam("of")))
_held = Statement(select(func.count()).select_from(inbox).where(QUARANTINED))
_text_of = Statement(
    select(func.json_extract(letters.c.letter, "$.text"))
    .where(
        letters.c.scope == bindparam("in_scope"),
        letters.c.message_id == bindparam("of"),
        letters.c.conversation == bindparam("within"),
    )
    .limit(1)
)
_newest = Statement(
    select(letters.c.letter)
    .where(letters.c.conversation == bindparam("of"))
    .order_by(letters.c.order.desc())
    .limit(bindparam("most"))
)
_by_id = Statement(
    select(letters.c.letter)
    .where(letters.c.scope == bindparam("in_scope"), letters.c.message_id == bindparam("of"))
    .order_by(letters.c.order)
    .limit(1)
)
_nth_answer = Statement(
    select(letters.c.letter)
    .where(letters.c.scope == bindparam("in_scope"), letters.c.ours == 1)
    .order_by(letters.c.order.desc())
    .limit(1)
    .offset(bindparam("skipped"))
)
_letters_of = Statement(
    select(letters.c.letter)
    .where(letters.c.conversation == bindparam("of"), letters.c.ours == 0)
    .order_by(letters.c.order)
    .limit(bindparam("most"))
)
_count_of = Statement(
    select(func.count()).select_from(letters).where(letters.c.conversation == bindparam("of"), letters.c.ours == 0)
)
_shows = (
    ENTRIES.where(
        outbox_table.c.kind == "show", outbox_table.c.rank != HISTORY, outbox_table.c.seq > bindparam("after")
    )
    .order_by(outbox_table.c.seq)
    .limit(bindparam("most"))
)
_effect = Statement(ENTRIES.where(outbox_table.c.key == bindparam("of")))
_unshown = Statement(_shows.where(WAITING))
_being_shown = Statement(_shows.where(CLAIMED))


def event_of(connection: Connection, key: str) -> str | None:
    """The first event id that an effect made, or the chat message that it sends."""
    row = _effect.first(connection, {"of": key})
    if row is None:
        return None
    made = next(iter(codec.load_receipt(row.receipt).events), None)
    if made is None and row.kind == "send-mail":
        effect = codec.load_effect(row.kind, row.effect)
        return effect.event or None if isinstance(effect, SendMail) else None
    return made


def unshown(connection: Connection, after: int, limit: int) -> list[Unshown]:
    """Live mails that are planned and not shown. One that is being tried right now waits too."""
    asked = {"after": after, "most": limit}
    rows = [*_unshown.all(connection, asked), *_being_shown.all(connection, asked)]
    found: list[Unshown] = []
    for row in sorted(rows, key=lambda row: int(row.seq))[:limit]:
        effect = codec.load_effect(row.kind, row.effect)
        assert isinstance(effect, Show)
        talk = conversation_of(connection, effect.conversation)
        if talk is not None:
            found.append(Unshown(row.seq, effect.arrival, talk.scope, talk.rule, _digest_due(connection, talk.id)))
    return found


def _digest_due(connection: Connection, conversation: str) -> float:
    row = _effect.first(connection, {"of": gathering.root(conversation)})
    root = None if row is None or row.state != "waiting" else codec.load_effect(row.kind, row.effect)
    return root.not_before if isinstance(root, DigestRoot) else 0.0


def mail_views(connection: Connection, queries: Sequence[MailQuery]) -> list[MailView]:
    """The facts for planning mails, each in one scope."""
    held = _held.scalar(connection, {}) if any(query.held for query in queries) else 0
    return [_mail_view(connection, query, held) for query in queries]


def mail_view(connection: Connection, query: MailQuery) -> MailView:
    """The facts for planning a mail in one scope."""
    return mail_views(connection, [query])[0]


def _mail_view(connection: Connection, query: MailQuery, held: int) -> MailView:
    asked = {"in_scope": query.scope, "of": query.message_id}
    if query.message_id:
        same_id = _letters_of_id.all(connection, asked)
    else:
        same_id = _same_content.all(connection, {**asked, "digest": query.content})
    theirs = past.theirs(query.scope, query.message_id, query.content)
    ours = past.ours(query.scope, query.message_id) if query.message_id else theirs
    gone = past.known(connection, theirs, ours)
    ids = tuple(each for each in (query.message_id, *query.ancestors[:ANCESTORS]) if each)
    bound = _bindings(connection, query.scope, (*ids, *query.hints))
    named = bound if any(each in bound for each in ids) else bound | _bindings(connection, query.scope, query.marks)
    conversation, by = _place(connection, query, (*ids, *query.marks, *query.hints), named)
    turn, before = assigned.next_turn(connection, query.scope, query.rule)
    return MailView(
        duplicate=any(row.content == query.content for row in same_id) or theirs in gone,
        twin=any(row.content != query.content for row in same_id),
        ours=bool(query.message_id) and (any(row.ours for row in same_id) or ours in gone),
        conversation=conversation,
        joined=by not in ("", query.message_id, *query.hints),
        participants=participants_of(connection, conversation),
        bound=frozenset(bound),
        open_rooms=_open_rooms(connection, query.rooms),
        held=held,
        acknowledged=acknowledged.last(connection, query.acknowledge) if query.acknowledge else 0.0,
        flood=acknowledged.flood(connection) if query.acknowledge else 0.0,
        turn=turn,
        before=before,
        known=bool(query.known) and standings.knows(connection, query.scope, query.known),
        hinted=by in query.hints,
        apart=_apart(connection, query.own_thread_key),
        kin=_kin(connection, [bound[each] for each in ids if each in bound]),
        earlier=_earlier(connection, query, conversation, bound),
        events=_said_before(connection, conversation, query.appointments),
        reacted=_letter_of(connection, query.scope, query.reacts_to) if query.reacts_to else None,
        answer=reported.answer(connection, query.reports),
    )


def _earlier(
    connection: Connection, query: MailQuery, conversation: Conversation | None, bound: Mapping[str, str]
) -> tuple[str, ...]:
    """What its nearest known ancestors say. Some are only referred to and did not arrive yet."""
    if not query.earlier or conversation is None:
        return ()
    together = {conversation.id}  # and what was merged into it
    for key in set(bound.values()) - together:
        if (first := oldest(connection, key)) is not None and first.id == conversation.id:
            together.add(key)
    near = [each for each in query.ancestors if bound.get(each) in together][: 2 * EARLIER]
    asked = ({"in_scope": query.scope, "of": each, "within": talk} for each in near for talk in sorted(together))
    texts = (_text_of.scalar(connection, one) for one in asked)
    return tuple(islice((text for text in texts if text), EARLIER))


def _bindings(connection: Connection, scope: str, names: Iterable[str]) -> dict[str, str]:
    asked = ((name, _binding.scalar(connection, {"in_scope": scope, "of": name})) for name in names)
    return {name: found for name, found in asked if found is not None}


def _place(
    connection: Connection, query: MailQuery, names: Iterable[str], bound: Mapping[str, str]
) -> tuple[Conversation | None, str]:
    """The conversation by the first name that is bound, and which it was; else by the thread key, and nothing."""
    for each in names:
        if each in bound and (found := oldest(connection, bound[each])) is not None:
            return found, each
    if query.thread_key:
        return oldest(connection, query.thread_key), ""
    return None, ""


def oldest(connection: Connection, key: str) -> Conversation | None:
    """The conversation, or that into which it was merged (never more than one step: merging shortens the way)."""
    found = conversation_of(connection, key)
    return found if found is None or not found.into else conversation_of(connection, found.into)


def _apart(connection: Connection, key: str) -> Kin | None:
    found = oldest(connection, key) if key else None
    return None if found is None else Kin(found, participants_of(connection, found))


def _kin(connection: Connection, bound: Sequence[str]) -> tuple[Kin, ...]:
    """All conversations among these, when they are more than one: the oldest first."""
    if len(set(bound)) < 2:
        return ()
    found = {talk.id: talk for key in dict.fromkeys(bound) if (talk := oldest(connection, key)) is not None}
    if len(found) < 2:
        return ()
    begun = {key: _begun.scalar(connection, {"of": key}) or 0 for key in found}
    ordered = sorted(found, key=lambda key: (begun[key], key))
    return tuple(Kin(found[key], participants_of(connection, found[key])) for key in ordered)


def answered_at(connection: Connection, scope: str, count: int) -> float | None:
    """The moment of the `count`-th newest answer of a scope; None when there are fewer."""
    text = _nth_answer.scalar(connection, {"in_scope": scope, "skipped": count - 1})
    return None if text is None else codec.load_letter(text).date


def conversation_of(connection: Connection, key: str) -> Conversation | None:
    """A conversation by its id."""
    row = _conversation_of.first(connection, {"of": key})
    return None if row is None else as_conversation(row)


def as_conversation(row: AnyRow) -> Conversation:
    return Conversation(
        id=row.id,
        scope=row.scope,
        room=row.room,
        subject=row.subject,
        threaded=bool(row.threaded),
        rule=row.rule,
        into=row.merged,
        state=row.state,
        assignee=row.whose,
    )


def participants_of(connection: Connection, conversation: Conversation | None) -> frozenset[str]:
    if conversation is None:
        return frozenset()
    asked = {"of": conversation.into or conversation.id}
    return frozenset(row.address for row in _participants_of.all(connection, asked))


def _said_before(connection: Connection, conversation: Conversation | None, uids: Sequence[str]) -> tuple[Event, ...]:
    """What the newest letters of a conversation said of these appointments, each date of each once."""
    if conversation is None or not uids:
        return ()
    rows = _newest.all(connection, {"of": conversation.id, "most": REMEMBERED})
    said = (event for row in rows for event in codec.load_letter(row.letter).events if event.uid in uids)
    found: dict[tuple[str, str], Event] = {}
    for event in said:
        found.setdefault((event.uid, event.occurrence), event)
    return tuple(found.values())


def _letter_of(connection: Connection, scope: str, message_id: str) -> Letter | None:
    text = _by_id.scalar(connection, {"in_scope": scope, "of": message_id})
    return None if text is None else codec.load_letter(text)


def _open_rooms(connection: Connection, keys: Sequence[str]) -> frozenset[str]:
    """A lost room counts as open here: it exists, and work for it waits."""
    return frozenset(key for key in keys if _open.scalar(connection, {"of": key}) is not None)


def letters_of(connection: Connection, conversation: str, most: int) -> tuple[int, list[Letter]]:
    """How many letters of a conversation are not ours, and the first ones; all may be more than memory holds."""
    first = _letters_of.all(connection, {"of": conversation, "most": most})
    count = int(_count_of.scalar(connection, {"of": conversation}))
    return count, [codec.load_letter(row.letter) for row in first]
