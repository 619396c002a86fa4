"""A mail's octets on their way in: in memory while they are few, beyond that in a file that the journal will adopt.

So a large mail costs the daemon one block, not its size. Blocks are written in order, each in a thread, while whoever
brings them waits. Knows nothing of SMTP or IMAP, and never looks at the octets.
"""

import asyncio
from collections.abc import Callable

from bridge.core.errors import BridgeError
from bridge.core.plan import Spooled
from bridge.core.ports import Spool

BLOCK = 256 * 1024
"""Octets held at most: what stays below is handed on in memory, and more is written whenever so much is there."""


class Incoming:
    """One mail. To be discarded at its end, whatever became of it: what was accepted by then stays.

    Discarded before, it is as if nothing had come."""

    __slots__ = ("_failure", "_held", "_new", "_spool", "seconds")

    def __init__(self, spool: Callable[[], Spool], head: bytes = b"") -> None:
        self._new = spool
        self._held = bytearray(head)
        self._spool: Spool | None = None
        self._failure: BridgeError | None = None
        self.seconds = 0.0
        """How long the disk took so far."""

    async def add(self, octets: bytes) -> None:
        """Take the next octets. A disk that fails is told of by `whole`: what follows is not kept."""
        if self._failure is not None:
            return
        self._held += octets
        if len(self._held) <= BLOCK:
            return
        if self._spool is None:
            self._spool = self._new()
        held, self._held = bytes(self._held), bytearray()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await asyncio.to_thread(self._spool.write, held)
        except BridgeError as error:
            self._failure = error
            await self.discard()
        self.seconds += loop.time() - began

    async def whole(self) -> tuple[bytes, Spooled | None]:
        """All octets, or where they lie, synced; to be asked once. Raises StorageFull, Transient."""
        if self._failure is not None:
            raise self._failure
        held, self._held = bytes(self._held), bytearray()
        if self._spool is None:
            return held, None
        return b"", await asyncio.to_thread(self._spool.finish, held)

    async def discard(self) -> None:
        """Leave no file behind, but one that was accepted."""
        self._held.clear()
        spool, self._spool = self._spool, None
        if spool is not None:
            await asyncio.shield(asyncio.to_thread(spool.discard))
