"""Connections to the homeserver, one pool of each kind for all identities: lean ones for JSON, aiohttp's for media.

It knows no endpoint and no Matrix error; `client` does. It logs no content.
"""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import aiohttp
from yarl import URL

from bridge.chat.faults import gone
from bridge.chat.http1 import Answer, Http1
from bridge.core.errors import Permanent, Transient

_SLOWEST = 50_000
"""Octets a second below which a media transfer is given up."""

_AWAY = (aiohttp.ClientError, TimeoutError, OSError)
"""What aiohttp raises when nobody answers."""


@dataclass(frozen=True, slots=True)
class Server:
    """A homeserver and our connections to it. `seen` is told each request's method and path (for counting)."""

    url: str
    path: str
    http: Http1
    session: aiohttp.ClientSession
    seen: Callable[[str, str], None] = lambda method, path: None

    async def exchange(
        self, method: str, target: str, fields: str, body: bytes | None, seconds: float | None
    ) -> Answer:
        """One request for `target` (path and query, quoted) with header `fields`, each line ended by CRLF.

        Raises Transient when the homeserver is away.
        """
        try:
            return await self.http.exchange(method, self.path + target, fields, body, seconds)
        except _AWAY as error:
            raise gone(type(error).__name__) from None

    async def open(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None,
        data: object = None,
        seconds: float | None = None,
    ) -> aiohttp.ClientResponse:
        """A request over aiohttp, with the answer's body still to be read (or the request's, when `data` is a stream).

        Raises what aiohttp raises.
        """
        return await self.session.request(
            method,
            URL(self.url + target, encoded=True),
            data=data,
            headers=headers,
            timeout=patience(seconds),
            allow_redirects=False,  # a redirect would carry the token elsewhere
        )


@functools.lru_cache(64)
def patience(seconds: float | None) -> aiohttp.ClientTimeout:
    """The whole exchange within `seconds` (None: no end), the connection within 15."""
    return aiohttp.ClientTimeout(total=seconds, sock_connect=15)


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a request is made. `masquerade`: an appservice acting for `user`; `device` empty when it has none."""

    token: str = field(repr=False)
    user: str = ""
    device: str = ""
    masquerade: bool = False

    @property
    def query(self) -> dict[str, str]:
        """What the appservice adds to each request (client-server API, identity assertion)."""
        if not self.masquerade:
            return {}
        return {"user_id": self.user} | ({"device_id": self.device} if self.device else {})


@contextlib.asynccontextmanager
async def connected(
    url: str, seen: Callable[[str, str], None] | None = None, *, ca_file: str = ""
) -> AsyncIterator[Server]:
    """A pool of connections to the homeserver at `url`. Cookies and proxies of the environment are not used.

    `ca_file`: PEM file of the authorities to trust, empty for the system's. Raises Permanent when it is none.
    """
    place = URL(url.rstrip("/"))
    try:
        trust = ssl.create_default_context(cafile=ca_file or None) if ca_file or place.scheme == "https" else None
    except OSError as error:
        raise Permanent(f"{ca_file} holds no certificates: {error.strerror or error}") from None
    connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=30, ssl=trust or True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        http = Http1(place, trust)
        server = Server(str(place), place.raw_path.rstrip("/"), http, session)
        try:
            yield replace(server, seen=seen) if seen else server
        finally:
            await http.close()


@contextlib.contextmanager
def sorted_errors() -> Iterator[None]:
    """What aiohttp raises becomes Transient: the homeserver is away."""
    try:
        yield
    except _AWAY as error:
        raise gone(type(error).__name__) from None


@contextlib.asynccontextmanager
async def within(size: int) -> AsyncIterator[None]:
    """Time for a media transfer of `size` octets. Raises Transient when it is over."""
    seconds = 30 + size / _SLOWEST
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Transient(
            f"the homeserver did not finish a media transfer within {seconds:.0f} s", code="timeout"
        ) from None
