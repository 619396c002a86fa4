"""A submission server that does what a test tells it: refuses, stalls, hangs up, lies. It records every octet it got.

`script` maps a command ("MAIL", "RCPT:bob@x.example", "DATA", ".", "GREETING", …) to replies, taken one after the
other; the last repeats. A reply is a line, DROP (hang up), SILENT (answer never) or LATE (succeed once `release` is
set). What is not scripted succeeds.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Mapping, Sequence
from typing import Self

from bridge.mail.smtpd.server import stop_listening

DROP = "drop"
SILENT = "silent"
LATE = "late"


class FakeSubmission:
    """Listens on a free loopback port between `async with`. `tls`: for STARTTLS, or from the start with `implicit`."""

    def __init__(
        self,
        script: Mapping[str, Sequence[str]] | None = None,
        *,
        extensions: Sequence[str] = ("SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN"),
        auth: str = "",
        users: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        offer_starttls: bool = True,
    ) -> None:
        self.script = {key: list(replies) for key, replies in (script or {}).items()}
        self.extensions = list(extensions)
        self.auth, self.users = auth, dict(users or {})
        self.tls, self.implicit, self.offer_starttls = tls, implicit, offer_starttls
        self.connections = 0
        self.clear: bytearray = bytearray()
        self.commands: list[str] = []
        self.mails: list[bytes] = []
        self.silent = asyncio.Event()
        self.release = asyncio.Event()
        self.gone = asyncio.Event()
        self._last = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def count(self, verb: str) -> int:
        """How often a command came."""
        return sum(command.upper().startswith(verb) for command in self.commands)

    async def __aenter__(self) -> Self:
        context = self.tls if self.implicit else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with contextlib.suppress(ConnectionError, ssl.SSLError, EOFError):
                await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()
            self.gone.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secure = self.implicit
        if not await self._say(writer, "GREETING", "220 fake.example ESMTP"):
            return
        while line := await reader.readline():
            if not secure:
                self.clear += line
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            verb = command.split(" ")[0].upper()
            match verb:
                case "EHLO":
                    going = await self._say(writer, "EHLO", self._hello(secure))
                case "STARTTLS" if self.tls:
                    going = await self._say(writer, "STARTTLS", "220 2.0.0 go")
                    if going and self._last.startswith("220"):
                        await writer.start_tls(self.tls)
                        secure = True
                case "AUTH":
                    going = await self._login(reader, writer, command)
                case "DATA":
                    going = await self._data(reader, writer)
                case "RCPT" | "MAIL":
                    path = command.partition("<")[2].partition(">")[0]
                    going = await self._say(writer, f"{verb}:{path}", "", verb, "250 2.1.0 ok")
                case "QUIT":
                    await self._say(writer, "QUIT", "221 2.0.0 bye")
                    return
                case _:
                    going = await self._say(writer, verb, "250 2.0.0 ok")
            if not going:
                return

    def _hello(self, secure: bool) -> str:
        offered = list(self.extensions)
        if self.tls and not secure and self.offer_starttls:
            offered.append("STARTTLS")
        if self.auth and (secure or self.tls is None):
            offered.append(f"AUTH {self.auth}")
        lines = ["fake.example", *offered]
        return "\r\n".join(f"250{' ' if n == len(lines) - 1 else '-'}{one}" for n, one in enumerate(lines))

    async def _say(self, writer: asyncio.StreamWriter, *keys_and_default: str) -> bool:
        """The next scripted reply of the first key that has one, else the default. False: hung up."""
        *keys, default = keys_and_default
        reply = default
        for key in keys:
            replies = self.script.get(key)
            if replies:
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                break
        if reply == DROP:
            return False
        if reply == SILENT:
            self.silent.set()
            await asyncio.Event().wait()
        if reply == LATE:
            self.silent.set()
            await self.release.wait()
            reply = default
        self._last = reply
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return not reply.startswith("421")

    async def _login(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str) -> bool:
        if self.script.get("AUTH"):
            return await self._say(writer, "AUTH", "")
        _, mechanism, *initial = command.split(" ")
        given = base64.b64decode(initial[0]).decode() if initial else ""
        if mechanism == "XOAUTH2":
            user, token = given.split("\x01")[0][5:], given.split("\x01")[1][12:]
            if self.users.get(user) != token:
                writer.write(b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
                self.commands.append((await reader.readline()).decode().strip())
        elif mechanism == "PLAIN":
            _, user, token = given.split("\0")
        else:
            writer.write(b"334 UGFzc3dvcmQ6\r\n")
            user, token = given, base64.b64decode(await reader.readline()).decode()
        good = self.users.get(user) == token
        return await self._say(writer, "", "235 2.7.0 welcome" if good else "535 5.7.8 no such login")

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.script.get("DATA"):
            return await self._say(writer, "DATA", "")
        writer.write(b"354 go\r\n")
        content = await reader.readuntil(b"\r\n.\r\n")
        self.mails.append(content[:-3].replace(b"\r\n..", b"\r\n."))
        return await self._say(writer, ".", "250 2.0.0 queued as 4Xk2")
