"""A server of HTTP/1.1 that misbehaves as scripted, as no real one can be made to. It judges nothing."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(slots=True)
class Peer:
    """One connection, as the server sees it. `gone` is set when the client has ended it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: list[bytes]
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def request(self) -> bytes:
        """The next request, whole. Raises IncompleteReadError when none comes any more."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.splitlines()[1:-1])
        body = await self.reader.readexactly(int(fields.get(b"content-length", 0)))
        self.asked.append(head + body)
        return head + body

    async def say(self, *pieces: bytes) -> None:
        """Send these, each in a packet of its own as far as can be."""
        for piece in pieces:
            self.writer.write(piece)
            await asyncio.sleep(0)
        await self.writer.drain()

    async def wait_gone(self) -> None:
        """Until the client has ended it."""
        try:
            while await self.reader.read(65_536):
                pass
        finally:
            self.gone.set()


Script = Callable[[Peer], Awaitable[None]]
"""What to do with a connection, which ends with the script."""


def answers(*pieces: bytes) -> Script:
    """The same answer to each request."""

    async def play(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.say(*pieces)

    return play


async def echoes(peer: Peer) -> None:
    """Answers each request with its target."""
    while True:
        target = (await peer.request()).split(b" ")[1]
        await peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(target), target))


async def silent(peer: Peer) -> None:
    """Takes a request and says nothing."""
    await peer.request()
    await peer.wait_gone()


class HttpServer:
    """Plays one script to each connection, the last one to all further. Raises AssertionError at its end for what the
    event loop complained of meanwhile: nobody may leave a traceback behind."""

    def __init__(self, *scripts: Script, host: str = "127.0.0.1", trust: ssl.SSLContext | None = None) -> None:
        self.peers: list[Peer] = []
        self.asked: list[bytes] = []
        self.port = 0
        self.host = host
        self._trust = trust
        self._scripts = scripts
        self._complaints: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._trust else 'http'}://{name}:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer, self.asked)
        self.peers.append(peer)
        try:
            await self._scripts[min(len(self.peers), len(self._scripts)) - 1](peer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            peer.gone.set()
            writer.close()

    async def __aenter__(self) -> "HttpServer":
        asyncio.get_running_loop().set_exception_handler(lambda _, context: self._complaints.append(context))
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self._trust)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._server.close()
        for peer in self.peers:
            peer.writer.transport.abort()
            await peer.gone.wait()
        await self._server.wait_closed()
        assert not self._complaints
