"""TLS for IMAP connections: verified contexts, and buffers that suit connections which sleep for hours.

Never turns verification off: a private authority is named by its file.
"""

import asyncio
import functools
import os
import socket
import ssl
from asyncio import sslproto

_AWAKE = 64 * 1024
_ASLEEP = 2 * 1024  # asyncio's own read buffer is 256 KiB for each connection, also when nothing comes for hours


class _LeanProtocol(sslproto.SSLProtocol):
    # Small from the first moment: what was given back after a thousand handshakes would stay with the allocator.
    max_size = _ASLEEP


async def connect(protocol: asyncio.Protocol, host: str, port: int, tls: ssl.SSLContext) -> asyncio.Transport:
    """Connect with implicit TLS, `protocol` above it. What loop.create_connection does, with lean buffers.

    Raises OSError (ssl.SSLError among them); the connection is closed then, also when the caller's time is up.
    """
    loop = asyncio.get_running_loop()
    plain, _ = await loop.create_connection(asyncio.Protocol, host, port)
    return await upgrade(plain, protocol, tls, host, fresh=True)


async def upgrade(
    plain: asyncio.Transport, protocol: asyncio.Protocol, tls: ssl.SSLContext, host: str, *, fresh: bool = False
) -> asyncio.Transport:
    """Shake hands as the client of `host`, and return the transport above, as loop.start_tls does.

    `fresh`: the protocol has not seen a connection yet and is told of this one. Raises as `connect`.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    layer = _LeanProtocol(
        loop,
        protocol,
        tls,
        done,
        server_side=False,
        server_hostname=host,
        call_connection_made=fresh,
    )
    plain.pause_reading()
    plain.set_protocol(layer)
    loop.call_soon(layer.connection_made, plain)
    loop.call_soon(plain.resume_reading)
    try:
        await done
    except BaseException:
        plain.close()
        raise
    if layer._app_transport is None:  # lost in the same moment
        raise ConnectionResetError("the server closed the connection")
    return layer._app_transport


def context(ca_file: str = "") -> ssl.SSLContext:
    """A context that verifies certificate and host name, shared by all accounts with the same authorities.

    Raises OSError, ssl.SSLError when the file cannot be used.
    """
    return _context(ca_file, os.stat(ca_file).st_mtime_ns if ca_file else 0)


@functools.lru_cache(maxsize=16)  # a context holds all authorities: about 1 MB each, too much for every connection
def _context(ca_file: str, _changed: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def shrink(transport: asyncio.BaseTransport) -> None:
    """Give back the read buffer while nothing much is expected. Does nothing on loops that are not asyncio's."""
    protocol = getattr(transport, "_ssl_protocol", None)
    if protocol is not None and hasattr(protocol, "_ssl_buffer_view"):
        protocol.max_size = _ASLEEP
        protocol._ssl_buffer = bytearray(_ASLEEP)
        protocol._ssl_buffer_view = memoryview(protocol._ssl_buffer)


def widen(transport: asyncio.BaseTransport) -> None:
    """Let the read buffer grow again, which the protocol does by itself when it reads."""
    protocol = getattr(transport, "_ssl_protocol", None)
    if protocol is not None and hasattr(protocol, "_ssl_buffer_view"):
        protocol.max_size = _AWAKE


def keep_alive(transport: asyncio.BaseTransport) -> None:
    """Have the kernel notice a dead peer within about three minutes (Linux names; others keep their defaults)."""
    sock = transport.get_extra_info("socket")
    if sock is None:
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 6)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
