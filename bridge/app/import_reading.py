"""Where history comes from, and handing it over as quiet arrivals in bounded batches.

What a mail is named follows from its octets (files) or from where it lies (accounts, as the watcher names it), so that
nothing comes in twice. It never decides where a mail goes.
"""

import asyncio
import datetime
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.app import parts
from bridge.app.import_files import catalogue
from bridge.config import Settings
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Spool
from bridge.mail import imap

BATCH, OCTETS = 100, 8 * 2**20
"""Mails, and octets, that are handed over together."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """An mbox or Maildir. `envelope` says as whom its mails were addressed."""

    path: Path
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class FromAccount:
    """What lies in an account's folders since a day. `folders` empty: those that are watched."""

    name: str
    since: datetime.date
    folders: tuple[str, ...] = ()


Origin = FromFile | FromAccount
Take = Callable[[Sequence[Arrival], Bookmark | None], Awaitable[int]]
"""Takes arrivals, with how far that is, and returns how many were new."""


@dataclass(slots=True)
class Count:
    """How much was read. `total` is None where nobody knows before. `large`: left out because of their size."""

    total: int | None = None
    read: int = 0
    new: int = 0
    large: int = 0

    @property
    def known(self) -> int:
        """Mails that had been brought in before."""
        return self.read - self.large - self.new


async def hand_over(
    settings: Settings,
    origin: Origin,
    count: Count,
    take: Take,
    bookmark: Callable[[str], Awaitable[str | None]],
    spool: Callable[[], Spool],
) -> None:
    """Hand over everything from `origin`, counting as it goes. Raises Permanent, Transient."""
    match origin:
        case FromFile():
            await _files(origin, count, take)
        case FromAccount():
            await _account(settings, origin, count, take, bookmark, spool)


async def _files(origin: FromFile, count: Count, take: Take) -> None:
    found = await asyncio.to_thread(catalogue, origin.path)
    count.total = len(found)
    batches = _batches(found.mails(), origin.envelope, time.time())
    while (batch := await asyncio.to_thread(next, batches, None)) is not None:
        arrivals = [arrival for arrival in batch if arrival is not None]
        count.new += await take(arrivals, None)
        count.read += len(batch)
        count.large += len(batch) - len(arrivals)


def _batches(
    mails: Iterator[tuple[bytes | None, float | None]], envelope: Envelope, now: float
) -> Iterator[list[Arrival | None]]:
    """None stands for a mail that is too large."""
    batch: list[Arrival | None] = []
    octets = 0
    for raw, date in mails:
        arrival = None
        if raw is not None:
            key = f"import:{hashlib.sha256(raw).hexdigest()}"
            arrival = Arrival(key, "mail", raw, now if date is None else date, envelope, quiet=True)
            octets += len(raw)
        batch.append(arrival)
        if len(batch) >= BATCH or octets >= OCTETS:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


async def _account(
    settings: Settings,
    origin: FromAccount,
    count: Count,
    take: Take,
    bookmark: Callable[[str], Awaitable[str | None]],
    spool: Callable[[], Spool],
) -> None:
    async def accept(arrivals: Sequence[Arrival], mark: Bookmark | None) -> None:
        new = await take(arrivals, mark)
        count.new += new
        count.read += len(arrivals)

    account = settings.accounts[origin.name]
    box = parts.imap_account(origin.name, account)
    if origin.folders:
        box = replace(box, folders=origin.folders)
    await imap.fetch_since(
        box, account.credential.secret, origin.since, accept, journal_bookmark=bookmark, spool=spool, clock=time.time
    )
