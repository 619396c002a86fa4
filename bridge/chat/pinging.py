"""Asking the homeserver to call us (application service API, v1.7, "Pinging"): at the start, and now and then.

A homeserver whose pushes failed for a while rests for ever longer, Synapse up to eight and a half minutes. A ping ends
that, and it shows whether the way back to us is open. It reads and sends nothing else.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from bridge.chat.client import Wire
from bridge.chat.faults import errcode, status
from bridge.core.errors import BridgeError, Transient
from bridge.core.ports import Health

_log = logging.getLogger("mailroom.chat")

CURES = {
    "M_URL_NOT_SET": "put the bridge's url into the registration and restart the homeserver",
    "M_CONNECTION_FAILED": "the homeserver cannot reach the registration's url: check listen.matrix",
    "M_CONNECTION_TIMEOUT": "the homeserver reached the url but got no answer: check listen.matrix",
    "M_BAD_STATUS": "something else answers at the registration's url, or its hs_token differs",
}
"""What to do about an answer of the homeserver that says why it could not call us."""

PERIOD = 300.0
"""Seconds between pings while they succeed."""

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds after a failed ping; the last repeats."""


async def ping(bot: Wire, registration_id: str) -> None:
    """Be called by the homeserver once. Raises BridgeError when it could not, or does not know how to."""
    await bot.call("POST", "appservice", registration_id, "ping", base="/_matrix/client/v1", body={})


STUMBLES = (0.5, 1.5)
"""Seconds before a ping that failed is tried again, and after those once more, until it counts as failed."""


async def reach(bot: Wire, registration_id: str) -> None:
    """A ping that forgives what says nothing about the way back. Raises BridgeError when it is shut.

    Synapse ends its rest when a ping has come back, and stumbles (502 M_CONNECTION_FAILED, "AlreadyCalled") where a
    push of its own is on its way just then (for 0.3 s, where nobody listened yet). So a failure counts when it lasts.
    """
    for pause in STUMBLES:
        try:
            await ping(bot, registration_id)
            return
        except Transient:
            await asyncio.sleep(pause)
    await ping(bot, registration_id)


async def keep_asking(bot: Wire, registration_id: str, *, report: Callable[[Health], Awaitable[None]]) -> None:
    """Ping until cancelled; reports changes. A homeserver that knows no pings is left in peace."""
    failures, said = 0, ""
    while True:
        try:
            await reach(bot, registration_id)
        except BridgeError as error:
            if errcode(error) == "M_UNRECOGNIZED" or status(error) in ("404", "405"):
                await asyncio.Event().wait()
            words, failures = _words(error), failures + 1
            if words != said and errcode(error) in CURES:
                _log.warning("what people say in rooms does not reach us: %s", words)
        else:
            words, failures = "calls us", 0
        if words != said:
            said = words
            await report(Health("chat", "waiting" if failures else "ok", words, time.time()))
        await asyncio.sleep(PAUSES[min(failures, len(PAUSES)) - 1] if failures else PERIOD)


def _words(error: BridgeError) -> str:
    cure = CURES.get(errcode(error), "")
    return f"{error.text}: {cure}" if cure else error.text
