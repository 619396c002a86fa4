"""What happened in a room, as it was understood from a Matrix event.

`bridge.chat.read` makes these from the event's JSON; the planner decides on them. User, room and event ids are the
spec's strings. `at` is origin_server_ts in seconds.
"""

from dataclasses import dataclass
from typing import Literal

from bridge.core.mail import Media

MsgType = Literal["text", "emote", "notice", "media"]


@dataclass(frozen=True, slots=True)
class Said:
    """An m.room.message.

    `reply_to` is set for an explicit reply only (m.in_reply_to, is_falling_back not true); `thread` is the root of the
    m.thread it stands in. `body` and `html` are without reply fallback (<mx-reply>, "> " lines). `mentions` are
    m.mentions.user_ids and the users of matrix.to links. `media.name` may differ from `body`, which is then a caption.
    """

    event: str
    room: str
    sender: str
    at: float
    type: MsgType
    body: str
    html: str = ""
    reply_to: str = ""
    thread: str = ""
    mentions: tuple[str, ...] = ()
    media: Media | None = None

    def asks(self, command: str) -> bool:
        """Whether its first word is that command (in lower case), whatever the case and the mark behind it.

        A notice or a file asks for nothing.
        """
        first = self.body.split(maxsplit=1)[:1]
        return (
            self.type != "notice"
            and self.media is None
            and [word.casefold().rstrip(".,;:!?…") for word in first] == [command]
        )


@dataclass(frozen=True, slots=True)
class Edited:
    """An m.replace of `target`; `said` is the new content under the edit's own event id."""

    target: str
    said: Said


@dataclass(frozen=True, slots=True)
class Redacted:
    """A redaction of `target`."""

    event: str
    room: str
    sender: str
    at: float
    target: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """An m.annotation on `target` with `symbol` (variation selectors removed)."""

    event: str
    room: str
    sender: str
    at: float
    target: str
    symbol: str


@dataclass(frozen=True, slots=True)
class Member:
    """A membership change of `user`. `by` is who sent it."""

    event: str
    room: str
    by: str
    at: float
    user: str
    membership: Literal["invite", "join", "leave", "ban", "knock"]


@dataclass(frozen=True, slots=True)
class Replaced:
    """The room has a tombstone: it goes on in `successor`."""

    event: str
    room: str
    sender: str
    at: float
    successor: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A message that is not read here, for what encrypts it or does not: the room must be told, never silence.

    `keyless`: encrypted messages are read here, but this one could not be: its key never came, or does not fit.
    `bare`: it was not encrypted at all, in a room where messages are: nobody can tell whose it is. `count`: how
    many such messages its sender sent there within the hour, this one included; 0 where nobody counts.
    """

    event: str
    room: str
    sender: str
    at: float
    keyless: bool = False
    bare: bool = False
    count: int = 0


Post = Said | Edited | Redacted | Reacted | Member | Replaced | Sealed
