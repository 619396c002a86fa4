"""Marks and moves mail in mailboxes, where rules ask for it: by UID alone, on a connection of its own.

The connection is kept for some seconds, so that a batch logs in once. It never waits for another account's server, and
never touches a message but the one it is told.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.core.decision import Marking
from bridge.core.errors import Permanent, Transient
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.client import Connection
from bridge.mail.imap.failures import ConnectionLost, FolderMissing, LoginRefused, Untrusted

IDLE = 5.0
"""Seconds that a connection is kept after its last use."""

AT_ONCE = 4
"""Accounts that are worked on at the same time: servers that hang must not take the places of mail that leaves."""

REFUSED = 900.0
"""Seconds until a refused login is tried again: trying often would lock the account."""


@dataclass(slots=True)
class _Desk:
    """What is kept of an account: its connection, and the folder that is open there."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    connection: Connection | None = None
    folder: str = ""
    uidvalidity: int = 0
    closing: asyncio.TimerHandle | None = None

    def drop(self) -> None:
        """Close the connection, if there is one."""
        if self.closing is not None:
            self.closing.cancel()
        if self.connection is not None:
            self.connection.abort()
        self.connection, self.folder, self.closing = None, "", None


class MailboxMarks:
    """Implements `bridge.core.ports.Mailboxes` for these accounts."""

    def __init__(self, accounts: Mapping[str, tuple[Account, Secret]]) -> None:
        self._accounts = accounts
        self._desks: dict[str, _Desk] = {}
        self._busy = 0

    async def aclose(self) -> None:
        """Close what is open."""
        for desk in self._desks.values():
            desk.drop()

    async def mark(self, account: str, folder: str, uidvalidity: int, uid: int, marking: Marking) -> None:
        """Mark or move one mail. Raises Transient, Permanent."""
        if account not in self._accounts:
            raise Permanent(f"there is no account {account} any more")
        if self._busy >= AT_ONCE:
            raise Transient("other mailboxes are being marked", retry_after=1.0, peer_down=True)
        desk = self._desks.setdefault(account, _Desk())
        self._busy += 1
        try:
            async with desk.turn:
                await self._work(desk, account, folder, uidvalidity, uid, marking)
        except (LoginRefused, Untrusted) as error:
            raise Transient(error.text, code=error.code, retry_after=REFUSED, peer_down=True) from None
        finally:
            self._busy -= 1

    async def _work(self, desk: _Desk, account: str, folder: str, uidvalidity: int, uid: int, marking: Marking) -> None:
        kept = desk.connection is not None
        if desk.closing is not None:
            desk.closing.cancel()
        try:
            try:
                await self._mark(desk, account, folder, uidvalidity, uid, marking)
            except ConnectionLost:
                if not kept:
                    raise
                desk.drop()  # the server ended it while nobody looked
                await self._mark(desk, account, folder, uidvalidity, uid, marking)
        except FolderMissing:
            desk.folder = ""
            raise
        except BaseException:
            desk.drop()
            raise
        finally:
            if desk.connection is not None:
                desk.closing = asyncio.get_running_loop().call_later(IDLE, desk.drop)

    async def _mark(self, desk: _Desk, account: str, folder: str, uidvalidity: int, uid: int, marking: Marking) -> None:
        if desk.connection is None:
            desk.connection = await Connection.open(*self._accounts[account])
        if desk.folder != folder:
            desk.folder = ""
            try:
                desk.uidvalidity = await desk.connection.select(folder)
            except FolderMissing:
                return  # the folder is gone, and the mail with it
            desk.folder = folder
        if desk.uidvalidity != uidvalidity or not await desk.connection.search("UID", str(uid)):
            return
        flags = " ".join(name for name, set_ in (("\\Seen", marking.seen), ("\\Flagged", marking.flag)) if set_)
        if flags:
            await desk.connection.add_flags(uid, flags)
        if marking.move:
            await desk.connection.move(uid, marking.move)
