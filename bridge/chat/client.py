"""The one border to the homeserver: requests in, values or sorted errors out.

JSON goes over `http1`, downloads over aiohttp, media uploads and logins through nio (`nioclient`). The outbox retries,
nothing here does, and every failure becomes `Transient`, `Permanent` or `RoomLost` by its code. It logs no content and
never decides what to say.
"""

import asyncio
import functools
import importlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote, urlencode

from bridge.chat.connection import Identity, Server, sorted_errors, within
from bridge.chat.faults import fault, required
from bridge.chat.limits import encoded
from bridge.core.errors import Permanent
from bridge.core.plan import Raw

_TIMEOUT = 60.0


class Wire:
    """Requests of one identity. Every method raises only `Transient`, `Permanent` and `RoomLost`."""

    def __init__(self, server: Server, identity: Identity) -> None:
        self.server = server
        self.identity = identity
        self._acting = urlencode(identity.query)
        if not identity.token.isprintable():
            raise Permanent("the access token is none: it holds control characters")
        self._bearer = f"Bearer {identity.token}" if identity.token else ""
        allowed = f"Authorization: {self._bearer}\r\n" if self._bearer else ""
        self._fields = f"Content-Type: application/json\r\nUser-Agent: mailroom\r\n{allowed}"

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
        answer = await self.server.exchange(method, target, self._fields, data, seconds)
        answered = _object(answer.body)
        if answer.status >= 300:
            raise fault(answer.status, answered, answer.header("Retry-After"))
        return answered

    async def send(
        self,
        room: str,
        content: Mapping[str, Any],
        txn: str,
        *,
        at: float | None = None,
        kind: Literal["m.room.message", "m.reaction", "m.room.encrypted"] = "m.room.message",
    ) -> str:
        """Send an event of type `kind`; `at` (seconds) is its timestamp where that may be set. Returns its id."""
        query = {} if at is None or not self.identity.masquerade else {"ts": str(int(at * 1000))}
        answer = await self.call("PUT", "rooms", room, "send", kind, txn, body=dict(content), query=query)
        return required(answer, "event_id")

    async def upload(self, data: Raw, size: int, media_type: str, name: str) -> str:
        """Upload `size` octets, a file's as they are read; returns the mxc URI."""
        await asyncio.to_thread(_load_nio)
        from bridge.chat.nioclient import upload

        async with within(size):
            mxc, _ = await upload(self.server, self.identity, self._acting, data, size, media_type, name)
        return mxc

    async def upload_sealed(self, data: Raw, size: int) -> dict[str, Any]:
        """Encrypt and upload `size` octets; the EncryptedFile that a message says of it."""
        await asyncio.to_thread(_load_nio)
        from bridge.chat.nioclient import upload

        async with within(size):
            mxc, keys = await upload(self.server, self.identity, self._acting, data, size, "", "", sealed=True)
        return {**keys, "url": mxc}

    async def download(self, mxc: str, limit: int, cipher: str = "") -> bytes:
        """The octets behind an mxc URI, by authenticated media (v1.11), at most `limit`, decrypted with `cipher`.

        Raises Permanent beyond, and when they were altered.
        """
        data = await self._download(mxc, limit)
        if not cipher:
            return data
        await asyncio.to_thread(_load_nio)
        from bridge.chat.nioclient import unsealed

        return await asyncio.to_thread(unsealed, data, cipher)

    async def _download(self, mxc: str, limit: int) -> bytes:
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        if not mxc.startswith("mxc://") or not server or not media:
            raise Permanent("that is no file on a homeserver")
        path = "/".join(("", "_matrix/client/v1/media/download", quote(server, safe=""), quote(media, safe="")))
        self.server.seen("GET", path)
        target = f"{path}?{self._acting}" if self._acting else path
        headers = {"Authorization": self._bearer}
        async with within(limit):
            with sorted_errors():
                async with await self.server.open("GET", target, headers) as answer:
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
        await asyncio.to_thread(_load_nio)
        from bridge.chat.nioclient import login

        return await login(self.server, user, password, device)


def _load_nio() -> None:
    """Import it beside the event loop, which would stall for a quarter of a second (I8)."""
    importlib.import_module("bridge.chat.nioclient")


@functools.lru_cache(1024)
def _quoted(segment: str) -> str:
    """The same rooms again and again."""
    return quote(segment, safe="")


def _object(octets: bytes) -> dict[str, Any]:
    try:
        value = json.loads(octets)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
