"""Views of the journal: one thread with one connection answers questions, those that wait together at one moment.

Each answer sees all that was committed before its question was asked. Never writes.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bridge.core.errors import Permanent
from bridge.store.failures import from_sql
from bridge.store.statements import driver_of
from bridge.store.writer import Job, resolve

T = TypeVar("T")


class Views:
    """Who answers. All methods belong to one event loop."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver = driver_of(connection)
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._work, name="journal-views", daemon=True)
        self._thread.start()

    async def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer. `question` runs prepared statements only. Raises what it raises, Permanent, Transient."""
        self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Job(question, future))
        return await future

    async def close(self) -> None:
        """Answer what was asked, then stop the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while True:
            batch: list[Job] = []
            more = self._queue.get()
            while more is not None:
                batch.append(more)
                try:
                    more = self._queue.get_nowait()
                except Empty:
                    break
            if batch:
                self._answer(batch)
                if self._loop is not None and not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(resolve, batch)
            if more is None:
                return

    def _answer(self, batch: list[Job]) -> None:
        """A transaction of the driver's: one of SQLAlchemy's costs more than all that a view asks."""
        try:
            self._driver.execute("BEGIN")
            try:
                for job in batch:
                    try:
                        job.result = job.op(self._connection)
                    except Exception as error:
                        job.error = _translated(error)
            finally:
                self._driver.execute("ROLLBACK")  # nothing was written
        except BaseException as error:  # the thread must live on: whatever it is, the callers hear it
            for job in batch:
                job.error = job.error or _translated(error)


def _translated(error: BaseException) -> BaseException:
    if not isinstance(error, DBAPIError | sqlite3.Error):
        return error
    return from_sql(error) or Permanent("the journal refused a question")
