"""Which rooms are encrypted, whatever the rules say and whether keys are there: nothing is said there in the clear.

The homeserver is asked once a run for each room that stands, and events tell of what changes; that a room is encrypted
is written down in the journal, for it never ends. It knows no keys and sends no message.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bridge.chat.client import Wire
from bridge.chat.faults import errcode, lost, status
from bridge.chat.limits import sound
from bridge.core.errors import Permanent
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health

ANY = "encrypted"
"""The bookmark that says that there have been encrypted rooms; with a colon and a room's id it says so of that room."""

UNFORCED = 600.0
"""Seconds for which new rooms are taken for what they were made as, after one was looked at: a homeserver that
encrypts every new room does so by its settings, and starts anew when these change."""

_PLAIN = 20_000


class Notes(Protocol):
    """What encryption asks of the journal. Each raises Transient."""

    async def bookmark(self, source: str) -> str | None:
        """What was written under this name."""

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> object:
        """Write the bookmark, durable when this returns."""

    async def report(self, health: Health) -> None:
        """Keep the state of a part for `mailroom status`."""


class Unwritten:
    """Notes of who leaves nothing behind, as a probe."""

    def __init__(self) -> None:
        self._written: dict[str, str] = {}

    async def bookmark(self, source: str) -> str | None:
        """What was written."""
        return self._written.get(source)

    async def accept(self, _: Sequence[Arrival], bookmark: Bookmark | None = None) -> object:
        """Keep it in memory."""
        if bookmark is not None:
            self._written[bookmark.source] = bookmark.value
        return ()

    async def report(self, _: Health) -> None:
        """Nobody looks."""


class Encrypted:
    """Which rooms are encrypted."""

    def __init__(self, bot: Wire, notes: Notes) -> None:
        self._bot, self._notes = bot, notes
        self._encrypted: set[str] = set()  # and the journal knows
        self._plain: set[str] = set()
        self._changes = 0  # what was asked before something changed does not count
        self._unforced = 0.0
        self._noting = asyncio.Lock()

    async def any(self) -> bool:
        """Whether there have been encrypted rooms."""
        return await self._notes.bookmark(ANY) is not None

    async def covers(self, room: str) -> bool:
        """Whether the room is encrypted. Raises RoomLost where the bot may not know, Transient."""
        if room in self._encrypted:
            return True
        if room in self._plain:
            return False
        changes = self._changes
        if await self._notes.bookmark(f"{ANY}:{room}") is not None or await self.says(room):
            await self.note(room)
            return True
        if changes == self._changes:
            self._take_for_plain(room)
        return False

    async def says(self, room: str) -> bool:
        """What the homeserver says of it now."""
        try:
            await self._bot.call("GET", "rooms", room, "state", "m.room.encryption", "")
        except Permanent as error:
            if status(error) == "404" and errcode(error) == "M_NOT_FOUND":
                return False
            raise lost(error, room) from None
        return True

    async def note(self, room: str) -> None:
        """It is, from now on and for ever."""
        self.look_again(room)
        async with self._noting:
            if room in self._encrypted:
                return
            for name in (ANY, f"{ANY}:{room}"):
                if await self._notes.bookmark(name) is None:
                    await self._notes.accept([], Bookmark(name, "1"))
            self._encrypted.add(room)

    async def made(self, room: str) -> None:
        """We have just made it, not to be encrypted. A homeserver may have thought otherwise."""
        if time.monotonic() >= self._unforced:
            if await self.says(room):
                await self.note(room)
                return
            self._unforced = time.monotonic() + UNFORCED
        self._take_for_plain(room)

    async def heed(self, event: Mapping[str, Any]) -> bool:
        """What an event says of it. Whether it is encrypted by it."""
        room, kind, key = event.get("room_id"), event.get("type"), event.get("state_key")
        if not isinstance(room, str):
            return False
        if kind == "m.room.member" and key == self._bot.identity.user:  # much may have happened while we were out
            self.look_again(room)
        if kind != "m.room.encryption" or key != "":  # without a state key anybody could say so
            return False
        await self.note(sound(room))
        return True

    def look_again(self, room: str) -> None:
        """It may have been encrypted since."""
        self._changes += 1
        self._plain.discard(room)

    def _take_for_plain(self, room: str) -> None:
        if len(self._plain) >= _PLAIN:
            self._plain.clear()
        self._plain.add(room)
