"""What the rules decided for one mail and one inbox or list: the router makes these values, the planner obeys them.

A `Scope` is an inbox, a list, or `unmatched`, with the options in force after merging rule over inbox over defaults.
"""

from dataclasses import dataclass
from typing import Literal

from bridge.core.addresses import Address

Action = Literal["bridge", "drop", "quarantine", "triage"]
Per = Literal["conversation", "list", "correspondent"]


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
class RoomRule:
    """Where mail appears (DESIGN: rooms). Exactly one of `per` and `target` is set.

    `target`: "#alias" (local, or with server) or a room id. `members`: the user ids of `for`, sorted. `thread_by`:
    what gathers mail into one Matrix thread where conversations share a room.
    """

    members: tuple[str, ...]
    per: Per | None = None
    target: str = ""
    name: str = ""
    topic: str = ""
    thread_by: Literal["references", "subject"] = "references"
    history: Literal["shared", "invited"] = "shared"
    federate: bool = False


@dataclass(frozen=True, slots=True)
class Sending:
    """The right to send, and how.

    `identities` lists who may send (user id) and as which listed address; nobody else may. `hold`: seconds.
    `to`: the one answered, everyone of that mail, or the list's posting address. `prefix` starts a note.
    """

    identities: tuple[tuple[str, Address], ...]
    by: Literal["reply", "all", "command"] = "reply"
    to: Literal["sender", "all", "list"] = "sender"
    hold: float = 15.0
    quote: Literal["below", "none"] = "below"
    prefix: str = "//"

    def identity(self, user: str) -> Address | None:
        """The address `user` sends as; None: may not send."""
        return next((address for who, address in self.identities if who == user), None)


@dataclass(frozen=True, slots=True)
class Scope:
    """An inbox or list with its options in force. `name` is unique: "inbox:support", "list:postfix-users", "unmatched".

    `own`: the addresses that are this scope (inbox address, list delivery and posting address): never recipients of a
    reply to all, the list's posting address aside. `private`: nothing of it is told outside its rooms.
    `rule`: the name of the rule merged in, or empty.
    """

    name: str
    title: str
    room: RoomRule
    sending: Sending | None
    own: tuple[Address, ...] = ()
    notify: Notify = Notify()
    private: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """For one mail in one scope: what to do, and why."""

    scope: Scope
    action: Action
    trace: Trace
