"""Content-Transfer-Encoding undone (RFC 2045 section 6), forgivingly: what real programs break is still read.

Linear in the size. Never decides by content whether something was encoded at all, and never raises for content.
"""

import binascii
import re

from bridge.core.conditions import NOT_BASE64, NOT_UUENCODED

_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=]+")
_SOFT = re.compile(rb"=[ \t]{1,200}(?=\r?\n)")
_BARE = re.compile(rb"=\r(?!\n)")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_UNENCODED = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "7bits", "8bits", "7 bit", "8 bit"})
_BASE64 = frozenset({"base64", "base-64", "b64"})
_PRINTABLE = frozenset({"quoted-printable", "quotedprintable", "quoted_printable", "qp"})
_UU = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_PIECES = 1000
"""Pieces of base64, each with its own padding, that are decoded one by one."""


def name(written: str) -> str:
    """The encoding's name out of a (lower-case) field's value: without quotes, comments and full stops."""
    return _COMMENT.sub("", written).strip("\"'.: ")


def decode(data: bytes, encoding: str, *, text: bool = False) -> tuple[bytes, str]:
    """Octets, and in words what was wrong ("" when nothing was). `text`: lines added behind the encoded part count."""
    if encoding in _UNENCODED:
        return data, ""
    if encoding in _BASE64:
        if _is_plain(data):
            return data, NOT_BASE64
        octets, rest = base64(data)
        return (octets + b"\n" + rest if text and rest else octets), ("broken base64" if rest else "")
    if encoding in _PRINTABLE:
        return quoted_printable(data), ""
    if encoding in _UU:
        return _uudecoded(data)
    return data, "unknown transfer encoding"


def _is_plain(data: bytes) -> bool:
    """Whether it holds, before any padding, so much that base64 does not know that it was never encoded."""
    looked = b"".join(line.strip() for line in data[:2000].partition(b"=")[0].split(b"\n"))
    foreign = sum(map(len, _FOREIGN.findall(looked)))
    return foreign >= 8 and foreign * 10 > len(looked)


def base64(data: bytes) -> tuple[bytes, bytes]:
    """Decoded, forgiving missing padding, foreign characters and several pieces one after the other (RFC 2045 section
    6.8); and what stands behind the padding and is no base64, such as a mailing list's footer."""
    padding = data.find(b"=")
    if padding < 0 or len(data) - padding <= 4 or not data[padding:].strip(b"= \t\r\n"):
        return _piece(data), b""
    out: list[bytes] = []
    at = 0
    while at < len(data):
        if len(out) >= _PIECES:
            out.append(_piece(data[at:].replace(b"=", b"")))
            break
        padding = data.find(b"=", at)
        end = padding if padding >= 0 else len(data)
        if at and _is_text(data[at:end], last=padding < 0):
            return b"".join(out), data[at:].strip()
        out.append(_piece(data[at:end]))
        at = end + 1
    return b"".join(out), b""


def _is_text(data: bytes, *, last: bool) -> bool:
    """Whether what follows a padding is words: it holds what no line of base64 does, or comes out uneven."""
    joined = b"".join(data.split(b"\n")).replace(b"\r", b"").strip()
    return bool(_FOREIGN.search(joined[:1000])) or (last and len(joined) % 4 != 0)


def _piece(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    kept = _FOREIGN.sub(b"", data).replace(b"=", b"")
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def quoted_printable(data: bytes) -> bytes:
    """Decoded (RFC 2045 section 6.7); a soft break may have white space behind it, or a lone CR; broken pairs stay."""
    if b"= " in data or b"=\t" in data:
        data = _SOFT.sub(b"=", data)
    if data.count(b"=\r") != data.count(b"=\r\n"):
        data = _BARE.sub(b"=\n", data)
    return binascii.a2b_qp(data)


def _uudecoded(data: bytes) -> tuple[bytes, str]:
    out = []
    problem = ""
    started = False
    for line in data.splitlines():
        if not started:
            started = line.startswith(b"begin ")
        elif line.strip() == b"end":
            break
        else:
            try:
                out.append(binascii.a2b_uu(line))
            except binascii.Error:
                problem = NOT_UUENCODED
    return (b"".join(out), problem) if started else (data, NOT_UUENCODED)
