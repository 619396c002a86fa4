"""An office whose daemon dies on command, its correspondents who insist as mail servers do, and looks from outside.

The daemon runs under `tests.crash.faults`. It is killed by SIGKILL where it halted, and its workers must be gone soon
after it.
"""

import asyncio
import os
import re
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

from bridge.demo.process import LOOPBACK
from bridge.store.queue import Queue
from tests.crash import faults
from tests.journey.office import Office
from tests.servers import mailroom
from tests.servers.probe import Json
from tests.waiting import eventually

_TRACES = ("received", "delivered-to", "return-path", "x-original-to")


class Mortal:
    """A daemon that is born, halts at a step, is killed, and is born again. `passed`: the steps of all that died."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.starts: list[float] = []
        self.passed: set[str] = set()
        self._pid = 0
        self._nursery = subprocess.Popen(
            [sys.executable, str(Path(faults.__file__)), str(office.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    async def live(self) -> None:
        """Have a daemon that takes mail and plans. How long it took is kept in `starts`."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        (self.office.folder / faults.STEPS).write_text("")
        begun = time.monotonic()
        self._nursery.stdin.write(b"\n")
        self._nursery.stdin.flush()
        answer = await asyncio.to_thread(self._nursery.stdout.readline)
        self._pid = int(answer.split()[1])
        await eventually(lambda: "pending after" in self.steps, within=30)
        self.starts.append(time.monotonic() - begun)

    @property
    def steps(self) -> list[str]:
        """What the living daemon has passed."""
        return (self.office.folder / faults.STEPS).read_text().splitlines()

    def arm(self, step: str) -> None:
        """Halt there, the next time it comes by."""
        fresh = self.office.folder / "arm.new"
        fresh.write_text(step)
        fresh.replace(self.office.folder / faults.ARM)

    async def halted(self) -> None:
        """Wait until it stands still where it was told to."""
        await eventually(lambda: _state(self._pid) == "T", within=20)

    async def kill(self) -> None:
        """SIGKILL to the daemon alone. Its workers end by themselves."""
        os.kill(self._pid, signal.SIGKILL)
        await eventually(lambda: not _of_session(self._pid), within=10)

    async def die_at(self, step: str) -> list[str]:
        """Wait for it to halt at the armed step, kill it, let the next one live; the steps the dead passed."""
        try:
            await self.halted()
        except AssertionError as error:
            error.add_note(f"never came to {step!r}, only to {self.steps}")
            raise
        passed = self.steps
        self.passed |= set(passed)
        await self.kill()
        await self.live()
        return passed

    async def quiet(self) -> None:
        """Wait until nothing is left to do: from then on nothing may change any more."""
        with Queue.open(self.office.folder / "state") as queue:

            def done() -> bool:
                counts = queue.counts()
                return not (counts.new or counts.waiting or counts.claimed or counts.held)

            await eventually(done, within=40, every=0.05)

    async def close(self) -> None:
        """End everything."""
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        self._nursery.stdin.close()
        await asyncio.to_thread(self._nursery.wait)  # and with the nursery its daemons
        self._nursery.stdout.close()


def _state(pid: int) -> str:
    """Its state as proc(5) has it; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _of_session(session: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found


def insist(port: int, messages: Iterable[EmailMessage], sender: str, to: str, patience: float = 40.0) -> None:
    """Hand mails over one after the other, each until it is accepted, as a mail server does. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    for message in messages:
        while True:
            try:
                with smtplib.SMTP(LOOPBACK, port, timeout=20) as client:
                    client.sendmail(sender, [to], message.as_bytes())
                break
            except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"nobody took the mail: {error!r}") from None
                time.sleep(0.05)


class Watcher:
    """Ann's view of new rooms, without looking at the old ones again and again."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._since: str | None = None

    async def mark(self) -> None:
        """New is what comes from now on."""
        self._since = str((await self._office.ann.sync())["next_batch"])

    async def new_rooms(self, name: str) -> list[str]:
        """Invitations to rooms of that name since `mark`; the first sync after it shows every one of them."""
        answer: Json = await self._office.ann.sync(self._since)
        found = []
        for room, part in answer.get("rooms", {}).get("invite", {}).items():
            names = [e["content"].get("name") for e in part["invite_state"]["events"] if e["type"] == "m.room.name"]
            if name in names:
                found.append(str(room))
        return found


def essence(mail: bytes) -> bytes:
    """A mail's octets without the trace fields that carriers put before it (RFC 5321 section 4.4)."""
    head, gap, body = mail.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = re.split(rb"\n(?![ \t])", head)
    return b"\n".join(f for f in fields if f.partition(b":")[0].decode().lower() not in _TRACES) + gap + body


def accepted_ids(office: Office) -> list[str]:
    """The Message-IDs that Postfix took from anyone, in order; each time it did."""
    return re.findall(r"cleanup\[\d+\]: \w+: message-id=(<[^>]*>)", office.postfix.log.read_text())


def marks_of(messages: list[Json], answer: str) -> tuple[list[Json], str]:
    """The marks in reply to an answer, edits aside, and what they say last."""

    def relation(event: Json) -> Json:
        found: Json = event["content"].get("m.relates_to", {})
        return found

    first = [e for e in messages if relation(e).get("m.in_reply_to", {}).get("event_id") == answer]
    ids = {e["event_id"] for e in first}
    edits = [e for e in messages if relation(e).get("rel_type") == "m.replace" and relation(e)["event_id"] in ids]
    last: Json = (edits or first)[-1]["content"] if first else {}
    return first, str(last.get("m.new_content", last).get("body", ""))


async def start(office: Office) -> None:
    """Run the command and return when it takes mail. It may have run before."""
    await office.close()
    before = office.log.count("mailroom runs") if (office.folder / "daemon.log").exists() else 0
    office.process = mailroom.Command(office.command("run"), office.folder / "daemon.log")

    async def ready() -> bool:
        return office.log.count("mailroom runs") > before

    await office.process.start(ready, within=60)
