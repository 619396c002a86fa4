"""A journal in memory for IMAP tests: keeps what the watcher hands over, as the real one does in one transaction.

Keys are unique in it; a bookmark only counts together with the arrivals of the same call.
"""

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bridge.core.errors import BridgeError
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health, Spool
from bridge.store import blobs


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
        self.spools = 0
        self.folder = Path(tempfile.mkdtemp(prefix="imap"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._news = asyncio.Condition()

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> int:
        """All or nothing."""
        if self.refuse is not None:
            error, self.refuse = self.refuse, None
            raise error
        fresh = {arrival.key: _read_back(arrival) for arrival in arrivals if arrival.key not in self.arrivals}
        self.repeated += [arrival.key for arrival in arrivals if arrival.key in self.arrivals]
        self.arrivals.update(fresh)
        if bookmark is not None:
            self.bookmarks[bookmark.source] = bookmark.value
        self.calls.append((len(arrivals), bookmark is not None))
        async with self._news:
            self._news.notify_all()
        return len(fresh)

    def spool(self) -> Spool:
        """As the journal's, by the store's part."""
        self.spools += 1
        return blobs.Spool(self.folder)

    def left(self) -> list[Path]:
        """Files that lie where large mails come in."""
        return [path for path in (self.folder / "blobs").glob("**/*") if path.is_file()]

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


def _read_back(arrival: Arrival) -> Arrival:
    if arrival.spooled is None:
        return arrival
    return replace(arrival, raw=Path(arrival.spooled.path).read_bytes(), spooled=None)
