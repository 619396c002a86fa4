"""A spool becomes the journal's file by its name alone, and otherwise leaves nothing behind."""

import hashlib
import os
import tempfile
import time
from pathlib import Path

import pytest

from bridge.core.errors import StorageFull, Transient
from bridge.core.plan import Arrival
from bridge.store import blobs
from bridge.store.journal import Journal

PIECES = [b"From: a@b.example\r\n\r\n", b"x" * 300_000, os.urandom(300_000), b"\r\n"]
OCTETS = b"".join(PIECES)


def spool(folder: Path) -> blobs.Spool:
    made = blobs.Spool(folder)
    for piece in PIECES[:-1]:
        made.write(piece)
    return made


def files(folder: Path) -> list[Path]:
    return [path for path in folder.glob("blobs/**/*") if path.is_file()]


async def test_what_was_spooled_is_adopted_and_read_by_its_path(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        made = spool(tmp_path)
        spooled = made.finish(PIECES[-1])
        inode = os.stat(spooled.path).st_ino  # a test's file
        (new,) = await journal.accept([Arrival("smtp:1", "mail", b"", 1.0, spooled=spooled)])
        made.discard()
        raw = await journal.raw("smtp:1")
        assert raw == new.raw
        assert raw.path == str(blobs.path_of(tmp_path, hashlib.sha256(OCTETS).hexdigest()))
        assert Path(raw.path).read_bytes() == OCTETS  # noqa: ASYNC240
        assert os.stat(raw.path).st_ino == inode, "the same file, not a copy"
        assert files(tmp_path) == [Path(raw.path)]


async def test_the_same_octets_come_twice_and_lie_in_one_file(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([Arrival("imap:1", "mail", OCTETS, 1.0)])
        made = spool(tmp_path)
        await journal.accept([Arrival("smtp:1", "mail", b"", 1.0, spooled=made.finish(PIECES[-1]))])
        made.discard()
        assert (await journal.raw("smtp:1")).path == (await journal.raw("imap:1")).path
    (kept,) = files(tmp_path)
    assert kept.read_bytes() == OCTETS


async def test_a_spool_that_is_gone_is_a_passing_failure_and_keeps_no_row(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        made = spool(tmp_path)
        spooled = made.finish()
        made.discard()
        with pytest.raises(Transient):
            await journal.accept([Arrival("smtp:1", "mail", b"", 1.0, spooled=spooled)])
        assert await journal.pending(after=0, limit=9) == []


@pytest.mark.parametrize("place", ["blobs", "blobs/ab"])
async def test_what_was_coming_in_when_it_crashed_is_removed_at_the_start(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / ".part-x").write_bytes(b"half")
    async with await Journal.open(tmp_path):
        assert files(tmp_path) == []


async def test_a_start_leaves_alone_what_an_import_is_bringing_in_beside_it(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path, exclusive=False) as beside:
        made, whole = spool(tmp_path), spool(tmp_path)
        spooled = whole.finish(PIECES[-1])
        async with await Journal.open(tmp_path):
            assert len(files(tmp_path)) == 2
        made.discard()
        await beside.accept([Arrival("import:1", "mail", b"", 1.0, spooled=spooled)])
        whole.discard()
        assert Path((await beside.raw("import:1")).path).read_bytes() == OCTETS  # noqa: ASYNC240


def aged(folder: Path, seconds: float) -> None:
    for path in files(folder):
        os.utime(path, (path.stat().st_mtime - seconds,) * 2)


async def test_housekeeping_removes_old_files_that_no_row_names_and_no_others(tmp_path: Path) -> None:
    now = time.time()
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([Arrival("smtp:1", "mail", OCTETS, 1.0)])
        left = blobs.keep(tmp_path, b"left behind" * 30_000)
        aged(tmp_path, 7200)
        blobs.keep(tmp_path, b"on its way to a row" * 30_000)
        open_ = spool(tmp_path)
        before = files(tmp_path)
        assert await journal.tidy(now - 3600) == 1
        gone = set(before) - set(files(tmp_path))
        assert gone == {blobs.path_of(tmp_path, left)}
        assert Path((await journal.raw("smtp:1")).path).read_bytes() == OCTETS  # noqa: ASYNC240
        assert await journal.tidy(now - 3600) == 0
        open_.discard()


async def test_what_comes_again_is_young_again_before_its_row_is_there(tmp_path: Path) -> None:
    digest = blobs.keep(tmp_path, OCTETS)
    aged(tmp_path, 7200)
    assert blobs.keep(tmp_path, OCTETS) == digest
    async with await Journal.open(tmp_path) as journal:
        assert await journal.tidy(time.time() - 3600) == 0
    assert not blobs.remove(tmp_path, digest, time.time() - 3600)
    assert len(files(tmp_path)) == 1


def test_its_file_is_private(tmp_path: Path) -> None:
    made = spool(tmp_path)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "blobs", *files(tmp_path))] == [0o700, 0o600]
    made.discard()
    assert files(tmp_path) == []


def test_a_full_disk_is_said_and_nothing_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    monkeypatch.setattr(tempfile, "mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(path)))
    made = blobs.Spool(tmp_path)
    with pytest.raises(StorageFull):
        made.write(b"x" * 300_000)
    assert not path.exists()
    with pytest.raises(Transient):
        made.finish()


def test_a_block_that_waited_for_its_thread_makes_no_file_after_the_end(tmp_path: Path) -> None:
    made = blobs.Spool(tmp_path)
    made.discard()
    with pytest.raises(Transient):
        made.write(b"late")
    assert files(tmp_path) == []
