"""What can go wrong with an IMAP server, sorted by what the caller does next, from the response code (RFC 5530).

The server's words are shown to people, cut and cleaned; nothing is ever decided by them.
"""

from bridge.core.errors import BridgeError, Permanent, Transient

_REFUSED = frozenset({"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED", "PRIVACYREQUIRED", "CONTACTADMIN"})
_BUSY = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED", "OVERQUOTA"})
_MISSING = frozenset({"NONEXISTENT", "TRYCREATE", "NOPERM", "CANNOT"})


class LoginRefused(Permanent):
    """User name, password or token is wrong, expired or not allowed: trying often would lock the account."""


class Untrusted(Permanent):
    """The connection cannot be made private as asked, or the server's certificate does not fit: nothing was sent."""


class FolderMissing(Permanent):
    """This folder cannot be opened (renamed, deleted, no right); the others can."""


class ConnectionLost(Transient):
    """The server is away, hung, or said BYE."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text, code=code, peer_down=True)


class PeerLied(Transient):
    """The server broke the protocol, so that nothing it says later on this connection can be trusted."""


def clean(words: str, *, hide: str = "") -> str:
    """A server's words for people: one line, printable, at most 200 characters, without the secret."""
    if hide:
        words = words.replace(hide, "***")
    return "".join(c if c.isprintable() else " " for c in words)[:200].strip()


def refused_login(code: str, words: str) -> BridgeError:
    """For NO or BAD to a login. Without a code it counts as refused: the careful reading (RFC 5530 section 3)."""
    if code in _BUSY:
        return Transient(f"the server cannot log us in now: {words}", code=code, peer_down=True)
    return LoginRefused(f"login refused: {words}", code=code or "NO")


def refused_folder(code: str, folder: str, words: str) -> BridgeError:
    """For NO to opening a folder."""
    if code in _BUSY:
        return Transient(f"folder {folder} is not available now: {words}", code=code)
    return FolderMissing(f"folder {folder} cannot be opened: {words}", code=code or "NO")


def refused(command: str, code: str, words: str) -> BridgeError:
    """For NO or BAD to any other command."""
    if code in _REFUSED:
        return LoginRefused(f"{command} refused: {words}", code=code)
    if code in _MISSING:
        return FolderMissing(f"{command} refused: {words}", code=code)
    return Transient(f"{command} refused: {words}", code=code or "NO", peer_down=code in _BUSY)
