"""HTTP/1.1 with one server (RFC 9112): a small request and its whole answer, over connections that are kept.

httptools, the parser of Node.js, reads the answers. Nothing else of HTTP is here: no redirects, cookies, proxies or
content codings, no bodies that are not to be held in memory. It knows nothing of Matrix, and logs nothing.
"""

import asyncio
import ssl
from dataclasses import dataclass

import httptools
from yarl import URL

CONNECTING = 15.0
"""Seconds until a server that does not take a connection counts as away."""

KEPT = 30.0
"""Seconds for which a connection is kept that nobody uses: servers and proxies end theirs after a minute or more."""

LARGEST = 1 << 28
"""Octets of an answer with its header beyond which nobody waits for its end."""

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
"""Methods of requests that may be made again (RFC 9110, section 9.2.2)."""

_PORTS = {"http": 80, "https": 443}


class NotHttp(ConnectionError):
    """What answered does not speak HTTP, or comes to no end."""


class Cut(ConnectionError):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` by their names in lower case; of those that come several times, the last."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: str) -> str | None:
        """A field's value."""
        value = self.headers.get(name.lower().encode())
        return None if value is None else value.decode("latin-1")


class Http1:
    """Requests to the server of a URL. Each takes a connection of its own, one that is kept or a new one."""

    def __init__(self, url: URL, trust: ssl.SSLContext | None) -> None:
        """`trust`: for https (None: the system's authorities)."""
        default = _PORTS[url.scheme]
        host, port = url.raw_host or "", url.port or default
        self._place = host, port
        name = f"[{host}]" if ":" in host else host
        self._host = name if port == default else f"{name}:{port}"
        self._trust = (trust or True) if url.scheme == "https" else None
        self._idle: list[_Connection] = []
        self._all: set[_Connection] = set()
        self._connecting: set[asyncio.Timeout] = set()
        self._closed = False

    async def exchange(
        self, method: str, target: str, fields: str, body: bytes | None = None, seconds: float | None = None
    ) -> Answer:
        """One request for `target` (path and query, quoted), with header `fields`, each line ended by CRLF.

        `seconds`: for its answer (None: no end). Raises TimeoutError, and OSError when nobody answers; ValueError when
        the target is not quoted. A request that met a connection which the server was just ending is made again, if it
        may be (RFC 9112, section 9.3.1).
        """
        if not target.startswith("/") or not target.isascii() or not target.isprintable() or " " in target:
            raise ValueError("the target of a request is not quoted")
        size = f"Content-Length: {len(body or b'')}\r\n" if body is not None or method in ("POST", "PUT") else ""
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\nAccept-Encoding: identity\r\n{fields}{size}\r\n"
        request = head.encode() + (body or b"")
        while True:
            kept = self._kept()
            connection = kept or await self._connected()
            try:
                return await connection.ask(request, seconds)
            except Cut:
                if kept is None or kept.heard or method not in _IDEMPOTENT:
                    raise
            finally:
                if connection.usable:
                    self._idle.append(connection)

    async def close(self) -> None:
        """End all connections, for good. Whoever waits for an answer hears Cut."""
        self._closed = True
        self._idle.clear()
        for limit in self._connecting:
            if not limit.expired():
                limit.reschedule(0)
        await asyncio.gather(*[connection.end() for connection in self._all])

    def _kept(self) -> "_Connection | None":
        """The one that was used last, unless it has been idle for long."""
        now = asyncio.get_running_loop().time()
        while self._idle and now - self._idle[0].since >= KEPT:
            self._idle.pop(0).end()
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    async def _connected(self) -> "_Connection":
        host, port = self._place
        connection = _Connection(self._all)
        limit = asyncio.timeout(0 if self._closed else CONNECTING)
        self._connecting.add(limit)
        try:
            async with limit:
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, host, port, ssl=self._trust, happy_eyeballs_delay=0.25
                )
        except UnicodeError:
            raise OSError("no name of a host") from None
        except TimeoutError:
            raise (Cut("closed") if self._closed else TimeoutError("no connection")) from None
        finally:
            self._connecting.discard(limit)
        return connection


class _Connection(asyncio.Protocol):
    """One connection: at most one request under way. `heard`: octets of its answer so far; `since`: idle since."""

    def __init__(self, among: "set[_Connection]") -> None:
        self.heard = 0
        self.since = 0.0
        self._among = among
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._endless = False

    @property
    def usable(self) -> bool:
        """Whether a request may be made over it now."""
        return self._answer is None and self._transport is not None

    async def ask(self, request: bytes, seconds: float | None) -> Answer:
        """Make a request and wait for the answer. Whatever fails, it is of no use any more. Raises as `exchange`."""
        if self._transport is None:
            raise Cut("the connection ended as soon as it stood")
        self.heard = 0
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        timer = None if seconds is None else self._loop.call_later(seconds, self._fail, TimeoutError("no answer"))
        self._transport.write(request)
        try:
            return await answer
        finally:
            if timer is not None:
                timer.cancel()
            if self._answer is not None:  # nobody waits for it any more
                self.end()

    def end(self) -> "asyncio.Future[None]":
        """End it now; done when it is closed."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()
        return self._lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's word that it stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._among.add(self)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer. What nobody asked for would be taken for the answer to a later request."""
        self.heard += len(data)
        if self._answer is None or self.heard > LARGEST:
            self._fail(NotHttp("the answer is too large"))
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(NotHttp("the answer is not HTTP"))

    def eof_received(self) -> None:
        """The server has said its last, which ends an answer that says no other end (RFC 9112, section 6.3)."""
        if self._endless:
            self.on_message_complete()
        self._fail(Cut("the connection ended"))

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio's word that it has ended."""
        self._transport = None
        self._among.discard(self)
        self._fail(Cut("the connection ended"))
        if not self._lost.done():
            self._lost.set_result(None)

    def on_message_begin(self) -> None:
        """httptools: an answer begins. A second one to one request is none of ours."""
        self._headers, self._body = {}, []
        if self._answer is None:
            self.end()

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: a header field."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """httptools: the header section is whole."""
        self._endless = not self._headers.keys() & {b"content-length", b"transfer-encoding"}

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the answer is whole. An interim one (1xx) is followed by that which counts."""
        self._endless = False
        status = self._parser.get_status_code()
        if status < 200:
            return
        answer, self._answer = self._answer, None
        if not self._parser.should_keep_alive():
            self.end()
        self.since = self._loop.time()
        if answer is not None and not answer.done():
            answer.set_result(Answer(status, self._headers, b"".join(self._body)))
        self._body.clear()

    def _fail(self, error: Exception) -> None:
        """Whoever waits hears it, and nobody uses it again."""
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.end()
