"""What tells a mail's conversation beside its Message-IDs: the marks of our own mail, Exchange's Thread-Index.

It reads and believes nothing: anybody may have written them, and who is believed is decided when the mail is placed.
Linear in what it looks at; never raises for content.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable

MOST = 16
"""Marks of one mail that are kept: those of the newest mails that it quotes."""

_MARK = re.compile(r"mr[0-9a-f]{32}(?![0-9a-f])")
"""As `ids.mark` makes them. Mail programs put words of their own before an id, and keep what follows."""

_BLOCK = 22
"""Octets of a Thread-Index that all mails of a conversation share: a header octet, five of the time, a GUID."""


def marks(sources: Iterable[str]) -> tuple[str, ...]:
    """The marks in HTML as it was sent, in order, each once."""
    found: dict[str, None] = {}
    for source in sources:
        for match in _MARK.finditer(source):
            found[match[0]] = None
            if len(found) >= MOST:
                return tuple(found)
    return tuple(found)


def thread_index(value: bytes) -> str:
    """The part of a Thread-Index that the conversation shares, as hex; empty for what is none."""
    if not value:
        return ""
    text = b"".join(value[:4_000].split())
    try:
        octets = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    shared = octets[:_BLOCK]
    return shared.hex() if len(shared) == _BLOCK and any(shared[6:]) else ""
