"""(j) Reading mail: CPU beside the standard library's, memory, and whether the door answers meanwhile.

CPU is this process's, in turns with the peer's; the rest is looked at from outside. The peer is what one writes without
thinking: `policy.default`, and every field asked once.
"""

import asyncio
import contextlib
import email
import email.policy
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from bench import load, processes, samples
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import stub_homeserver
from bench.table import Row, Triple, compared, percentile
from bridge.core.plan import Raw
from bridge.mail.parse import read_mail
from bridge.mail.pool import ReaderPool

_MB = 1e6
_ONCE = 30


async def read(_: Path, scale: Scale) -> list[Row]:
    """CPU of reading single mails in this process."""
    text, news = samples.text(), samples.newsletter()
    runs = [
        Triple(_cpu(lambda: _plainly(text)), _cpu(lambda: read_mail(text)), _cpu(lambda: _plainly(text)))
        for _ in range(scale.pairs)
    ]
    large = samples.attached(5)
    return [
        compared("j", "CPU: a text of 5 kB, beside policy.default", "ms", runs, aim=1.0, bound="most"),
        Row("j", f"CPU: a newsletter of {len(news) / 1000:.0f} kB", "ms", _cpu(lambda: read_mail(news)), aim=40),
        Row("j", "CPU: an attachment of 5 MB", "ms", _cpu(lambda: read_mail(large), 5), aim=120),
    ]


def _plainly(raw: bytes) -> None:
    mail = cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))
    for value in mail.values():
        str(value)
    body = mail.get_body()
    assert body is not None
    body.get_content()


def _cpu(work: Callable[[], object], times: int = _ONCE) -> float:
    """Milliseconds, the median of so many times."""
    spent = []
    for _ in range(times):
        began = time.process_time_ns()
        work()
        spent.append(time.process_time_ns() - began)
    return statistics.median(spent) / 1e6


async def worker(_: Path, scale: Scale) -> list[Row]:
    """Memory of the worker that reads a mail of 25 MB from its file, and of who asks it: this process."""
    raw = samples.attached(25)
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        pool = ReaderPool(workers=1)
        try:
            await pool.read(Raw(samples.text()))
            before = processes.resident(os.getpid())
            processes.forget_peak(os.getpid())
            mail = await pool.read(Raw(path=file.name))
            assert not mail.unreadable, mail.problems
            async with pool.part(Raw(path=file.name), mail.attachments[0].index):
                asking = processes.peak(os.getpid()) - before
            most = max(processes.peak(pid) for pid in processes.children_of_mine())
        finally:
            await pool.close()
    return [
        Row("j", "memory of the worker that reads 25 MB, over the mail's size", "", most / len(raw), aim=6),
        Row(
            "j",
            "memory of the daemon that has 25 MB read, and its attachment taken out: more",
            "MB",
            asking / _MB,
            aim=20,
        ),
    ]


async def beside(folder: Path, scale: Scale) -> list[Row]:
    """The daemon's memory while a mail of 25 MB comes in; NOOPs at the door while more and bombs do."""
    large = samples.attached(25)
    mails = [*samples.bombs(), *(large.replace(b"<big25@", b"<big%d@" % n) for n in range(3))]
    async with stub_homeserver() as stub, await Installation(folder / "beside", stub.url).start() as installation:
        await load.pour(installation.port, [samples.text()], 1)
        await installation.until_done(1)
        await asyncio.sleep(1)
        async with _noops(installation.port) as quiet:
            await asyncio.sleep(3)
        before = processes.resident(installation.pid)
        processes.forget_peak(installation.pid)
        await load.pour(installation.port, [large], 1)
        await installation.until_done(2, 120)
        most = processes.peak(installation.pid)
        async with _noops(installation.port) as busy:
            await load.pour(installation.port, mails, 1)
            await installation.until_done(2 + len(mails), 120)
    what = "while 25 MB mails and bombs are read"
    note = f"quiet: {percentile(quiet, 0.99):.3g} ms; {len(busy)} NOOPs, the longest {max(busy):.0f} ms"
    return [
        Row("j", f"NOOP at the door {what}, p99", "ms", percentile(busy, 0.99), aim=50, note=note),
        Row(
            "j",
            "memory of the daemon that takes in a mail of 25 MB: more",
            "MB",
            (most - before) / _MB,
            aim=20,
            note="from the door to the room",
        ),
    ]


@contextlib.asynccontextmanager
async def _noops(port: int) -> AsyncIterator[list[float]]:
    """How many milliseconds each NOOP took in the meantime; to be looked at afterwards."""
    command = [sys.executable, "-m", "bench.noops", str(port)]
    asking = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    times: list[float] = []
    try:
        yield times
    finally:
        said, _ = await asking.communicate(b"\n")
        times += [float(word) for word in said.split()]
