"""The homeserver is asked to call us, so that what people say reaches us at once also after a long absence."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp
import pytest

from bridge.chat import pinging
from bridge.chat.appservice import Accept, serve_transactions
from bridge.chat.client import Wire
from bridge.chat.connect import AppserviceSettings, Connected, connect_appservice
from bridge.chat.registration import generate
from bridge.core.errors import BridgeError, StorageFull
from bridge.core.ids import Seed
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health
from tests.fakes.homeserver import fake_homeserver, says
from tests.fakes.homeserver_world import Inbox, Person, a_room, own_synapse
from tests.waiting import eventually


@contextlib.asynccontextmanager
async def asking(wire: Wire, registration_id: str) -> AsyncIterator[list[Health]]:
    """`keep_asking` while the context is open, and what it reports."""
    told: list[Health] = []

    async def report(health: Health) -> None:
        told.append(health)

    task = asyncio.create_task(pinging.keep_asking(wire, registration_id, report=report))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def listening(folder: Path, accept: Accept) -> AsyncIterator[tuple[Connected, str, Person, str]]:
    """A Synapse that pushes to us, the registration's id, and a person in a room of ours."""
    async with contextlib.AsyncExitStack() as stack:
        synapse, registration = await stack.enter_async_context(own_synapse(folder))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        made = connect_appservice(AppserviceSettings(synapse.url, registration), Seed(b"s" * 16))
        connected = await stack.enter_async_context(made)
        host, port = registration.url.removeprefix("http://").split(":")
        serving = serve_transactions(
            host, int(port), hs_token=registration.hs_token, names=connected.names, accept=accept
        )
        await stack.enter_async_context(serving)
        account = await synapse.register("ann")
        ann = Person(http, synapse.url, account.user_id, account.access_token)
        room = await connected.chat.open_room(a_room("rest", ann.user))
        await ann.join(room)
        yield connected, registration.id, ann, room


async def test_a_homeserver_that_rests_after_failed_pushes_pushes_again_at_once(tmp_path: Path) -> None:
    inbox, full, refused = Inbox(), True, 0

    async def accept(arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        nonlocal refused
        if full:
            refused += 1
            raise StorageFull("disk full")
        return await inbox.accept(arrivals, bookmark)

    async with listening(tmp_path, accept) as (connected, registration_id, ann, room):
        said = await ann.say(room, "while it rests")
        for number in range(1, 9):  # each failure doubles its rest: over four minutes in the end
            await eventually(lambda number=number: refused >= number)
            with contextlib.suppress(BridgeError):
                await pinging.ping(connected.bot, registration_id)
        full = False
        async with asking(connected.bot, registration_id) as told:
            await inbox.event(said)
            await eventually(lambda: told and told[-1].state == "ok", within=90)


async def test_a_push_that_is_under_way_during_the_ping_does_not_shut_the_way_back(tmp_path: Path) -> None:
    again = asyncio.Event()
    inbox = Inbox()

    async def accept(arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        if not inbox.arrivals:
            await inbox.accept(arrivals, bookmark)
            raise StorageFull("disk full")
        again.set()
        await asyncio.sleep(0.4)  # Synapse's own next try is on its way, as it is while nobody listens
        return 0

    async with listening(tmp_path, accept) as (connected, registration_id, _, _):
        await asyncio.wait_for(again.wait(), 30)
        await pinging.reach(connected.bot, registration_id)


async def test_a_way_back_that_is_shut_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "PAUSES", (0.0,))
    monkeypatch.setattr(pinging, "STUMBLES", (0.0, 0.0))
    async with fake_homeserver() as fake:
        made = connect_appservice(AppserviceSettings(fake.url, generate("http://127.0.0.1:9")), Seed(b"s" * 16))
        async with made as connected:
            refusal = says(502, {"errcode": "M_CONNECTION_FAILED", "error": "refused"})
            fake.script += [("/ping", refusal)] * 6  # two, each after three tries
            async with asking(connected.bot, "mailroom") as told:
                await eventually(lambda: len(told) == 2)
    assert [health.state for health in told] == ["waiting", "ok"]
    assert "check listen.matrix" in told[0].detail


async def test_a_homeserver_without_pings_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "PERIOD", 0.0)
    async with fake_homeserver() as fake:
        made = connect_appservice(AppserviceSettings(fake.url, generate("http://127.0.0.1:9")), Seed(b"s" * 16))
        async with made as connected:
            fake.script += [("/ping", says(200, {})), ("/ping", says(404, {"errcode": "M_UNRECOGNIZED"}))]
            async with asking(connected.bot, "mailroom") as told:
                await eventually(lambda: not fake.script)
                await connected.bot.call("GET", "capabilities")
            assert len(fake.paths("/ping")) == 2
    assert [health.state for health in told] == ["ok"]
