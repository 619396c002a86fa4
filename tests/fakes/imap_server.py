"""An IMAP server with one folder that lies on command: for what no real server can be made to do.

It is honest until a test puts a lie in place of its answer to a command. It notes every line that clients send.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from bridge.mail.smtpd.server import stop_listening

Lie = Callable[["Session", str, str], Awaitable[bool]]
"""Gets the session, the tag and the rest of the line; True when it answered, False for the honest answer."""


@dataclass
class LyingServer:
    """Serves on a free loopback port inside `async with`. `tls`: what STARTTLS begins, where it is honest.

    `threads`: of mails, by UID, what Gmail says as X-GM-THRID.
    """

    mails: dict[int, bytes] = field(default_factory=dict)
    threads: dict[int, str] = field(default_factory=dict)
    uidvalidity: int = 7
    uidnext: int = 0
    capabilities: str = "IMAP4rev1 IDLE AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"
    greeting: bytes = b"* OK hello\r\n"
    tls: ssl.SSLContext | None = None
    lies: dict[str, tuple[Lie, int]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    appended: list[bytes] = field(default_factory=list)
    sessions: list["Session"] = field(default_factory=list)
    port: int = 0

    def lie(self, command: str, lie: Lie, *, times: int = 1_000_000) -> None:
        """Answer `command` ("UID FETCH", "EXAMINE", …) by `lie`, so many times."""
        self.lies[command] = (lie, times)

    def deliver(self, uid: int, raw: bytes) -> None:
        """A new mail, announced to whoever idles."""
        self.mails[uid] = raw
        for session in self.sessions:
            if session.idling:
                session.send(f"* {len(self.mails)} EXISTS")

    def count(self, command: str) -> int:
        """How often clients said it."""
        return sum(line.partition(" ")[2].upper().startswith(command) for line in self.lines)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_listening(self._server)
        for session in self.sessions:
            session.writer.transport.abort()
        await asyncio.gather(*(session.ended.wait() for session in self.sessions))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        self.sessions.append(session)
        try:
            writer.write(self.greeting)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while await session.turn():
                    pass
        finally:
            session.writer.transport.abort()
            session.ended.set()


class Session:
    """One connection."""

    def __init__(self, server: LyingServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server = server
        self.reader = reader
        self.writer = writer
        self.idling = False
        self.opened = ""
        self.ended = asyncio.Event()

    def send(self, *lines: str | bytes) -> None:
        """Write lines."""
        self.writer.write(b"".join((x.encode() if isinstance(x, str) else x) + b"\r\n" for x in lines))

    async def line(self) -> str:
        """Read one; empty at the end."""
        text = (await self.reader.readline()).decode().rstrip("\r\n")
        if text:
            self.server.lines.append(text)
        return text

    async def hang(self) -> bool:
        """Say nothing until the client goes away."""
        while await self.reader.read(1000):
            pass
        raise ConnectionResetError

    def fetched(self, uid: int, items: str) -> bytes:
        """The honest FETCH response for one mail."""
        raw = self.server.mails[uid]
        out = [b"UID %d" % uid]
        if "RFC822.SIZE" in items:
            out.append(b'RFC822.SIZE %d INTERNALDATE "01-Jan-2026 00:00:00 +0000"' % len(raw))
        if "X-GM-THRID" in items and uid in self.server.threads:
            out.append(f"X-GM-THRID {self.server.threads[uid]}".encode())
        if part := re.search(r"BODY\.PEEK\[(HEADER)?\](?:<(\d+)\.(\d+)>)?", items):
            data = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if part[1] else raw
            origin = b""
            if part[2]:
                data = data[int(part[2]) : int(part[2]) + int(part[3])]
                origin = b"<%d>" % int(part[2])
            out.append(b"BODY[%s]%s {%d}\r\n%s" % ((part[1] or "").encode(), origin, len(data), data))
        number = sorted(self.server.mails).index(uid) + 1
        return b"* %d FETCH (%s)" % (number, b" ".join(out))

    def chosen(self, uids: str) -> list[int]:
        """UIDs in a sequence set that exist."""
        top = max(self.server.mails, default=0)
        out: set[int] = set()
        for part in uids.split(","):
            low, _, high = part.replace("*", str(top)).partition(":")
            bounds = sorted((int(low), int(high or low)))
            out |= {uid for uid in self.server.mails if bounds[0] <= uid <= bounds[1]}
        return sorted(out)

    async def turn(self) -> bool:
        """Answer one command."""
        line = await self.line()
        if not line:
            return False
        tag, _, rest = line.partition(" ")
        words = rest.split(" ")
        command = " ".join(words[:2] if words[0] == "UID" else words[:1])
        lie, times = self.server.lies.get(command, (None, 0))
        if lie is not None and times > 0:
            self.server.lies[command] = (lie, times - 1)
            if await lie(self, tag, rest):
                return True
        return await self._honest(tag, command, rest)

    async def _secure(self, tls: ssl.SSLContext) -> None:
        """StreamWriter.start_tls fails in odd ways when the client leaves in the middle of the handshake."""
        loop, self.plain = asyncio.get_running_loop(), self.writer
        protocol = self.plain.transport.get_protocol()
        transport = await loop.start_tls(self.plain.transport, protocol, tls, server_side=True)
        if transport is None:
            raise ConnectionResetError
        assert isinstance(protocol, asyncio.StreamReaderProtocol)
        self.writer = asyncio.StreamWriter(transport, protocol, self.reader, loop)

    async def _honest(self, tag: str, command: str, rest: str) -> bool:
        server = self.server
        match command:
            case "CAPABILITY":
                self.send(f"* CAPABILITY {server.capabilities}")
            case "STARTTLS":
                self.send(f"{tag} OK begin")
                assert server.tls is not None
                await self._secure(server.tls)
                return True
            case "AUTHENTICATE":
                self.send("+ ")
                await self.line()
            case "EXAMINE" | "STATUS":
                self.opened = rest.split('"')[1] if command == "EXAMINE" else self.opened
                uidnext = server.uidnext or max(server.mails, default=0) + 1
                if command == "STATUS":
                    numbers = f"MESSAGES {len(server.mails)} UIDNEXT {uidnext} UIDVALIDITY {server.uidvalidity}"
                    self.send(f"* STATUS x ({numbers})")
                self.send(f"* {len(server.mails)} EXISTS", f"* OK [UIDVALIDITY {server.uidvalidity}] ok")
                self.send(f"* OK [UIDNEXT {uidnext}] ok")
            case "UID SEARCH":
                wanted = rest.split(" ")
                held = [uid for uid, raw in server.mails.items() if wanted[-1].strip('"').encode() in raw]
                found = self.chosen(wanted[3]) if wanted[2] == "UID" else held
                self.send(" ".join(["* SEARCH", *map(str, found)]))
            case "UID FETCH":
                for uid in self.chosen(rest.split(" ")[2]):
                    self.send(self.fetched(uid, rest))
            case "IDLE":
                self.idling = True
                self.send("+ idling")
                await self.line()
                self.idling = False
            case "LIST":
                self.send('* LIST (\\Sent) "/" Sent')
            case "APPEND":
                self.send("+ go")
                size = int(rest.rpartition("{")[2].rstrip("}"))
                server.appended.append(await self.reader.readexactly(size))
                server.mails[max(server.mails, default=0) + 1] = server.appended[-1]
                await self.reader.readline()
        self.send(f"{tag} OK done")
        return True
