"""Removes from time to time what a death left behind and nobody will ask for. Never touches what something names."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("mailroom.housekeeping")

FIRST = 600.0
"""Seconds after the start: what is urgent then comes first."""

EVERY = 6 * 3600.0
"""Seconds between two looks."""

OLD = 6 * 3600.0
"""Seconds after which nobody is still about to name a file."""


async def keep_tidy(tidy: Callable[[float], Awaitable[int]], clock: Callable[[], float]) -> None:
    """Have files removed that nothing names, until cancelled. Raises what `tidy` raises."""
    pause = FIRST
    while True:
        await asyncio.sleep(pause)
        pause = EVERY
        if removed := await tidy(clock() - OLD):
            log.info("removed %d files that a crash left behind", removed)
