"""Media and logins through nio, over our pool of connections; beside `olm` the only importer of nio.

nio returns error objects and would retry for ever; here the outbox retries, and failures are sorted by their code. It
is imported when first needed, for it takes a quarter of a second and 20 MB. It logs no content.
"""

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from nio import AsyncClient, AsyncClientConfig, EncryptionError, ErrorResponse, LoginResponse, UploadResponse
from nio.crypto.attachments import decrypt_attachment

from bridge.chat.connection import Identity, Server, sorted_errors
from bridge.chat.faults import fault
from bridge.chat.limits import sound
from bridge.core.errors import BridgeError, Permanent, Transient
from bridge.core.plan import Raw

for _noisy in ("nio.events.misc", "nio.responses", "nio.client", "nio.rooms"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL + 1)  # they log whole events: content of messages

_TIMEOUT = 60.0
_BLOCK = 64 * 1024
_CONFIG = AsyncClientConfig(
    max_limit_exceeded=0, max_timeouts=0, request_timeout=int(_TIMEOUT), encryption_enabled=False
)


class NioClient(AsyncClient):  # type: ignore[misc]  # nio is untyped
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
        return await self._server.open(method, path, headers, data, total)


async def _blocks(file: io.BufferedIOBase) -> AsyncIterator[bytes]:
    """Its octets, with room for others between: nio's own way of a file never lets go of the event loop."""
    while block := file.read(_BLOCK):
        yield block
        await asyncio.sleep(0)


async def upload(
    server: Server,
    identity: Identity,
    acting: str,
    data: Raw,
    size: int,
    media_type: str,
    name: str,
    *,
    sealed: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Upload octets as an identity (`acting`: its query), encrypted if `sealed`: then type and name are not told.

    Returns the mxc URI and what opens it. Raises Transient, Permanent.
    """
    with sorted_errors(), contextlib.ExitStack() as files:

        def opened(*_: object) -> AsyncIterator[bytes]:
            return _blocks(files.enter_context(open(data.path, "rb") if data.path else io.BytesIO(data.data)))

        answer, keys = await NioClient(server, identity, acting).upload(
            opened,
            content_type=media_type or "application/octet-stream",
            filename=sound(name) or None,
            filesize=size,
            encrypt=sealed,
        )
    if not isinstance(answer, UploadResponse):
        raise _fault(answer)
    return str(answer.content_uri), dict(keys or {})


def unsealed(data: bytes, cipher: str) -> bytes:
    """Decrypt a file (`cipher` as of `Media`). Raises Permanent when it is not what its sender encrypted."""
    known = json.loads(cipher)
    try:
        return bytes(decrypt_attachment(data, known["key"], known["sha256"], known["iv"]))
    except (EncryptionError, ValueError):
        raise Permanent("an encrypted file could not be opened: it is not what was sent") from None


async def login(server: Server, user: str, password: str, device: str) -> Identity:
    """Log in with a password as one fixed device, so that devices do not pile up. Raises Transient, Permanent."""
    wish = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user},
        "password": password,
        "device_id": device,
        "initial_device_display_name": "Mailroom",
    }
    with sorted_errors():
        answer = await NioClient(server, Identity(token=""), "").login_raw(wish)
    if not isinstance(answer, LoginResponse):
        raise _fault(answer)
    return Identity(token=answer.access_token, user=answer.user_id, device=answer.device_id)


def _fault(answer: object) -> BridgeError:
    """nio's error object, sorted: the HTTP status is on its transport response."""
    response = getattr(answer, "transport_response", None)
    status = getattr(response, "status", 0)
    header = response.headers.get("Retry-After") if response is not None else None
    if not isinstance(answer, ErrorResponse):
        return Transient("the homeserver's answer was not understood", code=str(status))
    body = {"errcode": answer.status_code or "", "error": answer.message, "retry_after_ms": answer.retry_after_ms}
    return fault(status, body, header)
