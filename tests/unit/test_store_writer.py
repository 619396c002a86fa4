"""Group commit: few fsyncs, nobody's failure is another's, a full disk acknowledges nothing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bridge.core.errors import Conflict, StorageFull, Transient
from bridge.core.plan import Plan
from bridge.store import database
from bridge.store.journal import Journal
from tests.contract.journal_world import anchor, arrival, conversation, tell


async def test_what_starts_together_shares_one_commit(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        before = journal.commits
        await asyncio.gather(*(journal.accept([arrival(f"smtp:{n}")]) for n in range(16)))
        assert journal.commits == before + 1
        await asyncio.gather(
            journal.settle(Plan("smtp:1", "bridged", "x", effects=(tell("a"),))), journal.claim(1000.0, 1)
        )
        assert journal.commits == before + 2


async def test_asking_costs_no_commit(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        before = journal.commits
        assert await journal.claim(1000.0, 10) == []
        assert await journal.next_due(0.0) is None
        assert await journal.pending(after=0, limit=1) == []
        assert journal.commits == before


async def test_a_conflict_undoes_its_own_plan_only(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival(f"smtp:{n}") for n in range(3)])
        plans = [
            Plan(
                f"smtp:{n}",
                "bridged",
                "x",
                conversations=(conversation(f"c{n}"),),
                anchors=(anchor("<one@x>", f"c{n}"),),
                effects=(tell(f"{n}", lane=f"{n}"),),
            )
            for n in range(2)
        ]
        plans.append(Plan("smtp:2", "bridged", "x", effects=(tell("2", lane="2"),)))
        outcomes = await asyncio.gather(*(journal.settle(each) for each in plans), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [type(None), Conflict, type(None)]
        assert [task.effect.key for task in await journal.claim(1000.0, 9)] == ["0", "2"]


async def test_a_full_disk_is_said_and_nothing_of_the_batch_is_kept(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival("smtp:before")])
        # SQLite's own limit gives the very code that a full disk gives.
        await journal._writer.run(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))
        big = b"x" * 200_000
        writes = [journal.accept([arrival(f"smtp:{n}", big)]) for n in range(3)]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StorageFull] * 3
        assert [waiting.key for waiting in await journal.pending(after=0, limit=9)] == ["smtp:before"]
        await journal._writer.run(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))
        assert len(await journal.accept([arrival("smtp:1", big)])) == 1


async def test_a_writer_beside_that_keeps_the_lock_is_a_passing_failure(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal._writer.run(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 1"))
        other = sqlite3.connect(tmp_path / database.FILE_NAME, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Transient):
            await journal.accept([arrival()])
        other.execute("ROLLBACK")
        other.close()
        assert len(await journal.accept([arrival()])) == 1


async def test_a_fault_of_ours_fails_its_caller_and_the_journal_works_on(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        with pytest.raises(ZeroDivisionError):
            await journal._writer.run(lambda c: 1 // 0)
        assert len(await journal.accept([arrival()])) == 1


async def test_a_caller_that_went_away_harms_nobody(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        gone = asyncio.create_task(journal.accept([arrival("smtp:1")]))
        await asyncio.sleep(0)
        gone.cancel()
        assert len(await journal.accept([arrival("smtp:2")])) == 1
        assert len(await journal.pending(after=0, limit=9)) == 2


async def test_a_closed_journal_takes_nothing_and_lost_nothing(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path)
    last = asyncio.create_task(journal.accept([arrival()]))
    await asyncio.sleep(0)
    await journal.close()
    assert len(await last) == 1
    with pytest.raises(Transient, match="closed"):
        await journal.accept([arrival("smtp:2")])
    with pytest.raises(Transient, match="closed"):
        await journal.pending(after=0, limit=1)
    await journal.close()
