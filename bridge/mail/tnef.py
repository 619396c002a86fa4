"""What Outlook packed into one part (winmail.dat, application/ms-tnef, [MS-OXTNEF]): its files and its body.

Own and bounded, since the package for it (tnefparse) takes time quadratic in the number of attributes and recurses
without end. Nothing is copied before it is wanted, each attribute is looked at once, and what is broken is left to be
attached as it is. Never raises for content.
"""

import mimetypes
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.mail import limits, rtf
from bridge.mail.charset import clean, decode, one_line

FILES = 200
"""Files of one package that are taken out."""

PACKAGES = 2
"""Packages of one mail that are opened; Outlook makes one."""

_DEPTH = 3
"""Messages attached to messages."""

_ATTRIBUTES = 5000
_PROPERTIES = 2000
_VALUES = 50_000
"""Values of all properties of one package."""
_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = struct.Struct("<BII")
_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")
_BY_NAME = mimetypes.MimeTypes(filenames=())

# Attributes ([MS-OXTNEF] section 2.1.3.2), without their types.
_RENDERING, _TITLE, _DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_PROPS, _BODY, _CODEPAGE, _CLASS = 0x9003, 0x800C, 0x9007, 0x8008

# Properties ([MS-OXPROPS]).
_P_BODY, _P_RTF, _P_HTML, _P_CODEPAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_P_DATA, _P_SHORT, _P_LONG, _P_TYPE, _P_ID, _P_NAME = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712, 0x3001

_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_OBJECT, _UNICODE = 0x0D, 0x1F

_CHARSETS = {65001: "utf-8", 20127: "us-ascii", 936: "gb18030", 950: "big5", 932: "shift_jis", 949: "euc-kr"}
_CHARSETS |= {50220: "iso-2022-jp", 51932: "euc-jp", 20866: "koi8-r", 21866: "koi8-u", 54936: "gb18030"}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the package. `data` is a view into it."""

    name: str
    type: str
    data: memoryview
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in the package. `whole` False: there is more in it than files and a body, as a meeting."""

    files: tuple[File, ...]
    text: str = ""
    html: str = ""
    whole: bool = True


class _Broken(Exception):
    """The octets end where they may not, or they are more than anybody sends."""


@dataclass(slots=True)
class _Budget:
    """What is left for one package and all that is in it."""

    values: int = _VALUES
    rich: int = rtf.MOST


def is_package(kind: str, name: str, data: bytes) -> bool:
    """Whether a part is such a package, by its type or its usual name, and by its first octets."""
    return data[:4] == _SIGNATURE and (kind in _TYPES or name.lower() == "winmail.dat")


def index(part: int, number: int) -> int:
    """The index of the `number`-th file of the package that is MIME part `part`: beyond those of all MIME parts."""
    return limits.PARTS * (number + 1) + part


def place(taken: int) -> tuple[int, int] | None:
    """The MIME part and the number of a file with that index; None for a plain MIME part."""
    return None if taken < limits.PARTS else (taken % limits.PARTS, taken // limits.PARTS - 1)


def opened(data: bytes) -> Opened | None:
    """The package, opened; None when it is broken: then it is shown as it came."""
    try:
        return _opened(memoryview(data), _Budget(), 0)
    except (_Broken, struct.error, ValueError, OverflowError):
        return None


@dataclass(slots=True)
class _Message:
    """What is known while attributes are read. Values are (type, octets) by property."""

    codepage: int = 0
    body: bytes = b""
    kind: str = ""
    props: dict[int, tuple[int, memoryview]] | None = None


@dataclass(slots=True)
class _Attached:
    title: bytes = b""
    data: memoryview | None = None
    props: dict[int, tuple[int, memoryview]] | None = None


def _opened(data: memoryview, budget: _Budget, depth: int) -> Opened:
    message, found = _Message(), list[_Attached]()
    for level, name, value in _attributes(data):
        if level == 1:
            _of_message(message, name, value, budget)
        elif name == _RENDERING or not found:
            if len(found) >= FILES:
                break
            found.append(_Attached())
        if level != 1:
            _of_file(found[-1], name, value, budget)
    props = message.props or {}
    codepage = _number(props, _P_CODEPAGE) or message.codepage or 1252
    files: list[File] = []
    for each in found:
        files.extend(_files(each, codepage, budget, depth))
    text, html = _bodies(props, message.body, codepage, budget)
    whole = not message.kind or message.kind.endswith(("ipm.note", "mail.note"))
    return Opened(tuple(files[:FILES]), text, html, whole)


def _attributes(data: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Level, name and octets of each attribute; the last may be cut, for mailers do that."""
    if bytes(data[:4]) != _SIGNATURE:
        raise _Broken
    at = 6
    for _ in range(_ATTRIBUTES):
        if at + _HEAD.size > len(data):
            return
        level, tag, size = _HEAD.unpack_from(data, at)
        if level not in (1, 2):
            raise _Broken
        at += _HEAD.size
        yield level, tag & 0xFFFF, data[at : at + size]
        at += size + 2


def _of_message(message: _Message, name: int, value: memoryview, budget: _Budget) -> None:
    match name:
        case 0x9007 if len(value) >= 4:
            message.codepage = int(struct.unpack_from("<I", value)[0])
        case 0x800C:
            message.body = bytes(value[: limits.TEXT])
        case 0x8008:
            message.kind = bytes(value[:100]).decode("ascii", "replace").strip("\0").lower()
        case 0x9003 if message.props is None:
            message.props = _properties(value, budget)


def _of_file(file: _Attached, name: int, value: memoryview, budget: _Budget) -> None:
    match name:
        case 0x8010:
            file.title = bytes(value[:1000])
        case 0x800F:
            file.data = value
        case 0x9005 if file.props is None:
            file.props = _properties(value, budget)


def _properties(data: memoryview, budget: _Budget) -> dict[int, tuple[int, memoryview]]:
    """Properties that hold one value ([MS-OXTNEF] section 2.1.3.4), by their number; named ones are stepped over."""
    found: dict[int, tuple[int, memoryview]] = {}
    count, at = _u32(data, 0), 4
    for _ in range(min(count, _PROPERTIES)):
        if at + 4 > len(data):
            break
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:
            at = _past_name(data, at)
        several, kind = bool(kind & 0x1000), kind & 0x0FFF
        values = 1
        if several or kind in _VARIABLE:
            values, at = _u32(data, at), at + 4
        budget.values -= values
        if budget.values < 0:
            raise _Broken
        for turn in range(values):
            size = _FIXED.get(kind, 0)
            if kind in _VARIABLE:
                size, at = _u32(data, at), at + 4
            elif not size:
                raise _Broken
            if at + size > len(data):
                raise _Broken
            if turn == 0:
                found.setdefault(number, (kind, data[at : at + size]))
            at += size + -size % 4
    return found


def _past_name(data: memoryview, at: int) -> int:
    at += 16
    if _u32(data, at) == 0:
        return at + 8
    size = _u32(data, at + 4)
    return at + 8 + size + -size % 4


def _u32(data: memoryview, at: int) -> int:
    if at + 4 > len(data):
        raise _Broken
    return int(struct.unpack_from("<I", data, at)[0])


def _number(props: dict[int, tuple[int, memoryview]], name: int) -> int:
    value = props.get(name)
    return int(struct.unpack_from("<I", value[1])[0]) if value is not None and len(value[1]) == 4 else 0


def _string(props: dict[int, tuple[int, memoryview]], name: int, codepage: int, most: int = 1000) -> str:
    value = props.get(name)
    if value is None or value[0] == _OBJECT:
        return ""
    charset = "utf-16le" if value[0] == _UNICODE else _charset(codepage)
    return clean(decode(bytes(value[1][:most]), charset)[0]).strip("\0")


def _charset(codepage: int) -> str:
    if 28591 <= codepage <= 28605:
        return f"iso-8859-{codepage - 28590}"
    return _CHARSETS.get(codepage, f"cp{codepage}")


def _files(file: _Attached, codepage: int, budget: _Budget, depth: int) -> Iterator[File]:
    props = file.props or {}
    data = file.data
    held = props.get(_P_DATA)
    title = clean(decode(file.title.split(b"\0")[0], _charset(codepage))[0])
    name = _string(props, _P_LONG, codepage) or title or _string(props, _P_SHORT, codepage)
    name = one_line(name or _string(props, _P_NAME, codepage))
    if held is not None and held[0] == _OBJECT and bytes(held[1][16:20]) == _SIGNATURE:
        yield from _message(held[1][16:], name, budget, depth)
        return
    if data is None or (held is not None and not len(data)):
        data = held[1] if held is not None else None
    if data is None:
        return
    kind = _string(props, _P_TYPE, codepage).lower()
    if not _TYPE.match(kind):
        kind = _BY_NAME.guess_type(name)[0] or "application/octet-stream"
    yield File(name, kind, data, one_line(_string(props, _P_ID, codepage)).strip("<> ")[:500])


def _message(data: memoryview, name: str, budget: _Budget, depth: int) -> Iterator[File]:
    """A message attached to the message: its text as a file, and its files beside it."""
    if depth >= _DEPTH:
        return
    inner = _opened(data, budget, depth + 1)
    if not inner.whole or not (inner.html or inner.text or inner.files):
        yield File(f"{name or 'message'}.tnef", "application/ms-tnef", data)
    if inner.html or inner.text:
        kind, text = ("text/html", inner.html) if inner.html else ("text/plain", inner.text)
        extension = "html" if inner.html else "txt"
        yield File(f"{name or 'message'}.{extension}", kind, memoryview(text.encode("utf-8", "replace")))
    yield from inner.files


def _bodies(props: dict[int, tuple[int, memoryview]], body: bytes, codepage: int, budget: _Budget) -> tuple[str, str]:
    """The text and the HTML: as they are, or out of compressed RTF, in which Exchange hides either."""
    text = _string(props, _P_BODY, codepage, 4 * limits.TEXT)
    if not text and body:
        text = clean(decode(body, _charset(codepage))[0]).strip("\0")
    html = _string(props, _P_HTML, codepage, 4 * limits.HTML)
    packed = props.get(_P_RTF)
    if html or packed is None:
        return text[: limits.TEXT], html
    rich = rtf.unpacked(bytes(packed[1]), budget.rich)
    budget.rich -= len(rich)
    said = rtf.read(rich)
    return (text or said.text)[: limits.TEXT], said.html
