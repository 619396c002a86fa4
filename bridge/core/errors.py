"""The error tree: errors are sorted by what the caller does next, never by where they came from.

Each border (SMTP, IMAP, Matrix, disk) translates a foreign failure, by its code, into one of these. The text is meant
for a person's eyes: it never holds a secret, mail content or a traceback.
"""


class BridgeError(Exception):
    """Any failure with a text for people. `code` is the peer's own code ("550 5.1.1", "M_FORBIDDEN", "NO")."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Transient(BridgeError):
    """Try again later.

    `retry_after`: seconds the peer asked for, or None. `peer_down`: the whole peer is away or throttling, so that the
    attempt is not counted against this one effect.
    """

    def __init__(self, text: str, *, code: str = "", retry_after: float | None = None, peer_down: bool = False) -> None:
        super().__init__(text, code=code)
        self.retry_after = retry_after
        self.peer_down = peer_down


class StorageFull(Transient):
    """The disk is full or the quota used up: SMTP answers 452 (RFC 5321 section 4.2.3)."""


class Permanent(BridgeError):
    """Trying again cannot help: tell a person."""


class RoomLost(Permanent):
    """The bot is no longer in the room or may not act there; work for it waits until it is let in again."""


class CannotEncrypt(RoomLost):
    """A room is encrypted or is to be, and nothing can be encrypted now, in no room: what is for such rooms waits."""


class Conflict(BridgeError):
    """Another turn settled first on the same facts: look again and plan again."""
