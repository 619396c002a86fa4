"""What a planning turn decides, as one value that is settled in one transaction.

Also the facts it decides on: the journal answers a query with a view, frozen at one moment.
"""

from dataclasses import dataclass
from typing import Literal

from bridge.core.answered import Answered, Reported
from bridge.core.calendars import Event
from bridge.core.decision import Trace
from bridge.core.effects import Amendment, Effect, Show
from bridge.core.lives import Life, State, Waits
from bridge.core.mail import Envelope, Letter

Outcome = Literal[
    "bridged",
    "duplicate",
    "echo",
    "forwarded",
    "dropped",
    "quarantined",
    "answer",
    "note",
    "amended",
    "command",
    "ignored",
    "undecided",
]


@dataclass(frozen=True, slots=True)
class Raw:
    """An arrival's octets: in `data`, or (above 256 kB) in the file `path`."""

    data: bytes = b""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole mail in a file of the journal's folder, synced, that `accept` will give its name.

    `digest`: the SHA-256 of its `size` octets, in hexadecimal.
    """

    path: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came in, before anyone looked inside.

    `key` is unique for ever: "imap:<account>:<folder>:<uidvalidity>:<uid>", "smtp:<transaction>", "event:<event id>".
    `at`: when it came, seconds since the epoch. `quiet`: history, nobody is notified.
    `raw`: the mail's octets with CRLF as received, or the event's JSON; empty when they were `spooled`.
    """

    key: str
    kind: Literal["mail", "event"]
    raw: bytes
    at: float
    envelope: Envelope | None = None
    quiet: bool = False
    spooled: Spooled | None = None

    @property
    def original(self) -> Raw:
        """Its octets, or where they lie until it is accepted."""
        return Raw(path=self.spooled.path) if self.spooled else Raw(data=self.raw)

    @property
    def size(self) -> int:
        """In octets."""
        return self.spooled.size if self.spooled else len(self.raw)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a source was read: committed together with what was read."""

    source: str
    value: str


@dataclass(frozen=True, slots=True)
class Pending:
    """An arrival that waits to be planned. `order` ascends in order of arrival; `attempts` counts failed turns.

    `released`: a person took it out of quarantine: it is shown whatever rule holds it.
    """

    order: int
    key: str
    kind: Literal["mail", "event"]
    raw: Raw
    at: float
    envelope: Envelope | None
    quiet: bool
    attempts: int = 0
    released: bool = False


@dataclass(frozen=True, slots=True)
class Unshown:
    """A live mail that is planned and not shown yet. `order` ascends; `scope` and `rule` are its conversation's.

    `due`: when the digest is shown in which it is gathered, seconds since the epoch; 0: it is of none.
    """

    order: int
    arrival: str
    scope: str
    rule: str
    due: float = 0.0


@dataclass(frozen=True, slots=True)
class Conversation:
    """An email conversation in one scope. `room`: its room key. `threaded`: it shares the room, as a Matrix thread.

    `into`: the older conversation that it turned out to belong to, where its mail appears from then on; else empty.
    One that shares its room is never closed. `assignee`: the user id of who has it, or empty.
    """

    id: str
    scope: str
    room: str
    subject: str
    threaded: bool = False
    rule: str = ""
    into: str = ""
    state: State = "open"
    assignee: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A Message-ID known in a scope: of a letter, or one that a letter referred to and that may still arrive.

    Also what else tells a conversation, as "mark:…" or "thread-index:…"; no Message-ID begins so.
    """

    scope: str
    message_id: str
    conversation: str


@dataclass(frozen=True, slots=True)
class Filed:
    """A letter as the journal keeps it: the scope it is in and the content digest that duplicates share."""

    scope: str
    content: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An automatic answer to a person (address key) for a mail that came `at`; none again within `once` seconds."""

    address: str
    at: float
    once: float


@dataclass(frozen=True, slots=True)
class Assignment:
    """A conversation with its person and its tags. `user` is empty when it is nobody's.

    By rules a new one is given: `turn` counts those of a scope and rule that were; no two have the same. `taken`: the
    person took it, new or not, and from whomever had it; it takes no turn and leaves the tags.
    """

    conversation: str
    scope: str
    rule: str
    turn: int
    user: str = ""
    tags: tuple[str, ...] = ()
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Merge:
    """The conversation `later` turned out to be one with the older `into`."""

    later: str
    into: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome of one planning turn. `participants`: (conversation, address key) pairs that become known.

    `correspondents`: (scope, address key) of those whose mail is now in the scope, or who had mail from it.
    `rooms`: room keys used, with the scope and rule they belong to, so that membership can be reconciled later.
    `quarantine`: the words a person reads in the queue, or empty. `reported`: what is newly known of answers. `lives`:
    conversations that are closed, or opened again.
    """

    arrival: str
    outcome: Outcome
    words: str
    traces: tuple[Trace, ...] = ()
    conversations: tuple[Conversation, ...] = ()
    letters: tuple[Filed, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    participants: tuple[tuple[str, str], ...] = ()
    correspondents: tuple[tuple[str, str], ...] = ()
    rooms: tuple[tuple[str, str, str], ...] = ()
    acknowledged: tuple[Acknowledged, ...] = ()
    effects: tuple[Effect, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    merges: tuple[Merge, ...] = ()
    reported: tuple[Reported, ...] = ()
    lives: tuple[Life, ...] = ()


@dataclass(frozen=True, slots=True)
class MailQuery:
    """What the planner must know of a mail in one scope. `ancestors`: nearest first. `rooms`: keys it may use.

    `thread_key`: the conversation id that a subject names, or empty; `own_thread_key`: that which it names for its
    author alone. `acknowledge`: the address key of whom it may be acknowledged to, or empty. `rule`: whose turns are
    asked for; None: nobody is assigned. `known`: the address key of whom it is asked whether they are known in the
    scope, or empty. `marks` and `hints`: anchors that name the conversation where no id does; hints, where no mark does
    either. `earlier`: whether the texts of its ancestors are wanted. `appointments`: UIDs of calendars' events.
    `reacts_to`: the Message-ID of the mail that is reacted to, or empty. `reports`: the Message-IDs one of which a
    delivery report is about, the likeliest first. `held`: whether it is wanted how many are in quarantine.
    """

    scope: str
    message_id: str
    content: str
    ancestors: tuple[str, ...]
    rooms: tuple[str, ...]
    thread_key: str = ""
    own_thread_key: str = ""
    acknowledge: str = ""
    rule: str | None = None
    known: str = ""
    marks: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    earlier: bool = False
    appointments: tuple[str, ...] = ()
    reacts_to: str = ""
    reports: tuple[str, ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class Kin:
    """A conversation with its participants."""

    conversation: Conversation
    participants: frozenset[str]


@dataclass(frozen=True, slots=True)
class MailView:
    """The journal's answer. `duplicate`: this very mail is there. `twin`: its Message-ID is there with other content.

    `ours`: the letter of that id is one we sent. `conversation`: by own id, else nearest ancestor, else a mark, else a
    hint (then `hinted`), else `thread_key`; of those that were merged always the oldest.
    `joined`: it was found by an ancestor or a mark (not by own id). `participants`: address keys of that conversation.
    `bound`: which of the asked Message-IDs and hints are anchored already: a plan anchors only the others. `apart`: the
    conversation of `own_thread_key`. `kin`: where own id and ancestors belong to several conversations, all of them,
    the oldest first.
    `open_rooms`: which of the asked rooms are open. `held`: how many arrivals are in quarantine, where
    that was asked.
    `acknowledged`: when the last mail came that was acknowledged to this person, 0 for never; `flood`: when the newest
    but so many came that was acknowledged to anybody. `turn`: the next of the scope and rule; `before`: who had the
    last one. `known`: who was asked for had mail shown in the scope before, or was sent some. `earlier`: the texts of
    the nearest ancestors in that conversation, cut as letters are, at most three. `events`: what was last said there of
    the appointments asked for. `reacted`: the letter that is reacted to, when it is in the scope. `answer`: the answer
    of ours that a report is about.
    """

    duplicate: bool = False
    twin: bool = False
    ours: bool = False
    conversation: Conversation | None = None
    joined: bool = False
    participants: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()
    open_rooms: frozenset[str] = frozenset()
    held: int = 0
    acknowledged: float = 0.0
    flood: float = 0.0
    turn: int = 0
    before: str = ""
    known: bool = False
    hinted: bool = False
    apart: Kin | None = None
    kin: tuple[Kin, ...] = ()
    earlier: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    reacted: Letter | None = None
    answer: Answered | None = None


@dataclass(frozen=True, slots=True)
class StandingQuery:
    """What rules ask of a mail in several scopes. `author`: an address key, empty when it has no one author."""

    scopes: tuple[str, ...]
    message_id: str
    ancestors: tuple[str, ...]
    author: str


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What the planner must know of a room event. Empty strings where the event names nothing.

    `whole`: the mail it replies to, or the last one, is wanted as it was shown. `waits`: so is what is on its way.
    """

    room_id: str
    reply_to: str = ""
    thread: str = ""
    target: str = ""
    whole: bool = False
    waits: bool = False


EventMeaning = Literal["letter", "answer", "mark", "confirm", "notice", "line"]


@dataclass(frozen=True, slots=True)
class Known:
    """What an event in a room is to us: a letter's (or its attachment's) event, a staff answer, a mark, a notice.

    `letter`: the mail it shows or became. `effect`: the key of the SendMail that a mark or confirmation speaks of.
    """

    meaning: EventMeaning
    letter: Letter | None = None
    effect: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A SendMail of the outbox, found by its chat message. `state`: waiting can still be changed; begun cannot."""

    key: str
    effect: "Effect"
    state: Literal["waiting", "held", "begun", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class EventView:
    """The journal's answer. `room`: our key of the room, empty when it is none of ours.

    `scope` and `rule` are those of the room. `conversation`: by the replied-to event, the thread, or the room when it
    holds one conversation. `last`: the newest letter of the conversation that is not ours. `replied`: what the
    replied-to event is. `answer`: the SendMail that belongs to `target` (edit, redaction, reaction).
    `participants`: of the conversation. `full_until`: until when the rate of the scope lets no more answers leave.
    `shown`: the mail that `target` shows, or the one that is wanted `whole`. `waits`: what of the conversation is on
    its way, if that was asked. `last_at`: see `Life.last`. `line`: the conversation whose line in a lobby `target` is.
    """

    room: str = ""
    scope: str = ""
    rule: str = ""
    conversation: Conversation | None = None
    last: Letter | None = None
    replied: Known | None = None
    answer: Answer | None = None
    participants: frozenset[str] = frozenset()
    full_until: float = 0.0
    shown: Show | None = None
    waits: Waits = ""
    last_at: float = 0.0
    line: Conversation | None = None
