"""Writes down what is done: what ends at about the same time goes into the journal together.

Never delays by itself: whoever dispatches says when to write, and does so in the same turn in which it asks for more,
so that both share a commit.
"""

import asyncio

from bridge.core.doing import Fulfilled
from bridge.core.errors import Transient
from bridge.core.ports import Journal

_Ended = tuple[Fulfilled, "asyncio.Future[None]"]


class Ending:
    """Effects that are done and not yet written down."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._ended: list[_Ended] = []
        self._writing: set[asyncio.Task[None]] = set()

    def keep(self, done: Fulfilled) -> "asyncio.Future[None]":
        """Done when it is durable. Raises what the journal says of it; never what it says of the others."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended.append((done, written))
        return written

    @property
    def kept(self) -> list[Fulfilled]:
        """What has ended and is not being written down yet."""
        return [done for done, _ in self._ended]

    async def write(self) -> None:
        """Have what has ended written down before anything that is asked of the journal after this; not yet durable."""
        if self._ended:
            ended, self._ended = self._ended, []
            writing = asyncio.create_task(self._write(ended))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)
            await asyncio.sleep(0)  # it asks the journal in the turn that it has now

    async def written(self) -> None:
        """Write what has ended, and wait for it. Raises nothing."""
        await self.write()
        if self._writing:
            await asyncio.wait(self._writing)

    async def _write(self, ended: list[_Ended]) -> None:
        try:
            await self._journal.fulfil_all([done for done, _ in ended])
        except Transient as error:
            _tell(ended, error)
        except Exception as error:
            if len(ended) == 1:
                _tell(ended, error)
            else:  # one of them: it alone hears of it
                await asyncio.gather(*(self._write([one]) for one in ended))
        else:
            _tell(ended, None)


def _tell(ended: list[_Ended], error: Exception | None) -> None:
    for _, written in ended:
        if written.done():
            continue
        if error is None:
            written.set_result(None)
        else:
            written.set_exception(error)
