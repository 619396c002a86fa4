"""Certificates that may change while mail flows, and TLS on a connection that is already open.

A new certificate serves new connections without restart; a broken one never replaces one that works. Both STARTTLS and
implicit TLS come through `upgrade`, with read buffers of 16 kB instead of asyncio's 256 kB for each connection.
"""

import asyncio
import logging
import ssl
from asyncio import sslproto
from pathlib import Path

log = logging.getLogger("mailroom.smtpd")


class Certificate:
    """A PEM certificate chain and its key. Raises OSError or ssl.SSLError when they cannot be loaded at first."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._certificate = certificate
        self._key = key or certificate
        self._stamp = self._look()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """The context for a new connection; files that changed are read first."""
        if self._look() != self._stamp:
            self.reload()
        return self._context

    def reload(self) -> bool:
        """Read the files now. False: they do not fit together (perhaps half written); what worked goes on."""
        stamp = self._look()
        try:
            # A new context: a failed load_cert_chain would leave the old one with a certificate and no key.
            self._context = self._load()
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate %s not reloaded: %s", self._certificate, error.__class__.__name__)
            return False
        self._stamp = stamp
        log.info("certificate %s reloaded", self._certificate)
        return True

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        stats = []
        for path in (self._certificate, self._key):
            try:
                found = path.stat()
            except OSError:
                continue
            stats.append((found.st_mtime_ns, found.st_size, found.st_ino))
        return tuple(stats)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8997
        # An encrypted key must fail, not ask at a terminal.
        context.load_cert_chain(self._certificate, self._key, password=lambda: b"")
        return context


class _LeanProtocol(sslproto.SSLProtocol):
    max_size = 16 * 1024  # one TLS record


async def upgrade(
    transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext, timeout: float
) -> asyncio.Transport:
    """Shake hands as the server, and return the transport above. What loop.start_tls does, with leaner buffers.

    Raises ssl.SSLError, OSError or TimeoutError when the handshake fails; the connection is closed then, which
    `protocol` may not be told.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    layer = _LeanProtocol(
        loop,
        protocol,
        context,
        done,
        server_side=True,
        ssl_handshake_timeout=timeout,  # type: ignore[arg-type]  # the stub says int, the code takes any number
        call_connection_made=False,
    )
    transport.pause_reading()
    transport.set_protocol(layer)
    loop.call_soon(layer.connection_made, transport)
    loop.call_soon(transport.resume_reading)
    try:
        await done
    except BaseException:
        transport.close()
        raise
    if layer._app_transport is None:  # lost in the same moment
        raise ConnectionResetError("the client closed the connection")
    return layer._app_transport
