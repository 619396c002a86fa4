"""The closed union of things to do. Each has its name (`key`) before it is done, and its lane, in which order is kept.

Effects are rows of the outbox, readable by a person. A chat lane ("conv:…", "room:…") and the mail lane of the same
conversation ("mail:…") never wait for each other.
"""

from dataclasses import dataclass, field
from typing import Literal

from bridge.core.addresses import Address
from bridge.core.decision import Language, Marking, Notify
from bridge.core.mail import Draft, Part

ADMIN_ROOM = "admin"
"""The room key of the admin room."""

WHOLE_TEXT = -1
"""The index of a part that is no part: the whole text of the mail."""

SPACE = "space:"
"""What the key of a space begins with; the scope's name follows."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """In whose voice: a correspondent's ghost (`ghost`, appservice mode only), or the bot with the name in the text.

    `address` None is the bot speaking for itself.
    """

    address: Address | None = None
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room to open, or to adopt when it is there already.

    `key` is our name for it; `target` a fixed "#alias" or "!id", else empty: then the alias is derived from `key`.
    `members` are invited at creation, `speaker`'s ghost too. `space` is the key of the inbox's space ("" none),
    `space_name` its name. `alias`: localpart of a second alias, for people, or empty. `readers`: the people who get the
    keys of an encrypted room, whether they are in yet or not; empty where it is not encrypted.
    """

    key: str
    name: str
    members: tuple[str, ...] = ()
    target: str = ""
    topic: str = ""
    space: str = ""
    space_name: str = ""
    history: Literal["shared", "invited"] = "shared"
    federate: bool = False
    speaker: Speaker = Speaker()
    alias: str = ""
    readers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenRoom:
    """Have the room: create it whole, or adopt what stands under its alias."""

    key: str
    lane: str
    room: RoomSpec
    kind: Literal["open-room"] = "open-room"


@dataclass(frozen=True, slots=True)
class Show:
    """A mail in a room: one message, or several when it is over the event limit.

    `banner` is a warning line above it (stranger, same id with other content, unreadable), or empty. `at`: seconds, for
    original timestamps where the mode has them, else None. `threaded`: in the conversation's Matrix thread, whose root
    this becomes if there is none. `letter`: the key of the letter it shows. `images`: inline parts that `html` names.
    `headers`: fields of the mail that stand above the text. `cut`: it shows not all of the mail's text and pictures
    (`unseen`); people may ask for the rest.
    """

    key: str
    lane: str
    room: str
    conversation: str
    letter: str
    arrival: str
    speaker: Speaker
    subject: str
    text: str
    html: str = ""
    banner: str = ""
    images: tuple[Part, ...] = ()
    notify: Notify = Notify()
    at: float | None = None
    threaded: bool = False
    language: Language = "en"
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    unseen: tuple[Part, ...] = ()
    kind: Literal["show"] = "show"


@dataclass(frozen=True, slots=True)
class Attach:
    """A part of a mail as a file in the room; `part` None is the whole original (message/rfc822).

    A part with the index `WHOLE_TEXT` is the mail's text.
    """

    key: str
    lane: str
    room: str
    conversation: str
    letter: str
    arrival: str
    speaker: Speaker
    part: Part | None
    at: float | None = None
    threaded: bool = False
    language: Language = "en"
    kind: Literal["attach"] = "attach"


@dataclass(frozen=True, slots=True)
class React:
    """A correspondent's reaction (one emoji) to what effect `to` made, a mail's first message or an answer.

    `line`: what is said instead where it cannot be one: the bot reacts for nobody, since it could not say for whom.
    """

    key: str
    lane: str
    room: str
    conversation: str
    letter: str
    speaker: Speaker
    emoji: str
    line: str
    to: str
    threaded: bool = False
    kind: Literal["react"] = "react"


@dataclass(frozen=True, slots=True)
class Tell:
    """The bot's own words. `edits`: key of an earlier Tell that this one replaces in place, or empty.

    `reply_to`: event id it answers, or empty. `mention`: user ids that are notified; without, it is an m.notice, unless
    `loud`.
    `conversation` with `threaded`: stands in that conversation's thread. `meaning`: what a reply to it would mean.
    `link`: the key of a room whose address follows the text, with `linked` that of the conversation's thread there.
    """

    key: str
    lane: str
    room: str
    text: str
    html: str = ""
    edits: str = ""
    reply_to: str = ""
    mention: tuple[str, ...] = ()
    conversation: str = ""
    threaded: bool = False
    meaning: Literal["notice", "mark", "confirm"] = "notice"
    subject_of: str = ""  # for mark and confirm: the key of the SendMail they speak of
    loud: bool = False
    link: str = ""
    linked: str = ""
    kind: Literal["tell"] = "tell"


@dataclass(frozen=True, slots=True)
class DigestRoot:
    """The first message of a digest, made at `not_before` (seconds since the epoch) of what was gathered till then.

    The mails of `conversation` follow it in its lane and stand in its thread.
    """

    key: str
    lane: str
    room: str
    conversation: str
    not_before: float
    notify: Notify = Notify()
    language: Language = "en"
    kind: Literal["digest"] = "digest"


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a conversation in its lobby, made of what the journal knows of it when it is said.

    `edits`: the key of the Line that it replaces in place; without, it is the conversation's first one there. Of edits
    that wait the outbox keeps one. `not_before`: seconds since the epoch. `gone`: nothing is said, these events (ids)
    are taken back: what was said of a conversation that is purged.
    """

    key: str
    lane: str
    room: str
    conversation: str
    edits: str = ""
    notify: Notify = Notify("none")
    not_before: float = 0.0
    gone: tuple[str, ...] = ()
    kind: Literal["line"] = "line"


@dataclass(frozen=True, slots=True)
class SendMail:
    """An answer that leaves as mail.

    `not_before`: seconds since the epoch (the hold); `held`: waits for a person's confirmation. `event`: the chat
    message it came from, `author` its sender. `scope` and `rule`: whose sending right must still hold when it leaves.
    `language`: of its marks.
    """

    key: str
    lane: str
    room: str
    conversation: str
    event: str
    author: str
    scope: str
    rule: str
    draft: Draft
    not_before: float
    held: bool = False
    threaded: bool = False
    language: Language = "en"
    kind: Literal["send-mail"] = "send-mail"


@dataclass(frozen=True, slots=True)
class AutoMail:
    """Mail that the rules send, not a person, to one recipient: each is its own lane, so that none waits for another.

    `scope` and `rule`: what must still say so when it leaves. `room` and `conversation`: where people hear of it, empty
    for the admin room.
    """

    key: str
    lane: str
    scope: str
    rule: str
    why: Literal["forward", "copy", "acknowledge", "fallback"]
    draft: Draft
    room: str = ""
    conversation: str = ""
    threaded: bool = False
    language: Language = "en"
    kind: Literal["auto-mail"] = "auto-mail"


@dataclass(frozen=True, slots=True)
class FileCopy:
    """The copy of a sent mail in the account's Sent folder, once."""

    key: str
    lane: str
    draft: Draft
    kind: Literal["file-copy"] = "file-copy"


@dataclass(frozen=True, slots=True)
class MarkMail:
    """Mark or move a mail in the mailbox it came from (RFC 3501 section 2.3.1.1: these numbers name it for ever)."""

    key: str
    lane: str
    account: str
    folder: str
    uidvalidity: int
    uid: int
    marking: Marking
    kind: Literal["mark-mail"] = "mark-mail"


@dataclass(frozen=True, slots=True)
class Admit:
    """Make the room's membership what `members` says: invite who is missing, remove people who may no longer see it.

    Ghosts and the bot are not counted among members. `room` is a room's key, or a space's ("space:…"). `staying`: who
    is not removed, and not invited either. `readers`: as of `RoomSpec`; an open room is encrypted from then on where
    there are any.
    """

    key: str
    lane: str
    room: str
    members: tuple[str, ...]
    staying: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    kind: Literal["admit"] = "admit"


@dataclass(frozen=True, slots=True)
class Rejoin:
    """Enter a room again (invited after a kick), or its successor after an upgrade. `readers`: as of `Admit`."""

    key: str
    lane: str
    room: str
    room_id: str
    readers: tuple[str, ...] = ()
    kind: Literal["rejoin"] = "rejoin"


@dataclass(frozen=True, slots=True)
class CloseRoom:
    """Have nobody but the bot in the room of a conversation, and the room in no space. `space`: the key of that space.

    `reason`: what those who are removed read. `leave`: the room's id, when the bot leaves it too, for good.
    """

    key: str
    lane: str
    room: str
    space: str
    reason: str
    conversation: str = ""
    leave: str = ""
    kind: Literal["close-room"] = "close-room"


@dataclass(frozen=True, slots=True)
class ReopenRoom:
    """Have those of `spec` in a room that was closed, and the room in its space. `room`: the key, as `spec` has it."""

    key: str
    lane: str
    room: str
    spec: RoomSpec
    conversation: str = ""
    kind: Literal["reopen-room"] = "reopen-room"


@dataclass(frozen=True, slots=True)
class Obey:
    """What an admin (`author`) asked for in the admin room by the message `event`; the outcome is told there."""

    key: str
    lane: str
    event: str
    author: str
    command: tuple[str, ...]
    kind: Literal["obey"] = "obey"


Seen = OpenRoom | Show | Attach | React | Tell | DigestRoot | Line
"""What people see in rooms."""

Effect = Seen | SendMail | AutoMail | FileCopy | MarkMail | Admit | Rejoin | CloseRoom | ReopenRoom | Obey


def due(effect: Effect) -> float:
    """When it may be done at the earliest, in seconds since the epoch; 0 is at once."""
    return effect.not_before if isinstance(effect, SendMail | DigestRoot | Line) else 0.0


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take an effect back, if it was not yet begun."""

    key: str


@dataclass(frozen=True, slots=True)
class Replace:
    """Put another draft in place of a SendMail that was not yet begun; it keeps its key and place."""

    effect: SendMail


@dataclass(frozen=True, slots=True)
class Release:
    """Let a SendMail go at `at` that is held for confirmation, or that was buried."""

    key: str
    at: float


Amendment = Cancel | Replace | Release


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the peer gave: event ids in order, a room id, the server's words, who took the mail so far.

    `refused`: recipients (addr-spec) that the server will never take, with its words: they are not asked for again.
    """

    events: tuple[str, ...] = ()
    room: str = ""
    words: str = ""
    accepted: tuple[str, ...] = field(default=())
    refused: tuple[tuple[str, str], ...] = ()
