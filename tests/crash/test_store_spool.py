"""Killed while a large mail comes in: before its commit it is not there, afterwards whole (I1, I11, I12)."""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.store.journal import Journal

# A door on a real journal, and a client that brings one large mail; it stands still at the moment that it is told.
PROGRAM = """
import asyncio, pathlib, sys, time
from bridge.mail.smtpd import Listener, serve
from bridge.store import blobs
from bridge.store.journal import Journal

folder, moment = pathlib.Path(sys.argv[1]), sys.argv[2]
content = b"Subject: large\\r\\n\\r\\n" + b"".join(b"line %d\\r\\n" % n for n in range(200_000))

def stand_still(here):
    if here == moment:
        sys.stdout.write(here + "\\n")
        sys.stdout.flush()
        time.sleep(600)

def adopt(folder, spooled, adopt=blobs.adopt):
    digest = adopt(folder, spooled)
    stand_still("adopted")
    return digest

async def main():
    blobs.adopt = adopt
    journal = await Journal.open(folder)

    async def accept(arrivals):
        stand_still("spooled")
        await journal.accept(arrivals)
        stand_still("committed")

    server = await serve(
        Listener(), accept=accept, spool=journal.spool, knows=lambda _: True, clock=time.time
    )
    reader, writer = await asyncio.open_connection(*server.address)
    for line in ("", "EHLO x\\r\\n", "MAIL FROM:<a@b.example>\\r\\n", "RCPT TO:<c@d.example>\\r\\n", "DATA\\r\\n"):
        writer.write(line.encode())
        while (await reader.readline())[3:4] != b" ":
            pass
    writer.write(content[:1_500_000])
    while not list(folder.glob("blobs/.part-*")):
        await asyncio.sleep(0.01)
    stand_still("coming")
    writer.write(content[1_500_000:] + b".\\r\\n")
    await reader.readline()

asyncio.run(main())
"""
CONTENT = b"Subject: large\r\n\r\n" + b"".join(b"line %d\r\n" % n for n in range(200_000))


@pytest.mark.parametrize("moment", ["coming", "spooled", "adopted", "committed"])
def test_a_large_mail_is_there_whole_once_it_was_committed_and_not_at_all_before(tmp_path: Path, moment: str) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == moment
        child.kill()
    asyncio.run(check(tmp_path, committed=moment == "committed"))


async def check(folder: Path, *, committed: bool) -> None:
    """What the next start finds."""
    async with await Journal.open(folder) as journal:
        waiting = await journal.pending(after=0, limit=9)
        files = await asyncio.to_thread(lambda: [path for path in folder.glob("blobs/**/*") if path.is_file()])
        assert len(waiting) == committed
        for path in files:  # none without its name, none that is not what its name says
            octets = await asyncio.to_thread(path.read_bytes)
            assert hashlib.sha256(octets).hexdigest() == path.name
        for each in waiting:
            raw = await journal.raw(each.key)
            octets = await asyncio.to_thread(Path(raw.path).read_bytes)
            assert octets.startswith(b"Return-Path: <a@b.example>\r\n")
            assert octets.endswith(b"\r\n" + CONTENT)
        # What no row names is removed when it is old, and what one names never is.
        await asyncio.to_thread(lambda: [os.utime(path, (1.0, 1.0)) for path in files])
        assert await journal.tidy(2.0) == (len(files) if not committed else 0)
        assert await asyncio.to_thread(lambda: [path.is_file() for path in files]) == [committed] * len(files)
