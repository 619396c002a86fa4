"""What the benchmarks on a real Synapse share: the homeserver, an installation, a person who watches her rooms."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import aiohttp

from bench import load
from bench.bare_client import BareClient
from bench.installation import Installation
from bridge.chat.registration import Registration, dump, generate
from bridge.demo.homeserver import Account, Homeserver
from bridge.demo.process import LOOPBACK, free_port
from tests.waiting import eventually

_MARK = re.compile(rb"mark:([^:\"\\]+):")


class Watcher:
    """A person's client in /sync: joins what she is invited to, and notes when each marked message came."""

    def __init__(self, url: str, account: Account) -> None:
        self.rooms: dict[str, str] = {}
        self._base = f"{url}/_matrix/client/v3/"
        self._http = aiohttp.ClientSession(headers={"Authorization": f"Bearer {account.access_token}"})
        self._seen: dict[str, asyncio.Future[float]] = {}
        self._since = ""
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rest()
        await self._http.close()

    def watch(self) -> None:
        """Begin to sync."""
        self._task = asyncio.create_task(self._sync())

    async def rest(self) -> None:
        """Stop to sync, and so to load the homeserver."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def moment(self, mark: str) -> float:
        """When (monotonic) the message with that mark came; waits for it at most a minute."""
        return await asyncio.wait_for(self._future(mark), 60)

    async def named(self, names: Sequence[str]) -> list[str]:
        """The ids of the rooms of these names, once she has joined them all."""
        await eventually(lambda: all(name in self.rooms for name in names), 120)
        return [self.rooms[name] for name in names]

    async def messages(self, room: str) -> list[dict[str, Any]]:
        """All marked messages of a room, oldest first."""
        found: list[dict[str, Any]] = []
        where = ""
        while True:
            page, _ = await self._get(f"rooms/{room}/messages?dir=f&limit=500{where}")
            found += [e for e in page["chunk"] if "mark:" in e["content"].get("body", "")]
            if "end" not in page:
                return found
            where = f"&from={page['end']}"

    def _future(self, mark: str) -> "asyncio.Future[float]":
        if mark not in self._seen:
            self._seen[mark] = asyncio.get_running_loop().create_future()
        return self._seen[mark]

    async def _get(self, path: str) -> tuple[dict[str, Any], bytes]:
        async with self._http.get(self._base + path, raise_for_status=True) as answer:
            octets = await answer.read()
        return json.loads(octets), octets

    async def _sync(self) -> None:
        while True:
            since = f"&since={self._since}" if self._since else ""
            page, octets = await self._get(f"sync?timeout=30000{since}")
            moment = time.monotonic()
            for mark in _MARK.findall(octets):
                future = self._future(mark.decode())
                if not future.done():
                    future.set_result(moment)
            self._since = page["next_batch"]
            for room, part in page.get("rooms", {}).get("invite", {}).items():
                names = [e for e in part["invite_state"]["events"] if e["type"] == "m.room.name"]
                async with self._http.post(f"{self._base}join/{room}", json={}, raise_for_status=True):
                    pass
                if names:
                    self.rooms[names[0]["content"]["name"]] = room


@dataclass
class World:
    """A Synapse with Mailroom running on it. `bare` speaks with the same appservice token."""

    synapse: Homeserver
    registration: Registration
    installation: Installation
    watcher: Watcher
    bare: BareClient
    ann: str
    made: int = field(default=0)

    @property
    def bot(self) -> str:
        """The bot's user id."""
        return f"@{self.registration.sender}:{self.synapse.server_name}"

    async def open(self, count: int, senders: int = 0) -> list[load.Correspondence]:
        """New conversations, opened and joined by ann. Few at a time, since she joins them too."""
        talks = load.talks(f"w{self.made}x", count, senders)
        self.made += 1
        await self.pour([talk.first() for talk in talks])
        return talks

    async def pour(self, mails: Sequence[bytes]) -> float:
        """Hand mails over and wait until all are shown. Seconds from the first MAIL to the last event's receipt."""
        offset, before = time.time() - time.monotonic(), self.installation.newest()
        began, _ = await load.pour(self.installation.port, mails)
        return await self.installation.until_done(len(mails), since=before) - (began + offset)


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Everything started."""
    registration = generate(f"http://{LOOPBACK}:{free_port()}")
    file = folder / "registration.yaml"
    file.write_text(dump(registration))
    async with contextlib.AsyncExitStack() as stack:
        synapse = await stack.enter_async_context(Homeserver(folder / "synapse", registrations=[file]))
        account = await synapse.register("ann")
        installation = Installation(folder / "mailroom", synapse.url, registration=registration, ann=account.user_id)
        await installation.start()
        await stack.enter_async_context(installation)
        watcher = await stack.enter_async_context(Watcher(synapse.url, account))
        bare = await stack.enter_async_context(BareClient(synapse.url, registration.as_token))
        yield World(synapse, registration, installation, watcher, bare, account.user_id)
