"""The Reader port in real worker processes: whatever a mail does to its worker, it and the others are still read."""

import asyncio
import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Mail
from bridge.core.plan import Raw
from bridge.mail import lane
from bridge.mail import pool as pool_module
from bridge.mail.pool import ReaderPool

HONEST = b"From: Ann <ann@corp.example>\r\nSubject: lunch\r\nMessage-ID: <1@corp.example>\r\n\r\nat noon?\r\n"

# Harmless, but slow for any reader: half a megabyte of characters that must be escaped, over and over.
SLOW = (
    b"From: b@c.example\r\nSubject: slow\r\nMessage-ID: <2@c.example>\r\nContent-Type: text/html\r\n\r\n"
    + b"<" * 500_000
)


@pytest.fixture
async def reader() -> AsyncIterator[ReaderPool]:
    pool = ReaderPool(workers=2)
    await pool.start()
    yield pool
    await pool.close()


@pytest.fixture
async def hasty() -> AsyncIterator[ReaderPool]:
    """A reader so impatient that SLOW is beyond it."""
    pool = ReaderPool(workers=2, timeout=0.2)
    await pool.start()
    yield pool
    await pool.close()


def workers_of(pid: int) -> list[int]:
    """The reading processes of `pid`: children of its fork server, as the system lists them."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    children = [child for child, parent in parents.items() if parent == pid]
    return [child for child, parent in parents.items() if parent in children]


async def octets(reader: ReaderPool, raw: Raw, index: int) -> bytes:
    async with reader.part(raw, index) as part:
        return await asyncio.to_thread(Path(part.path).read_bytes) if part.path else part.data


async def test_a_part_of_a_large_mail_lies_in_a_file_while_it_is_wanted(reader: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(HONEST)
    async with reader.part(Raw(path=str(path)), 0) as part:
        assert part.data == b""
        assert await asyncio.to_thread(Path(part.path).read_bytes) == b"at noon?\r\n"
    assert not await asyncio.to_thread(Path(part.path).exists)
    async with reader.part(Raw(HONEST), 0) as part:
        assert (part.data, part.path) == (b"at noon?\r\n", "")


async def test_an_honest_mail_is_read(reader: ReaderPool) -> None:
    mail = await reader.read(Raw(HONEST))
    assert (mail.subject, mail.text, mail.unreadable) == ("lunch", "at noon?", False)


async def test_a_mail_in_a_file_is_read_by_its_path(reader: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(HONEST)
    assert (await reader.read(Raw(path=str(path)))).subject == "lunch"
    assert await octets(reader, Raw(path=str(path)), 0) == b"at noon?\r\n"


async def test_a_vanished_file_is_permanent(reader: ReaderPool, tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        await reader.read(Raw(path=str(tmp_path / "gone")))
    with pytest.raises(Permanent):
        await octets(reader, Raw(path=str(tmp_path / "gone")), 0)


async def test_a_part_that_is_not_there_is_permanent(reader: ReaderPool) -> None:
    with pytest.raises(Permanent, match="no part 7"):
        await octets(reader, Raw(HONEST), 7)


async def test_many_at_once_come_back_each_as_its_own(reader: ReaderPool) -> None:
    raws = [Raw(HONEST.replace(b"lunch", b"lunch %d" % n)) for n in range(300)]
    mails = await asyncio.gather(*(reader.read(raw) for raw in raws))
    assert [mail.subject for mail in mails] == [f"lunch {n}" for n in range(300)]


async def test_a_mail_that_takes_too_long_still_appears(hasty: ReaderPool) -> None:
    mail = await hasty.read(Raw(SLOW))
    assert mail.unreadable
    assert mail.problems == ("reading it took too long",)
    assert mail.size == len(SLOW)


async def test_honest_mail_among_slow_mail_is_read_whole(hasty: ReaderPool) -> None:
    raws = [Raw(SLOW if n % 5 == 0 else HONEST) for n in range(25)]
    mails = await asyncio.gather(*(hasty.read(raw) for raw in raws))
    assert [mail.text for n, mail in enumerate(mails) if n % 5] == ["at noon?"] * 20
    assert all(mail.unreadable for mail in mails[::5])


async def test_a_slow_part_is_permanent(hasty: ReaderPool, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\n" + b"#86)C\r\n" * 5_000_000)
    with pytest.raises(Permanent):
        await octets(hasty, Raw(path=str(path)), 0)


async def test_who_gives_up_holds_up_nobody(reader: ReaderPool) -> None:
    """Also those who were first, behind whom others wait."""
    asked = [asyncio.create_task(reader.read(Raw(data=HONEST))) for _ in range(20)]
    await asyncio.sleep(0)
    for gone in asked[:3]:
        gone.cancel()
    assert [mail.subject for mail in await asyncio.gather(*asked[3:])] == ["lunch"] * 17
    assert (await reader.read(Raw(data=HONEST))).subject == "lunch"


async def test_killed_workers_cost_no_mail(reader: ReaderPool) -> None:
    for pid in workers_of(os.getpid()):
        os.kill(pid, signal.SIGKILL)
    mails = await asyncio.gather(*(reader.read(Raw(HONEST)) for _ in range(20)))
    assert [mail.text for mail in mails] == ["at noon?"] * 20


async def test_a_mail_too_big_for_the_memory_still_appears(tmp_path: Path) -> None:
    pool = ReaderPool(workers=1, memory=200 << 20)
    try:
        head = (
            b"From: a@b.example\r\nSubject: big\r\nContent-Transfer-Encoding: base64\r\nContent-Type: image/png\r\n\r\n"
        )
        path = tmp_path / "mail"
        path.write_bytes(head + b"QUJD" * 20_000_000)
        mail = await pool.read(Raw(path=str(path)))
        assert (mail.subject, mail.unreadable) == ("big", True)
        assert (await pool.read(Raw(HONEST))).text == "at noon?"
    finally:
        await pool.close()


def test_all_tries_and_the_rescue_together_take_no_longer_than_one_mail_may() -> None:
    assert pool_module.QUICK + pool_module.PATIENT + pool_module.RESCUE < 1


async def test_large_mail_does_not_wait_for_mail_that_is_tried_once_more(tmp_path: Path) -> None:
    pool = ReaderPool(workers=1, timeout=20)
    path = tmp_path / "mail"
    path.write_bytes(HONEST)
    try:
        await pool._patient.open()
        asked = asyncio.create_task(pool._patient.run("read", SLOW * 40))
        assert (await pool.read(Raw(path=str(path)))).text == "at noon?"
        assert not asked.done()
    finally:
        await pool.close()
        await asyncio.gather(asked, return_exceptions=True)


async def test_closing_is_no_verdict_on_a_mail() -> None:
    pool = ReaderPool(workers=1, timeout=20)
    await pool.start()
    reading = [asyncio.create_task(pool.read(Raw(SLOW))) for _ in range(8)]
    await asyncio.sleep(0)
    await pool.close()
    outcomes = await asyncio.gather(*reading, return_exceptions=True)
    assert all(isinstance(outcome, Transient) or not outcome.unreadable for outcome in outcomes)
    assert isinstance(outcomes[-1], Transient)
    with pytest.raises(Transient):
        await pool.read(Raw(HONEST))


def test_workers_do_not_outlive_a_killed_daemon(tmp_path: Path) -> None:
    script = tmp_path / "daemon.py"
    script.write_text(
        textwrap.dedent("""
        import asyncio
        from bridge.mail.pool import ReaderPool

        async def main():
            pool = ReaderPool()  # held: its workers end when nobody holds it any more
            await pool.start()
            print("ready", flush=True)
            await asyncio.Event().wait()

        if __name__ == "__main__":
            asyncio.run(main())
        """)
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}) as daemon:
        deadline = time.monotonic() + 20
        try:
            assert daemon.stdout is not None
            assert daemon.stdout.readline() == b"ready\n"
            # A look at /proc is no snapshot: on a busy machine it may miss processes.
            while len(workers := workers_of(daemon.pid)) != 2:
                assert time.monotonic() < deadline, f"workers: {workers}"
        finally:
            daemon.kill()
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline, "orphaned workers"
        time.sleep(0.02)


@pytest.mark.parametrize("value", [os.getcwd, print, subprocess.Popen, Path("x"), type], ids=repr)
def test_an_answer_that_names_what_acts_is_refused(value: object) -> None:
    with pytest.raises(pickle.UnpicklingError, match="an answer names"):
        lane._Answers(io.BytesIO(pickle.dumps((True, value)))).load()


def test_answers_are_values_of_the_core_and_errors_of_the_system() -> None:
    for value in (Mail("c", 1), Permanent("gone"), FileNotFoundError(2, "gone")):
        assert repr(lane._Answers(io.BytesIO(pickle.dumps((True, value)))).load()) == repr((True, value))
