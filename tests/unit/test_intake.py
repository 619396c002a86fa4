"""What is kept is planned, also when whoever brought it went away while it was being kept (I1)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.core.plan import Pending
from bridge.engine.intake import Intake
from bridge.store.journal import Journal
from tests.contract.journal_world import arrival
from tests.waiting import eventually


async def test_a_client_that_goes_away_in_the_middle_of_the_commit_leaves_its_mail_to_the_planner(
    tmp_path: Path,
) -> None:
    offered: list[Sequence[Pending]] = []
    woken: list[int] = []
    async with await Journal.open(tmp_path / "state") as journal:
        intake = Intake(journal)
        intake.on_new(offered.append, lambda: woken.append(1))
        bringing = asyncio.create_task(intake.accept([arrival("smtp:1")]))
        await asyncio.sleep(0)  # it is handed to the journal
        bringing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bringing
        await eventually(lambda: woken)
        assert [each.key for each in await journal.pending(after=0, limit=10)] == ["smtp:1"]
        assert not offered, "nobody was left to do it"


async def test_a_client_that_goes_away_before_anything_was_kept_changes_nothing(tmp_path: Path) -> None:
    woken: list[int] = []
    async with await Journal.open(tmp_path / "state") as journal:
        intake = Intake(journal)
        intake.on_new(lambda _: None, lambda: woken.append(1))
        bringing = asyncio.create_task(intake.accept([arrival("smtp:1")]))
        bringing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bringing
        await journal.accept([])
        assert not woken
        assert not await journal.pending(after=0, limit=10)
