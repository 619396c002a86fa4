"""Implementations of the ports that the contract suites run on."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bridge.app.watched import Watched
from bridge.chat.registration import load
from bridge.core import ports
from bridge.store.journal import Journal
from tests.fakes.homeserver_world import Side, World, chat_world
from tests.servers.synapse import SynapseWithPool

Reopen = Callable[[], Awaitable[ports.Journal]]


@pytest.fixture(params=["sqlite", "watched"])
async def reopen(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Reopen]:
    """Opens the one journal of this test, closing what was open: as a restart does. More implementations join here."""
    current: list[Journal] = []

    async def again() -> ports.Journal:
        for journal in current:
            await journal.close()
        if request.param == "watched":
            current[:] = [await Watched.told(tmp_path / "state", [].append, clock=lambda: 500.0)]
        else:
            current[:] = [await Journal.open(tmp_path / "state", clock=lambda: 500.0)]
        return current[0]

    yield again
    for journal in current:
        await journal.close()


@pytest.fixture
async def journal(reopen: Reopen) -> ports.Journal:
    """A new journal."""
    return await reopen()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(synapse: SynapseWithPool) -> AsyncIterator[World]:
    """A real Synapse with the Chat port's implementations on it, for the tests of one module."""
    taken = await synapse.take()
    registration = load(json.loads(taken.path.read_text()))
    async with chat_world(synapse.homeserver, registration) as made:
        yield made


@pytest.fixture(params=["appservice", "bot"])
def side(office: World, request: pytest.FixtureRequest) -> Side:
    """The Chat port in one mode."""
    return office.sides[request.param]
