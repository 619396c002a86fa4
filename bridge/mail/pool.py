"""The reader in killable worker processes: the `Reader` port.

Three lanes. Mail is first tried in the quick lane, where a worker is killed early; what does not get through there is
tried once more in the patient lane. Large mail has a lane of its own. So bombs make nobody wait long but each other. A
mail that no worker survives is still a `Mail`: what a bounded look at its head gives, marked unreadable. All tries and
that look together stay within one bound.
Nothing here looks inside raw octets.
"""

import asyncio
import contextlib
import errno
import hashlib
import logging
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Mail
from bridge.core.plan import Raw
from bridge.mail.lane import Died, Expired, Lane, Mother

log = logging.getLogger("mailroom.reader")

QUICK = 0.125
"""The share of the time for one mail that it gets while many others may be waiting behind it."""

PATIENT = 0.7
"""The share that it gets when it is tried once more."""

RESCUE = 0.15
"""The share that is left for the look at its head."""

LARGE = 1 << 20
"""Octets above which a mail goes to the lane of the large ones; those in a file always do."""

SMALL = 64 << 10
"""Octets up to which a mail goes first: what is so small cannot be slow, and most mail is."""

BATCH = 16
"""Small mails handed to a worker together when many wait: a crossing costs the daemon more than reading one."""

Failed = Callable[[Literal["late", "died"]], None]

_FULL = (errno.ENOSPC, errno.EDQUOT)
_Waiting = tuple[Raw, "asyncio.Future[Mail]"]


class ReaderPool:
    """Reads in `workers` quick workers; one for large mail and a patient one start when they are first needed.

    `timeout`: seconds of wall time for one mail, whatever becomes of it. `memory`: octets of address space of a worker.
    `failed` is told of each mail that could not be read, and why.
    """

    def __init__(
        self, workers: int = 2, timeout: float = 2.0, memory: int = 512 << 20, failed: Failed = lambda _: None
    ) -> None:
        self._mother = Mother(memory)
        self._quick = Lane(self._mother, workers, QUICK * timeout)
        self._patient = Lane(self._mother, 1, PATIENT * timeout)
        self._large = Lane(self._mother, 1, (QUICK + PATIENT) * timeout)
        self._rescue = RESCUE * timeout
        self._small: deque[_Waiting] = deque()
        self._middling: deque[_Waiting] = deque()
        self._drains: set[asyncio.Task[None]] = set()
        self._draining = 0
        self._most = workers
        self._failed = failed

    async def start(self) -> None:
        """Start the quick workers and wait until they can read."""
        await self._quick.open()

    async def close(self) -> None:
        """Stop all workers, also those at work: their mail is read again another time."""
        self._quick.close()
        self._patient.close()
        self._large.close()
        await self._mother.close()

    async def read(self, raw: Raw) -> Mail:
        """The mail; unreadable when no worker survives it.

        Raises Transient when the reader is stopping, Permanent when the file of the original is gone.
        """
        try:
            return await self._read(raw)
        except (Expired, Died) as error:
            problem = "reading it took too long" if isinstance(error, Expired) else "reading it ended the reader"
            log.warning("a mail could not be read: %s", problem)
            self._failed("late" if isinstance(error, Expired) else "died")
        except OSError as error:
            raise Permanent("the original of the mail cannot be opened") from error
        try:
            rescued: Mail = await self._quick.run("rescue", _source(raw), problem, within=self._rescue)
            return rescued
        except (Expired, Died):
            return await asyncio.to_thread(_nothing, raw, problem)

    @contextlib.asynccontextmanager
    async def part(self, raw: Raw, index: int) -> AsyncIterator[Raw]:
        """A part's decoded octets; those of a large mail's go from the worker into a file, and never through here.

        Raises Permanent when it cannot be taken out, Transient when stopping or when there is no room for the file.
        """
        with contextlib.ExitStack() as kept:
            target = kept.enter_context(tempfile.NamedTemporaryFile(prefix="mailroom-")).name if _large(raw) else ""
            try:
                octets = await self._take(raw, index, target)
            except (Expired, Died) as error:
                raise Permanent("the attachment cannot be taken out of the mail") from error
            except OSError as error:
                if error.errno in _FULL:
                    raise Transient("no room for an attachment in the folder for temporary files") from error
                raise Permanent("the original of the mail cannot be opened") from error
            yield Raw(octets, target)

    async def _take(self, raw: Raw, index: int, target: str) -> bytes:
        part: bytes
        if not target:
            with contextlib.suppress(Expired, Died):
                part = await self._quick.run("part", _source(raw), index)
                return part
        part = await (self._large if target else self._patient).run("part", _source(raw), index, target)
        return part

    async def _read(self, raw: Raw) -> Mail:
        if not _large(raw):
            with contextlib.suppress(Expired, Died):
                if self._draining < self._most:  # then nothing waits
                    return await self._first(raw)
                result: asyncio.Future[Mail] = asyncio.get_running_loop().create_future()
                (self._small if len(raw.data) <= SMALL else self._middling).append((raw, result))
                return await result
        lane = self._large if _large(raw) else self._patient
        mails: list[Mail] = await lane.run("read", _source(raw))
        return mails[0]

    async def _first(self, raw: Raw) -> Mail:
        """Have it read at once; what came to wait meanwhile follows."""
        self._draining += 1
        try:
            mails: list[Mail] = await self._quick.run("read", _source(raw))
            return mails[0]
        finally:
            if self._small or self._middling:
                drain = asyncio.create_task(self._drain())
                self._drains.add(drain)
                drain.add_done_callback(self._drains.discard)
            else:
                self._draining -= 1

    async def _drain(self) -> None:
        """Take what waits, small mail first and several at a time when there is much, until nothing waits."""
        try:
            while self._small or self._middling:
                share = max(1, min(BATCH, len(self._small) // self._most))
                await self._together([(self._small or self._middling).popleft() for _ in range(share)])
        finally:
            self._draining -= 1

    async def _together(self, batch: list[_Waiting]) -> None:
        try:
            mails = await self._quick.run("read", *(_source(raw) for raw, _ in batch))
        except (Expired, Died) as error:
            if len(batch) == 1:
                _fail(batch[0][1], error)
            else:  # one of them did it: each on its own
                await asyncio.gather(*(self._together([one]) for one in batch))
        except Exception as error:
            for _, result in batch:
                _fail(result, error)
        else:
            for (_, result), mail in zip(batch, mails, strict=True):
                if not result.done():
                    result.set_result(mail)


def _fail(result: asyncio.Future[Mail], error: Exception) -> None:
    if not result.done():
        result.set_exception(error)


def _large(raw: Raw) -> bool:
    return bool(raw.path) or len(raw.data) > LARGE


def _source(raw: Raw) -> bytes | str:
    """What a worker reads."""
    return raw.path or raw.data


def _nothing(raw: Raw, problem: str) -> Mail:
    from bridge.mail import parse

    data = Path(raw.path).read_bytes() if raw.path else raw.data
    return parse.nothing(hashlib.sha256(data).hexdigest(), len(data), problem)
