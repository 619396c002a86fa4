"""The single door for everything that arrives, open from the first moment on.

It works before Matrix answers: mail is taken and acknowledged while the homeserver is away, and planned once it is
back.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from bridge.core.errors import BridgeError
from bridge.core.plan import Arrival, Bookmark, Pending
from bridge.core.ports import Journal
from bridge.engine.ahead import Ahead

BACKLOG = "backlog"
"""The bookmark that is "waiting" while people are still to be invited to what a first look at a mailbox brought."""


class Intake:
    """Keeps arrivals and wakes whoever plans them. `backlog`: a watched mailbox brought history, invite afterwards."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._offer: Callable[[Sequence[Pending]], None] = lambda _: None
        self._wake: Callable[[], None] = lambda: None
        self._ahead: Ahead | None = None
        self._looks: set[asyncio.Task[None]] = set()
        self.backlog = False

    def on_new(
        self, offer: Callable[[Sequence[Pending]], None], wake: Callable[[], None], ahead: Ahead | None = None
    ) -> None:
        """Who is offered from now on what was kept, and who may read a mail already while it is being kept.

        `wake` is called when something may have been kept that was not offered.
        """
        self._offer = offer
        self._wake = wake
        self._ahead = ahead

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> int:
        """Keep what arrived; when this returns it is durable and may be acknowledged. Returns how many are new.

        Raises StorageFull, Transient: then nothing was kept, and nothing may be acknowledged.
        """
        ahead = self._ahead
        read = ahead.begin(arrivals) if ahead is not None else ""
        new: Sequence[Pending] = ()
        try:
            new = await self._journal.accept(arrivals, bookmark)
        except asyncio.CancelledError:
            self._look_later()
            raise
        finally:
            if ahead is not None and not new:
                ahead.forget(read)
        if new:
            self._offer(new)
        return len(new)

    def _look_later(self) -> None:
        """Whoever brought it has gone in the middle of the commit, which goes on: nobody else would tell of it."""
        look = asyncio.create_task(self._look())
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _look(self) -> None:
        with contextlib.suppress(BridgeError):
            await self._journal.accept([])  # comes back after what was asked for before
            self._wake()

    async def accept_watched(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> int:
        """`accept` for mailboxes that are watched: what lay there at first sight is history, shown before people are
        invited. That they are to be invited is kept first, so that a kill in between forgets nobody."""
        if not self.backlog and any(arrival.quiet for arrival in arrivals):
            await self._journal.accept([], Bookmark(BACKLOG, "waiting"))
            self.backlog = True
        return await self.accept(arrivals, bookmark)
