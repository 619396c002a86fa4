"""Killed at any moment: what was acknowledged is there, nothing is done twice, order holds (I1, I3, I5, I11)."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.core.effects import Show
from bridge.store.journal import Journal
from bridge.store.queue import Queue

# Accepts, settles, claims and fulfils for ever, and says each thing only after the journal acknowledged it.
PROGRAM = """
import asyncio, pathlib, sys
from bridge.core.effects import Receipt, Show, Speaker
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Plan
from bridge.store.journal import Journal

def say(*words):
    sys.stdout.write(" ".join(words) + "\\n")
    sys.stdout.flush()

async def deliver(journal):
    for task in await journal.claim(1000.0, 8):
        key = task.effect.key
        say("began", key)
        await journal.fulfil(key, Receipt(events=("$" + key,)))
        say("done", key)

async def one(journal, key, number):
    raw = b"x" * (300_000 if number % 7 == 0 else 100)
    await journal.accept([Arrival(key, "mail", raw, 1.0, Envelope("smtp"))])
    say("accepted", key)
    lane = f"lane {number % 3}"
    effects = tuple(Show(f"{key}.{n}", lane, "", "c", "l", key, Speaker(), "s", "t") for n in range(2))
    await journal.settle(Plan(key, "bridged", "x", effects=effects))
    say("settled", key)
    await deliver(journal)

async def main():
    journal = await Journal.open(pathlib.Path(sys.argv[1]))
    say("open")
    number = 0
    while True:
        await asyncio.gather(*(one(journal, f"{sys.argv[2]}-{number + n}", number + n) for n in range(4)))
        number += 4

asyncio.run(main())
"""


def run_and_kill(folder: Path, run: int, lines: int) -> list[str]:
    """Run until it has said `lines` things, kill it, and return all that it said in whole lines."""
    command = [sys.executable, "-c", PROGRAM, str(folder), f"run{run}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        said += child.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


@pytest.mark.parametrize("seed", range(4))
def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    said: list[str] = []
    for run in range(3):
        said += run_and_kill(tmp_path, run, dice.randint(2, 60))
    asyncio.run(check(tmp_path, said))


async def check(folder: Path, said: list[str]) -> None:
    """Look from outside at what is there."""
    accepted = {line.split()[1] for line in said if line.startswith("accepted")}
    settled = {line.split()[1] for line in said if line.startswith("settled")}
    began = [line.split()[1] for line in said if line.startswith("began")]
    done = {line.split()[1] for line in said if line.startswith("done")}
    assert accepted, "the child never came to accept anything"
    async with await Journal.open(folder) as journal:
        waiting = {each.key for each in await journal.pending(after=0, limit=10_000)}
        for key in accepted:
            raw = await journal.raw(key)
            octets = raw.data or await asyncio.to_thread(Path(raw.path).read_bytes)
            assert octets == b"x" * len(octets)
            assert len(octets) in (100, 300_000)
        assert not settled & waiting
        tried: dict[str, int] = {}
        while tasks := await journal.claim(2000.0, 100):
            for task in tasks:
                assert isinstance(task.effect, Show)
                tried[task.effect.key] = task.attempts
                await journal.bury(task.effect.key, "counted")
        assert not done & tried.keys(), "what was done is not done again"
        for key in settled:
            for effect in (f"{key}.0", f"{key}.1"):
                assert effect in tried or await journal.event_of(effect) == f"${effect}"
        for key in set(began) & tried.keys():
            assert tried[key] >= began.count(key) + 1, "the tries before the kill are counted"
    with Queue.open(folder) as queue:
        assert queue.counts().claimed == 0
