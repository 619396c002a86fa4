"""The cost of a turn does not grow with what waits: every hot question is answered by an index, none by a scan."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from bridge.core.effects import Cancel, Receipt
from bridge.core.idling import Step
from bridge.core.plan import Bookmark, EventQuery, MailQuery, Plan, StandingQuery
from bridge.store import database
from bridge.store.journal import Journal
from bridge.store.schema import metadata
from tests.contract.journal_world import SCOPE, anchor, arrival, conversation, filed, open_room, plan, send, show, tell


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that SQLite runs, with its values."""
    seen: list[str] = []
    make = database.engine

    def watched(folder: Path) -> Engine:
        engine = make(folder)
        event.listen(engine, "connect", lambda driver, _: driver.set_trace_callback(seen.append))
        return engine

    monkeypatch.setattr(database, "engine", watched)
    return seen


async def test_no_turn_scans_a_table(tmp_path: Path, statements: list[str]) -> None:
    async with await Journal.open(tmp_path, clock=lambda: 500.0) as journal:
        statements.clear()
        await journal.accept([arrival()], Bookmark("source", "1"))
        await journal.pending(after=0, limit=10)
        await journal.mail_view(MailQuery(SCOPE, "<1@x>", "content", ("<2@x>",), ("conv:c",), "t"))
        parts = {"conversations": (conversation(),), "letters": (filed("l"),), "anchors": (anchor("<1@x>"),)}
        effects = [show("s", threaded=True), send("m"), tell("t"), tell("u")]
        rooms = (("conv:c", SCOPE, ""),)
        people = {"participants": (("c", "kim"),), "correspondents": ((SCOPE, "kim"),)}
        await plan(journal, effects, rooms=rooms, **people, **parts)
        await journal.standings(StandingQuery((SCOPE,), "<1@x>", ("<2@x>",), "kim"))
        await plan(journal, key="smtp:2", amendments=(Cancel("m"),))
        await journal.claim(1000.0, 10)
        await journal.fulfil("s", Receipt(events=("$1",)))
        await journal.postpone("t", 0.0, "later")
        await journal.claim(1000.0, 10)
        await journal.bury("t", "never")
        await journal.next_due(1000.0)
        await journal.event_view(EventQuery("!c", "$1", "$1", "$1"))
        await journal.take([Step(each, "closed", 1.0, None) for each in await journal.lulls(1e9, 10)])
        await journal.event_view(EventQuery("!c", waits=True))
        await journal.thread_root("c")
        await journal.event_of("s")
        await journal.room("conv:c")
        await journal.raw("smtp:1")
        await journal.stumble("smtp:1", "words", attempts=1)
        await journal.settle(Plan("smtp:1", "bridged", "again"))
        await journal.add([open_room("o", "conv:c", lane="o")])
        await journal.claim(1000.0, 10)
        await journal.fulfil("o", Receipt(room="!c"))
        await journal.find_room("!c")
        asked = set(statements)
        scans: dict[str, list[str]] = {}
        with database.connect(journal._engine, write=False) as connection:
            for statement in asked:
                if statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
                    steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
                    tables = tuple(f"SCAN {name}" for name in metadata.tables)
                    found = [step[3] for step in steps if step[3].startswith(tables)]
                    # A partial index holds only the few rows that count: reading all of it is the answer.
                    found = [step for step in found if "INDEX inbox_quarantined" not in step]
                    if found:
                        scans[statement] = found
    assert len(asked) > 30
    assert scans == {}


async def test_a_claim_behind_a_long_blocked_lane_asks_no_more_than_one_in_an_empty_journal(
    tmp_path: Path, statements: list[str]
) -> None:
    async with await Journal.open(tmp_path, clock=lambda: 500.0) as journal:
        await journal.add([tell(f"{n}", lane="blocked") for n in range(5000)])
        await journal.claim(1000.0, 1)
        await journal.postpone("0", 9e9, "away")
        statements.clear()
        assert await journal.claim(1000.0, 10) == []
        assert len([each for each in statements if each.startswith("SELECT")]) <= 4


async def test_what_was_asked_once_is_not_compiled_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str | None] = []
    make = database.engine

    def noted(_: int, table: str | None, *__: object) -> int:
        compiled.append(table)
        return sqlite3.SQLITE_OK

    def watched(folder: Path) -> Engine:
        engine = make(folder)
        event.listen(engine, "connect", lambda driver, _: driver.set_authorizer(noted))
        return engine

    async def one_mail(journal: Journal, name: str) -> None:
        await journal.accept([arrival(f"smtp:{name}")])
        await journal.mail_view(MailQuery(SCOPE, f"<{name}@x>", name, ("<0@x>",), ("conv:c",), "t"))
        await journal.standings(StandingQuery((SCOPE,), f"<{name}@x>", ("<0@x>",), "kim"))
        parts = {"conversations": (conversation(),), "anchors": (anchor(f"<{name}@x>"),)}
        letters, rooms = (filed(f"l{name}"),), (("conv:c", SCOPE, ""),)
        await plan(journal, [show(f"s{name}")], key=f"smtp:{name}", letters=letters, rooms=rooms, **parts)
        await journal.claim(1000.0, 10)
        await journal.fulfil(f"s{name}", Receipt(events=(f"${name}",)))
        await journal.next_due(1000.0)

    monkeypatch.setattr(database, "engine", watched)
    async with await Journal.open(tmp_path, clock=lambda: 500.0) as journal:
        await one_mail(journal, "0")
        await one_mail(journal, "1")
        assert compiled
        compiled.clear()
        await one_mail(journal, "2")
        assert [table for table in compiled if table in metadata.tables] == []
