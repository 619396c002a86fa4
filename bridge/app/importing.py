"""Bringing in history through the same intake as new mail, without notifying anyone.

Mail goes into the journal quietly; the engine of this process shows it, or that of the daemon when one runs. People are
invited when all is shown. Nothing is remembered but what the journal holds: names make a second run bring in only what
is missing.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bridge.app.daemon import machine
from bridge.app.import_reading import Count, Origin, hand_over
from bridge.app.rulebooks import setup_maker
from bridge.app.rules_at_start import rulebook_or_refuse
from bridge.config import Settings
from bridge.core.effects import SPACE
from bridge.core.errors import Permanent
from bridge.core.plan import Arrival, Bookmark
from bridge.engine.intake import Intake
from bridge.engine.membership import IMPORTED, admissions
from bridge.engine.rules import Rules
from bridge.store.history import History, Standing
from bridge.store.journal import Journal

LOOK, SELDOM = 0.25, 1.0
"""Seconds between looks at how far it is, and between those while MUCH is to be done: each counts all that waits."""

MUCH = 2000
"""Mails: those that take longer than to wait."""

AHEAD = 1000
"""Mails that may wait to be planned beside a running daemon: new mail must not wait behind all of history."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the new mails, by outcome. `waiting`: lanes that could not go on. `beside`: a daemon runs."""

    read: int
    new: int
    known: int
    large: int
    outcomes: dict[str, int]
    waiting: int
    rooms_invited: int
    beside: bool

    @property
    def complete(self) -> bool:
        """Whether every mail is in its room, was there before, or was dropped by a rule."""
        return not (self.large or self.waiting or self.outcomes.get("quarantined") or self.outcomes.get("failed"))


Told = Callable[[Count, Standing], None]
"""Hears how much was read and how far the journal is with it."""


async def bring_in(settings: Settings, origin: Origin, told: Told, *, invite: bool = True) -> Result:
    """Bring in everything and wait until it is shown. Raises Permanent, Transient; run again, it goes on."""
    rulebook = rulebook_or_refuse(settings)
    async with contextlib.AsyncExitStack() as stack:
        journal, beside = await _open(settings)
        await stack.enter_async_context(journal)
        history = stack.enter_context(History(settings.state))
        intake = Intake(journal)
        run = _Run(settings, origin, journal, intake, history, told, beside)
        before = await asyncio.to_thread(history.newest)
        reading = asyncio.create_task(run.read())  # already while the reader starts and the homeserver is asked
        stack.push_async_callback(_end, reading)
        if beside:
            rules = Rules(rulebook, setup_maker(settings, journal.seed, ""))
            return await run.whole(reading, before, rules, lambda: None, invite)
        made = await stack.enter_async_context(machine(settings, journal, intake, "import"))
        engine = asyncio.create_task(made.engine.run())
        work = asyncio.create_task(run.whole(reading, before, made.rules, made.engine.wake, invite))
        try:
            await asyncio.wait([engine, work], return_when=asyncio.FIRST_COMPLETED)
            if engine.done():
                engine.result()
            return await work
        finally:
            await _end(engine, work)


async def _end(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _open(settings: Settings) -> tuple[Journal, bool]:
    """The journal, and whether a daemon works on it. Whatever else is wrong with it is raised the second time."""
    try:
        return await Journal.open(settings.state), False
    except Permanent:
        return await Journal.open(settings.state, exclusive=False), True


@dataclass(frozen=True, slots=True)
class _Run:
    settings: Settings
    origin: Origin
    journal: Journal
    intake: Intake
    history: History
    told: Told
    beside: bool
    count: Count = field(default_factory=Count)

    async def read(self) -> None:
        """Take in everything."""
        bookmark, spool = self.journal.bookmark, self.journal.spool
        await hand_over(self.settings, self.origin, self.count, self.take, bookmark, spool)

    async def whole(
        self, reading: asyncio.Task[None], before: int, rules: Rules, wake: Callable[[], None], invite: bool
    ) -> Result:
        """Wait until all is read and shown, then invite. `before`: the newest arrival before this run's."""
        while not reading.done():
            standing = await self._look()
            await asyncio.wait([reading], timeout=_pause(standing))
        await reading
        standing = await self._settled(lambda now: not now.unplanned and not now.active)
        invited = await self._invite(rules, wake) if invite else 0
        await self._settled(lambda now: not now.inviting)
        outcomes = await asyncio.to_thread(self.history.outcomes, before)
        count = self.count
        return Result(count.read, count.new, count.known, count.large, outcomes, standing.stuck, invited, self.beside)

    async def take(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        """Into the journal."""
        while self.beside:
            if await asyncio.to_thread(self.history.unplanned) <= AHEAD:
                break
            await asyncio.sleep(LOOK / 5)
        return await self.intake.accept(arrivals, bookmark)

    async def _settled(self, over: Callable[[Standing], bool]) -> Standing:
        while True:
            standing = await self._look()
            if over(standing):
                return standing
            await asyncio.sleep(_pause(standing))

    async def _look(self) -> Standing:
        standing = await asyncio.to_thread(self.history.standing, time.time())
        self.told(self.count, standing)
        return standing

    async def _invite(self, rules: Rules, wake: Callable[[], None]) -> int:
        """Let people into the rooms that history opened, each room once. Returns how many rooms that is."""
        opened = await asyncio.to_thread(self.history.opened)
        journal = self.journal
        closed, assignees = await journal.closed_rooms(), await journal.assignees()
        everything = admissions(rules.now, await journal.rooms(), IMPORTED, closed, assignees)
        effects = [effect for effect in everything if effect.room in opened or effect.room.startswith(SPACE)]
        fresh = await asyncio.to_thread(self.history.missing, [effect.key for effect in effects])
        await self.journal.add([effect for effect in effects if effect.key in fresh])
        wake()
        return sum(effect.key in fresh for effect in effects if effect.room in opened)


def _pause(standing: Standing) -> float:
    return SELDOM if standing.unplanned + standing.unshown > MUCH else LOOK
