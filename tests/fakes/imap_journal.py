"""A journal in memory for IMAP tests: keeps what the watcher hands over, as the real one does in one transaction.

Keys are unique in it; a bookmark only counts together with the arrivals of the same call.
"""

import asyncio
from collections.abc import Sequence

from bridge.core.errors import BridgeError
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health


class MemoryJournal:
    """What a test sees of the engine. `refuse`: raised by the next `accept`, once."""

    def __init__(self) -> None:
        self.arrivals: dict[str, Arrival] = {}
        self.bookmarks: dict[str, str] = {}
        self.calls: list[tuple[int, bool]] = []
        self.repeated: list[str] = []
        self.health: dict[str, Health] = {}
        self.spoken: list[Health] = []
        self.refuse: BridgeError | None = None
        self._news = asyncio.Condition()

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> int:
        """All or nothing."""
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error
        fresh = {arrival.key: arrival for arrival in arrivals if arrival.key not in self.arrivals}
        self.repeated += [arrival.key for arrival in arrivals if arrival.key in self.arrivals]
        self.arrivals.update(fresh)
        if bookmark is not None:
            self.bookmarks[bookmark.source] = bookmark.value
        self.calls.append((len(arrivals), bookmark is not None))
        async with self._news:
            self._news.notify_all()
        return len(fresh)

    async def bookmark(self, source: str) -> str | None:
        """As the journal's."""
        return self.bookmarks.get(source)

    async def report(self, health: Health) -> None:
        """As the journal's."""
        self.health[health.name] = health
        self.spoken.append(health)
        async with self._news:
            self._news.notify_all()

    async def count(self, wanted: int, within: float = 60) -> list[Arrival]:
        """Wait for so many arrivals."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: len(self.arrivals) >= wanted)
        return list(self.arrivals.values())

    async def state(self, name: str, state: str, *, words: str = "", within: float = 60) -> Health:
        """Wait until a source was said to be so, now or before."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: self._said(name, state, words) is not None)
        said = self._said(name, state, words)
        assert said is not None
        return said

    async def marked(self, source: str, within: float = 60) -> str:
        """Wait for the first bookmark of a source."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: source in self.bookmarks)
        return self.bookmarks[source]

    def _said(self, name: str, state: str, words: str) -> Health | None:
        return next((h for h in self.spoken if h.name == name and h.state == state and words in h.detail), None)
