"""The dispatcher goes on when everything under way ends in the same moment, as it does after a shared commit."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from bridge.core.aftermath import Fulfil
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import Receipt, Tell
from bridge.core.retry import MAIL
from bridge.engine.delivery import Delivery
from bridge.engine.dispatch import Dispatcher

WIDTH, ROUNDS = 4, 3


class SharedCommits:
    """A journal that commits what is fulfilled only when as many wait as run at once."""

    def __init__(self) -> None:
        self.left = [Task(Tell(f"k{n}", f"l{n}", "room", "x"), 1, 0.0) for n in range(WIDTH * ROUNDS)]
        self.waiting: list[asyncio.Future[None]] = []
        self.done = 0
        self.all_done = asyncio.Event()

    async def claim(self, now: float, limit: int, *, away: str = "", openings: int = 0) -> Sequence[Task]:
        taken, self.left = self.left[:limit], self.left[limit:]
        return taken

    async def next_due(self, now: float) -> float | None:
        await asyncio.sleep(0)
        return None

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        commit: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting += [commit] * len(done)
        if len(self.waiting) == WIDTH:
            for each in dict.fromkeys(self.waiting):
                asyncio.get_running_loop().call_soon(each.set_result, None)
            self.waiting = []
        await commit
        self.done += len(done)
        if self.done == WIDTH * ROUNDS:
            self.all_done.set()


class Does:
    async def do(self, task: Task) -> Fulfil:
        return Fulfil(Receipt())


async def test_all_end_at_once_and_the_next_begin() -> None:
    journal = SharedCommits()
    dispatcher = Dispatcher(cast(Any, journal), cast(Delivery, Does()), lambda: 0.0, mail_schedule=MAIL, width=WIDTH)
    running = asyncio.create_task(dispatcher.run())
    try:
        async with asyncio.timeout(10):
            await journal.all_done.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
