"""Asks a scripted server over kept connections."""

import contextlib
import socket
import ssl
from collections.abc import AsyncIterator

from yarl import URL

from bridge.chat.http1 import Http1
from tests.fakes.http_server import OK, HttpServer, Peer


@contextlib.asynccontextmanager
async def asking(server: HttpServer, trust: ssl.SSLContext | None = None, url: str = "") -> AsyncIterator[Http1]:
    http = Http1(URL(url or server.url), trust)
    try:
        yield http
    finally:
        await http.close()


async def get(http: Http1, target: str = "/", seconds: float | None = None) -> bytes:
    return (await http.exchange("GET", target, "", None, seconds)).body


async def cut_at_the_second(peer: Peer) -> None:
    """Answers once, and ends the connection upon the next request."""
    await peer.request()
    await peer.say(OK)
    await peer.request()


def _has(host: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as listener:
        listener.bind((host, 0))
        return True
    return False


HOSTS = ["127.0.0.1", *(["::1"] if _has("::1") else [])]
