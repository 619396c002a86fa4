"""One connection to an IMAP server: aioimaplib's protocol with its receiving half replaced. The only importer of it.

Cured here: recursion over many responses, commands and IDLE that outlive a lost connection, timeouts that leave the
connection in use, data logged, text in quoted data deleted, no STARTTLS, no generic AUTHENTICATE. One command at a
time; after any failure in the middle of one the connection is given up, since nobody knows where its answers would
belong. Never logs what goes over the wire.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from aioimaplib.aioimaplib import AUTH, CONNECTED, NONAUTH, SELECTED, Command, Commands, IMAP4ClientProtocol

from bridge.core.errors import BridgeError
from bridge.mail.imap.failures import ConnectionLost, PeerLied, Untrusted, clean
from bridge.mail.imap.grammar import Continuation, Reader, Response, Status, Untagged
from bridge.mail.imap.tls import keep_alive, shrink, upgrade, widen

__all__ = ["AUTH", "NONAUTH", "SELECTED", "Exchange", "Wire"]

_RESPONSES = 200_000


class Exchange(Command):  # type: ignore[misc] # aioimaplib is untyped
    """A command on its way, and everything the server says until its tagged answer.

    `answers` gives the octets for each continuation request. `news` is set at the first thing worth leaving IDLE for.
    """

    _exception: BaseException | None

    def __init__(
        self,
        tag: str,
        name: str,
        *args: str,
        prefix: str = "",
        timeout: float | None,
        answers: Callable[[bytes], bytes] | None = None,
    ) -> None:
        super().__init__(name, tag, *args, prefix=prefix, timeout=timeout)
        self.answers = answers
        self.untagged: list[Untagged] = []
        self.statuses: list[Status] = []
        self.outcome: Status | None = None
        self.octets = 0
        self.invited = asyncio.Event()
        self.news = asyncio.Event()

    def __repr__(self) -> str:
        return f"<{self.name}>"  # the arguments of LOGIN are secret

    def __str__(self) -> str:
        return str(super().__repr__())

    def touch(self) -> None:
        """The server is alive: begin its time anew."""
        if not self._event.is_set():
            self._reset_timer()

    def fail(self, error: BridgeError) -> None:
        """End it without an answer."""
        self._exception = self._exception or error
        self._end()

    def succeed(self, outcome: Status) -> None:
        """End it with the tagged answer, be it OK, NO or BAD."""
        self.outcome = outcome
        self._end()

    def _end(self) -> None:
        self._timer.cancel()
        self._event.set()
        self.invited.set()
        self.news.set()

    def _timeout_callback(self) -> None:
        self.fail(ConnectionLost(f"the server did not answer {self.name} in time"))


class Wire(IMAP4ClientProtocol):  # type: ignore[misc] # aioimaplib is untyped
    """The protocol of one connection. `max_octets`: the literals that one response may hold."""

    state: str
    transport: Any
    capabilities: set[str]
    pending_sync_command: Exchange | None

    def __init__(self, *, max_octets: int) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(loop)
        self.state_condition = self.idle_queue = self._idle_event = (
            None  # not used here, and kilobytes for each sleeper
        )
        self._max_octets = max_octets
        self._reader = Reader(max_octets=max_octets)
        self.greeting: asyncio.Future[Status] = loop.create_future()
        self.lost: BridgeError | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        super().connection_made(transport)
        keep_alive(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop: whatever waits, ends."""
        self.break_off(ConnectionLost("the server closed the connection"))

    def data_received(self, d: bytes) -> None:
        """Called by the loop."""
        if self.lost is not None:
            return
        if self.pending_sync_command is not None:
            self.pending_sync_command.touch()
        try:
            responses = self._reader.feed(d)
            for index, response in enumerate(responses):
                self._take(response, last=index == len(responses) - 1 and self._reader.idle)
        except BridgeError as error:
            self.break_off(error)

    def break_off(self, error: BridgeError) -> None:
        """Give the connection up because of `error`; the first one stands."""
        if self.lost is None:
            self.lost = error
        if not self.greeting.done():
            self.greeting.set_exception(self.lost)
            self.greeting.exception()  # it may be that nobody waits for it any more
        if self.pending_sync_command is not None:
            self.pending_sync_command.fail(self.lost)
        if self.transport is not None:
            self.transport.abort()

    def send(self, line: str, scrub: str | None = None) -> None:
        """Write a line. Never logged, so `scrub` has nothing to do."""
        self.transport.write(f"{line}\r\n".encode())

    def start(self, name: str, *args: str, timeout: float | None, **options: Any) -> Exchange:
        """Send a command and return at once. Raises what ended the connection; ValueError for line breaks in `args`."""
        if self.lost is not None:
            raise self.lost
        if self.pending_sync_command is not None or self.state not in Commands[name].valid_states:
            raise RuntimeError(f"{name} is not possible now")
        exchange = Exchange(self.new_tag(), name, *args, timeout=timeout, **options)
        self.pending_sync_command = exchange
        if name in ("FETCH", "SEARCH"):
            widen(self.transport)
        elif name in ("IDLE", "CLOSE"):
            shrink(self.transport)
        self.send(str(exchange))
        return exchange

    async def finish(self, exchange: Exchange, longest: float) -> Status:
        """Wait for the tagged answer. Without one, or when cancelled, the connection is given up."""
        try:
            async with asyncio.timeout(longest):
                await exchange.wait()
        except TimeoutError:
            self.break_off(ConnectionLost(f"the server did not finish {exchange.name} in time"))
            raise self.lost or ConnectionLost("lost") from None
        except BridgeError as error:
            self.break_off(error)
            raise
        except asyncio.CancelledError:
            self.break_off(ConnectionLost("given up"))
            raise
        finally:
            self.pending_sync_command = None
        if exchange.outcome is None:
            raise PeerLied("no answer")
        return exchange.outcome

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Begin TLS after a successful STARTTLS (RFC 9051 section 6.2.1); what was said before is forgotten."""
        plain = self.transport
        self._reader = Reader(max_octets=self._max_octets)
        self.capabilities = set()
        self.transport = await upgrade(plain, self, context, host)
        if self.lost is not None:
            raise self.lost

    def _take(self, response: Response, *, last: bool) -> None:
        exchange: Exchange | None = self.pending_sync_command
        match response:
            case Status(tag="*"):
                self._untagged_status(response, exchange)
            case Status():
                if exchange is None or response.tag != exchange.tag or exchange.outcome is not None:
                    raise PeerLied("the server answers what was not asked")
                if exchange.name == "STARTTLS" and response.status == "OK":
                    if not last:
                        raise Untrusted("someone put data before the TLS handshake: connection refused")
                    self.transport.pause_reading()  # whatever comes now belongs to TLS
                self._note_capabilities(response)
                exchange.succeed(response)
            case Continuation(text):
                self._continue(text, exchange)
            case Untagged():
                if self.state == CONNECTED:
                    raise PeerLied("the server speaks before its greeting")
                self._untagged(response, exchange)

    def _untagged_status(self, response: Status, exchange: Exchange | None) -> None:
        self._note_capabilities(response)
        if response.status == "BYE" and (exchange is None or exchange.name != "LOGOUT"):
            words = clean(response.text)
            raise ConnectionLost(f"the server said goodbye: {words}", code=response.code or "BYE")
        if self.state == CONNECTED:
            if response.status not in ("OK", "PREAUTH"):
                raise PeerLied("the server greets with a refusal")
            self.state = AUTH if response.status == "PREAUTH" else NONAUTH
            self.greeting.set_result(response)
        elif exchange is not None:
            exchange.statuses.append(response)
            if len(exchange.statuses) > _RESPONSES:
                raise PeerLied("the server does not stop talking")

    def _note_capabilities(self, response: Status) -> None:
        if response.code == "CAPABILITY" and response.status != "NO":
            self.capabilities = set(response.argument.upper().split())

    def _continue(self, text: bytes, exchange: Exchange | None) -> None:
        if exchange is None:
            raise PeerLied("the server asks for what was not announced")
        if exchange.name == "IDLE":
            exchange.invited.set()
        elif exchange.answers is not None:
            self.transport.write(exchange.answers(text))
        else:
            raise PeerLied("the server asks for what was not announced")

    def _untagged(self, response: Untagged, exchange: Exchange | None) -> None:
        if response.kind == "CAPABILITY":
            self.capabilities = set(response.pieces[0].decode("ascii", "replace").upper().split())
        if exchange is None:
            return
        if exchange.name == "IDLE":
            if response.kind == "EXISTS":
                exchange.news.set()
            return
        exchange.untagged.append(response)
        exchange.octets += sum(len(piece) for piece in response.pieces)
        if len(exchange.untagged) > _RESPONSES or exchange.octets > 2 * self._max_octets:
            raise PeerLied("the server does not stop talking")
