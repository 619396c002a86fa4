"""Where a mail belongs: its conversation, its room, its lane, and whether its author is a stranger there.

Placement never reads To or Cc, and never leaves the scope that the rules gave: a Message-ID known in one inbox means
nothing in another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.core import bouncing, gathering
from bridge.core.addresses import Address
from bridge.core.decision import Scope
from bridge.core.ids import derive
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Conversation, MailQuery, MailView, Pending, StandingQuery
from bridge.core.subjects import base_subject


def apart(pending: Pending, mail: Mail) -> Mail:
    """A mail that has neither Message-ID nor Date and was brought to a door of ours is no copy of another like it.

    Devices send such mail, the same words each time: the second alarm is news. What lies in a mailbox may be seen
    again, and stays known by its content.
    """
    door = pending.envelope.door if pending.envelope else ""
    if mail.message_id or mail.header("date") or door not in ("smtp", "lmtp"):
        return mail
    return replace(mail, content=derive("content", mail.content, pending.key))


def ancestors(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs it refers to, nearest first: In-Reply-To, then References from the last to the first; of a
    delivery report before all others the mail that it is about.

    At most 64: enough for any real thread, and a bound for hostile ones.
    """
    nearest = (
        *bouncing.about(mail),
        *mail.in_reply_to[:1],
        *reversed(mail.references),
        *mail.in_reply_to[1:],
        *_reported(mail),
    )
    return tuple(dict.fromkeys(i for i in nearest if i and i != mail.message_id))[:64]


def _reported(mail: Mail) -> tuple[str, ...]:
    """What reports and calendars name beside their header: the mail that was read or complained of, and the event,
    whose UID all messages about it share (RFC 5546 section 2.1.5)."""
    named = [told.original_id for told in (mail.disposition, mail.feedback) if told is not None]
    return (*named, *(f"event:{derive('event', uid)}" for uid in appointments(mail)[:4]))


def appointments(mail: Mail) -> tuple[str, ...]:
    """The UIDs of the events that it is about; what is only published belongs to nobody."""
    if mail.calendar is None or mail.calendar.method == "publish":
        return ()
    return tuple(dict.fromkeys(event.uid for event in mail.calendar.events if event.uid))


def is_list(scope: Scope) -> bool:
    """On a list everyone is a stranger to everyone: nobody is flagged, and nobody needs to be confirmed."""
    return scope.name.startswith("list:")


def trusted_post(mail: Mail) -> Address | None:
    """The list's posting address, if it is at the list's own domain (RFC 2919 section 2: the id ends with it).

    A forged mail that carries the right List-Id must not turn answers to an address of its own (I6).
    """
    if mail.list is None or mail.list.post is None:
        return None
    domain = mail.list.post.domain
    return mail.list.post if mail.list.id == domain or mail.list.id.endswith(f".{domain}") else None


def _author_key(mail: Mail) -> str:
    return mail.author.key if mail.author else ""


def shared_room(scope: Scope, mail: Mail) -> str:
    """The key of the room that conversations share, or empty when each has its own."""
    room = scope.room
    if room.target:
        return f"is:{room.target}"
    match room.per:
        case "list":
            return f"room:{scope.name}"
        case "correspondent":
            return f"corr:{scope.name}:{_author_key(mail)}"
        case _:
            return ""


def lobby_key(scope: Scope) -> str:
    """The key of the room where each conversation has a line, or empty."""
    return f"is:{scope.room.lobby.target}" if scope.room.lobby else ""


def thread_key(scope: Scope, mail: Mail) -> str:
    """The conversation that the subject alone names, where the rules ask for that; else empty."""
    room = shared_room(scope, mail)
    if room and scope.room.thread_by == "subject":
        return derive("thread", scope.name, room, base_subject(mail.subject).casefold())
    return ""


def own_thread_key(scope: Scope, mail: Mail) -> str:
    """The conversation of that subject that its author has alone, who took no part in the one of the others."""
    key = thread_key(scope, mail)
    return derive("thread-of", key, _author_key(mail)) if key and not is_list(scope) else ""


def hints(mail: Mail, envelope: Envelope | None, *, forged: bool = False) -> tuple[str, ...]:
    """What a mailbox server's own threads tell, as anchors: never enough for a stranger, nor of a `forged` mail.

    A thread of a mailbox server means something in its account alone.
    """
    if forged:
        return ()
    exchange = (f"thread-index:{mail.thread_index}",) if mail.thread_index else ()
    return (*exchange, f"thread:{envelope.account}:{envelope.thread}") if envelope and envelope.thread else exchange


def mark_anchor(mark: str) -> str:
    """The anchor of a mark that mail of ours carries."""
    return f"mark:{mark}"


def query(scope: Scope, mail: Mail, envelope: Envelope | None = None, *, forged: bool = False) -> MailQuery:
    """What to ask the journal before planning. `forged`: see `sender.forged`."""
    shared, reports = shared_room(scope, mail), bouncing.about(mail)
    by_subject = scope.room.thread_by == "subject"
    return MailQuery(
        scope=scope.name,
        message_id=mail.message_id,
        content=mail.content,
        ancestors=reports if by_subject else ancestors(mail),
        rooms=tuple(key for key in (shared, lobby_key(scope)) if key),
        thread_key=thread_key(scope, mail),
        own_thread_key=own_thread_key(scope, mail),
        acknowledge=_author_key(mail) if scope.acknowledge else "",
        rule=scope.rule if scope.assign else None,
        known=_author_key(mail) if forged else "",
        marks=() if by_subject else tuple(mark_anchor(mark) for mark in mail.marks[:16]),
        hints=() if by_subject else hints(mail, envelope, forged=forged),
        # What machines write resembles itself, and is no history for that.
        earlier=mail.kind in ("personal", "list") and bool(mail.text.strip()),
        appointments=appointments(mail),
        reacts_to=mail.in_reply_to[0] if mail.reaction and mail.in_reply_to else "",
        reports=reports,
    )


def standing_query(scopes: Sequence[str], mail: Mail) -> StandingQuery:
    """What to ask the journal before deciding, for rules that want to know."""
    return StandingQuery(tuple(scopes), mail.message_id, ancestors(mail), _author_key(mail))


def correspondents(mail: Mail, own: frozenset[str], *, sent: bool) -> tuple[Address, ...]:
    """Whom a mail makes known in its scope: its author; of one that was `sent` from here, those it went to.

    Who only stands in To or Cc of a stranger's mail stays unknown: else a stranger could vouch for others.
    """
    if sent:
        return tuple(a for a in (*mail.to, *mail.cc) if a.key not in own and a.base().key not in own)
    return (mail.author,) if mail.author else ()


@dataclass(frozen=True, slots=True)
class Place:
    """The conversation a mail goes to. `new`: it begins with this mail. `stranger`: its author was no participant.

    `window`: when the digest is shown that the conversation stands for, seconds since the epoch; else 0.
    """

    conversation: Conversation
    new: bool
    stranger: bool
    window: float = 0.0


def place(scope: Scope, mail: Mail, arrival: str, view: MailView) -> Place:
    """Find or begin the conversation.

    A known one is only kept when it lives where the rules put this mail: an auto-reply that a rule sends to the noise
    room does not follow its thread into the customer's room. A subject brings together only those who took part: of
    somebody else the same words mean nothing, and have a thread of their own. A hint counts for participants alone, and
    under the same subject: mailbox servers gather what only looks alike.
    """
    shared = shared_room(scope, mail)
    known = view.conversation
    author = _author_key(mail)
    if known and view.hinted and (author not in view.participants or not _same_subject(known, mail)):
        known = None
    if known and fits(scope, mail, known):
        stranger = not is_list(scope) and author not in view.participants
        if not stranger or known.id != thread_key(scope, mail):
            return Place(known, new=False, stranger=stranger)
        if view.apart is not None:
            return Place(view.apart.conversation, new=False, stranger=False)
        name = own_thread_key(scope, mail)
    else:
        name = thread_key(scope, mail) or derive("conversation", scope.name, arrival)
    conversation = Conversation(
        id=name,
        scope=scope.name,
        room=shared or f"conv:{name}",
        subject=mail.subject,
        threaded=bool(shared),
        rule=scope.rule,
    )
    return Place(conversation, new=True, stranger=False)


def fits(scope: Scope, mail: Mail, known: Conversation) -> bool:
    """Whether a conversation lives where the rules put this mail."""
    shared = shared_room(scope, mail)
    return known.room == shared if scope.room.target else known.threaded == bool(shared)


def _same_subject(known: Conversation, mail: Mail) -> bool:
    return base_subject(known.subject).casefold() == base_subject(mail.subject).casefold()


def gathered(scope: Scope, mail: Mail, window: float) -> Place:
    """The place of a mail that is shown with others at `window`: where it came from before means nothing."""
    talk = gathering.conversation(scope.name, scope.rule, shared_room(scope, mail), window)
    return Place(talk, new=True, stranger=False, window=window)


def newcomers(mail: Mail, own: frozenset[str], *, new: bool) -> tuple[Address, ...]:
    """Who becomes a participant by a mail of a participant: its author, To and Cc, ourselves aside.

    Reply-To names one only in the mail that begins the conversation: see `elsewhere`.
    """
    named = (*mail.from_, *mail.to, *mail.cc, *(mail.reply_to if new else ()))
    return tuple(a for a in named if a.key not in own and a.base().key not in own)


def elsewhere(scope: Scope, mail: Mail, place: Place, view: MailView, own: frozenset[str]) -> tuple[Address, ...]:
    """Those in Reply-To who had no part in the conversation before.

    From proves nothing: whoever knows a Message-ID could write under a participant's name and have the answer (I6).
    """
    if place.new or is_list(scope):
        return ()
    apart = view.apart if view.apart and view.apart.conversation == place.conversation else None
    known = (apart.participants if apart else view.participants) | own
    return tuple(a for a in mail.reply_to if a.key not in known and a.base().key not in own)
