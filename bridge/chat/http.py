"""HTTP/1.1 (RFC 9112) for small JSON requests to one homeserver: kept connections, one write and one wait a request.

A general client costs four times what the rest of sending an event does. This one follows no redirect, keeps no
cookies, asks no proxy, and does no request a second time that the server may have done. Transfers of files are not its
business, and what an answer means is not either.
"""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT = 15.0
"""Seconds to reach the server, the TLS handshake included."""

KEPT = 30.0
"""Seconds that a connection may lie unused: a proxy that closes it at the same moment costs a try."""

MOST = 64
"""Connections at once."""

_HEAD = 64 * 1024
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_STATUS = re.compile(rb"HTTP/1\.([01]) (\d{3})(?: |$)")
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers`: names in lower case; of several with one name the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Nonsense(ConnectionError):
    """What answered does not speak HTTP."""


class Http:
    """Connections to homeservers, for one event loop. `trust`: whom to believe over https, None means the system."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self._trust = trust
        self._slots = asyncio.Semaphore(MOST)
        self._idle: dict[str, deque[_Connection]] = {}
        self._all: set[_Connection] = set()

    async def request(
        self, method: str, server: str, target: str, head: str, body: bytes | None, seconds: float | None
    ) -> Answer:
        """The answer. `server`: scheme and authority; `target`: path and query; `head`: further lines, each with CRLF.

        `seconds`: until it is given up, None for never. Raises OSError and TimeoutError for every failure.
        """
        length = "" if body is None else f"Content-Length: {len(body)}\r\n"
        octets = f"{method} {target} HTTP/1.1\r\n{head}{length}\r\n".encode() + (body or b"")
        async with self._slots:
            kept = self._kept(server)
            if kept is not None:
                try:
                    return await self._on(kept, server, octets, seconds)
                except ConnectionResetError:  # closed while it lay there: nothing of an answer came
                    if method not in _REPEATABLE:
                        raise
            return await self._on(await self._open(server), server, octets, seconds)

    async def close(self) -> None:
        """End all connections."""
        left = list(self._all)
        for connection in left:
            connection.end()
        await asyncio.gather(*(connection.ended for connection in left))

    async def _on(self, connection: "_Connection", server: str, octets: bytes, seconds: float | None) -> Answer:
        answer = await connection.ask(octets, seconds)
        if connection.free:
            self._idle.setdefault(server, deque()).append(connection)
        return answer

    def _kept(self, server: str) -> "_Connection | None":
        """The connection that was used last; those that lay too long are closed."""
        idle = self._idle.get(server)
        while idle and (not idle[0].free or time.monotonic() - idle[0].since > KEPT):
            idle.popleft().end()
        while idle:
            if (connection := idle.pop()).free:
                return connection
        return None

    async def _open(self, server: str) -> "_Connection":
        parts = urlsplit(server)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        if secure and self._trust is None:
            self._trust = ssl.create_default_context()
        trust = self._trust if secure else None
        async with asyncio.timeout(CONNECT):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(self._all), host, port, ssl=trust, happy_eyeballs_delay=0.25
            )
        return connection


class _Connection(asyncio.Protocol):
    """One request after the other."""

    def __init__(self, all_: "set[_Connection]") -> None:
        self._all = all_
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._reading: _Reading | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.since = 0.0

    @property
    def free(self) -> bool:
        """Whether it can take a request."""
        return self._transport is not None and self._answer is None

    async def ask(self, octets: bytes, seconds: float | None) -> Answer:
        """Raises ConnectionResetError when it ended before any of the answer came, other OSError, TimeoutError."""
        if self._transport is None:
            raise ConnectionResetError
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._answer = answer
        timer = None if seconds is None else loop.call_later(seconds, self._fail, TimeoutError())
        self._transport.write(octets)
        try:
            return await answer
        finally:
            if timer is not None:
                timer.cancel()
            if self._answer is not None:  # whoever asked was cancelled
                self.end()

    def end(self) -> None:
        """Close it now."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's word that it is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._all.add(self)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._data += data
        try:
            if self._answer is None:
                raise Nonsense("it speaks without being asked")
            if self._reading is None:
                self._reading = _begin(self._data)
            if self._reading is not None and self._reading.take(self._data):
                self._done(self._reading)
        except Nonsense as error:
            self._fail(error)

    def _done(self, reading: "_Reading") -> None:
        answer, self._answer, self._reading = self._answer, None, None
        self.since = time.monotonic()
        if not reading.keep or self._data:
            self.end()
        if answer is not None and not answer.done():
            answer.set_result(Answer(reading.status, reading.headers, bytes(reading.body)))

    def connection_lost(self, error: Exception | None) -> None:
        """It ended."""
        self._transport = None
        self._all.discard(self)
        if not self.ended.done():
            self.ended.set_result(None)
        if self._reading is not None and self._reading.until_end and error is None:
            self._done(self._reading)
        elif self._reading is not None or self._data:
            self._fail(ConnectionAbortedError())
        else:
            self._fail(ConnectionResetError())


class _Reading:
    """The body of an answer whose head has come."""

    __slots__ = ("_chunked", "_left", "body", "headers", "keep", "status", "until_end")

    def __init__(self, status: int, headers: Mapping[str, str], *, keep: bool) -> None:
        self.status = status
        self.headers = headers
        self.body = bytearray()
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        length = headers.get("content-length", "")
        bodiless = status in (204, 304)
        self._left = 0 if bodiless or self._chunked else int(length) if length.isdecimal() else -1
        self.until_end = self._left < 0
        self.keep = keep and not self.until_end
        if bodiless:
            self._chunked = False

    def take(self, data: bytearray) -> bool:
        """Take what belongs to it from the front of `data`; whether it is whole. Raises Nonsense."""
        if self._chunked:
            return self._take_chunks(data)
        share = len(data) if self.until_end else self._left - len(self.body)
        self.body += data[:share]
        del data[:share]
        return not self.until_end and len(self.body) == self._left

    def _take_chunks(self, data: bytearray) -> bool:
        """RFC 9112 section 7.1. `_left`: octets of the chunk that has begun, its CRLF counted. Trailers are dropped."""
        while True:
            if self._left > 2:
                piece = data[: self._left - 2]
                self.body += piece
                del data[: len(piece)]
                self._left -= len(piece)
            if self._left:
                if self._left > 2 or len(data) < self._left:
                    return False
                del data[: self._left]
                self._left = 0
            end = data.find(b"\r\n")
            if end < 0:
                return _more(data)
            found = _SIZE.match(data)
            if found is None:
                raise Nonsense("a chunk without size")
            size = int(found[0], 16)
            if size == 0:
                last = data.find(b"\r\n\r\n")
                if last < 0:
                    return _more(data)
                del data[: last + 4]
                return True
            del data[: end + 2]
            self._left = size + 2


def _more(data: bytearray) -> bool:
    """False: more must come. Raises Nonsense when a line has become too long to be one."""
    if len(data) > _HEAD:
        raise Nonsense("a line without end")
    return False


def _begin(data: bytearray) -> _Reading | None:
    """Take the head of an answer from `data`; None when it is not whole. Raises Nonsense."""
    while True:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            _more(data)
            return None
        head = bytes(data[:end])
        del data[: end + 4]
        first = _STATUS.match(head)
        if first is None:
            raise Nonsense("no status line")
        status = int(first[2])
        if status < 200:  # 100 Continue and its kind come before the answer
            continue
        headers: dict[str, str] = {}
        for line in head.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        said = headers.get("connection", "").lower()
        return _Reading(status, headers, keep="close" not in said if first[1] == b"1" else "keep-alive" in said)
