"""Opening a door for mail, and closing it so that nobody is cut off in the middle of a mail.

The only place that binds sockets for inbound mail. It starts no thread, and knows nothing of what happens to a mail.
"""

import asyncio
import logging
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from bridge.core.plan import Arrival
from bridge.core.ports import Spool
from bridge.mail.smtpd.connection import House, Refuse
from bridge.mail.smtpd.limits import Gate
from bridge.mail.smtpd.lmtp import LocalReceiver
from bridge.mail.smtpd.receiver import Receiver
from bridge.mail.smtpd.settings import Listener
from bridge.mail.smtpd.tls import Certificate

log = logging.getLogger("mailroom.smtpd")

_BACKLOG = 512
_ROUNDS = 3
"""Of the event loop, from accepting a connection until it is told to us."""


class Server:
    """A listening door. `address`: (host, port), or the path of the unix socket."""

    def __init__(self, house: House, server: asyncio.Server, address: tuple[str, int] | Path) -> None:
        self._house = house
        self._server = server
        self.address = address

    @property
    def port(self) -> int:
        """The TCP port; 0 for a unix socket."""
        return self.address[1] if isinstance(self.address, tuple) else 0

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        return len(self._house.connections)

    @property
    def serving(self) -> bool:
        """Whether clients can connect: a unix socket may have been removed under us."""
        return self._server.is_serving() and (not isinstance(self.address, Path) or self.address.exists())

    def reload_certificates(self) -> bool:
        """Read the certificate again for new connections. False: it could not be used, the old one goes on."""
        return self._house.certificate is None or self._house.certificate.reload()

    async def close(self) -> None:
        """Listen no more, say 421 to the idle, let running transactions finish (`timeouts.close` seconds at most)."""
        await stop_listening(self._server)
        if isinstance(self.address, Path):
            self.address.unlink(missing_ok=True)
        connections = tuple(self._house.connections)
        for connection in connections:
            connection.retire()
        running = [connection.task for connection in connections if connection.task is not None]
        if running:
            _, late = await asyncio.wait(running, timeout=self._house.listener.timeouts.close)
            for connection in connections:
                connection.hang_up("421 4.3.2 Shutting down, try again later")
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*(connection.cut_off() for connection in connections))
        await self._server.wait_closed()


async def serve(
    listener: Listener,
    *,
    accept: Callable[[Sequence[Arrival]], Awaitable[object]],
    spool: Callable[[], Spool],
    knows: Callable[[str], bool],
    clock: Callable[[], float],
    refuse: Refuse | None = None,
) -> Server:
    """Listen. `accept` returns once the arrivals are durable; `knows` says whether RCPT takes an address.

    `spool` gives a large mail its place while it comes in. `refuse`: which of its recipients do not want a mail, and
    why, asked before it is accepted; it raises nothing.
    `clock`: seconds since the epoch. Raises OSError (address taken), ssl.SSLError (unusable certificate).
    """
    # aiosmtpd logs every command line, and content where a client took it for commands.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    certificate = None
    if listener.tls != "none":
        assert listener.certificate is not None
        certificate = Certificate(listener.certificate, listener.key)
    house = House(
        listener=listener,
        hostname=listener.hostname or socket.gethostname(),
        accept=accept,
        spool=spool,
        knows=knows,
        refuse=refuse or _nobody,
        clock=clock,
        gate=Gate(listener, clock),
        certificate=certificate,
    )
    kind = LocalReceiver if listener.protocol == "lmtp" else Receiver
    loop = asyncio.get_running_loop()
    address: tuple[str, int] | Path
    if listener.path is not None:
        server = await loop.create_unix_server(
            lambda: kind(house), sock=_unix_socket(listener.path, listener.mode), backlog=_BACKLOG
        )
        address = listener.path
    else:
        server = await loop.create_server(lambda: kind(house), listener.host, listener.port, backlog=_BACKLOG)
        name = server.sockets[0].getsockname()
        address = (name[0], name[1])
    log.info("%s listens on %s", listener.protocol, address)
    return Server(house, server, address)


async def stop_listening(server: asyncio.Server) -> None:
    """Close `server`; whoever was accepted until then has been given to its callback.

    Closed in the moment in which asyncio has accepted someone, a server loses them: an error is logged, and their
    socket stays open (CPython issue 109564). So nobody else is accepted first.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
    server.close()


async def _nobody(_: Arrival) -> Mapping[str, str]:
    return {}


def _unix_socket(path: Path, mode: int) -> socket.socket:
    """Bound with its permissions before anyone can connect; what a killed daemon left behind is removed."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(os.fspath(path))
            except ConnectionRefusedError:
                path.unlink()
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(os.fspath(path))
        path.chmod(mode)
    except OSError:
        bound.close()
        raise
    return bound
