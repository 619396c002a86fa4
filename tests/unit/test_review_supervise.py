"""A part that fails is started again, also when nobody can note that it failed."""

import asyncio

import pytest

from bridge.core.errors import StorageFull
from bridge.core.ports import Health
from bridge.engine.supervise import keep_running


async def test_a_part_is_started_again_when_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.engine.supervise.PAUSES", (0.0,))
    starts: list[int] = []
    again = asyncio.Event()

    async def part() -> None:
        starts.append(1)
        if len(starts) > 1:
            again.set()
            await asyncio.Event().wait()
        raise StorageFull("the disk is full")

    async def report(health: Health) -> None:
        raise StorageFull("the disk is full")

    task = asyncio.create_task(keep_running("imap:eva", part, report, lambda: 0.0))
    waiting = asyncio.create_task(again.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert again.is_set()
    task.cancel()
    waiting.cancel()
    await asyncio.gather(task, waiting, return_exceptions=True)
