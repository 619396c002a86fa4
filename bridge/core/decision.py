"""What the rules decided for one mail and one inbox or list: the router makes these values, the planner obeys them.

A `Scope` is an inbox, a list, or `unmatched`, with the options in force after merging rule over inbox over defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from bridge.core.addresses import Address

Action = Literal["bridge", "drop", "quarantine", "triage", "reject", "forward"]
Per = Literal["conversation", "list", "correspondent"]
Language = Literal["en", "de", "fr", "es"]


@dataclass(frozen=True, slots=True)
class Trace:
    """Why: the rule's name, where it stands, the digest of the rulebook, and the words that logs and the CLI show."""

    rule: str
    file: str
    line: int
    digest: str
    words: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Who is notified: `all` speaks m.text, `none` m.notice, `mention` m.text with `people` (ids) in m.mentions."""

    mode: Literal["all", "none", "mention"] = "all"
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lobby:
    """The room with one line for each conversation: `target` is "#alias" or a room id.

    `on_take`: nobody is invited to a conversation who did not take it. `names`: of the members, by user id.
    """

    target: str
    on_take: bool = False
    names: tuple[tuple[str, str], ...] = ()

    def name(self, user: str) -> str:
        """What a member is called."""
        return dict(self.names).get(user, user)


@dataclass(frozen=True, slots=True)
class RoomRule:
    """Where mail appears (DESIGN: rooms). Exactly one of `per` and `target` is set.

    `target`: "#alias" (local, or with server) or a room id. `members`: the user ids of `for`, sorted. `thread_by`:
    what gathers mail into one Matrix thread where conversations share a room. `name`, `topic` and `alias` (localpart
    of a second alias) are templates, empty for the default. `space`: gathered in the scope's space. `lobby`: only with
    a room for each conversation.
    `encryption`: the keys of what is said there go to `members` alone.
    """

    members: tuple[str, ...]
    per: Per | None = None
    target: str = ""
    name: str = ""
    topic: str = ""
    thread_by: Literal["references", "subject"] = "references"
    history: Literal["shared", "invited"] = "shared"
    federate: bool = False
    alias: str = ""
    space: bool = True
    lobby: Lobby | None = None
    encryption: bool = False


@dataclass(frozen=True, slots=True)
class Domains:
    """Where answers may go: to `allow` only (empty: anywhere), never to `forbid`. "*.corp.example" means subdomains."""

    allow: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `mails` answers of a scope within `per` seconds."""

    mails: int
    per: float


@dataclass(frozen=True, slots=True)
class Sending:
    """The right to send, and how.

    `identities` lists who may send (user id) and as which listed address; nobody else may. `hold`: seconds.
    `to`: the one answered, everyone of that mail, or the list's posting address. `prefix` starts a note.
    `cc`, `bcc`: always added. `signature`: a template, empty for none. `size`: octets of the whole mail, 0 for any.
    `names`: the full names of those who may send, by user id. `approvers` (user id, name): with any, an answer leaves
    only when one of them who is not its author agrees.
    """

    identities: tuple[tuple[str, Address], ...]
    by: Literal["reply", "all", "command"] = "reply"
    to: Literal["sender", "all", "list"] = "sender"
    hold: float = 15.0
    quote: Literal["below", "none"] = "below"
    prefix: str = "//"
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    signature: str = ""
    domains: Domains = Domains()
    rate: Rate | None = None
    size: int = 0
    names: tuple[tuple[str, str], ...] = ()
    approvers: tuple[tuple[str, str], ...] = ()

    def may_release(self, user: str, author: str) -> bool:
        """Whether `user` may let go an answer of `author` that waits for a confirmation."""
        if self.approvers:
            return user != author and any(user == who for who, _ in self.approvers)
        return self.identity(user) is not None

    def identity(self, user: str) -> Address | None:
        """The address `user` sends as; None: may not send."""
        return next((address for who, address in self.identities if who == user), None)


@dataclass(frozen=True, slots=True)
class Looks:
    """How a mail looks in its room; `headers`: the fields shown above the text. `zone`: of times, an IANA name."""

    quotes: Literal["full", "fold", "none"] = "fold"
    signature: Literal["full", "fold", "none"] = "fold"
    images: Literal["inline", "files", "none"] = "inline"
    headers: tuple[str, ...] = ()
    language: Language = "en"
    zone: str = "UTC"
    disclaimer: Literal["full", "fold", "none"] = "fold"


@dataclass(frozen=True, slots=True)
class Copy:
    """Who else gets a mail: an `address` (as message/rfc822), or another `scope`, in which it is then decided anew."""

    address: Address | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """When gathered mail is shown: every `every` seconds, or at `at` (minutes of the day, sorted) in `zone` (IANA)."""

    every: float = 0.0
    at: tuple[int, ...] = ()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """An automatic answer (RFC 3834): `text` and `subject` are templates; `once`: seconds between two to one person."""

    text: str
    subject: str = ""
    once: float = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Fallback:
    """Mail is forwarded to `to` by mail when the chat was away for `after` seconds."""

    after: float
    to: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Marking:
    """What is done with a mail in its IMAP mailbox; `move`: the folder, empty for staying."""

    seen: bool = False
    flag: bool = False
    move: str = ""


Talk = Literal["new", "existing", "answered"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the journal knows of a mail in one scope, for rules that ask.

    `conversation`: "new", "existing" (its Message-ID or one that it refers to is known), "answered" (and staff answered
    there by the bridge: not taken back, not failed whole, not waiting for a confirmation).
    `known`: mail by its author was shown in the scope before, or an answer from there was sent to them.
    """

    conversation: Talk = "new"
    known: bool = False


NO_STANDINGS: Mapping[str, Standing] = MappingProxyType({})
"""For mail of which no rule asks."""

_TALKS: tuple[Talk, ...] = ("new", "existing", "answered")
EVERY_STANDING = tuple(Standing(talk, known) for talk in _TALKS for known in (False, True))
"""All that the journal may say."""


@dataclass(frozen=True, slots=True)
class Scope:
    """An inbox or list with its options in force. `name` is unique: "inbox:support", "list:postfix-users", "unmatched".

    `own`: the addresses that are this scope (inbox address, list delivery and posting address): never recipients of a
    reply to all, the list's posting address aside. `private`: nothing of it is told outside its rooms.
    `rule`: the name of the rule merged in, or empty. `voice`: the address that automatic mail of this scope leaves as,
    None when it has none. `assign`: who take new conversations in turn, each as user id and name. `tags`: words shown
    with them. `refusal`: the text of a refusal at SMTP time. `forwarders`: the address keys of those whose forwards
    count as mail of the original author. `close_after`: seconds after its last mail or answer
    when a conversation that has a room of its own is closed; 0: never by itself. `keep`: seconds after which it is
    purged; 0: never.
    """

    name: str
    title: str
    room: RoomRule
    sending: Sending | None
    own: tuple[Address, ...] = ()
    notify: Notify = Notify()
    private: bool = False
    rule: str = ""
    looks: Looks = Looks()
    copies: tuple[Copy, ...] = ()
    digest: Digest | None = None
    acknowledge: Acknowledge | None = None
    fallback: Fallback | None = None
    assign: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    marking: Marking = Marking()
    voice: Address | None = None
    refusal: str = ""
    forwarders: tuple[str, ...] = ()
    close_after: float = 0.0
    keep: float = 0.0


@dataclass(frozen=True, slots=True)
class Withheld:
    """An attachment that the rules do not show. `part`: its index; None is the whole original.

    `what`: the pattern's words where it is "blocked", the limit in octets where it is "large".
    """

    part: int | None
    why: Literal["blocked", "not-allowed", "large", "unseen"]
    what: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """For one mail in one scope: what to do, and why.

    `captures`: named groups of the regexes that matched, for templates. `withheld`: attachments that the rules do not
    show. `window`: when it is shown with what is gathered until then, seconds since the epoch; 0: at once.
    """

    scope: Scope
    action: Action
    trace: Trace
    captures: tuple[tuple[str, str], ...] = ()
    withheld: tuple[Withheld, ...] = ()
    window: float = 0.0
