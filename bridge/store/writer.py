"""Group commit: one thread with one connection, many transactions of callers made durable by one fsync.

What is submitted in the same turn of the event loop always shares a commit, so that `settle` and `claim` started
together cost one. Never acknowledges before the commit, and never lets one caller's failure undo another's work.
"""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bridge.core.errors import BridgeError, Permanent, Transient
from bridge.store.failures import from_sql

T = TypeVar("T")
MOST = 256
"""Operations after which a transaction takes no more in: nobody waits long for the first of them."""

_log = logging.getLogger("mailroom.store")


class Job:
    """One caller's operation and where its outcome goes. It may run twice, so it must do nothing but write rows."""

    __slots__ = ("error", "future", "op", "result")

    def __init__(self, op: Callable[[Connection], Any], future: asyncio.Future[Any]) -> None:
        self.op = op
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


class Writer:
    """The one who writes. `commits` counts transactions that changed something, each one fsync."""

    def __init__(self, connection: Connection) -> None:
        self.commits = 0
        self._connection = connection
        # The driver's own connection: savepoints and counters without a layer between.
        self._driver = cast(Any, connection.connection.driver_connection)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[Job] = []
        self._queue: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._closed = False
        self._mutex = threading.Lock()
        self._version = self._driver.execute("PRAGMA data_version").fetchone()[0]
        self._changed = False
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    async def run(self, op: Callable[[Connection], T]) -> T:
        """Run `op` in a transaction; returns when it is durable. Raises what `op` raises, StorageFull, Transient.

        Cancelling does not take it back.
        """
        if self._closed:
            raise Transient("the journal is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._gathered.append(Job(op, future))
        if len(self._gathered) == 1:
            self._loop = loop
            loop.call_soon(self._hand_over)
        return await future

    async def close(self) -> None:
        """Finish what was submitted, then stop the thread."""
        self._hand_over()
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def changed(self) -> bool:
        """Whether another process committed since the last call. Never waits: while the thread works, it says False."""
        if not self._mutex.acquire(blocking=False):
            return False  # the thread looks too, and the next call tells
        try:
            with contextlib.suppress(sqlite3.Error):  # the thread will meet it too, and its callers will hear it
                self._look_around()
            changed, self._changed = self._changed, False
            return changed
        finally:
            self._mutex.release()

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _work(self) -> None:
        while True:
            batch = self._queue.get()
            if batch is None:
                return
            with self._mutex:
                self._commit(batch)
            loop = self._loop
            if loop is not None and not loop.is_closed():
                loop.call_soon_threadsafe(resolve, batch)

    def _commit(self, batch: list[Job]) -> None:
        """Run the batch and whoever joins it while it runs; `batch` grows by those.

        Failures are rare, so the first attempt goes without savepoints; when one job fails, all run again with them.
        """
        try:
            if not self._attempt(batch, careful=False):
                self._attempt(batch, careful=True)
        except BaseException as error:  # the thread must live on: whatever it is, the callers hear it
            known = _translated(error)
            if not isinstance(known, BridgeError):
                _log.error("journal: a batch of %d failed: %s", len(batch), type(known).__name__)
            for job in batch:
                job.error = job.error or known

    def _attempt(self, batch: list[Job], *, careful: bool) -> bool:
        """Whether the transaction was brought to its end; False: a job failed that was not alone.

        The transaction is the driver's: one of SQLAlchemy's costs as much as all statements of a mail.
        """
        before = self._driver.total_changes
        self._driver.execute("BEGIN IMMEDIATE")  # takes the write lock now, so that it never fails midway
        try:
            self._look_around()
            ran = 0
            while ran < len(batch):
                for job in batch[ran:]:
                    ran += 1
                    if careful:
                        self._driver.execute("SAVEPOINT job")
                    try:
                        job.result = job.op(self._connection)
                    except Exception as error:
                        known = _translated(error)
                        if isinstance(known, Transient):  # the disk: nothing of this batch can be trusted to be there
                            raise known from None
                        if not careful and len(batch) > 1:
                            return False
                        job.error = known
                        if not careful:
                            return True
                        self._driver.execute("ROLLBACK TO job")
                    if careful:
                        self._driver.execute("RELEASE job")
                if ran < MOST:
                    batch += self._joiners()
            self._driver.execute("COMMIT")
        finally:
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        if self._driver.total_changes != before:
            self.commits += 1
        return True

    def _joiners(self) -> list[Job]:
        joined: list[Job] = []
        while True:
            try:
                more = self._queue.get_nowait()
            except Empty:
                return joined
            if more is None:
                self._queue.put(None)  # the end: for later
                return joined
            joined += more

    def _look_around(self) -> None:
        """Notice another process's commits: SQLite's counter leaves out those of this connection."""
        version = self._driver.execute("PRAGMA data_version").fetchone()[0]
        self._changed |= version != self._version
        self._version = version


def _translated(error: BaseException) -> BaseException:
    if not isinstance(error, DBAPIError | sqlite3.Error):
        return error
    known = from_sql(error)
    if known is not None:
        return known
    # A fault of ours. The statement's parameters may hold mail content, so the original is not handed on.
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(cause, "sqlite_errorname", type(cause).__name__)
    return Permanent("the journal refused a statement", code=str(name))


def resolve(batch: list[Job]) -> None:
    """Give each caller its outcome. For the event loop's thread."""
    for job in batch:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
