"""The mail within an opaque S/MIME signature: what CMS SignedData encloses (RFC 5652 section 5, RFC 8551
section 3.5.2).

A bounded look along one path of the ASN.1, since nothing but the enclosed octets is wanted. Never checks a signature,
never opens what is encrypted, never raises for content.
"""

from collections.abc import Iterator

TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_OID, _INTEGER, _OCTETS, _SEQUENCE, _SET, _FIRST, _PIECES = 0x06, 0x02, 0x04, 0x30, 0x31, 0xA0, 0x24
_PARTS = 200_000
"""Pieces in which the octets may stand: programs that sign a stream write one for each of its blocks."""

Span = tuple[int, int, int]
"""Tag, and where the content begins and ends; the end of what holds it where the length is not told (BER)."""


def signed_content(data: bytes) -> bytes | None:
    """The octets that were signed; None where it is no SignedData, or one without its content."""
    try:
        outer = _child(data, (0, 0, len(data)), _SEQUENCE)
        if not data.startswith(_SIGNED_DATA, outer[1]):
            return None
        held = _wanted(_at(data, outer[1] + len(_SIGNED_DATA), outer[2]), _FIRST)
        signed = _child(data, held, _SEQUENCE)
        at = signed[1]
        for tag in (_INTEGER, _SET):  # version, digestAlgorithms
            at = _behind(data, at, signed[2], tag)
        content = _wanted(_at(data, at, signed[2]), _SEQUENCE)
        held = _wanted(_at(data, _behind(data, content[1], content[2], _OID), content[2]), _FIRST)
        octets = _at(data, held[1], held[2])
        if octets[0] == _OCTETS:
            return data[octets[1] : octets[2]]
        return b"".join(_pieces(data, _wanted(octets, _PIECES)))
    except (IndexError, ValueError):
        return None


def _child(data: bytes, within: Span, tag: int) -> Span:
    """The first element within a span. Raises IndexError, ValueError."""
    return _wanted(_at(data, within[1], within[2]), tag)


def _wanted(found: Span, tag: int) -> Span:
    if found[0] != tag:
        raise ValueError("another tag")
    return found


def _at(data: bytes, at: int, end: int) -> Span:
    """The element at a place. Raises IndexError, ValueError."""
    tag, length = data[at], data[at + 1]
    at += 2
    if length == 0x80:
        return tag, at, end
    if length > 0x80:
        many = length & 0x7F
        if many > 8:
            raise ValueError("a length beyond all bounds")
        length = int.from_bytes(data[at : at + many], "big")
        at += many
    if at + length > end:
        raise ValueError("longer than what holds it")
    return tag, at, at + length


def _behind(data: bytes, at: int, end: int, tag: int) -> int:
    """Where the next element begins. Raises ValueError where this one has another tag, or does not tell its length."""
    if data[at + 1] == 0x80:
        raise ValueError("no length")
    return _wanted(_at(data, at, end), tag)[2]


def _pieces(data: bytes, octets: Span) -> Iterator[bytes]:
    at = octets[1]
    for _ in range(_PARTS):
        if at >= octets[2] or data[at : at + 2] == b"\0\0":
            return
        piece = _at(data, at, octets[2])
        if piece[0] != _OCTETS:
            raise ValueError("no octets")
        yield data[piece[1] : piece[2]]
        at = piece[2]
    raise ValueError("more pieces than are looked at")
