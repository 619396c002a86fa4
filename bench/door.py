"""(d) Accepted mails a second beside an aiosmtpd that stores nothing, and commits a mail, at 16 sessions.

Two rows: while the homeserver is away, so that only the door works; and with all of the bridge at work behind it.
"""

import asyncio
import sys
from pathlib import Path

from bench import load
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import stub_homeserver
from bench.table import Row, Triple, compared
from bridge.demo.process import ServerProcess, accepts_tcp, free_port

SESSIONS = 16


async def _rate(port: int, mails: list[bytes]) -> float:
    began, ended = await load.pour(port, mails, SESSIONS)
    return len(mails) / (ended - began)


async def door(folder: Path, scale: Scale) -> list[Row]:
    """The door alone, then the whole."""
    bare_port, away = free_port(), f"http://127.0.0.1:{free_port()}"
    bare = ServerProcess([sys.executable, "-m", "bench.bare_smtpd", str(bare_port)], folder / "bare.log")
    await bare.start(lambda: accepts_tcp(bare_port))
    (talk,) = load.talks("d", 1)
    mails = [talk.first()] * scale.doors  # the door does not look inside
    try:
        alone = await Installation(folder / "door", away).start(counted=True)
        async with alone:
            await _rate(bare_port, mails[:200])
            await _rate(alone.port, mails[:200])
            before = await alone.commits()
            runs = [
                Triple(await _rate(bare_port, mails), await _rate(alone.port, mails), await _rate(bare_port, mails))
                for _ in range(scale.pairs)
            ]
            commits = (await alone.commits() - before) / (scale.pairs * scale.doors)
        whole = await _whole(folder, scale, bare_port)
    finally:
        await bare.stop()
    return [
        compared("d", f"accepted at {SESSIONS} sessions, homeserver away", "/s", runs, aim=0.9, bound="least"),
        Row("d", f"commits (fsyncs) a mail accepted, {SESSIONS} sessions", "", commits, aim=0.5),
        *whole,
    ]


async def _whole(folder: Path, scale: Scale, bare_port: int) -> list[Row]:
    """With planning and sending (to the stub, which shares the machine) behind the door."""
    count = scale.doors // 20
    async with stub_homeserver() as stub:
        installation = await Installation(folder / "whole", stub.url).start(counted=True)
        async with installation:
            talks = load.talks("h", 20)
            await load.pour(installation.port, [talk.first() for talk in talks])
            await stub.until(20)
            await asyncio.sleep(0.3)
            before = await installation.commits()
            runs, shown = [], []
            for number in range(min(3, scale.pairs)):
                mails = load.interleaved(talks, 1 + number * count, count)
                had = len(stub.sends)
                first = await _rate(bare_port, mails)
                began, ended = await load.pour(installation.port, mails, SESSIONS)
                await stub.until(had + len(mails))
                shown.append(len(mails) / (stub.sends[-1][0] - began))
                runs.append(Triple(first, len(mails) / (ended - began), await _rate(bare_port, mails)))
            await asyncio.sleep(0.3)
            commits = (await installation.commits() - before) / (len(runs) * count * 20)
    return [
        compared("d", "accepted while all of it is at work", "/s", runs, aim=None, bound="least"),
        Row("d", "shown at the stub", "/s", sorted(shown)[len(shown) // 2]),
        Row("d", "commits a mail, from dot to receipt", "", commits, note="accept, settle and claim, fulfil"),
    ]
