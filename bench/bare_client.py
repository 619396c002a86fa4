"""The bare peer of the chat side: an application service that only makes HTTP requests, in order in each room.

No journal, no mail, no retries: whatever a bridge does, it must at least do this. It uses the bridge's own connections,
for no others cost less.
"""

import asyncio
import itertools
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from yarl import URL

from bridge.chat.http1 import Http1


class BareClient:
    """Speaks with the appservice's token as whom `user` names; use it as a context manager."""

    def __init__(self, url: str, token: str) -> None:
        self._url = URL(url)
        self._head = f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self._numbers = (f"bare-{secrets.token_hex(4)}-{n}" for n in itertools.count())

    async def __aenter__(self) -> "BareClient":
        self._http = Http1(self._url, None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def call(self, method: str, *path: str, user: str = "", body: object = None) -> dict[str, Any]:
        """One request; the answer. Raises RuntimeError when refused."""
        target = "/".join(("/_matrix/client/v3", *(quote(part, safe="") for part in path)))
        target += f"?user_id={quote(user, safe='')}" if user else ""
        answer = await self._http.exchange(method, target, self._head, json.dumps(body or {}).encode())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {target}: {answer.status} {answer.body!r}")
        return dict(json.loads(answer.body))

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
