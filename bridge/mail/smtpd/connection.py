"""The life of one connection on aiosmtpd's protocol class: greeting, reading commands, replies, patience, TLS, the end.

aiosmtpd gives the stream protocol, session, dispatch table and the simple commands. Its loop is replaced, because it
answers a failing handler with 500 and the exception's text, forgets what was received when a client half-closes, and
waits in silence. It never looks into a mail, and logs no command lines.
"""

import asyncio
import contextlib
import logging
import math
import ssl
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP

from bridge.core.plan import Arrival
from bridge.core.ports import Spool
from bridge.mail.smtpd.limits import Gate
from bridge.mail.smtpd.settings import Listener
from bridge.mail.smtpd.tls import Certificate, upgrade

log = logging.getLogger("mailroom.smtpd")

OVERDUE = "421 4.4.2 Too slow, closing connection"

_COMMAND_LINE = 2048  # octets; RFC 5321 section 4.5.3.1.4 asks for 512 and what the extensions add
_LINGER = 10.0  # seconds for a last reply to leave
_BEFORE_TLS = frozenset({"NOOP", "EHLO", "LHLO", "STARTTLS", "QUIT"})  # RFC 3207 section 4


Refuse = Callable[[Arrival], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class House:
    """What the connections of one listener share. `accept` returns when the arrivals are durable.

    `spool` gives each large mail its place while it comes in.

    `refuse` names the recipients, as they were said at RCPT, whose mail is not wanted, each with a text for its sender.
    """

    listener: Listener
    hostname: str
    accept: Callable[[Sequence[Arrival]], Awaitable[object]]
    spool: Callable[[], Spool]
    knows: Callable[[str], bool]
    refuse: "Refuse"
    clock: Callable[[], float]
    gate: Gate
    certificate: Certificate | None
    connections: "set[Connection]" = field(default_factory=set)


class Connection(SMTP):
    """One client. Subclasses add the commands; `open_transaction` tells whether a mail has begun."""

    line_length_limit = 64 * 1024  # how much is read ahead; content has no limit on its lines
    transport: asyncio.Transport | None
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    def __init__(self, house: House) -> None:
        super().__init__(None, hostname=house.hostname, enable_SMTPUTF8=True, timeout=house.listener.timeouts.command)
        for name in ("AUTH", "EXPN"):
            del self._smtp_methods[name]
        self.house = house
        self.peer = ""
        self.secure = False
        self.open_transaction = False
        self.errors = self.commands = 0
        self._since = self.loop.time()
        self._until = math.inf  # when its silence has lasted too long
        self._admitted = self._committing = self._waiting = self._retiring = False
        self._hung_up = False
        self._replies: list[bytes] = []

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The conversation; None when it was turned away before one began."""
        return self._handler_coroutine

    # What the event loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Welcome the client, or turn it away before any greeting (RFC 5321 section 3.1)."""
        assert isinstance(transport, asyncio.Transport)
        peername = transport.get_extra_info("peername")
        self.peer = peername[0] if isinstance(peername, tuple) else ""
        refusal = self.house.gate.enter(self.peer)
        if refusal is None:
            self._admitted = True
            self.house.connections.add(self)
            super().connection_made(transport)
            return
        log.warning("connection from %s turned away: %s", self.peer, refusal)
        if self.house.listener.tls != "implicit":
            transport.write(refusal.encode() + b"\r\n")
        transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone. A mail that is being committed goes on to its commit: half of one helps nobody."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self.transport = None
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        if self._admitted:
            self._admitted = False
            self.house.gate.leave(self.peer)
            self.house.connections.discard(self)
        if self.task is not None and not self._committing:
            self.task.cancel()

    def eof_received(self) -> bool:
        """A client that half-closes after its last command still gets the answers to what it sent."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return not self.secure

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Be patient anew. A timer that is set stays, unless it would come too late: it looks when it comes."""
        self._until = self.loop.time() + (duration or self._timeout_duration)
        if self._timeout_handle is None or self._timeout_handle.when() > self._until:
            self._arm()

    def _arm(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_at(self._until, self._timeout_cb)

    def _timeout_cb(self) -> None:
        self._timeout_handle = None
        if self._until > self.loop.time():
            if self._until < math.inf:
                self._arm()
            return
        log.info("%s was silent for too long", self.peer or "unix")
        self.hang_up("421 4.4.2 Timeout, closing connection")

    # The conversation.

    async def _handle_client(self) -> None:
        try:
            if self.house.listener.tls == "implicit":
                await self._begin_tls()
            self.reply(f"220 {self.hostname} {'LMTP' if self.house.listener.protocol == 'lmtp' else 'ESMTP'} Mailroom")
            while not self._hung_up and self.transport is not None:
                if self._retiring and not self.open_transaction:
                    self.hang_up("421 4.3.2 Shutting down, try again later")
                    return
                await self._turn()
        except (ConnectionError, asyncio.IncompleteReadError):
            log.debug("%s left in the middle", self.peer or "unix")
        except OSError as error:
            log.info("%s lost: %s", self.peer or "unix", error.__class__.__name__)
        except Exception as error:
            self.report(error)
            self.hang_up("421 4.3.0 Local error, try again later")
        finally:
            self._flush()
            self._end()

    async def _turn(self) -> None:
        """One command and its reply. Anything unforeseen is a fault of ours: later, and without its text."""
        if not self._pending:  # answers to pipelined commands leave together (RFC 2920 section 3.2)
            await self._settle()
        self._reset_timeout(self.house.listener.timeouts.command)
        self._waiting = True
        try:
            line = await self._line()
        finally:
            self._waiting = False
        if self._hung_up:
            return
        if self.overdue():
            self.hang_up(OVERDUE)
            return
        self.commands += 1
        try:
            await self._obey(line)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            raise
        except Exception as error:
            self.report(error)
            self.forget()
            self.reply("451 4.3.0 Local error, try again later")
        limits = self.house.listener.limits
        if (self.errors > limits.errors and not self.house.gate.trusts(self.peer)) or self.commands > limits.commands:
            self.hang_up("421 4.7.0 Too many errors or commands")

    async def _line(self) -> bytes:
        """The next command line; empty when it was too long. Raises IncompleteReadError at the end."""
        whole = True
        while True:
            try:
                line = await self._reader.readuntil()
            except asyncio.LimitOverrunError as overrun:
                await self._reader.readexactly(overrun.consumed)
                whole = False
            else:
                return line.rstrip(b"\r\n") if whole and len(line) <= _COMMAND_LINE else b""

    async def _obey(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        command = verb.decode("ascii", "replace").upper()
        method = self._smtp_methods.get(command)
        if not line:
            self.reply("500 5.5.2 Empty or too long command line")
        elif method is None:
            self.reply("500 5.5.1 Command not recognized")
        elif self.house.listener.require_tls and not self.secure and command not in _BEFORE_TLS:
            self.reply("530 5.7.0 Must issue a STARTTLS command first")
        else:
            await method(rest.strip().decode("utf-8", "surrogateescape"))

    def report(self, error: BaseException) -> None:
        """A fault of ours by its type and place: its text may hold anything."""
        place = traceback.extract_tb(error.__traceback__)[-1:]
        where = f"{place[0].filename}:{place[0].lineno}" if place else "nowhere"
        log.error("%s at %s in a conversation with %s", type(error).__name__, where, self.peer or "unix")

    def overdue(self) -> bool:
        """Whether it has kept its place for longer than any mail takes."""
        return self.loop.time() - self._since > self.house.listener.timeouts.longest

    def earn(self) -> None:
        """It brought a mail: all that it used up begins anew."""
        self.errors = self.commands = 0
        self._since = self.loop.time()

    def forget(self) -> None:
        """End the transaction that has begun, if any (RFC 5321 section 4.1.1.5)."""
        self._set_rset_state()  # type: ignore[no-untyped-call]  # aiosmtpd is not wholly typed

    # Replies.

    def reply(self, *lines: str) -> None:
        """Queue a reply; it leaves when the client has nothing more in flight, or before anything is awaited."""
        if lines[0].startswith("5"):
            self.errors += 1
        self._replies += [line.encode() + b"\r\n" for line in lines]

    async def push(self, status: Any) -> None:
        """For the commands that aiosmtpd answers itself (NOOP, RSET): with enhanced codes (RFC 2034)."""
        text = status if isinstance(status, str) else bytes(status).decode()
        code, _, words = text.partition(" ")
        self.reply(f"{code} {'5.5.4' if code == '501' else code[0] + '.0.0'} {words}")

    def _flush(self) -> None:
        if self._replies and self.transport is not None:
            self._writer.write(b"".join(self._replies))
        self._replies.clear()

    async def _settle(self) -> None:
        """Let the replies leave, at the client's pace."""
        self._flush()
        if self.transport is not None and self.transport.get_write_buffer_size():
            await self._writer.drain()

    async def prompt(self, line: str) -> None:
        """A reply that the client must see before it goes on."""
        self.reply(line)
        await self._settle()

    def hang_up(self, line: str) -> None:
        """A last reply, then the end; a client that does not read it is cut off."""
        if self._hung_up or self.transport is None:
            return
        self._hung_up = True
        self.reply(line)
        self._flush()
        self._end()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(_LINGER, self.transport.abort)

    def _end(self) -> None:
        # Once only: up to Python 3.12 a TLS transport that is closed again is deaf to abort, and its socket stays open.
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()

    async def cut_off(self) -> None:
        """Close at once, whatever it still has to say or to read; returns when its socket is closed."""
        if self.transport is not None:
            self.transport.abort()
            with contextlib.suppress(OSError):  # what the connection died of
                await self._writer.wait_closed()

    def retire(self) -> None:
        """The server closes: the end now, or after the transaction that has begun."""
        self._retiring = True
        if self._waiting and not self.open_transaction:
            self.hang_up("421 4.3.2 Shutting down, try again later")

    async def commit(self, arrivals: Sequence[Arrival]) -> None:
        """Await the durable commit, however long and whether or not the client stays."""
        self._until = math.inf
        self._committing = True
        try:
            await self.house.accept(arrivals)
        finally:
            self._committing = False

    # What was read ahead: asyncio's StreamReader offers no look into its buffer and no way back.

    @property
    def _pending(self) -> int:
        return len(self._reader._buffer)  # type: ignore[attr-defined]  # private, not in the stubs

    def unread(self, octets: bytes) -> None:
        """What followed a mail in the same segment is the next commands (RFC 2920 section 3.1)."""
        self._reader._buffer[:0] = octets  # type: ignore[attr-defined]  # private, not in the stubs

    # TLS.

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802  # aiosmtpd finds commands by this name
        """Begin TLS; whatever was said before is forgotten (RFC 3207 section 4.2)."""
        if self.house.listener.tls != "starttls" or self.secure:
            self.reply("502 5.5.1 STARTTLS is not available" if not self.secure else "503 5.5.1 TLS is already active")
        elif arg:
            self.reply("501 5.5.4 STARTTLS takes no arguments")
        elif self._pending:  # a command put in before the handshake would be obeyed after it (CVE-2011-0411)
            self.hang_up("554 5.5.1 Nothing may follow STARTTLS in clear")
        else:
            await self.prompt("220 2.0.0 Ready to start TLS")
            if self._pending:
                self.hang_up("554 5.5.1 Nothing may follow STARTTLS in clear")
                return
            await self._begin_tls()

    async def _begin_tls(self) -> None:
        assert self.transport is not None
        assert self.house.certificate is not None
        raw, timeouts = self.transport, self.house.listener.timeouts
        context = self.house.certificate.context()
        try:
            above = await upgrade(raw, self, context, timeouts.handshake)
        except BaseException:
            self.connection_lost(None)  # asyncio tells nothing of a handshake that fails, and its place is free again
            raise
        self.transport = above
        self._over_ssl = self.secure = True
        self._writer._transport = above  # type: ignore[attr-defined]  # as StreamWriter.start_tls does
        self._reader._transport = above  # type: ignore[attr-defined]  # what 3.11's start_tls forgets
        self.forget()
        assert self.session is not None
        self.session.host_name = None
        self.session.extended_smtp = False
