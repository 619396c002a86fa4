"""Housekeeping asks for what is old alone, again and again, and not in the first minutes."""

import asyncio

import pytest

from bridge.engine import housekeeping


async def test_it_looks_after_a_while_and_then_from_time_to_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = 1000.0, list[tuple[float, float]]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    async def tidy(before: float) -> int:
        asked.append((now, before))
        if len(asked) == 3:
            raise asyncio.CancelledError
        return 1

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await housekeeping.keep_tidy(tidy, lambda: now)
    first, every, old = housekeeping.FIRST, housekeeping.EVERY, housekeeping.OLD
    moments = [1000 + first, 1000 + first + every, 1000 + first + 2 * every]
    assert asked == [(moment, moment - old) for moment in moments]
    assert min(first, every, old) >= 600
