"""Watching an account for ever: one connection sleeps in IDLE on the busiest folder, a second one polls the others.

Every fault of the server ends in Health words and another try, with growing pauses and jitter; nothing gives up. A
refused login is tried again rarely and never by both connections at once, so that no account gets locked.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bridge.core.errors import BridgeError, Transient
from bridge.core.ports import Health, Spool
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.client import Connection
from bridge.mail.imap.cursor import changed
from bridge.mail.imap.failures import FolderMissing, LoginRefused, Untrusted
from bridge.mail.imap.reading import Accept, Clock, Folder, JournalBookmark, Reading

log = logging.getLogger("mailroom.imap")

Report = Callable[[Health], Awaitable[None]]
_WORST = ("failed", "waiting", "connecting", "ok")


async def watch(
    account: Account,
    secret: Secret,
    *,
    journal_bookmark: JournalBookmark,
    accept: Accept,
    spool: Callable[[], Spool],
    report: Report,
    clock: Clock,
    gate: asyncio.Semaphore,
    paused: Callable[[float], None] = lambda _: None,
) -> None:
    """Bring all mail of the account's folders to `accept`, until cancelled.

    `accept` gets arrivals with the bookmark that covers them and returns after the commit; `journal_bookmark` gives
    that value back; `spool` gives a large mail its place while it is fetched.
    `report` hears of each change of state: "imap:<account>", and "imap:<account>:<folder>" for a
    folder. `clock`: seconds since the epoch. `gate`: held during a login; the accounts of one server share
    it, so that a start is no storm. `paused` hears of each pause before the next try, in seconds, and 0 when it is
    over. Raises only a bug of `accept` and its like.
    """
    folders = [Folder(name, account.source(name)) for name in account.folders]
    reading = Reading(account, journal_bookmark, accept, spool, clock)
    watcher = _Watcher(account, secret, reading, folders, report, gate, paused)
    async with asyncio.TaskGroup() as group:
        group.create_task(watcher.keep("idle", watcher.idle))
        if len(folders) > 1:
            group.create_task(watcher.keep("poll", watcher.poll))


@dataclass(slots=True)
class _Watcher:
    account: Account
    secret: Secret
    reading: Reading
    folders: list[Folder]
    report: Report
    gate: asyncio.Semaphore
    paused: Callable[[float], None]
    pauses: dict[str, float] = field(default_factory=dict)
    idling: Folder | None = None
    refusals: int = 0
    closed_until: float = 0.0
    failures: dict[str, int] = field(default_factory=dict)
    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    said: dict[str, tuple[str, str]] = field(default_factory=dict)
    login: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self, role: str, work: Callable[[Connection], Awaitable[None]]) -> None:
        """Do `work` on one connection after the other."""
        while True:
            connection = None
            try:
                connection = await self._connect(role)
                await work(connection)
            except BridgeError as error:
                await self._stumble(role, error)
            except Exception as error:  # a server's answer that nobody foresaw must not end the watch
                log.error("%s: unexpected %s", self.account.name, type(error).__name__, exc_info=error)
                await self._stumble(role, Transient(f"unexpected {type(error).__name__}, see the log"))
            finally:
                if connection is not None:
                    connection.abort()

    async def idle(self, connection: Connection) -> None:
        """Read the busiest folder and wait there for mail; look every `poll` seconds also without being told."""
        while True:
            folder = self.idling = self._busiest()
            opened = await self._visit(connection, folder)
            await self._fine("idle")
            if not opened or "IDLE" not in connection.capabilities:
                await asyncio.sleep(self.account.poll)
                continue
            loop = asyncio.get_running_loop()
            until = loop.time() + self.account.poll
            while (left := until - loop.time()) > 0:
                if await connection.idle(min(left, self.account.renew)):
                    await self._visit(connection, folder, still_open=True)
            folder.taken /= 2

    async def poll(self, connection: Connection) -> None:
        """Look into the folders that nobody idles on. Those that made trouble come last, so that they delay nobody."""
        while True:
            for folder in sorted(self.folders, key=lambda folder: folder.failures):
                if folder is self.idling:
                    continue
                folder.taken /= 2
                if await self._moved(connection, folder):
                    await self._visit(connection, folder)
                    await connection.leave()
            await self._fine("poll")
            await asyncio.sleep(self.account.poll)

    def _busiest(self) -> Folder:
        """The first, unless another one gets much more mail; a folder in trouble only when all are."""
        ranked = enumerate(self.folders)
        return min(ranked, key=lambda at: (at[1].missing, at[1].failures, -round(at[1].taken / 10), at[0]))[1]

    async def _moved(self, connection: Connection, folder: Folder) -> bool:
        try:
            await self.reading.load(folder)
            return changed(folder.mark, await connection.status(folder.name))
        except FolderMissing as error:
            await self._lacks(folder, error)
            return False
        except BridgeError as error:
            await self._troubled(folder, error)
            raise

    async def _visit(self, connection: Connection, folder: Folder, *, still_open: bool = False) -> bool:
        """Read a folder on; False when it cannot be opened."""
        try:
            await self.reading.catch_up(connection, folder, still_open=still_open)
        except FolderMissing as error:
            await self._lacks(folder, error)
            return False
        except BridgeError as error:
            await self._troubled(folder, error)
            raise
        folder.failures, folder.missing = 0, False
        await self._say(f"imap:{self.account.name}:{folder.name}", "ok", "watched")
        return True

    async def _troubled(self, folder: Folder, error: BridgeError) -> None:
        folder.failures += 1
        await self._say(f"imap:{self.account.name}:{folder.name}", "waiting", error.text)

    async def _lacks(self, folder: Folder, error: FolderMissing) -> None:
        folder.missing = True
        await self._say(f"imap:{self.account.name}:{folder.name}", "failed", error.text)

    async def _connect(self, role: str) -> Connection:
        async with self.login:  # one login at a time: a wrong password is tried once, not twice
            loop = asyncio.get_running_loop()
            await asyncio.sleep(max(0.0, self.closed_until - loop.time()))
            if not self.failures.get(role):
                await self._state(role, "connecting", self.account.host)
            try:
                async with self.gate:
                    connection = await Connection.open(self.account, self.secret)
            except (LoginRefused, Untrusted):
                pauses = self.account.pace.refused
                self.closed_until = loop.time() + self._jittered(pauses[min(self.refusals, len(pauses) - 1)])
                self.refusals += 1
                raise
            self.refusals = 0
            return connection

    async def _stumble(self, role: str, error: BridgeError) -> None:
        failures = self.failures[role] = self.failures.get(role, 0) + 1
        if isinstance(error, LoginRefused | Untrusted):
            log.warning("%s: %s", self.account.name, error.text)
            self._pauses(role, self.closed_until - asyncio.get_running_loop().time())
            await self._state(role, "failed", error.text)
            return  # the pause is taken before the next login
        pauses = self.account.pace.retry
        pause = self._jittered(pauses[min(failures, len(pauses)) - 1])
        if isinstance(error, Transient) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        log.info("%s: %s; next try in %.0f s", self.account.name, error.text, pause)
        self._pauses(role, pause)
        await self._state(role, "waiting", error.text)
        await asyncio.sleep(pause)

    def _jittered(self, pause: float) -> float:
        return pause * (1 + self.account.pace.jitter * random.random())  # noqa: S311 # spreads load, guards nothing

    async def _fine(self, role: str) -> None:
        self.failures[role] = 0
        self._pauses(role, 0.0)
        await self._state(role, "ok", "watching")

    def _pauses(self, role: str, seconds: float) -> None:
        self.pauses[role] = seconds
        self.paused(max(self.pauses.values()))

    async def _state(self, role: str, state: str, detail: str) -> None:
        self.states[role] = (state, detail)
        worst = min(self.states.values(), key=lambda pair: _WORST.index(pair[0]))
        await self._say(f"imap:{self.account.name}", *worst)

    async def _say(self, name: str, state: str, detail: str) -> None:
        if self.said.get(name) == (state, detail):
            return
        self.said[name] = (state, detail)
        assert state in ("ok", "connecting", "waiting", "failed")
        try:
            await self.report(Health(name, state, detail, self.reading.clock()))  # type: ignore[arg-type] # asserted above
        except BridgeError as error:
            log.warning("%s: state not reported: %s", self.account.name, error.text)
            del self.said[name]
