"""The playground: the servers around Mailroom and Mailroom itself, on loopback, with everything in one folder.

Mailroom runs as a subprocess, as a user would run it; nothing here reaches into it. A world begins empty each time:
the folder is emptied at the start, but only one that an earlier playground made.
"""

import asyncio
import contextlib
import fcntl
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO, TypeVar

from bridge.chat import registration
from bridge.demo import files
from bridge.demo.actors import Person, Refused
from bridge.demo.files import PASSWORD, SERVER
from bridge.demo.homeserver import Homeserver
from bridge.demo.mailserver import MailServer
from bridge.demo.process import LOOPBACK, ServerProcess, accepts_tcp, free_port, is_free
from bridge.demo.submission import SubmissionServer

T = TypeVar("T")
MARKER = "PLAYGROUND"
_WORDS = "This folder belongs to Mailroom's demo, which empties it at each start. Delete it as you like.\n"
STAFF = {"ann": "Ann Berg", "bob": "Bob Iwu"}
MAILBOXES = {"support": "support@corp.example", "anna": "anna@client.example", "ben": "ben@client.example"}
TO_MAILROOM = ("sales@corp.example", "lists@corp.example")


class Broken(Exception):
    """Something did not hold. The text says what, in a person's words."""


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on loopback: `matrix` is where the homeserver pushes events to Mailroom."""

    homeserver: int
    smtp: int
    imap: int
    submission: int
    matrix: int

    @classmethod
    def choose(cls, *wanted: int | None) -> Self:
        """Those wanted (homeserver, smtp, imap, submission); free ones for the rest, 8008 first for the homeserver."""
        homeserver, *others = (*wanted, None)
        taken = {port for port in wanted if port}
        chosen: list[int] = []
        for port in (homeserver or (8008 if 8008 not in taken and is_free(8008) else None), *others):
            chosen.append(port or next(free for free in iter(free_port, 0) if free not in taken))
            taken.add(chosen[-1])
        return cls(*chosen)


class World:
    """Servers that are started one by one and all ended by `close`."""

    def __init__(self, folder: Path, ports: Ports) -> None:
        self.folder = folder.absolute()
        self.ports = ports
        self.home = self.folder / "mailroom"
        self.homeserver = Homeserver(self.folder / "homeserver", server_name=SERVER, port=ports.homeserver)
        self.mailboxes = MailServer(self.folder / "mailboxes", port=ports.imap)
        maildirs = {address: self.mailboxes.folder / user for user, address in MAILBOXES.items()}
        onward = dict.fromkeys(TO_MAILROOM, ports.smtp)
        self.submission = SubmissionServer(dict.fromkeys(MAILBOXES, PASSWORD), maildirs, onward, port=ports.submission)
        argv = [sys.executable, "-m", "bridge", "--config", str(self.home / "mailroom.yaml"), "run"]
        self.daemon = ServerProcess(argv, self.home / "daemon.log")
        self._ending = contextlib.AsyncExitStack()
        self._started: dict[str, tuple[Callable[[], int | None], Path]] = {}
        self._marker: TextIO | None = None

    def prepare(self) -> None:
        """Make the folder ours and empty it. Raises `Broken` when it is somebody else's, or in use."""
        marker = self.folder / MARKER
        if self.folder.exists() and not marker.exists() and any(self.folder.iterdir()):
            raise Broken(f"{self.folder} is no folder of an earlier demo: name an empty one with --folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._marker = marker.open("a")
        self._ending.callback(self._marker.close)
        try:
            fcntl.flock(self._marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Broken(f"a demo runs in {self.folder} already: end it, or name another --folder") from None
        self._marker.truncate(0)
        self._marker.write(_WORDS)
        self._marker.flush()
        for entry in self.folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry != marker:
                entry.unlink()
        listener = f"http://{LOOPBACK}:{self.ports.matrix}"
        written = files.write_office(self.home, registration.dump(registration.generate(listener)))
        self.homeserver.registrations = (written,)
        ports = {name: getattr(self.ports, name) for name in ("smtp", "matrix", "imap", "submission")}
        files.write_settings(self.home, self.homeserver.url, **ports)

    async def start_homeserver(self) -> str:
        """Synapse with its accounts."""
        self._ending.push_async_callback(self.homeserver.stop)
        await self.homeserver.start()
        for name, shown in STAFF.items():
            await self.homeserver.register(name, PASSWORD, displayname=shown)
        self._started["the homeserver"] = (lambda: self.homeserver.pid, self.homeserver.folder / "homeserver.log")
        return f"{self.homeserver.url} answers; accounts @ann:{SERVER} and @bob:{SERVER}"

    async def start_mail(self) -> str:
        """The mailboxes over IMAP, and the server that sends into them."""
        self._ending.push_async_callback(self.mailboxes.stop)
        for user in MAILBOXES:
            self.mailboxes.add_user(user, PASSWORD)
        await self.mailboxes.start()
        self._started["the mailbox server"] = (lambda: self.mailboxes.pid, self.mailboxes.folder / "pymap.log")
        self._ending.push_async_callback(self.submission.stop)
        await self.submission.start()
        return f"{self.mailboxes.url} with {', '.join(MAILBOXES.values())}; {self.submission.url} sends"

    async def start_daemon(self) -> str:
        """Mailroom, until it takes mail and its admin room stands."""
        self._ending.push_async_callback(self.daemon.stop)
        await self.daemon.start(lambda: accepts_tcp(self.ports.smtp))
        self._started["Mailroom"] = (lambda: self.daemon.pid, self.home / "daemon.log")
        ann = await self.person("ann")
        room = await self.eventually("Mailroom's admin room", lambda: _try_to_join(ann, f"#mailroom:{SERVER}"))
        members = ", ".join((await ann.members(room)).values())
        where = f"process {self.daemon.pid} takes mail at smtp://{LOOPBACK}:{self.ports.smtp}"
        return f"{where}; its admin room “{await ann.name_of(room)}” has {members}"

    async def person(self, name: str) -> Person:
        """Log in as a member of staff."""
        return await Person.log_in(self.ports.homeserver, name, PASSWORD)

    async def eventually(self, what: str, look: Callable[[], Awaitable[T | None]], within: float = 60.0) -> T:
        """Look until there is something to see. Raises `Broken` when it does not come, at once when a server ended."""
        deadline = time.monotonic() + within
        while not (seen := await look()):
            self.check()
            if time.monotonic() > deadline:
                raise Broken(f"{what}: still missing after {within:.0f} s")
            await asyncio.sleep(0.1)
        return seen

    def check(self) -> None:
        """Raises `Broken` when a server that was started runs no more."""
        for name, (pid, log) in self._started.items():
            if pid() is None:
                raise Broken(f"{name} has ended; its last words are in {log}")

    async def close(self) -> None:
        """End everything, Mailroom first. The folder stays, to look into."""
        self._started.clear()
        await self._ending.aclose()


async def _try_to_join(person: Person, alias: str) -> str:
    try:
        return await person.join(alias)
    except Refused:
        return ""
