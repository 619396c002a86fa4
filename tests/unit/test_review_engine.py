"""What failed half way is finished by the next try: memberships after a reload, and what supervision tells."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from bridge.app.reload import Reloader
from bridge.core.decision import RoomRule, Scope
from bridge.core.effects import Admit, Effect
from bridge.core.errors import StorageFull
from bridge.core.plan import Arrival, Bookmark, Pending
from bridge.core.ports import Health
from bridge.engine.engine import Engine
from bridge.engine.intake import Intake
from bridge.engine.rules import Rules
from bridge.engine.supervise import keep_running
from tests.unit.worlds import ANN, BOB, SETUP


class Rulebook:
    """One inbox whose room has these members."""

    def __init__(self, digest: str, *members: str) -> None:
        self.digest = digest
        self._scope = Scope("inbox:support", "support", RoomRule(members=members, per="conversation"), None)

    def scope(self, name: str, rule: str = "") -> Scope | None:
        return self._scope


class Journal:
    """Keeps bookmarks and effects; `full` is a disk that is."""

    def __init__(self) -> None:
        self.full = False
        self.bookmarks = {"rulebook": "old"}
        self.added: list[Effect] = []

    async def bookmark(self, source: str) -> str | None:
        return self.bookmarks.get(source)

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark) -> list[Pending]:
        self.bookmarks[bookmark.source] = bookmark.value
        return []

    async def assignees(self) -> dict[str, str]:
        return {}

    async def rooms(self) -> list[tuple[str, str, str, str]]:
        return [("conv:c", "!c", "inbox:support", "")]

    async def closed_rooms(self) -> frozenset[str]:
        return frozenset()

    async def add(self, effects: Sequence[Effect]) -> None:
        if self.full:
            raise StorageFull("the disk is full")
        self.added += effects


def an_engine(journal: Journal) -> Engine:
    peers = SimpleNamespace(journal=journal, chat=None, reader=None, mail_schedule=None)
    rules = Rules(Rulebook("old", ANN, BOB), lambda _: SETUP)
    return Engine(peers, rules, Intake(journal), lambda: 0.0)


async def test_people_leave_though_the_disk_was_full_when_the_rules_changed() -> None:
    journal = Journal()
    engine = an_engine(journal)
    journal.full = True
    fresh = Rulebook("new", ANN)
    with pytest.raises(StorageFull):
        await engine.swap(fresh)
    journal.full = False
    await engine.swap(fresh)
    assert [e.members for e in journal.added if isinstance(e, Admit) and e.room == "conv:c"] == [(ANN,)]


async def test_a_reload_that_failed_is_done_again_at_the_new_start(tmp_path: Path) -> None:
    swaps: list[str] = []
    done = asyncio.Event()

    async def swap(rulebook: str) -> bool:
        swaps.append(rulebook)
        if len(swaps) == 1:
            raise StorageFull("the disk is full")
        done.set()
        return True

    engine, compiled = (
        SimpleNamespace(swap=swap),
        SimpleNamespace(rulebook=Rulebook("new"), warnings=(), problems=(), texts={}),
    )

    async def noted(_: object) -> None:
        pass

    journal = SimpleNamespace(enact=noted, report=noted)
    reloader = Reloader(tmp_path, lambda: compiled, engine, journal, lambda: 0.0)
    reloader.force()
    with pytest.raises(StorageFull):
        await reloader.run()
    running = asyncio.create_task(reloader.run())
    await asyncio.wait_for(done.wait(), 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_part_that_runs_again_is_not_called_failed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.engine.supervise.PAUSES", (0.0,))
    told: list[str] = []
    again = asyncio.Event()

    async def part() -> None:
        if told:
            again.set()
            await asyncio.Event().wait()
        raise StorageFull("the disk is full")

    async def report(health: Health) -> None:
        told.append(health.state)

    task = asyncio.create_task(keep_running("planner", part, report, lambda: 0.0))
    await asyncio.wait_for(again.wait(), 10)
    assert told == ["failed", "ok"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
