"""The one border to the homeserver, and the only importer of nio: requests in, values or sorted errors out.

JSON goes straight over aiohttp, media and logins through nio, which returns error objects and would retry for ever;
here the outbox retries, and every failure becomes `Transient`, `Permanent` or `RoomLost` by its code. It logs no
content and never decides what to say.
"""

import asyncio
import contextlib
import functools
import io
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from nio import AsyncClient, AsyncClientConfig, ErrorResponse, LoginResponse, UploadResponse
from yarl import URL

from bridge.chat.faults import fault, gone, required
from bridge.chat.limits import encoded, sound
from bridge.core.errors import BridgeError, Permanent, Transient

for _noisy in ("nio.events.misc", "nio.responses", "nio.client", "nio.rooms"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL + 1)  # they log whole events: content of messages

_CONFIG = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=60, encryption_enabled=False)
_TIMEOUT = 60.0
_SLOWEST = 50_000
"""Octets a second below which a media transfer is given up."""


@dataclass(frozen=True, slots=True)
class Server:
    """A homeserver and our connections to it. `seen` is told each request's method and path (for counting)."""

    url: str
    session: aiohttp.ClientSession
    seen: Callable[[str, str], None] = lambda method, path: None

    async def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None, seconds: float | None
    ) -> tuple[int, str | None, bytes]:
        """One request for `target` (path and query, quoted): status, Retry-After, body. Raises what aiohttp raises."""
        async with self.session.request(
            method,
            URL(self.url + target, encoded=True),
            data=body,
            headers=headers,
            timeout=_patience(seconds),
            allow_redirects=False,  # a redirect would carry the token elsewhere
        ) as answer:
            return answer.status, answer.headers.get("Retry-After"), await answer.read()


@functools.lru_cache(64)
def _patience(seconds: float | None) -> aiohttp.ClientTimeout:
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
    try:
        trust = ssl.create_default_context(cafile=ca_file) if ca_file else None
    except OSError as error:
        raise Permanent(f"{ca_file} holds no certificates: {error.strerror or error}") from None
    connector = aiohttp.TCPConnector(limit=64, keepalive_timeout=30, ssl=trust or True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        server = Server(url.rstrip("/"), session)
        yield replace(server, seen=seen) if seen else server


class _Nio(AsyncClient):  # type: ignore[misc]  # nio is untyped
    """nio speaking as one identity over the shared pool; cheap enough (5 µs) to be made for each request."""

    def __init__(self, server: Server, identity: Identity, query: str) -> None:
        super().__init__(server.url, identity.user, config=_CONFIG)
        self.access_token = identity.token
        self.client_session = server.session
        self._server = server
        self._query = query

    async def send(
        self,
        method: str,
        path: str,
        data: Any = None,
        headers: dict[str, str] | None = None,
        trace_context: Any = None,
        timeout: float | None = None,
    ) -> aiohttp.ClientResponse:
        """Overridden: nio has no application service support; this appends who acts, and when."""
        self._server.seen(method, path.partition("?")[0])
        if self._query:
            path += ("&" if "?" in path else "?") + self._query
        total = _TIMEOUT if timeout is None else timeout or None
        return await self._server.session.request(
            method,
            URL(self._server.url + path, encoded=True),
            data=data,
            headers=headers,
            timeout=_patience(total),
            allow_redirects=False,  # a redirect would carry the token elsewhere
        )


class Wire:
    """Requests of one identity. Every method raises only `Transient`, `Permanent` and `RoomLost`."""

    def __init__(self, server: Server, identity: Identity) -> None:
        self.server = server
        self.identity = identity
        self._acting = urlencode(identity.query)
        if not identity.token.isprintable():
            raise Permanent("the access token is none: it holds control characters")
        self._headers = {"Content-Type": "application/json", "User-Agent": "mailroom"}
        if identity.token:
            self._headers["Authorization"] = f"Bearer {identity.token}"

    def _nio(self) -> _Nio:
        return _Nio(self.server, self.identity, self._acting)

    def acting(self, user: str, device: str) -> "Wire":
        """The same appservice acting for another user."""
        return Wire(self.server, replace(self.identity, user=user, device=device))

    async def call(
        self,
        method: str,
        *path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        base: str = "/_matrix/client/v3",
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """One request to the client-server API with path segments `path` (quoted here); the JSON object it answers."""
        url = "/".join((base, *map(_quoted, path)))
        self.server.seen(method, url)
        asked = "&".join(part for part in (self._acting, urlencode(query) if query else "") if part)
        target = f"{url}?{asked}" if asked else url
        data = None if body is None else encoded(body)
        seconds = _TIMEOUT if timeout is None else timeout or None
        with _sorted_errors():
            status, retry_after, octets = await self.server.exchange(method, target, self._headers, data, seconds)
        answered = _object(octets)
        if status >= 300:
            raise fault(status, answered, retry_after)
        return answered

    async def send(self, room: str, content: Mapping[str, Any], txn: str, *, at: float | None = None) -> str:
        """Send an m.room.message; `at` (seconds) is its timestamp where the identity may set one. Returns its id."""
        query = {} if at is None or not self.identity.masquerade else {"ts": str(int(at * 1000))}
        answer = await self.call("PUT", "rooms", room, "send", "m.room.message", txn, body=dict(content), query=query)
        return required(answer, "event_id")

    async def upload(self, data: bytes, media_type: str, name: str) -> str:
        """Upload octets; returns the mxc URI."""
        async with _within(30 + len(data) / _SLOWEST):
            with _sorted_errors():
                answer, _ = await self._nio().upload(
                    lambda *_: io.BytesIO(data),
                    content_type=media_type,
                    filename=sound(name) or None,
                    filesize=len(data),
                )
        if not isinstance(answer, UploadResponse):
            raise _nio_fault(answer)
        return str(answer.content_uri)

    async def download(self, mxc: str, limit: int) -> bytes:
        """The octets behind an mxc URI, by authenticated media (v1.11), at most `limit`. Raises Permanent beyond."""
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        if not mxc.startswith("mxc://") or not server or not media:
            raise Permanent("that is no file on a homeserver")
        path = "/".join(("", "_matrix/client/v1/media/download", quote(server, safe=""), quote(media, safe="")))
        headers = {"Authorization": f"Bearer {self.identity.token}"}
        nio = self._nio()
        async with _within(30 + limit / _SLOWEST):
            with _sorted_errors():
                async with await nio.send("GET", path, None, headers, timeout=0) as answer:
                    if answer.status >= 300:
                        raise fault(answer.status, _object(await answer.read()), answer.headers.get("Retry-After"))
                    if (answer.content_length or 0) > limit:
                        raise Permanent(f"the file is over the limit of {limit} octets", code="413")
                    data = bytearray()
                    async for chunk in answer.content.iter_chunked(65_536):
                        data += chunk
                        if len(data) > limit:
                            raise Permanent(f"the file is over the limit of {limit} octets", code="413")
        return bytes(data)

    async def login(self, user: str, password: str, device: str) -> Identity:
        """Log in with a password as one fixed device, so that devices do not pile up."""
        wish = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "device_id": device,
            "initial_device_display_name": "Mailroom",
        }
        with _sorted_errors():
            answer = await _Nio(self.server, Identity(token=""), "").login_raw(wish)
        if not isinstance(answer, LoginResponse):
            raise _nio_fault(answer)
        return Identity(token=answer.access_token, user=answer.user_id, device=answer.device_id)


@functools.lru_cache(1024)
def _quoted(segment: str) -> str:
    """The same rooms again and again."""
    return quote(segment, safe="")


@contextlib.contextmanager
def _sorted_errors() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise gone(type(error).__name__) from None


@contextlib.asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Transient(
            f"the homeserver did not finish a media transfer within {seconds:.0f} s", code="timeout"
        ) from None


def _object(octets: bytes) -> dict[str, Any]:
    try:
        value = json.loads(octets)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _nio_fault(answer: object) -> BridgeError:
    """nio's error object, sorted: the HTTP status is on its transport response."""
    response = getattr(answer, "transport_response", None)
    status = getattr(response, "status", 0)
    header = response.headers.get("Retry-After") if response is not None else None
    if not isinstance(answer, ErrorResponse):
        return Transient("the homeserver's answer was not understood", code=str(status))
    body = {"errcode": answer.status_code or "", "error": answer.message, "retry_after_ms": answer.retry_after_ms}
    return fault(status, body, header)
