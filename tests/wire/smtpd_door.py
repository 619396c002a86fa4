"""What the tests of inbound mail share: a journal that only remembers, a door on loopback, and a raw client.

The client speaks octets and knows nothing of SMTP but how a reply ends.
"""

import asyncio
import hashlib
import shutil
import socket
import struct
import tempfile
import time
import weakref
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.core.plan import Arrival, Spooled
from bridge.core.ports import Spool
from bridge.mail.smtpd import Limits, Listener, Server, Timeouts, serve
from bridge.store import blobs

KNOWN = "support@corp.example"
MAIL = b"From: a@b.example\r\nSubject: hello\r\n\r\nA line.\r\n"


class Journal:
    """Remembers arrivals. `error` is raised instead; with `hold`, accept waits for `release`.

    Large mails are spooled in a folder of its own, by the store's part, and read back when they are accepted.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="door"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.spooled: list[Spooled] = []
        self.arrivals: list[Arrival] = []
        self.error: BaseException | None = None
        self.asked = asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()
        self.done = asyncio.Event()
        self.unwanted: dict[str, str] = {}

    async def refuse(self, arrival: Arrival) -> Mapping[str, str]:
        """Whoever stands in `unwanted`."""
        assert arrival.envelope is not None
        return {one: self.unwanted[one] for one in arrival.envelope.rcpt_tos if one in self.unwanted}

    async def accept(self, arrivals: Sequence[Arrival]) -> int:
        """The port's `accept`."""
        self.asked.set()
        await self.release.wait()
        if self.error is not None:
            raise self.error
        for arrival in arrivals:
            if arrival.spooled is not None:
                self.spooled.append(arrival.spooled)
                octets = Path(arrival.spooled.path).read_bytes()  # noqa: ASYNC240  # a test's file
                assert arrival.spooled.size == len(octets)
                assert arrival.spooled.digest == hashlib.sha256(octets).hexdigest()
                arrival = replace(arrival, raw=octets, spooled=None)
            self.arrivals.append(arrival)
        self.done.set()
        return len(arrivals)

    def spool(self) -> Spool:
        """The port's `spool`."""
        return blobs.Spool(self.folder)

    def left(self) -> list[Path]:
        """Files that lie where large mails come in."""
        return [path for path in (self.folder / "blobs").glob("**/*") if path.is_file()]

    def knows(self, recipient: str) -> bool:
        """Everyone whose name begins with "user", and support@."""
        return recipient.lower() == KNOWN or recipient.startswith(("user", "пример"))

    def contents(self) -> list[bytes]:
        """Every mail without the two trace fields above it."""
        return [body(arrival) for arrival in self.arrivals]


def body(arrival: Arrival) -> bytes:
    """The mail as the client sent it: below Return-Path and the folded Received field."""
    lines = arrival.raw.split(b"\r\n")
    assert lines[0].startswith(b"Return-Path: <")
    assert lines[1].startswith(b"Received: from ")
    first = next(n for n, line in enumerate(lines) if n > 1 and not line.startswith(b" "))
    return b"\r\n".join(lines[first:])


@asynccontextmanager
async def door(
    journal: Journal, *, limits: Limits | None = None, timeouts: Timeouts | None = None, **options: Any
) -> AsyncIterator[Server]:
    """A server on a free loopback port (or `path`), closed at the end."""
    listener = Listener(
        hostname="mx.corp.example",
        limits=limits or Limits(),
        timeouts=timeouts or Timeouts(close=5.0),
        **options,
    )
    async with serving(journal, listener) as server:
        yield server


@asynccontextmanager
async def serving(journal: Journal, listener: Listener) -> AsyncIterator[Server]:
    """A server as the listener says, closed at the end."""
    server = await serve(
        listener,
        accept=journal.accept,
        spool=journal.spool,
        knows=journal.knows,
        clock=time.time,
        refuse=journal.refuse,
    )
    try:
        yield server
    finally:
        await server.close()


class Wire:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """The next reply, whole; empty when the server has closed."""
        lines = []
        while line := await self.reader.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] == b" ":
                break
        return "\n".join(lines)

    async def say(self, octets: bytes | str, replies: int = 1) -> str:
        """Send (text gets its CRLF) and return the last of so many replies."""
        self.writer.write(octets if isinstance(octets, bytes) else octets.encode() + b"\r\n")
        return [await self.reply() for _ in range(replies)][-1]

    async def begin(self, *recipients: str, sender: str = "a@b.example") -> None:
        """Everything up to the 354."""
        for line in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{to}>" for to in recipients or (KNOWN,))):
            assert (await self.say(line)).startswith("250"), line
        assert (await self.say("DATA")).startswith("354")

    async def send(self, content: bytes = MAIL, *recipients: str) -> str:
        """A whole transaction; the answer to the final dot."""
        await self.begin(*recipients)
        return await self.say(content + b".\r\n")

    def reset(self) -> None:
        """Leave with a TCP reset, as a crashed client's host does."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    def close(self) -> None:
        """Leave without a word."""
        self.writer.close()


@asynccontextmanager
async def wire(server: Server, *, hello: str = "EHLO client.example", local: str = "127.0.0.1") -> AsyncIterator[Wire]:
    """Connected and greeted; `hello` empty: neither greeting nor 220 is awaited."""
    if isinstance(server.address, Path):
        client = Wire(*await asyncio.open_unix_connection(server.address))
    else:
        client = Wire(*await asyncio.open_connection(*server.address, local_addr=(local, 0)))
    try:
        if hello:
            assert (await client.reply()).startswith("220 mx.corp.example")
            assert (await client.say(hello)).startswith("250")
        yield client
    finally:
        client.close()
