"""Submission through the account that lists an identity: kept connections, and accounts that rest when told to.

It decides nothing about retries: it says that an account rests and for how long, and asks its server nothing meanwhile.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping, Sequence

from bridge.core.addresses import Address
from bridge.core.errors import Permanent, Transient
from bridge.core.ports import Outgoing, Submitted
from bridge.mail.submit.account import SentFolder, SubmissionAccount
from bridge.mail.submit.connection import Connection, connect, tls_context
from bridge.mail.submit.transaction import Job, NotBegun, job, transact

MAILS_PER_CONNECTION = 100
"""Then a new one is opened: servers count too."""
UNREACHABLE = 5.0
"""First rest, in seconds, of an account whose server cannot be reached."""
REST_MAX = 3600.0
"""Longest rest: it doubles with each failure in a row."""

_log = logging.getLogger("mailroom.submit")


class SubmissionPool:
    """All submission accounts. `sent`: the Sent folders by account name. Close it with `aclose`."""

    def __init__(self, accounts: Sequence[SubmissionAccount], sent: Mapping[str, SentFolder] | None = None) -> None:
        self._desks = [_Desk(account) for account in accounts]
        self._sent = dict(sent or {})

    async def submit(
        self, identity: Address, mail_from: str, rcpts: Sequence[str], message: bytes | Outgoing
    ) -> Submitted:
        """Hand a mail over through the account that lists `identity`; an exact listing goes before a domain.

        Raises Permanent (no account, no address, too large, sender refused), Transient: with `peer_down` the account
        rests; with code "unknown-outcome" the mail may have been taken. Recipients that are refused, even all of them,
        are in the result.
        """
        desk = self._desk(identity)
        return await desk.submit(job(mail_from, rcpts, message))

    async def file_copy(self, identity: Address, message_id: str, message: bytes) -> None:
        """Have one copy in the account's Sent folder; without one, nothing is done. Raises Transient, Permanent."""
        folder = self._sent.get(self._desk(identity).account.name)
        if folder is not None:
            await folder.file_copy(message_id, message)

    async def aclose(self) -> None:
        """Take leave of every server."""
        await asyncio.gather(*(desk.aclose() for desk in self._desks))

    def _desk(self, identity: Address) -> "_Desk":
        for closeness in ("exact", "domain"):
            for desk in self._desks:
                if desk.account.sends(identity) == closeness:
                    return desk
        raise Permanent(
            f"no submission account may send as {identity.spec}: "
            f"add it (or @{identity.domain}) to the identities of one under `submission:`"
        )


class _Desk:
    """One account at work: its slots, its idle connections, its rest."""

    def __init__(self, account: SubmissionAccount) -> None:
        self.account = account
        self._slots = asyncio.Semaphore(account.connections)
        self._idle: list[Connection] = []
        self._tls: ssl.SSLContext | None = None
        self._rest: tuple[float, Transient] | None = None
        self._failures = 0
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def submit(self, mail: Job) -> Submitted:
        self._rested()
        async with self._slots:
            self._rested()  # those who waited for a slot learn it too
            try:
                result = await self._handed_over(mail)
            except Transient as error:
                if error.peer_down:
                    self._lie_down(error)
                raise
        self._failures = 0
        return result

    async def _handed_over(self, mail: Job) -> Submitted:
        kept = await self._kept()
        if kept is not None:
            try:
                return await self._on(kept, mail, kept=True)
            except NotBegun:
                _log.info("kept connection was stale account=%s", self.account.name)
        try:
            return await self._on(await self._fresh(), mail, kept=False)
        except NotBegun as lost:
            raise Transient(f"mail server {self.account.host}: {lost} at MAIL") from lost

    async def _on(self, connection: Connection, mail: Job, *, kept: bool) -> Submitted:
        """The connection is kept when the exchange ended in order, else closed: never reused in doubt."""
        orderly = False
        try:
            result = await transact(self.account, connection, mail, kept=kept)
            orderly = True
            return result
        except (Permanent, Transient):
            orderly = connection.open
            raise
        finally:
            if orderly and connection.open and connection.mails < MAILS_PER_CONNECTION:
                self._keep(connection)
            elif orderly:
                self._leave(connection)
            else:
                connection.close()

    async def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if await connection.alive():
                return connection
            connection.close()
        return None

    async def _fresh(self) -> Connection:
        if self._tls is None:
            self._tls = await asyncio.to_thread(tls_context, self.account)
        connection = await connect(self.account, self._tls)
        _log.info("connected account=%s host=%s", self.account.name, self.account.host)
        return connection

    def _keep(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        connection.used = loop.time()
        self._idle.append(connection)
        if self._timer is None:
            self._timer = loop.call_later(self.account.timeouts.idle, self._expire)

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self.account.timeouts.idle
        for connection in [one for one in self._idle if one.used <= oldest or not one.open]:
            self._idle.remove(connection)
            self._leave(connection)
        next_look = min((one.used for one in self._idle), default=None)
        self._timer = None if next_look is None else loop.call_at(next_look + self.account.timeouts.idle, self._expire)

    def _leave(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(connection.quit())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _rested(self) -> None:
        """Raises the reason again while the account rests, with what is left of the time."""
        if self._rest is None:
            return
        until, reason = self._rest
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            self._rest = None
            return
        raise Transient(reason.text, code=reason.code, retry_after=left, peer_down=True)

    def _lie_down(self, reason: Transient) -> None:
        if self._rest is not None:  # another one met the same failure at the same time
            return
        first = UNREACHABLE if reason.retry_after is None else reason.retry_after
        pause = min(first * 2 ** min(self._failures, 10), max(REST_MAX, first))
        if reason.retry_after is None:
            pause = min(pause, 300.0)
        self._failures += 1
        reason.retry_after = pause
        self._rest = (asyncio.get_running_loop().time() + pause, reason)
        _log.warning("account rests account=%s code=%s seconds=%.0f", self.account.name, reason.code or "-", pause)

    async def aclose(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for connection in idle), *self._leaving)
