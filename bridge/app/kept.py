"""A mail of the journal for trying rules on, with the envelope and the moment it came in."""

import asyncio
from collections.abc import Callable

from bridge.app.trying import Find, Kept
from bridge.config import Settings
from bridge.store import kept


def finder(settings: Callable[[], Settings]) -> Find:
    """Looks into the journal of the settings, which are asked for only when a mail is wanted."""

    async def find(name: str) -> Kept:
        state = settings().state
        found = await asyncio.to_thread(kept.find, state, name)
        return Kept(found.octets, found.envelope, found.at)

    return find
