"""The octets of an IMAP server cut into responses (RFC 3501 section 7 and 9), without I/O.

Iterative and bounded: a line, the literals of one response and the depth of lists have caps, checked before anything is
stored. Never looks inside a literal, and interprets a response only when asked to.
"""

import re
from dataclasses import dataclass

from bridge.mail.imap.failures import PeerLied

Value = bytes | None | tuple["Value", ...]

_STATUS = ("OK", "NO", "BAD", "BYE", "PREAUTH")
_LITERAL = re.compile(rb"~?\{(\d{1,20})\+?\}\Z")
_TOKEN = re.compile(rb' *(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|((?:[^ ()"\[]|\[[^\]]*\])+))', re.DOTALL)
_CODE = re.compile(r"\[([^\] ]+)(?: ([^\]]*))?\] ?(.*)\Z", re.DOTALL)
_DEPTH = 50
_SEGMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH. `tag` is "*" when untagged; `code` in capitals without brackets, or empty."""

    tag: str
    status: str
    code: str
    argument: str
    text: str


@dataclass(frozen=True, slots=True)
class Continuation:
    """The server waits for more of a command (RFC 3501 section 7.5)."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Untagged:
    """Data: `kind` in capitals, `number` where one stands before it. `pieces`: text and literals in turn."""

    kind: str
    number: int
    pieces: tuple[bytes, ...]

    def values(self) -> tuple[Value, ...]:
        """The data interpreted: NIL is None, a list a tuple, all else octets. Raises PeerLied when malformed."""
        stack: list[list[Value]] = [[]]
        for index, piece in enumerate(self.pieces):
            if index % 2:
                stack[-1].append(piece)
            else:
                _tokens(piece, stack)
        if len(stack) != 1:
            raise PeerLied("a list in a response does not end")
        return tuple(stack[0])


Response = Status | Continuation | Untagged


def _tokens(text: bytes, stack: list[list[Value]]) -> None:
    at, end = 0, len(text.rstrip(b" "))
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None:
            raise PeerLied("a response cannot be read")
        at = match.end()
        opening, closing, quoted, atom = match.groups()
        if opening:
            if len(stack) > _DEPTH:
                raise PeerLied("lists in a response are nested too deep")
            stack.append([])
        elif closing:
            if len(stack) == 1:
                raise PeerLied("a list in a response ends without a beginning")
            done = tuple(stack.pop())
            stack[-1].append(done)
        elif quoted is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL))
        else:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)


def _status(tag: str, status: str, rest: str) -> Status:
    match = _CODE.match(rest)
    if match is None:
        return Status(tag, status, "", "", rest)
    return Status(tag, status, match[1].upper(), match[2] or "", match[3])


def _response(pieces: list[bytes]) -> Response:
    head = pieces[0]
    if head.startswith(b"+"):
        return Continuation(head[1:].strip())
    tag, _, rest = head.partition(b" ")
    word, _, text = rest.partition(b" ")
    name = word.decode("ascii", "replace").upper()
    if tag != b"*":
        if name not in _STATUS:
            raise PeerLied("a line of the server is no response")
        return _status(tag.decode("ascii", "replace"), name, text.decode("utf-8", "replace"))
    if name in _STATUS:
        return _status("*", name, text.decode("utf-8", "replace"))
    number = 0
    if word.isdigit() and len(word) <= 20:
        number = int(word)
        word, _, text = text.partition(b" ")
        name = word.decode("ascii", "replace").upper()
    return Untagged(name, number, (text, *pieces[1:]))


def _may_hold_literal(line: bytes) -> bool:
    """Status texts may end in "{5}" without meaning a literal."""
    words = line[:12].split(b" ", 2)
    return words[0] == b"*" and len(words) > 1 and words[1].upper() not in (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")


class Reader:
    """Takes octets as they come, gives whole responses. After PeerLied it must not be fed again."""

    def __init__(self, *, max_octets: int, max_line: int = 16 * 2**20) -> None:
        self._max_octets = max_octets
        self._max_line = max_line
        self._buffer = bytearray()
        self._scanned = 0
        self._need = -1
        self._pieces: list[bytes] = []
        self._octets = 0

    @property
    def idle(self) -> bool:
        """Whether nothing is left over: the last octet ended a response."""
        return not self._buffer and not self._pieces

    def feed(self, data: bytes) -> list[Response]:
        """Responses that are complete now. Raises PeerLied for what is no IMAP, or above a cap."""
        buffer = self._buffer
        buffer += data
        out: list[Response] = []
        at = 0
        while True:
            if self._need >= 0:
                if len(buffer) - at < self._need:
                    break
                self._pieces.append(bytes(memoryview(buffer)[at : at + self._need]))
                at += self._need
                self._need = -1
                self._scanned = at
            end = buffer.find(b"\r\n", max(at, self._scanned))
            if end < 0:
                if len(buffer) - at > self._max_line:
                    raise PeerLied("a line of the server is too long")
                self._scanned = max(at, len(buffer) - 1)
                break
            line = bytes(memoryview(buffer)[at:end])
            at = self._scanned = end + 2
            response = self._line(line)
            if response is not None:
                out.append(response)
        del buffer[:at]
        self._scanned = max(0, self._scanned - at)
        return out

    def _line(self, line: bytes) -> Response | None:
        literal = _LITERAL.search(line) if self._pieces or _may_hold_literal(line) else None
        if literal is None:
            pieces = [*self._pieces, line]
            self._pieces, self._octets = [], 0
            return _response(pieces) if pieces != [b""] else None
        size = int(literal[1])
        self._octets += size
        if self._octets > self._max_octets or len(self._pieces) > _SEGMENTS:
            raise PeerLied("the server announces more octets than the limit allows")
        self._pieces.append(line[: literal.start()])
        self._need = size
        return None
