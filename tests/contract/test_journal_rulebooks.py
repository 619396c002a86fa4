"""Which rulebook was in force when: noted once each, with its text, and no more than is worth keeping."""

import random
import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

import bridge.store
from bridge.core import ports
from bridge.core.ports import Enacted
from bridge.store import database, lock, rulebooks
from bridge.store.journal import Journal
from tests.contract.conftest import Reopen


def enacted(digest: str, text: str = "", cause: str = "files") -> Enacted:
    return Enacted(digest, cause, {"a.yaml": text or f"# {digest} äöü\n"})


async def noted(journal: ports.Journal, *digests: str) -> None:
    for digest in digests:
        await journal.enact(enacted(digest))


async def test_the_newest_comes_first_and_each_knows_its_end(tmp_path: Path) -> None:
    times = iter((10.0, 20.0, 30.0))
    async with await Journal.open(tmp_path, clock=lambda: next(times)) as journal:
        await journal.enact(enacted("one", cause="start"))
        await journal.enact(Enacted("two", "admin", {"a.yaml": "x\n", "b.yaml": "y\n"}, "@ann:corp.example"))
    assert rulebooks.history(tmp_path) == [
        rulebooks.Rulebook("two", 20.0, None, "admin", "@ann:corp.example"),
        rulebooks.Rulebook("one", 10.0, 20.0, "start", ""),
    ]
    assert rulebooks.texts(tmp_path, "two") == {"a.yaml": "x\n", "b.yaml": "y\n"}
    assert rulebooks.texts(tmp_path, "one") == {"a.yaml": "# one äöü\n"}
    assert rulebooks.texts(tmp_path, "other") is None


async def test_a_restart_with_the_same_rules_is_no_change(
    journal: ports.Journal, reopen: Reopen, tmp_path: Path
) -> None:
    await noted(journal, "one", "one")
    await noted(await reopen(), "one")
    assert [each.digest for each in rulebooks.history(tmp_path / "state")] == ["one"]


async def test_rules_that_return_are_a_change_and_their_text_is_kept_once(
    journal: ports.Journal, tmp_path: Path
) -> None:
    await noted(journal, "one", "two", "one")
    assert [each.digest for each in rulebooks.history(tmp_path / "state")] == ["one", "two", "one"]
    with sqlite3.connect(tmp_path / "state" / database.FILE_NAME) as file:
        assert file.execute("SELECT count(*) FROM rule_texts").fetchone() == (2,)
    file.close()


async def test_the_oldest_changes_are_forgotten_with_their_text(
    journal: ports.Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebooks, "CHANGES", 3)
    await noted(journal, "a", "b", "c", "d", "e")
    state = tmp_path / "state"
    assert [each.digest for each in rulebooks.history(state)] == ["e", "d", "c"]
    assert [digest for digest in "abcde" if rulebooks.texts(state, digest)] == ["c", "d", "e"]


async def test_texts_are_kept_within_a_bound_and_the_newest_always(
    journal: ports.Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rulebooks, "OCTETS", 5000)
    lots = random.Random(7)
    for digest, size in (("a", 2000), ("b", 2000), ("c", 2000), ("d", 9000), ("e", 1000)):
        await journal.enact(enacted(digest, lots.randbytes(size // 2).hex()))
        assert rulebooks.texts(tmp_path / "state", digest) is not None
    state = tmp_path / "state"
    assert [digest for digest in "abcde" if rulebooks.texts(state, digest)] == ["e"]
    assert [each.digest for each in rulebooks.history(state)] == ["e", "d", "c", "b", "a"]


async def test_a_journal_from_before_is_upgraded_and_reads_as_empty_until_then(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    lock.prepare(folder)
    with database.connect(database.engine(folder), write=True) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(bridge.store.__file__).with_name("migrations")))
        with connection.begin():
            command.upgrade(config, "0001")
            database.plant_seed(connection)
    assert rulebooks.history(folder) == []
    assert rulebooks.texts(folder, "one") is None
    async with await Journal.open(folder) as journal:
        await noted(journal, "one")
    assert [each.digest for each in rulebooks.history(folder)] == ["one"]


def test_looking_makes_nothing(tmp_path: Path) -> None:
    assert rulebooks.history(tmp_path / "state") == []
    assert list(tmp_path.iterdir()) == []
