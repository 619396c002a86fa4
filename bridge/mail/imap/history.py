"""Importing what lies in an account's folders since a day: quietly, resumable, under the same keys as the watcher's.

Ends when it is done, unlike the watcher, and takes only what lay there when it began.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bridge.core.errors import Transient
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Spool
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.client import Connection
from bridge.mail.imap.reading import Accept, Clock, Folder, JournalBookmark, Reading

_TRIES = 10  # more than it takes to give up on one message (`reading`)


async def fetch_since(
    account: Account,
    secret: Secret,
    date: datetime.date,
    accept: Accept,
    *,
    journal_bookmark: JournalBookmark,
    spool: Callable[[], Spool],
    clock: Clock,
    progress: Callable[[str, int], Awaitable[None]] | None = None,
) -> int:
    """Take all mail since `date` (the server's dates) from every folder; returns how many.

    `progress` hears folder and count after each commit. A lost connection is tried again a few times without progress,
    then raises Transient: run again, it goes on where it was. Raises FolderMissing, LoginRefused, Untrusted.
    """
    history = replace(account, start=date)
    total = 0
    for name in account.folders:
        folder = Folder(name, f"import:{account.name}:{name}:{date.isoformat()}")
        total += await _folder(
            history, secret, folder, Reading(history, journal_bookmark, accept, spool, clock, True), progress
        )
    return total


async def _folder(
    account: Account,
    secret: Secret,
    folder: Folder,
    reading: Reading,
    progress: Callable[[str, int], Awaitable[None]] | None,
) -> int:
    taken = failures = 0

    async def accept(arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> object:
        nonlocal taken, failures
        result = await reading.accept(arrivals, bookmark)
        failures = 0
        taken += len(arrivals)
        if progress is not None:
            await progress(folder.name, taken)
        return result

    counting = replace(reading, accept=accept)
    while True:
        connection = None
        try:
            connection = await Connection.open(account, secret)
            await counting.catch_up(connection, folder)
        except Transient:
            failures += 1
            if failures >= _TRIES:
                raise
            pauses = account.pace.retry
            await asyncio.sleep(pauses[min(failures, len(pauses)) - 1])
        else:
            return taken
        finally:
            if connection is not None:
                await connection.close()
