"""The content of a mail as it comes after DATA: where it ends, and what its octets mean.

Only CRLF.CRLF ends a mail, whatever a client hopes to smuggle past (RFC 5321 section 4.1.1.4). Blocks are decoded as
they come, in whole-buffer operations: ten megabytes are not a million lines, and no step is large enough to stall the
event loop. Pure: no socket, no clock.
"""

import re
from email.utils import formatdate

_END = b"\r\n.\r\n"
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_SCAN = 1024 * 1024

MAX_HOPS = 100
"""A mail with this many Received fields is going round in circles (RFC 5321 section 6.3)."""


class Content:
    """Collects one mail's content, without dot-stuffing (RFC 5321 section 4.5.2) and with every line end as CRLF.

    Past `limit` octets it keeps nothing more, but still finds the end.
    """

    __slots__ = ("_kept", "_limit", "_tail", "received", "too_big")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._tail = b"\r\n"  # the line end of the DATA command: a first line of one dot is an empty mail
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
        self._kept += canonical(octets.replace(b"\r\n.", b"\r\n"))
        if len(self._kept) - 2 > self._limit:
            self.too_big = True
            self._kept = bytearray()

    def message(self, trace: bytes) -> bytes:
        """The whole mail below its `trace` fields. To be asked once: the collected octets are given up."""
        kept, self._kept = self._kept, bytearray()
        with memoryview(kept) as view, view[2:] as content:  # without the line end of the DATA command
            return b"".join((trace, content))

    def hops(self) -> int:
        """How many Received fields the header has; only its first megabyte is looked at."""
        end = self._kept.find(b"\r\n\r\n", 0, _HEADER_SCAN)
        with memoryview(self._kept) as view, view[2 : end if end >= 0 else _HEADER_SCAN] as header:
            return sum(1 for _ in _RECEIVED.finditer(header))


def canonical(octets: bytes) -> bytes:
    """With every lone CR and lone LF made CRLF (RFC 5321 section 2.3.8), so that nothing stored reads two ways."""
    pairs = octets.count(b"\r\n")
    if pairs == octets.count(b"\n") and pairs == octets.count(b"\r"):
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
