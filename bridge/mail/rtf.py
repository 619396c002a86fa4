"""Rich text as Exchange sends it: unpacked ([MS-OXRTFCP]), then as the HTML that is hidden in it, or as plain text.

Fonts, colours and pictures are left out: only what a person reads is wanted. Bounded, linear, never raises.
"""

import re
import struct
from dataclasses import dataclass
from html import escape

from bridge.mail.charset import clean, decode

MOST = 500_000
"""Octets of rich text that are unpacked and read."""

_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the dictionary holds at first ([MS-OXRTFCP] section 2.1.2.1)."""

_TOKEN = re.compile(r"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)")
_BREAKS = {"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t"}
_SIGNS = {"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–", "emdash": "—"}
_ESCAPED = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}
_DESTINATIONS = (
    "fonttbl colortbl stylesheet info pict object header headerl headerr footer footerl footerr generator listtable "
    "listoverridetable rsidtbl themedata datastore latentstyles xmlnstbl fldinst mmathPr"
)
_UNREAD = frozenset(_DESTINATIONS.split())


@dataclass(frozen=True, slots=True)
class Said:
    """What rich text says. `html` is empty unless it was made from HTML."""

    text: str = ""
    html: str = ""


def unpacked(data: bytes, most: int = MOST) -> bytes:
    """The RTF in a compressed property, at most so many octets of it; empty when it is none."""
    if len(data) < 16:
        return b""
    size, magic = struct.unpack_from("<I", data, 4)[0], data[8:12]
    if magic == b"MELA":
        return data[16 : 16 + min(size, most)]
    return _inflated(data, min(size, most)) if magic == b"LZFu" else b""


def _inflated(data: bytes, size: int) -> bytes:
    """[MS-OXRTFCP] section 3.1.3: runs of literals and of references into a ring of 4096 octets."""
    ring = bytearray(_START.ljust(4096, b"\0"))
    write, at, out = len(_START), 16, bytearray()
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data) or len(out) >= size:
                break
            if not control >> bit & 1:
                ring[write] = data[at]
                out.append(data[at])
                write, at = (write + 1) % 4096, at + 1
                continue
            if at + 1 >= len(data):
                return bytes(out)
            offset, length = data[at] << 4 | data[at + 1] >> 4, (data[at + 1] & 15) + 2
            at += 2
            if offset == write:
                return bytes(out)
            for step in range(length):
                octet = ring[(offset + step) % 4096]
                ring[write] = octet
                out.append(octet)
                write = (write + 1) % 4096
    return bytes(out[:size])


@dataclass(slots=True)
class _Group:
    """What holds until the closing brace. `tag`: within markup of the hidden HTML."""

    unread: bool = False
    tag: bool = False
    hidden: bool = False
    skips: int = 1


def read(data: bytes) -> Said:
    """What RTF says: the HTML that it was made from ([MS-OXRTFEX]), or its text."""
    source = data[:MOST].decode("latin-1")
    if not source.startswith("{\\rtf"):
        return Said()
    hides = "\\fromhtml" in source[:2000]
    out: list[str] = []
    octets = bytearray()
    charset = "cp1252"
    groups = [_Group()]
    skip = 0
    star = False

    def flush() -> None:
        if octets:
            put(decode(bytes(octets), charset)[0])
            octets.clear()

    def put(text: str) -> None:
        group = groups[-1]
        if group.unread or (group.hidden and not group.tag):
            return
        out.append(text if group.tag or not hides else escape(text, quote=False))

    for match in _TOKEN.finditer(source):
        word, number, octet, sign, brace, text = match.groups()
        if octet:
            if skip:
                skip -= 1
            else:
                octets.append(int(octet, 16))
            continue
        flush()
        if brace == "{":
            now = groups[-1]
            groups.append(_Group(now.unread, now.tag, now.hidden, now.skips))
            if len(groups) > 500:
                break
        elif brace == "}":
            if len(groups) > 1:
                groups.pop()
        elif text:
            shown = text[skip:]
            skip = max(skip - len(text), 0)
            if any(ord(sign) > 127 for sign in shown):
                shown = decode(shown.encode("latin-1"), charset)[0]
            put(shown)
        elif sign:
            if sign == "*":
                star = True
                continue
            if sign in _ESCAPED:
                put(_ESCAPED[sign])
        elif word:
            group = groups[-1]
            if word == "htmltag":
                group.tag, group.unread = True, False
            elif star or word in _UNREAD:
                group.unread = True
            elif word == "htmlrtf":
                group.hidden = number != "0"
            elif word == "ansicpg" and number:
                charset = "utf-8" if number == "65001" else f"cp{number}"
            elif word == "uc" and number:
                group.skips = min(max(int(number), 0), 8)
            elif word == "u" and number:
                put(_character(int(number)))
                skip = group.skips
            elif word in _BREAKS:
                put(_BREAKS[word])
            elif word in _SIGNS:
                put(_SIGNS[word])
        star = False
    flush()
    whole = clean(_paired("".join(out))).strip()
    return Said(html=whole) if hides else Said(text=whole)


def _character(number: int) -> str:
    """RTF counts in sixteen bits with a sign; what lies beyond comes as two halves."""
    return chr(number & 0xFFFF)


def _paired(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
