"""One daemon on a state folder, private files, the newest shape, no symbolic links."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

import bridge.store
from bridge.core.errors import Permanent
from bridge.store import database
from bridge.store.journal import Journal
from bridge.store.schema import HEAD, metadata
from tests.contract.journal_of_old import old_journal
from tests.contract.journal_world import arrival, plan, tell


async def test_a_second_daemon_is_refused_with_a_clear_line(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path):
        with pytest.raises(Permanent) as refused:
            await Journal.open(tmp_path)
    assert refused.value.text == f"another mailroom (pid {os.getpid()}) works on this state folder"
    async with await Journal.open(tmp_path):
        pass


def test_a_migration_apart_leaves_a_finished_journal_and_no_alembic_behind(tmp_path: Path) -> None:
    old_journal(tmp_path, "0001").close()
    looks = f"""
import asyncio, pathlib, sys
from bridge.store.journal import Journal

async def looks():
    async with await Journal.open(pathlib.Path({str(tmp_path)!r}), apart=True) as journal:
        print("alembic" in sys.modules)

asyncio.run(looks())
"""
    said = subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False"]
    with database.connect(database.engine(tmp_path), write=False) as connection:
        assert database.revision(connection) == HEAD


async def test_a_migration_apart_that_fails_is_done_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_journal(tmp_path, "0001").close()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    async with await Journal.open(tmp_path, apart=True) as journal:
        assert len(await journal.accept([arrival("smtp:1")])) == 1


async def test_a_command_works_beside_the_daemon_and_is_noticed(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as daemon, await Journal.open(tmp_path, exclusive=False) as command:
        await daemon.accept([arrival("smtp:1")])
        assert not daemon.changed()
        await command.accept([arrival("smtp:2")])
        assert daemon.changed()
        assert not daemon.changed()
        await command.accept([arrival("smtp:3")])
        await daemon.accept([arrival("smtp:4")])
        assert daemon.changed()
        assert len(await daemon.pending(after=0, limit=9)) == 4


async def test_looking_into_the_journal_again_in_one_process_keeps_its_locks(tmp_path: Path) -> None:
    """Else a command that ends would delete the WAL under the daemon, and what it writes from then on would be lost."""
    count = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        " print(c.execute('SELECT count(*) FROM inbox').fetchone()[0]); c.close()"
    )

    def as_another_process() -> str:
        argv = [sys.executable, "-c", count, str(tmp_path / database.FILE_NAME)]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()

    async with await Journal.open(tmp_path) as daemon:
        await daemon.accept([arrival("smtp:1")])
        with database.reading(tmp_path):
            pass
        assert as_another_process() == "1"
        await daemon.accept([arrival("smtp:2")])
        assert as_another_process() == "2"


async def test_opening_beside_the_daemon_leaves_claimed_work_alone(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as daemon:
        await plan(daemon, [tell("a")])
        assert len(await daemon.claim(1.0, 1)) == 1
        async with await Journal.open(tmp_path, exclusive=False):
            assert await daemon.claim(1.0, 1) == []


async def test_the_state_folder_and_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    async with await Journal.open(folder) as journal:
        await journal.accept([arrival("smtp:1", b"x" * 300_000)])
        modes = {path: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert modes[folder] == 0o700
    assert {mode for path, mode in modes.items() if mode & 0o077} == set()


async def test_a_folder_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    async with await Journal.open(folder):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["", "lock", database.FILE_NAME])
async def test_symbolic_links_are_refused(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    folder = tmp_path / "state"
    if name:
        folder.mkdir()
        elsewhere.touch()
        (folder / name).symlink_to(elsewhere)
    else:
        elsewhere.mkdir()
        folder.symlink_to(elsewhere)
    with pytest.raises(Permanent, match="symbolic link"):
        await Journal.open(folder)
    (folder / name).unlink()


async def test_the_migrations_lead_to_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    old_journal(tmp_path, "0001").close()
    async with await Journal.open(tmp_path):
        with database.connect(database.engine(tmp_path), write=False) as connection:
            assert database.revision(connection) == HEAD
            differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []
    script = ScriptDirectory(str(Path(bridge.store.__file__).with_name("migrations")))
    assert script.get_current_head() == HEAD


async def test_a_new_journal_is_what_a_migrated_one_is(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new, old):
        folder.mkdir(0o700)
    old_journal(old, "0001").close()
    for folder in (new, old):
        async with await Journal.open(folder):
            pass
    made, migrated = shape(new), shape(old)
    assert len(made) > 10
    assert made == migrated


def shape(folder: Path) -> dict[str, object]:
    """Everything that SQLite knows of the tables, columns and indexes."""
    with contextlib.closing(sqlite3.connect(folder / database.FILE_NAME)) as file:

        def asked(query: str) -> list[tuple[object, ...]]:
            return file.execute(query).fetchall()

        words = dict(file.execute("SELECT name, sql FROM sqlite_master").fetchall())
        return {
            str(table): (
                asked(f"PRAGMA table_xinfo({table})"),
                asked(f"PRAGMA foreign_key_list({table})"),
                "AUTOINCREMENT" in str(words[table]),
                sorted(
                    (words.get(name) or "", *rest, *asked(f"PRAGMA index_xinfo('{name}')"))
                    for _, name, *rest in asked(f"PRAGMA index_list({table})")
                ),
            )
            for (table,) in asked("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        }


@pytest.mark.parametrize("from_", ["", "0001"])
async def test_a_journal_whose_making_is_cut_off_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_: str
) -> None:
    before = {}
    if from_:
        old_journal(tmp_path, from_).close()
        before = shape(tmp_path)

    def cut_off(connection: Connection) -> None:
        raise Permanent("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(database, "plant_seed", cut_off)
        with pytest.raises(Permanent, match="cut off"):
            await Journal.open(tmp_path)
    assert shape(tmp_path) == before
    async with await Journal.open(tmp_path) as journal:
        assert len(journal.seed.value) == 32


async def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival()])
    with sqlite3.connect(tmp_path / database.FILE_NAME) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
    file.close()
    with pytest.raises(Permanent, match="another version"):
        await Journal.open(tmp_path)


async def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / database.FILE_NAME).write_bytes(b"no database at all" * 1000)
    with pytest.raises(Permanent, match="damaged"):
        await Journal.open(tmp_path)


async def test_every_connection_is_safe_against_power_loss(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path):
        for write in (True, False):
            with database.connect(database.engine(tmp_path), write=write) as connection:
                pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
                values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
                assert values == ["wal", 2, 1, 5000]


def test_a_new_journal_and_one_at_the_newest_shape_open_without_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, pathlib\n"
        "from bridge.store.journal import Journal\n"
        f"asyncio.run(Journal.open(pathlib.Path({str(tmp_path)!r})))\n"
        "print('alembic' in sys.modules)\n"
    )
    for _ in ("new", "made"):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "False\n", done.stderr


async def test_half_written_files_of_a_crash_are_removed_at_the_start(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([arrival("smtp:1", b"x" * 300_000)])
    (kept,) = (tmp_path / "blobs").glob("*/*")
    left = kept.with_name(".part-left")
    left.write_bytes(b"half")
    async with await Journal.open(tmp_path):
        assert not left.exists()
        assert kept.exists()
