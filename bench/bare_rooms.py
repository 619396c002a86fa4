"""The bare peer of new conversations: the same calls with the same bodies as Mailroom's, without the rest of it."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.bare_client import BareClient


class BareRooms:
    """Opens conversations. `prefix`: of ghosts and aliases; `wish`: createRoom's body; `content`: the message's."""

    def __init__(self, client: BareClient, bot: str, prefix: str, wish: Mapping[str, Any], content: Any) -> None:
        self._client = client
        self._bot = bot
        self._prefix = prefix
        self._wish = wish
        self._content = content
        self._server = bot.partition(":")[2]

    async def prepare(self, ghosts: int) -> None:
        """A space, and so many ghosts with names."""
        space = {"preset": "private_chat", "creation_content": {"type": "m.space"}}
        self._space = (await self._client.call("POST", "createRoom", user=self._bot, body=space))["room_id"]
        self._ghosts: list[str] = []
        for _ in range(ghosts):
            name = f"{self._prefix}{secrets.token_hex(8)}"
            wish = {"type": "m.login.application_service", "username": name}
            user = (await self._client.call("POST", "register", body=wish))["user_id"]
            await self._client.call(
                "PUT", "profile", user, "displayname", user=user, body={"displayname": "A customer"}
            )
            self._ghosts.append(user)

    async def open(self, ghost: str, members: Sequence[str]) -> None:
        """One conversation: four requests."""
        call, name = self._client.call, f"{self._prefix}{secrets.token_hex(8)}"
        wish = {**self._wish, "room_alias_name": name, "invite": [*members, ghost]}
        room = (await call("POST", "createRoom", user=self._bot, body=wish))["room_id"]
        child = {"via": [self._server]}
        await call("PUT", "rooms", self._space, "state", "m.space.child", room, user=self._bot, body=child)
        await call("POST", "rooms", room, "join", user=ghost, body={})
        await self._client.send(room, ghost, self._content)

    async def many(self, count: int, members: Sequence[str], width: int) -> float:
        """So many conversations, `width` at once. Seconds that it took."""
        numbers = iter(range(count))

        async def one() -> None:
            for number in numbers:
                await self.open(self._ghosts[number % len(self._ghosts)], members)

        began = time.monotonic()
        await asyncio.gather(*(one() for _ in range(width)))
        return time.monotonic() - began
