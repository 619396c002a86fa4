"""(g) `mailroom import` of an mbox against the stub: mails a second, their order, a second run."""

import asyncio
import re
import time
from collections import defaultdict
from pathlib import Path

from bench import load
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import Stub, stub_homeserver
from bench.table import Row

TALK = 20
"""Mails in each conversation."""

_MARK = re.compile(rb"mark:([^.]+)\.(\d+)@")


async def imported(folder: Path, scale: Scale) -> list[Row]:
    """An mbox of conversations, their mails interleaved as in a real mailbox."""
    talks = load.talks("m", scale.imported // TALK, senders=max(1, scale.imported // TALK // 5))
    mails = [talk.first() for talk in talks] + load.interleaved(talks, 1, TALK - 1)
    box = folder / "history.mbox"
    with box.open("wb") as file:
        for number, raw in enumerate(mails):
            moment = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime(1_700_000_000 + number))
            dated = raw.replace(b"Sat, 21 Nov 2026 10:00:00", _date(number), 1).replace(b"\r\n", b"\n")
            file.write(f"From anyone@client.example {moment}\n".encode() + dated + b"\n")
    async with stub_homeserver() as stub:
        installation = Installation(folder / "import", stub.url)
        took = await _run(installation, box)
        wrong = _disorder(stub, len(talks))
        first = len(stub.sends)
        await _run(installation, box)
        again = len(stub.sends) - first
    return [
        Row(
            "g", f"import of {len(mails)} mails", "/s", len(mails) / took, aim=800, bound="least", note=f"{took:.1f} s"
        ),
        Row("g", "imported mails missing, twice or out of order", "", wrong + abs(len(mails) - first), aim=0),
        Row("g", "a second run imports", "", again, aim=0),
    ]


def _date(number: int) -> bytes:
    return time.strftime("%a, %d %b %Y %H:%M:%S", time.gmtime(1_700_000_000 + number)).encode()


async def _run(installation: Installation, box: Path) -> float:
    began = time.monotonic()
    argv = [*installation.command, "import", str(box), "--to", load.SUPPORT]
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"import: exit {process.returncode}: {said.decode()[-1500:]}")
    return time.monotonic() - began


def _disorder(stub: Stub, talks: int) -> int:
    """How many mails did not follow the one before them in their conversation."""
    seen: dict[bytes, list[int]] = defaultdict(list)
    for _, _, body in stub.sends:
        if found := _MARK.search(body):
            seen[found[1]].append(int(found[2]))
    assert len(seen) == talks
    return sum(numbers != sorted(set(numbers)) for numbers in seen.values())
