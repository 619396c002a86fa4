"""Implementations of the ports that the contract suites run on."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge.app.watched import Watched
from bridge.core import ports
from bridge.store.journal import Journal

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
