"""The reader in killable worker processes: the `Reader` port.

Two lanes. Every mail is first tried in the quick lane, where a worker is killed early; what does not get through there,
and whatever is large, is tried in the patient lane with the full time. So bombs cannot make honest mail wait long. A
mail that survives neither is still a `Mail`: what a bounded look at its head gives, marked unreadable.
Workers import only `bridge.core` and this package's pure half, which the daemon itself never loads: its parsers would
cost megabytes there. Nothing here looks inside raw octets.
"""

import asyncio
import contextlib
import hashlib
import logging
import multiprocessing
import resource
import signal
from collections import deque
from collections.abc import Callable
from concurrent.futures import TimeoutError as Expired
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessPool

from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Mail
from bridge.core.plan import Raw

log = logging.getLogger("mailroom.reader")

QUICK = 0.25
"""Seconds that a mail may take while others may be waiting behind it."""

LARGE = 1 << 20
"""Octets above which a mail goes to the patient lane at once; those in a file always do."""

SMALL = 64 << 10
"""Octets up to which a mail goes first: what is so small cannot be slow, and most mail is."""

BATCH = 16
"""Small mails handed to a worker together when many wait: a crossing costs the daemon more than reading one."""

_PARSER = "bridge.mail.parse"

_Result = TypeVar("_Result")
_Waiting = tuple[Raw, "asyncio.Future[Mail]"]


class ReaderPool:
    """Reads in `workers` quick workers, and one patient worker that starts when it is first needed.

    `timeout`: seconds of wall time for one mail. `memory`: octets of address space of a worker.
    """

    def __init__(self, workers: int = 2, timeout: float = 2.0, memory: int = 512 << 20) -> None:
        self._quick = _Lane("quick", workers, min(QUICK, timeout), memory)
        self._patient = _Lane("patient", 1, timeout, memory)
        self._small: deque[_Waiting] = deque()
        self._middling: deque[_Waiting] = deque()
        self._drains: set[asyncio.Task[None]] = set()
        self._draining = 0
        self._most = 2 * workers

    async def start(self) -> None:
        """Start the quick workers and wait until they can read."""
        await self._quick.open()

    async def close(self) -> None:
        """Stop all workers, also those at work: their mail is read again another time."""
        await asyncio.gather(self._quick.close(), self._patient.close())

    async def read(self, raw: Raw) -> Mail:
        """The mail; unreadable when no worker survives it.

        Raises Transient when the reader is stopping, Permanent when the file of the original is gone.
        """
        try:
            return await self._read(raw)
        except (Expired, ProcessExpired) as error:
            problem = "reading it took too long" if isinstance(error, Expired) else "reading it ended the reader"
            log.warning("a mail could not be read: %s", problem)
        except OSError as error:
            raise Permanent("the original of the mail cannot be opened") from error
        try:
            return await self._patient.run(rescue, raw, problem)
        except (Expired, ProcessExpired):
            return await asyncio.to_thread(_nothing, raw, problem)

    async def part(self, raw: Raw, index: int) -> bytes:
        """A part's decoded octets. Raises Permanent when it cannot be taken out, Transient when stopping."""
        try:
            if not _large(raw):
                with contextlib.suppress(Expired, ProcessExpired):
                    return await self._quick.run(take_part, raw, index)
            return await self._patient.run(take_part, raw, index)
        except (Expired, ProcessExpired) as error:
            raise Permanent("the attachment cannot be taken out of the mail") from error
        except OSError as error:
            raise Permanent("the original of the mail cannot be opened") from error

    async def _read(self, raw: Raw) -> Mail:
        if not _large(raw):
            with contextlib.suppress(Expired, ProcessExpired):
                result: asyncio.Future[Mail] = asyncio.get_running_loop().create_future()
                (self._small if len(raw.data) <= SMALL else self._middling).append((raw, result))
                if self._draining < self._most:
                    self._draining += 1
                    drain = asyncio.create_task(self._drain())
                    self._drains.add(drain)
                    drain.add_done_callback(self._drains.discard)
                return await result
        return await self._patient.run(read, raw)

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
            mails = await self._quick.run(read_all, [raw for raw, _ in batch])
        except (Expired, ProcessExpired) as error:
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


class _Lane:
    """A process pool that is given no more than it can begin soon, and that is built anew when it breaks."""

    def __init__(self, name: str, workers: int, timeout: float, memory: int) -> None:
        self._name = name
        self._workers = workers
        self._timeout = timeout
        self._memory = memory
        self._slots = asyncio.Semaphore(2 * workers)
        self._changing = asyncio.Lock()
        self._awaited: set[asyncio.Future[Any]] = set()
        self._pool: ProcessPool | None = None
        self._closed = False

    async def open(self) -> ProcessPool:
        """The running pool. Raises Transient when the lane is closed or its workers do not start."""
        async with self._changing:
            if self._closed:
                raise Transient("the reader is stopping")
            if self._pool is None:
                try:
                    self._pool = await asyncio.to_thread(_started, self._workers, self._memory)
                except (Expired, ProcessExpired, BrokenProcessPool, OSError) as error:
                    raise Transient("the reader's workers do not start") from error
            return self._pool

    async def close(self) -> None:
        self._closed = True
        if self._pool is not None:
            await self._discard(self._pool)

    async def _discard(self, pool: ProcessPool) -> None:
        async with self._changing:
            if self._pool is pool:
                self._pool = None
                for future in self._awaited:  # a stopped pool may leave them open for ever
                    future.cancel()
                await asyncio.to_thread(_stopped, pool)

    async def run(self, task: Callable[..., _Result], *arguments: object) -> _Result:
        """The task's result. Raises TimeoutError or ProcessExpired when its worker had to go, Transient at closing."""
        async with self._slots:
            for _ in range(3):
                pool = await self.open()
                try:
                    scheduled = pool.schedule(_limited, args=(self._timeout, task, *arguments), timeout=self._timeout)
                except RuntimeError:  # it broke while nobody looked
                    await self._discard(pool)
                    continue
                future = asyncio.wrap_future(scheduled)
                self._awaited.add(future)
                try:
                    # One task at most stands before this one; much more time than that means that the pool is stuck.
                    await asyncio.wait({future}, timeout=3 * self._timeout + 10)
                finally:
                    self._awaited.discard(future)
                    if not future.done():
                        future.cancel()
                if not future.cancelled() and not isinstance(future.exception(), BrokenProcessPool):
                    result: _Result = future.result()
                    return result
                log.warning("the %s lane of the reader is built anew", self._name)
                await self._discard(pool)
            raise Transient("the reader's workers do not stay")


def _started(workers: int, memory: int) -> ProcessPool:
    CONSTS.term_timeout = 0.01  # workers ignore SIGTERM: do not wait 3 s before SIGKILL
    CONSTS.sleep_unit = 0.05  # how often it looks for workers whose time is up
    context = multiprocessing.get_context("forkserver")  # forking a process with threads may deadlock
    context.set_forkserver_preload([__name__, _PARSER])  # once, shared by all workers
    pool = ProcessPool(workers, initializer=_prepare, initargs=(memory,), context=context)
    for ready in [pool.schedule(_ready) for _ in range(workers)]:
        ready.result(timeout=30)
    return pool


def _stopped(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves its own untyped
    pool.join()


def _prepare(memory: int) -> None:
    """In each new worker: no signal but SIGKILL concerns it, and it cannot eat the machine."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the daemon is told to stop, and then stops its workers
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _ready() -> None:
    """Proof that a worker is there."""


def _limited(seconds: float, task: Callable[..., _Result], *arguments: object) -> _Result:
    """A backstop to the wall clock: RLIMIT_CPU counts whole seconds over a worker's life, so it is raised each time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard))
    return task(*arguments)


def _octets(raw: Raw) -> bytes:
    return Path(raw.path).read_bytes() if raw.path else raw.data


def read(raw: Raw) -> Mail:
    """Runs in a worker."""
    from bridge.mail import parse

    return parse.read_mail(_octets(raw))


def read_all(raws: list[Raw]) -> list[Mail]:
    """Runs in a worker."""
    return [read(raw) for raw in raws]


def take_part(raw: Raw, index: int) -> bytes:
    """Runs in a worker."""
    from bridge.mail import parse

    return parse.take_part(_octets(raw), index)


def rescue(raw: Raw, problem: str) -> Mail:
    """Runs in a worker."""
    from bridge.mail import parse

    return parse.rescue(_octets(raw), problem)


def _nothing(raw: Raw, problem: str) -> Mail:
    from bridge.mail import parse

    data = _octets(raw)
    return parse.nothing(hashlib.sha256(data).hexdigest(), len(data), problem)
