"""An installation of Mailroom for one benchmark: settings, rules and the daemon as a subprocess, as users run it."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from bridge.chat.registration import Registration, dump, generate
from bridge.demo.process import LOOPBACK, ServerProcess, free_port
from tests.waiting import eventually

RULES = """
domain: corp.example
people: {{ann: {{matrix: "{ann}"}}}}
inboxes:
  support:
    address: support@corp.example
{account}    room: {{per: conversation, for: ann, join: at-once}}
    send: {{who: ann, to: sender, as: "Desk <support@corp.example>"}}
unmatched: {{do: triage, room: {{is: "#triage", for: ann}}}}
"""


class Installation:
    """A state folder with settings. `url`: the homeserver's; `more`: further settings.

    `ann`: who is invited to every room.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        registration: Registration | None = None,
        ann: str = "@ann:corp.example",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.counts = folder / "counts.json"
        folder.mkdir(parents=True, exist_ok=True)
        registration = registration or generate(f"http://{LOOPBACK}:{free_port()}")
        self._private("registration.yaml", dump(registration))
        settings = {
            "homeserver": {"url": url, "mode": "appservice", "registration": "registration.yaml"},
            "listen": {
                "smtp": f"{LOOPBACK}:{self.port}",
                "matrix": registration.url.removeprefix("http://"),
            },
            "state": "state",
            "rules": "rules",
            **(more or {}),
        }
        self._private("mailroom.yaml", json.dumps(settings))
        (folder / "rules").mkdir(exist_ok=True)
        account = "    account: desk\n" if "desk" in settings.get("accounts", ()) else ""
        rules = RULES.format(ann=ann, account=account)
        (folder / "rules" / "rules.yaml").write_text(rules)
        self._process: ServerProcess | None = None

    def _private(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    @property
    def command(self) -> list[str]:
        """`mailroom` with this installation's settings."""
        return [sys.executable, "-m", "bridge", "--config", str(self.folder / "mailroom.yaml")]

    @property
    def log(self) -> str:
        """What the daemon said."""
        return (self.folder / "daemon.log").read_text()

    @property
    def pid(self) -> int:
        """The daemon's."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    async def start(self, *, counted: bool = False, profiled: bool = False, ready: str = "mailroom runs") -> Self:
        """Run the daemon until `ready` stands in its log. `counted`: it can tell its commits.

        `profiled`: it leaves a profile of its event loop's thread in counts.json.prof when it ends.
        """
        argv = [*self.command, "run"]
        if counted or profiled:
            argv = [sys.executable, "-m", "bench.counted", *["--profile"][:profiled], str(self.counts), *argv[3:]]
        self._process = ServerProcess(argv, self.folder / "daemon.log")
        before = self.log.count(ready) if (self.folder / "daemon.log").exists() else 0

        async def is_ready() -> bool:
            return self.log.count(ready) > before

        await self._process.start(is_ready, within=60)
        return self

    async def __aenter__(self) -> Self:
        return self if self._process is not None else await self.start()

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await self._process.stop()

    async def kill(self) -> None:
        """As a power cut would."""
        if self._process is not None:
            await self._process.kill()

    async def commits(self) -> int:
        """How many transactions the daemon made durable since it started, each one fsync."""
        self.counts.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        await eventually(self.counts.exists)
        return int(json.loads(self.counts.read_text())["commits"])

    def newest(self) -> int:
        """The number of the newest effect; 0 when there is none."""
        return self._asked("SELECT max(seq) FROM outbox")[0] or 0

    def done(self, since: int = 0) -> tuple[int, float]:
        """How many mails were shown by effects after number `since`, and when (seconds since the epoch) the last was.

        Looks, and disturbs nobody. What it says of time is checked from outside: the events are counted in the rooms
        afterwards.
        """
        query = f"SELECT count(*), max(changed_at) FROM outbox WHERE seq > {since} AND state = 'done' AND kind = 'show'"
        count, last = self._asked(query)
        return count, last or 0.0

    def watched(self) -> int:
        """How many folders are watched, by the daemon's own word."""
        count: int = self._asked("SELECT count(*) FROM health WHERE state = 'ok' AND name GLOB 'imap:*:*'")[0]
        return count

    def _asked(self, query: str) -> Any:
        path = self.folder / "state" / "journal.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal:
            return journal.execute(query).fetchone()

    async def until_done(self, count: int, within: float = 300.0, *, since: int = 0) -> float:
        """Wait until so many mails were shown by effects after number `since`; when the last one was."""
        async with asyncio.timeout(within):
            while True:
                have, last = self.done(since)
                if have >= count:
                    return last
                await asyncio.sleep(0.05)
