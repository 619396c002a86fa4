"""A mail that encloses another one as it came: message/rfc822 (RFC 2046 section 5.2.1), its octets untouched.

message/rfc822 may not be encoded. What no server would carry unchanged (8-bit header fields, lines over 998 octets,
NUL, bare CR or LF) is enclosed as message/global, which may be (RFC 6532 section 3.7). A large original stays in its
file.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bridge.core.errors import Permanent
from bridge.core.mail import Draft
from bridge.core.plan import Raw
from bridge.core.ports import Outgoing
from bridge.mail.compose import frame

LINE_MAX = 998
"""Octets of a line without its end (RFC 5322 section 2.1.1)."""

BLOCK = 57 * 4096
"""Octets read at once; whole lines of base64."""

_BASE64_LINE = 57


@dataclass(frozen=True, slots=True)
class _Looked:
    """What an original is like. `sound`: a server carries it as it is; `eight_bit`: if it has 8BITMIME."""

    size: int
    sound: bool
    eight_bit: bool


def enclose(draft: Draft, raw: Raw) -> Outgoing:
    """The mail of `draft` with `raw` enclosed. Reads the original once; blocks. Raises Permanent when it is gone."""
    try:
        seen = _look(raw)
    except OSError as error:
        raise Permanent("the original mail is no longer kept") from error
    kind = "message/rfc822" if seen.sound else "message/global"
    encoding = "base64" if not seen.sound else "8bit" if seen.eight_bit else "7bit"
    fields = (
        f'Content-Type: {kind}; name="original.eml"\r\n'
        f"Content-Transfer-Encoding: {encoding}\r\n"
        'Content-Disposition: attachment; filename="original.eml"\r\n'
    )
    head, tail = frame(draft, fields.encode())
    size = seen.size if seen.sound else 4 * -(-seen.size // 3) + 2 * -(-seen.size // _BASE64_LINE)
    return Outgoing(
        head, raw, tail, len(head) + size + len(tail), coded=not seen.sound, eight_bit=seen.sound and seen.eight_bit
    )


def blocks(message: bytes | Outgoing) -> Iterator[bytes]:
    """A composed mail as it goes on the wire, before dot-stuffing. Reads a file; blocks. Raises OSError."""
    if isinstance(message, bytes):
        yield message
        return
    yield message.head
    for block in octets(message.original):
        yield _coded(block) if message.coded else block
    yield message.tail


def _coded(block: bytes) -> bytes:
    return base64.encodebytes(block).replace(b"\n", b"\r\n")


def octets(raw: Raw) -> Iterator[bytes]:
    """An arrival's octets in blocks. Raises OSError."""
    if not raw.path:
        for start in range(0, len(raw.data), BLOCK):
            yield raw.data[start : start + BLOCK]
        return
    with Path(raw.path).open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _look(raw: Raw) -> _Looked:
    """One pass in blocks; `rest` is the line that a block ends within. A header of more than a block is not sound."""
    size, sound, eight_bit, rest = 0, True, False, b""
    for block in octets(raw):
        if size == 0:
            end = 0 if block.startswith(b"\r\n") else block.find(b"\r\n\r\n")
            sound = block[:end].isascii() if end >= 0 else block.isascii() and len(block) < BLOCK
        size += len(block)
        if sound:
            window = rest + block
            cut = window.rfind(b"\n") + 1
            rest = window[cut:]
            sound = _plain(window[:cut]) and len(rest) <= LINE_MAX + 1
            eight_bit = eight_bit or not block.isascii()
    return _Looked(size, sound and _plain(rest) and len(rest) <= LINE_MAX, eight_bit)


def _plain(text: bytes) -> bool:
    ends = text.count(b"\r\n")
    if b"\0" in text or text.count(b"\n") != ends or text.count(b"\r") != ends:
        return False
    return max(map(len, text.split(b"\n"))) <= LINE_MAX + 1
