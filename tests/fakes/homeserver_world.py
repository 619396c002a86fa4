"""A real Synapse with the bridge's chat side connected to it in both modes, and people with ordinary clients.

Not a fake: it stands here because the fake homeserver does. Checks look through a person's client, never our own.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from bridge.chat.appservice import serve_transactions
from bridge.chat.connect import AppserviceSettings, BotSettings, Connected, connect_appservice, connect_bot
from bridge.chat.encrypted import Unwritten
from bridge.chat.registration import Registration, dump, generate
from bridge.chat.sync import run_keys, run_sync
from bridge.core.addresses import Address
from bridge.core.effects import RoomSpec, Show, Speaker
from bridge.core.ids import Seed
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health
from bridge.demo.homeserver import Homeserver
from tests.servers.ports import free_port

ANNA = Address("anna", "client.example", "Anna Berg")
GHOST = Speaker(ANNA, ghost=True)


@dataclass
class Person:
    """A staff member with a plain client."""

    http: aiohttp.ClientSession
    url: str
    user: str
    token: str

    async def call(self, method: str, *path: str, body: Any = None, query: Any = None) -> dict[str, Any]:
        url = "/".join((self.url, "_matrix/client/v3", *(quote(p, safe="") for p in path)))
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.http.request(method, url, json=body, params=query, headers=headers) as answer:
            value: dict[str, Any] = await answer.json()
            if answer.status >= 300:
                raise PermissionError(f"{answer.status} {value}")
            return value

    async def join(self, room: str) -> None:
        await self.call("POST", "join", room, body={})

    async def say(self, room: str, txn: str, **content: Any) -> str:
        content = {"msgtype": "m.text", "body": "hello", **content}
        return str((await self.call("PUT", "rooms", room, "send", "m.room.message", txn, body=content))["event_id"])

    async def messages(self, room: str) -> list[dict[str, Any]]:
        """The m.room.message events, oldest first."""
        query = {"dir": "b", "limit": "100", "filter": '{"types":["m.room.message"]}'}
        page = await self.call("GET", "rooms", room, "messages", query=query)
        return list(page["chunk"][::-1])

    async def state(self, room: str, kind: str, key: str = "") -> dict[str, Any]:
        return await self.call("GET", "rooms", room, "state", kind, key)

    async def members(self, room: str) -> dict[str, str]:
        page = await self.call("GET", "rooms", room, "members")
        return {event["state_key"]: event["content"]["membership"] for event in page["chunk"]}


@dataclass
class Side:
    """The chat side in one mode. `requests` is every request it made; `inbox` what arrived."""

    mode: str
    connected: Connected
    requests: list[tuple[str, str]]
    inbox: "Inbox"

    @property
    def chat(self) -> Any:
        return self.connected.chat

    @property
    def bot(self) -> str:
        return self.connected.names.bot

    @contextlib.contextmanager
    def counted(self) -> Any:
        """The requests made meanwhile, by method and endpoint; the sync loop's are not counted."""
        before = len(self.requests)
        made: list[str] = []
        yield made
        made += [
            f"{method} {path.split('/v3/')[-1].split('/')[0]}"
            for method, path in self.requests[before:]
            if not path.endswith("/sync")
        ]


@dataclass
class Inbox:
    """A journal's `accept` for tests: arrivals by key, awaitable."""

    arrivals: dict[str, Arrival] = field(default_factory=dict)
    bookmarks: dict[str, str] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> int:
        async with self.changed:
            before = len(self.arrivals)
            for arrival in arrivals:
                self.arrivals.setdefault(arrival.key, arrival)
            if bookmark:
                self.bookmarks[bookmark.source] = bookmark.value
            self.changed.notify_all()
            return len(self.arrivals) - before

    async def bookmark(self, source: str) -> str | None:
        return self.bookmarks.get(source)

    async def report(self, health: Health) -> None:
        assert health.name in ("chat", "keys")

    async def event(self, event_id: str) -> Arrival:
        """The arrival of this event, once it is there."""
        async with asyncio.timeout(30), self.changed:
            await self.changed.wait_for(lambda: f"event:{event_id}" in self.arrivals)
        return self.arrivals[f"event:{event_id}"]


@dataclass
class World:
    """Everything a test needs."""

    synapse: Homeserver
    http: aiohttp.ClientSession
    registration: Registration
    sides: dict[str, Side]
    bot: str
    bot_password: str
    keys: Path | None = None
    notes: dict[str, Unwritten] = field(default_factory=dict)

    async def person(self, name: str) -> Person:
        """A new user whose localpart starts with `name`."""
        account = await self.synapse.register(f"{name}-{secrets.token_hex(4)}")
        return Person(self.http, self.synapse.url, account.user_id, account.access_token)

    @contextlib.asynccontextmanager
    async def again(self, mode: str) -> AsyncIterator[Side]:
        """The same installation after a restart: nothing remembered."""
        requests: list[tuple[str, str]] = []
        async with self.connection(mode, requests) as connected:
            yield Side(mode, connected, requests, self.sides[mode].inbox)

    def connection(
        self, mode: str, requests: list[tuple[str, str]]
    ) -> contextlib.AbstractAsyncContextManager[Connected]:
        def seen(method: str, path: str) -> None:
            requests.append((method, path))

        seed = Seed(f"{mode} {self.bot}".encode())
        keys = self.keys / f"{mode}.db" if self.keys is not None else None
        notes = self.notes.setdefault(mode, Unwritten())
        if mode == "appservice":
            appservice = AppserviceSettings(self.synapse.url, self.registration)
            return connect_appservice(appservice, seed, seen=seen, keys=keys, notes=notes)
        bot = BotSettings(self.synapse.url, self.bot, self.bot_password)
        return connect_bot(bot, seed, seen=seen, keys=keys, notes=notes)


@contextlib.asynccontextmanager
async def own_synapse(folder: Path) -> AsyncIterator[tuple[Homeserver, Registration]]:
    """A Synapse for tests that stop it."""
    # Another prefix than usual: its namespace is exclusive, and on this server a plain bot makes rooms too.
    registration = generate(f"http://127.0.0.1:{free_port()}", prefix="_post_")
    file = folder / "registration.yaml"
    file.write_text(dump(registration))
    async with Homeserver(folder / "synapse", registrations=[file]) as synapse:
        yield synapse, registration


@contextlib.asynccontextmanager
async def chat_world(
    synapse: Homeserver, registration: Registration, *, keys: Path | None = None
) -> AsyncIterator[World]:
    """Both modes connected to a running Synapse, events flowing in. `keys`: where those of encrypted rooms may lie."""
    async with aiohttp.ClientSession() as http, contextlib.AsyncExitStack() as stack:
        account = await synapse.register(f"postbot-{secrets.token_hex(4)}")
        world = World(synapse, http, registration, {}, account.user_id, account.password, keys)
        for mode in ("appservice", "bot"):
            requests: list[tuple[str, str]] = []
            connected = await stack.enter_async_context(world.connection(mode, requests))
            world.sides[mode] = Side(mode, connected, requests, Inbox())
        pushed, synced = world.sides["appservice"], world.sides["bot"]
        port = int(registration.url.rpartition(":")[2])
        names, accept = pushed.connected.names, pushed.inbox.accept
        await stack.enter_async_context(
            serve_transactions(
                "127.0.0.1",
                port,
                hs_token=registration.hs_token,
                names=names,
                accept=accept,
                reading=pushed.chat.encryption.reading,
            )
        )
        asked = pushed.inbox
        asking = run_keys(pushed.chat.encryption, accept=asked.accept, bookmark=asked.bookmark, report=asked.report)
        inbox = synced.inbox
        syncing = run_sync(
            synced.connected.bot,
            synced.connected.names,
            accept=inbox.accept,
            bookmark=inbox.bookmark,
            report=inbox.report,
            encryption=synced.chat.encryption,
        )
        loops = [asyncio.create_task(loop) for loop in (asking, syncing)]
        async with asyncio.timeout(30), inbox.changed:
            await inbox.changed.wait_for(lambda: inbox.bookmarks)
        yield world
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


def a_room(key: str, *members: str, **more: Any) -> RoomSpec:
    """A conversation's room."""
    return RoomSpec(key=key, name=f"Question {key}", members=members, speaker=GHOST, **more)


def a_mail(key: str, text: str = "Where is my order?", **more: Any) -> Show:
    """A mail by Anna Berg to show."""
    more = {"speaker": GHOST, "subject": "", **more}
    return Show(key=key, lane="l", room="r", conversation="c", letter="x", arrival="a", text=text, **more)
