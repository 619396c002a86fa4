"""The demo, run as a user runs it: it checks itself honestly, says so, and leaves nothing running."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import eventually

STEPS = 9
PATIENCE = 300.0
"""Seconds; the story takes 25 on a quiet machine, and several times that on a busy one."""

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Demo:
    """A running demo whose lines go to a file."""

    process: subprocess.Popen[bytes]
    folder: Path
    output: Path

    def lines(self) -> list[str]:
        """What it said so far."""
        return self.output.read_text().splitlines()

    async def says(self, words: str, within: float = PATIENCE) -> str:
        """The first line that holds `words`, once it is there; the demo must not end before."""

        def look() -> str:
            found = next((line for line in self.lines() if words in line), "")
            assert found or self.process.poll() is None, self.output.read_text()
            return found

        return await eventually(look, within)

    async def ends(self) -> int:
        """Its exit status, once it ended."""
        await eventually(lambda: self.process.poll() is not None, within=PATIENCE)
        return self.process.returncode

    def family(self) -> set[int]:
        """The ids of the processes it started, and of theirs."""
        found: set[int] = set()
        fresh = {self.process.pid}
        while fresh:
            found |= fresh
            fresh = {child for parent in fresh for child in children(parent)} - found
        return found - {self.process.pid}

    def living(self, family: set[int]) -> set[int]:
        """Those of the family, and any process with our folder in its command line, that still run."""
        ours = {int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if self._is_ours(path)}
        return alive(family | ours) - {self.process.pid}

    def _is_ours(self, cmdline: Path) -> bool:
        try:
            return os.fsencode(self.folder) in cmdline.read_bytes()
        except OSError:
            return False


def children(parent: int) -> list[int]:
    """Process ids; none when the parent is gone."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children")]
    except OSError:
        return []
    return [int(pid) for text in lists for pid in text.split()]


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie, which its new parent has not buried yet, does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.add(pid)
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """`python -m bridge.demo --once`, on ports of its own."""
    yield from run(tmp_path, "--once")


@pytest.fixture
def open_demo(tmp_path: Path) -> Iterator[Demo]:
    """`python -m bridge.demo`, which stays."""
    yield from run(tmp_path)


def run(tmp_path: Path, *options: str) -> Iterator[Demo]:
    folder, output = tmp_path / "world", tmp_path / "output"
    argv = [sys.executable, "-m", "bridge.demo", "--folder", str(folder), *options]
    with output.open("wb") as file:
        process = subprocess.Popen(argv, stdout=file, stderr=file, start_new_session=True)
    try:
        yield Demo(process, folder, output)
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


async def test_the_story_holds_step_by_step(demo: Demo) -> None:
    assert await demo.ends() == 0, demo.output.read_text()
    lines = demo.lines()
    numbers = [line.partition(" ")[0] for line in lines if line[:1].isdigit()]
    assert numbers == [f"{number}/{STEPS}" for number in range(1, STEPS + 1)]
    assert sum("✓" in line for line in lines) == STEPS
    assert not any("✗" in line or "Traceback" in line or "\033" in line for line in lines)
    for seen in (
        "room “The lamp arrived broken” in the space Support, with Ann Berg, Anna Lund (anna@client.example), Bob Iwu",
        "room “An offer for 40 lamps” in the space Sales, with Ann Berg, Ben Okafor (ben@client.example), Bob Iwu",
        "From: Ann at Corp <support@corp.example>",
        "To: Anna Lund <anna@client.example>",
        "Subject: Re: The lamp arrived broken",
        "In-Reply-To: <lamp-1@client.example>",
        "the same room “The lamp arrived broken” shows “Thank you",
        "Bob's note is in none of them",
        "room “Lighting” (#lighting:corp.example): Carl's mail, and Dora's in a thread below it",
    ):
        assert any(seen in line for line in lines), seen
    assert lines[-1] == f"All {STEPS} steps held."


async def test_it_fails_when_mailroom_dies_on_the_way(demo: Demo) -> None:
    started = await demo.says("takes mail at smtp://")
    daemon = int(started.partition("process ")[2].split()[0])
    family = demo.family()
    assert daemon in family
    os.kill(daemon, signal.SIGKILL)
    assert await demo.ends() == 1
    output = demo.output.read_text()
    assert "✗" in output
    assert str(demo.folder / "mailroom" / "daemon.log") in output
    assert "steps held" not in output
    assert "Traceback" not in output
    await eventually(lambda: not demo.living(family), within=60)


async def test_it_fails_when_an_answer_is_not_as_it_should_be(demo: Demo) -> None:
    await demo.says("1/9")  # the rules are written, and Mailroom will read them at 3/9
    rules = demo.folder / "mailroom" / "rules" / "office.yaml"
    rules.write_text(rules.read_text().replace("{me.first} at Corp <support@", "{me.name} <support@"))
    assert await demo.ends() == 1
    broken = next(line for line in demo.lines() if "✗" in line)
    assert broken.strip() == (
        "✗ From is 'Ann Berg <support@corp.example>' and should be 'Ann at Corp <support@corp.example>'"
    )
    assert not any(line.startswith("7/9") or "steps held" in line for line in demo.lines())


@pytest.mark.parametrize("moment", ["1/9", "3/9", "6/9", "stays open until Ctrl-C"])
async def test_ctrl_c_at_any_moment_leaves_no_process_behind(open_demo: Demo, moment: str) -> None:
    await open_demo.says(moment)
    family = open_demo.family()
    os.kill(open_demo.process.pid, signal.SIGINT)
    assert await open_demo.ends() == (0 if moment.startswith("stays") else 130)
    assert "Traceback" not in open_demo.output.read_text()
    assert "✗" not in open_demo.output.read_text()
    await eventually(lambda: not open_demo.living(family), within=60)


@pytest.mark.parametrize(
    ("option", "how"), [("homeserver", "taken"), ("smtp", "70000"), ("imap", "mail"), ("submission", "taken")]
)
def test_a_port_that_cannot_be_had_is_said_at_once(tmp_path: Path, option: str, how: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1]) if how == "taken" else how
        argv = [sys.executable, "-m", "bridge.demo", "--folder", str(tmp_path / "world"), f"--{option}-port", port]
        told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert f"--{option}-port" in told.stderr
    assert port in told.stderr
    assert not (tmp_path / "world").exists()


async def test_a_folder_of_somebody_else_is_left_alone(demo: Demo, tmp_path: Path) -> None:
    await demo.says("1/9")
    letter = tmp_path / "letters" / "mine"
    letter.parent.mkdir()
    letter.write_text("dear")
    for folder, why in ((letter.parent, "no folder of an earlier demo"), (demo.folder, "runs in")):
        argv = [sys.executable, "-m", "bridge.demo", "--once", "--folder", str(folder)]
        told = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, timeout=60, check=False)
        assert told.returncode == 2
        assert why in told.stdout
    assert letter.read_text() == "dear"
    assert (demo.folder / "homeserver").is_dir()
