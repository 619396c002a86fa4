"""Keeps long-running parts running: one that fails is started again, later each time, and its state is told.

A part ends only when it is cancelled. Faults are told by kind, never with a traceback to a user.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from bridge.core.errors import BridgeError
from bridge.core.ports import Health

log = logging.getLogger("mailroom.supervise")

PAUSES = (1.0, 5.0, 15.0, 60.0)
"""Seconds before the 1st, 2nd, … new start; the last repeats."""

SETTLED = 300.0
"""Seconds of running after which earlier failures are forgotten."""


async def keep_running(
    name: str,
    part: Callable[[], Awaitable[None]],
    report: Callable[[Health], Awaitable[None]],
    clock: Callable[[], float],
) -> None:
    """Run `part` until cancelled, starting it again whenever it returns or raises."""
    failures = 0
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        words = "ended"
        try:
            await part()
        except BridgeError as error:
            words = error.text
            log.warning("%s stopped: %s", name, error.text)
        except Exception as error:
            words = f"internal fault ({type(error).__name__})"
            log.exception("%s stopped by a fault of ours", name)
        failures = 1 if loop.time() - began > SETTLED else failures + 1
        # A full disk must not end what watches over the parts; and once started again a part is not "failed" any more.
        with contextlib.suppress(BridgeError):
            await report(Health(name, "failed", words, clock()))
        await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1])
        with contextlib.suppress(BridgeError):
            await report(Health(name, "ok", f"runs again after: {words}", clock()))
