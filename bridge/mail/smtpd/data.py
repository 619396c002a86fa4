"""The content of a mail as it comes after DATA: where it ends, and what its octets mean.

Only CRLF.CRLF ends a mail, whatever a client hopes to smuggle past (RFC 5321 section 4.1.1.4). Blocks are decoded as
they come, in whole-buffer operations: ten megabytes are not a million lines, and no step is large enough to stall the
event loop. What was decoded is taken away as it comes; only a header's beginning stays. Pure: no socket, no clock.
"""

import re
from email.utils import formatdate

_END = b"\r\n.\r\n"
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_SCAN = 1024 * 1024

MAX_HOPS = 100
"""A mail with this many Received fields is going round in circles (RFC 5321 section 6.3)."""


class Content:
    """Decodes one mail's content: without dot-stuffing (RFC 5321 section 4.5.2), with every line end as CRLF.

    Past `limit` octets it keeps nothing more, but still finds the end.
    """

    __slots__ = ("_begun", "_decoded", "_head", "_in_body", "_limit", "_tail", "received", "size", "too_big")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._decoded = bytearray()
        self._tail = b"\r\n"  # the line end of the DATA command: a first line of one dot is an empty mail
        self._begun = False
        self._head = bytearray(self._tail)
        self._in_body = False
        self.size = 0
        self.received = 0
        self.too_big = False

    def feed(self, block: bytes) -> bytes | None:
        """Take the next octets. None: more must come; else it is over, and these followed the end."""
        self.received += len(block)
        window = self._tail + block
        end = window.find(_END)
        if end >= 0:
            self._keep(window[:end] + b"\r\n")
            return window[end + len(_END) :]
        # What may be the beginning of the end waits, so that neither CRLF nor a stuffed dot is ever cut in two.
        held = next((n for n in range(len(_END) - 1, 0, -1) if window.endswith(_END[:n])), 0)
        cut = len(window) - held
        self._tail = window[cut:]
        self._keep(window[:cut])
        return None

    def _keep(self, octets: bytes) -> None:
        if self.too_big or not octets:
            return
        kept = canonical(octets.replace(b"\r\n.", b"\r\n"))
        if not self._begun:  # the line end of the DATA command is not the mail's
            self._begun, kept = True, kept[2:]
        self.size += len(kept)
        self._look(kept)
        self._decoded += kept
        if self.size > self._limit:
            self.too_big = True
            self._decoded.clear()

    def _look(self, kept: bytes) -> None:
        """Remember the header, of which only the first megabyte is looked at."""
        if self._in_body:
            return
        since = max(len(self._head) - 3, 0)
        self._head += kept
        end = self._head.find(b"\r\n\r\n", since)
        if end >= 0 or len(self._head) >= _HEADER_SCAN:
            del self._head[end if end >= 0 else _HEADER_SCAN :]
            self._in_body = True

    @property
    def decoded(self) -> int:
        """How many octets wait to be taken."""
        return len(self._decoded)

    def take(self) -> bytes:
        """The octets decoded since the last call, in order; they are given up."""
        taken = bytes(self._decoded)
        self._decoded.clear()
        return taken

    def hops(self) -> int:
        """How many Received fields the header has."""
        return sum(1 for _ in _RECEIVED.finditer(self._head))


def canonical(octets: bytes) -> bytes:
    """With every lone CR and lone LF made CRLF (RFC 5321 section 2.3.8), so that nothing stored reads two ways."""
    rest = octets.replace(b"\r\n", b"")
    if b"\n" not in rest and b"\r" not in rest:
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def trace_fields(
    *, sender: str, recipients: tuple[str, ...], helo: str, peer: str, by: str, protocol: str, id: str, at: float
) -> bytes:
    """Return-Path and one Received field (RFC 5321 section 4.4), to stand above the mail.

    `helo` is what the client said of itself and proves nothing, so only harmless characters of it remain. A recipient
    is named only when it is the only one: the others must not learn of each other.
    """
    said = re.sub(r"[^A-Za-z0-9.:_\[\]-]", "?", helo[:255]) or "unknown"
    literal = f"IPv6:{peer}" if ":" in peer else peer  # RFC 5321 section 4.1.3
    seen = f" ([{literal}])" if peer else ""
    whom = f"\r\n for <{recipients[0]}>" if len(recipients) == 1 else ""
    return (
        f"Return-Path: <{sender}>\r\n"
        f"Received: from {said}{seen}\r\n by {by} with {protocol} id {id}{whom};\r\n {formatdate(at)}\r\n"
    ).encode()
