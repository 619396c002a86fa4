"""Looks now and then at conversations in which nothing happens, and closes or purges those whose time has come.

What is to be looked at when stands in the journal, so that a restart forgets nothing. However many wait, a few are
closed at a time: each costs the homeserver a handful of requests (I10). Nothing is begun while that is away.
"""

import asyncio
import logging
from collections.abc import Callable

from bridge.core.idling import Step, step
from bridge.core.ports import Journal
from bridge.engine.fallback import AWAY
from bridge.engine.rules import Rules

log = logging.getLogger("mailroom.idling")

LOOK = 15.0
"""Seconds between two looks at most: a quarter of the shortest time that a rule names, at least one second."""

LOOKED_AT = 200
"""Conversations that are looked at each time."""

CLOSED = 5
"""Of them, how many are closed each time at most: a first start with ten thousand takes a working day for them."""

PURGED = 5
"""Of them, how many with a room of their own are purged each time at most."""

FORGOTTEN = 25
"""How many of those that share their room: they cost the homeserver nothing, and the journal some milliseconds each."""

SWEPT = 200
"""Originals that no conversation shows, of which the oldest are looked at each time."""


class Lookout:
    """Looks until cancelled. `wake` is called when there is something to do in rooms."""

    def __init__(self, journal: Journal, rules: Rules, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        self._journal = journal
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._digest = ""

    async def run(self) -> None:
        """Look for ever. The first look waits too: what happened while nobody listened is to come in first."""
        while True:
            shortest = self._rules.now.rulebook.patience
            await asyncio.sleep(LOOK if shortest is None else max(1.0, min(LOOK, shortest / 4)))
            await self.look()

    async def look(self) -> None:
        """One look. Without a rule that closes or purges anything it costs nothing."""
        book = self._rules.now.rulebook
        if book.patience is None or await self._journal.bookmark(AWAY):
            return
        if self._digest != book.digest:
            await self._journal.look_anew(book.digest)
            self._digest = book.digest
        now = self._clock()
        steps: list[Step] = []
        left = {"close": CLOSED, "purge": PURGED, "forget": FORGOTTEN}
        for lull in await self._journal.lulls(now, LOOKED_AT):
            taken = step(lull, self._rules.scope(lull.conversation.scope, lull.conversation.rule), now)
            if (what := _cost(taken)) is not None:
                if not left[what]:
                    continue
                left[what] -= 1
            steps.append(taken)
        done = await self._journal.take(steps)
        if any(each.closes or each.purges for each in done):
            counts = sum(each.closes for each in done), sum(each.purges for each in done)
            log.info("of the idle conversations %d were closed, %d purged", *counts)
            self._wake()
        if book.retention is not None:
            await self._journal.sweep(now - book.retention, SWEPT)


def _cost(taken: Step) -> str | None:
    """Which of the bounds it counts against."""
    if taken.purges:
        return "forget" if taken.lull.conversation.threaded else "purge"
    return "close" if taken.closes else None
