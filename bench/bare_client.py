"""The bare peer of the chat side: an application service that only makes HTTP requests, in order in each room.

No journal, no mail, no retries: whatever a bridge does, it must at least do this.
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

Json = dict[str, Any]


class BareClient:
    """Speaks with the appservice's token as whom `user` names; use it as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._base = f"{url}/_matrix/client/v3"
        self._head = {"Authorization": f"Bearer {token}"}
        self._numbers = (f"bare-{secrets.token_hex(4)}-{n}" for n in itertools.count())

    async def __aenter__(self) -> "BareClient":
        connector = aiohttp.TCPConnector(limit=64)
        self._http = aiohttp.ClientSession(connector=connector, headers=self._head, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def call(self, method: str, *path: str, user: str = "", body: object = None) -> Json:
        """One request; the answer. Raises aiohttp.ClientResponseError when refused."""
        url = "/".join((self._base, *(quote(part, safe="") for part in path)))
        query = {"user_id": user} if user else None
        async with self._http.request(method, url, json=body, params=query, raise_for_status=True) as answer:
            value: Json = await answer.json()
            return value

    async def send(self, room: str, user: str, content: Mapping[str, Any]) -> str:
        """One message; its event id."""
        path = ("rooms", room, "send", "m.room.message", next(self._numbers))
        return str((await self.call("PUT", *path, user=user, body=content))["event_id"])

    async def fill(self, rooms: Sequence[tuple[str, str]], content: Mapping[str, Any], each: int) -> float:
        """Send `each` messages into every (room, user), one in flight a room. Seconds that it took."""

        async def one(room: str, user: str) -> None:
            for _ in range(each):
                await self.send(room, user, content)

        began = time.monotonic()
        await asyncio.gather(*(one(room, user) for room, user in rooms))
        return time.monotonic() - began
