"""A mail of the journal for trying rules on, with the envelope and the moment it came in."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bridge.app.trying import Find, Kept
from bridge.config import Settings
from bridge.core import placing
from bridge.core.decision import Standing
from bridge.core.mail import Mail
from bridge.store import kept
from bridge.store.history import History


def finder(settings: Callable[[], Settings]) -> Find:
    """Looks into the journal of the settings, which are asked for only when a mail is wanted."""

    async def find(name: str) -> Kept:
        state = settings().state
        found = await asyncio.to_thread(kept.find, state, name)

        def standings(scopes: Sequence[str], mail: Mail) -> Mapping[str, Standing]:
            # Its own id is known since it came; what counts is what it refers to.
            asked = replace(placing.standing_query(tuple(scopes), mail), message_id="")
            with History(state) as history:
                return history.standings(asked)

        return Kept(found.octets, found.envelope, found.at, standings)

    return find
