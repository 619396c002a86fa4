"""The borders: what the engine asks of the journal, of Matrix, of mail servers and of the rules.

Every method raises only `bridge.core.errors` (a bug aside). Implementations live in sibling packages that do not know
each other; one contract test suite runs on every implementation of a port.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from bridge.core.addresses import Address
from bridge.core.decision import NO_STANDINGS, Decision, Marking, Scope, Standing
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import Attach, Effect, React, Receipt, RoomSpec, Show, Tell
from bridge.core.idling import Idle
from bridge.core.ids import Seed
from bridge.core.lobby import LineView
from bridge.core.mail import Envelope, Letter, Mail
from bridge.core.plan import (
    Arrival,
    Bookmark,
    EventQuery,
    EventView,
    MailQuery,
    MailView,
    Pending,
    Plan,
    Raw,
    Spooled,
    StandingQuery,
    Unshown,
)
from bridge.core.post import Post


@dataclass(frozen=True, slots=True)
class Health:
    """The state of a peer or source as `mailroom status` shows it. `since`: seconds since the epoch."""

    name: str
    state: Literal["ok", "connecting", "waiting", "failed"]
    detail: str
    since: float


@dataclass(frozen=True, slots=True)
class Enacted:
    """A rulebook that is in force from now on.

    `cause`: the daemon's start, an import without a daemon, changed files, SIGHUP, or `who` (a user id) in the admin
    room. `texts`: its files, by name.
    """

    digest: str
    cause: Literal["start", "import", "files", "hangup", "admin"]
    texts: Mapping[str, str]
    who: str = ""


class Spool(Protocol):
    """One large mail that is written down while it comes in. Its methods block; called from threads they take turns."""

    def write(self, octets: bytes) -> None:
        """The next octets. Raises StorageFull, Transient: then nothing of it remains."""

    def finish(self, octets: bytes = b"") -> Spooled:
        """The last octets; all of it is synced then. Raises StorageFull, Transient."""

    def discard(self) -> None:
        """Remove the file, unless it was accepted. May be called at any time and again; raises nothing."""


class Journal(Idle, Protocol):
    """The truth. Every method is one transaction, durable when it returns (group commit)."""

    @property
    def seed(self) -> Seed:
        """The installation's secret, made with the journal."""

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> Sequence[Pending]:
        """Keep arrivals (those with a known key are ignored) and the bookmark. Returns the new ones, as `pending` does.

        What was spooled is adopted, never copied. Raises StorageFull, Transient.
        """

    def spool(self) -> Spool:
        """A place for a large mail that begins to come in. Touches no disk yet; a crash leaves nothing behind."""

    async def bookmark(self, source: str) -> str | None:
        """How far `source` was read; None at first sight."""

    async def pending(self, *, after: int, limit: int) -> Sequence[Pending]:
        """Arrivals not yet planned, in order, with `order` above `after`: at most `limit`, of large ones fewer; none
        only when none waits."""

    async def unshown(self, *, after: int, limit: int) -> Sequence[Unshown]:
        """Live mails that wait to be shown, in order, with `order` above `after`."""

    async def raw(self, arrival: str) -> Raw:
        """The octets of an arrival. Raises Permanent when retention removed them."""

    async def mail_view(self, query: MailQuery) -> MailView:
        """The facts for planning a mail, at one moment."""

    async def standings(self, query: StandingQuery) -> Mapping[str, Standing]:
        """What rules may ask of a mail, for each of the asked scopes, at one moment."""

    async def event_view(self, query: EventQuery) -> EventView:
        """The facts for planning a room event, at one moment."""

    async def answered_at(self, scope: str, count: int) -> float | None:
        """When the newest answer but `count` - 1 of a scope was said (1: the newest); None when there are fewer."""

    async def settle(self, plan: Plan) -> None:
        """Write the whole plan, mark the arrival planned. Raises Conflict when another turn bound the same names."""

    async def settle_on_view(
        self, asked: Mapping[str, Sequence[MailQuery]], decide: Callable[[Sequence[MailView]], Sequence[Plan]]
    ) -> Sequence[Plan]:
        """Look, decide and settle in one transaction: several plans, in order, or none of them.

        `asked`: for each arrival what is asked of the journal. `decide` is told the answers in that order and must be
        pure: it runs in a thread and may run twice. Raises what it raises, and Conflict when plans do not fit together.
        """

    async def stumble(self, arrival: str, words: str, *, attempts: int) -> None:
        """Note that a planning turn failed (`attempts` so far)."""

    async def claim(
        self, now: float, limit: int, *, away: Literal["", "chat", "mail"] = "", openings: int = 1000
    ) -> Sequence[Task]:
        """Begin up to `limit` effects: heads of their lanes, due, lane neither begun nor postponed.

        `away`: the side whose peer is known to be down is left alone; "mail" is what leaves, and its copies.
        `openings`: at most so many of them open a room for live mail.
        """

    async def fulfil(self, key: str, receipt: Receipt, then: Sequence[Effect] = ()) -> None:
        """Done: keep the receipt, bind its event ids or room id, add what follows."""

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        """Fulfil several effects of different lanes, or none of them."""

    async def postpone(
        self,
        key: str,
        until: float,
        words: str,
        *,
        counted: bool = True,
        progress: Receipt | None = None,
        then: Sequence[Effect] = (),
    ) -> None:
        """Not now: the lane waits until then. `counted` False gives the attempt back."""

    async def bury(self, key: str, words: str, then: Sequence[Effect] = (), *, progress: Receipt | None = None) -> None:
        """Never: the lane goes on without it; `then` holds the planned notice. An operator may retry it."""

    async def next_due(self, now: float) -> float | None:
        """The earliest moment after `now` at which something may become claimable; None when nothing waits."""

    async def room(self, key: str) -> str | None:
        """The room id behind our key, or None when it is not open."""

    async def room_rule(self, key: str) -> tuple[str, str]:
        """The scope and the rule that a room is by, open or not; empty where there are none."""

    async def rooms(self) -> Sequence[tuple[str, str, str, str]]:
        """Every open room: key, room id, scope, rule."""

    async def thread_root(self, conversation: str) -> str | None:
        """The event id of the conversation's thread root, or None."""

    async def gathered(self, conversation: str, most: int) -> tuple[int, Sequence[Letter]]:
        """How many letters of a conversation are not ours, and the first `most` of them, in order."""

    async def assignees(self) -> Mapping[str, str]:
        """By the key of a conversation's own room the user id of who has it."""

    async def line_view(self, conversation: str) -> LineView | None:
        """What the line of a conversation in its lobby is made of; None when there is no such conversation."""

    async def unplanned(self, before: float) -> bool:
        """Whether an arrival that came before that moment still waits to be planned."""

    async def event_of(self, key: str) -> str | None:
        """The first event id that effect `key` made, or the message that it sends; else None."""

    async def lose_room(self, room_id: str, words: str) -> None:
        """The bot was removed: nothing of this room is claimable until `find_room`."""

    async def find_room(self, room_id: str, successor: str | None = None) -> None:
        """The bot is in again, or the room goes on in `successor`: waiting work may go on there."""

    async def add(self, effects: Sequence[Effect]) -> None:
        """Put effects that no arrival caused into the outbox (keys already there are ignored)."""

    async def report(self, health: Health) -> None:
        """Keep the state of a peer for `mailroom status`."""

    async def enact(self, rulebook: Enacted) -> None:
        """Note which rulebook is in force now; nothing when it is the one noted last. The oldest are forgotten."""

    def changed(self) -> bool:
        """Whether another process (an operator's command) wrote to the journal since the last call. Cheap."""


class Chat(Protocol):
    """Matrix, as an application service or as a bot: plans cannot tell the two apart.

    `doubtful`: the effect was first tried over an hour ago, so the homeserver may have forgotten its transaction id:
    look whether the event is there before sending again. Raises Transient, Permanent, RoomLost.
    """

    def read(self, raw: bytes) -> Post | None:
        """Understand an event; None for those that mean nothing here (own and ghosts' events, unknown types)."""

    async def open_room(self, spec: RoomSpec) -> str:
        """Create the room whole under its alias, or adopt what stands there. Returns the room id."""

    async def show(
        self,
        room_id: str,
        show: Show,
        *,
        root: str | None,
        images: Mapping[str, bytes],
        doubtful: bool = False,
    ) -> Sequence[str]:
        """Send a mail's message(s). `images`: octets by content id. Returns event ids, the first the mail's own."""

    async def attach(self, room_id: str, attach: Attach, data: Raw, *, root: str | None, doubtful: bool = False) -> str:
        """Upload and send a file. Raises Permanent when it is over the homeserver's limit."""

    async def tell(
        self, room_id: str, tell: Tell, *, root: str | None, edits: str | None, doubtful: bool = False
    ) -> str:
        """Send, or edit in place, the bot's own words."""

    async def react(
        self, room_id: str, react: React, *, root: str | None, target: str | None, doubtful: bool = False
    ) -> Sequence[str]:
        """React to the event `target`, or say so in words. Returns the event id; none when it was done before."""

    async def admit(
        self, room_id: str, members: Sequence[str], staying: Sequence[str] = (), *, readers: Sequence[str] = ()
    ) -> None:
        """Reconcile the membership of people (ghosts and the bot aside). Who is `staying` is not removed or invited.
        If there are `readers`, the room is encrypted from now on, and they get the keys."""

    async def unsay(self, room_id: str, events: Sequence[str], key: str) -> None:
        """Redact events; what is gone already is fine. `key` names it, so that doing it again is harmless."""

    async def encrypt(self, room_id: str, readers: Sequence[str]) -> None:
        """What we say there is encrypted from now on, for these. Costs nothing where it is. Raises RoomLost."""

    async def admit_space(self, key: str, members: Sequence[str]) -> None:
        """`admit` for the space of that key; nothing when there is none yet."""

    async def close_room(self, room_id: str, space: str, reason: str) -> None:
        """Take the room out of the space of that key, and remove everyone but the bot, who read `reason`."""

    async def leave_room(self, room_id: str, space: str) -> None:
        """`close_room`, and everyone of ours leaves and forgets it. A room that is gone or not ours is fine."""

    async def reopen_room(self, room_id: str, spec: RoomSpec) -> None:
        """Put the room into the space of `spec` again, and have exactly its members there."""

    async def rejoin(self, room_id: str, readers: Sequence[str] = ()) -> None:
        """Enter a room that the bot was invited to, or a successor. `readers`: as of `admit`."""

    async def fetch(self, mxc: str, limit: int, *, cipher: str = "") -> bytes:
        """A media file's octets, decrypted with `cipher`. Raises Permanent if gone, over `limit` octets or altered."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One recipient that the server did not take: `code` "550 5.1.1", `words` the server's, `permanent` or not."""

    recipient: str
    code: str
    words: str
    permanent: bool


@dataclass(frozen=True, slots=True)
class Submitted:
    """The outcome of one submission, recipient by recipient. `words`: the server's reply with its queue id."""

    accepted: tuple[str, ...]
    refused: tuple[Refusal, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A composed mail that encloses another as it came: `head`, then the octets of `original`, then `tail`.

    `size`: octets of the whole. `coded`: the original is written in base64, for no server may carry its octets as they
    are. `eight_bit`: only a server with 8BITMIME (RFC 6152) can carry it."""

    head: bytes
    original: Raw
    tail: bytes
    size: int
    coded: bool = False
    eight_bit: bool = False


class Submission(Protocol):
    """Mail servers that send for us."""

    async def submit(
        self, identity: Address, mail_from: str, rcpts: Sequence[str], message: bytes | Outgoing
    ) -> Submitted:
        """Hand a mail over through the account that lists `identity`. Raises Transient (nothing was taken), Permanent.

        `mail_from` empty is the null path. After the final dot an unknown outcome is Transient (I4)."""

    async def file_copy(self, identity: Address, message_id: str, message: bytes) -> None:
        """Have one copy in the Sent folder of the account of `identity`; none wanted is fine. Raises Transient."""


class Mailboxes(Protocol):
    """The mailboxes that mail came from."""

    async def mark(self, account: str, folder: str, uidvalidity: int, uid: int, marking: Marking) -> None:
        """Mark or move one mail. One that is gone is fine, and so is a folder that is gone or another by now.

        Doing it again is harmless. Raises Transient; Permanent when the folder it should go to is not there.
        """


class Reader(Protocol):
    """Reads hostile bytes, in killable workers."""

    async def read(self, raw: Raw) -> Mail:
        """Never raises for content: what cannot be read is a Mail with `unreadable`."""

    def part(self, raw: Raw, index: int) -> AbstractAsyncContextManager[Raw]:
        """A part's decoded octets; those of a large mail's part in a file that is there as long as the context is.

        Entering raises Permanent when it cannot be taken out, Transient when there is no room for it.
        """


class Rulebook(Protocol):
    """The rules in force: immutable."""

    @property
    def digest(self) -> str:
        """Names this rulebook in traces."""

    def knows(self, recipient: str) -> bool:
        """Whether RCPT takes this addr-spec: inbox and subaddress, list delivery address, postmaster, catch-all."""

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        """One decision for each scope that the mail is addressed to; at least one.

        `at`: when it came, seconds since the epoch. `standings`: by scope name, of those that `asks` named.
        """

    @property
    def fallback(self) -> float | None:
        """The shortest absence of the chat, in seconds, after which a rule forwards mail; None: no rule does."""

    @property
    def patience(self) -> float | None:
        """The shortest time, in seconds, after which a rule closes or purges what is idle; None: none does."""

    @property
    def retention(self) -> float | None:
        """The longest time, in seconds, for which a rule keeps mail; None: some of it is kept for ever."""

    @property
    def rated(self) -> bool:
        """Whether a rule limits how many answers leave: then they are planned one after the other."""

    def refuses(self, recipients: Sequence[str]) -> bool:
        """Whether a rule may refuse mail to one of these RCPT addresses: only then is it read at the door."""

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        """The names of the scopes in which a rule asks what the journal knows of this mail."""

    def scope(self, name: str, rule: str = "") -> Scope | None:
        """The options in force now for a scope (and a rule of it); None when the scope is gone: nobody may send."""

    def people(self) -> frozenset[str]:
        """The user ids of all `people`: the staff."""

    def colleagues(self) -> Sequence[tuple[str, Address | None]]:
        """The full names of all `people`, each with its mail address if it has one."""

    def own(self) -> frozenset[str]:
        """Address keys that are ours (inboxes, lists' delivery addresses): never added to a reply to all."""
