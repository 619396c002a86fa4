"""What goes on while the daemon waits for the homeserver at its start: mail leaves, and falls back to mail in the end.

It plans nothing and shows nothing. It ends as soon as the homeserver is there, and what it had begun goes on then.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from bridge.core.effects import Attach, React, RoomSpec, Show, Tell
from bridge.core.errors import Transient
from bridge.core.plan import Raw
from bridge.core.post import Post
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.dispatch import Dispatcher
from bridge.engine.fallback import Fallback
from bridge.engine.rules import Rules
from bridge.engine.supervise import keep_running

PATIENCE = 5.0
"""Seconds that the homeserver gets to answer before it counts as away."""

POLL = 1.0
"""Seconds between looks."""


class Standby:
    """Delivers mail, and nothing else, until the homeserver is there. `peers` have an `Absent` for their chat."""

    def __init__(self, peers: Peers, rules: Rules, clock: Callable[[], float]) -> None:
        self._peers = peers
        self._clock = clock
        delivery = Delivery(peers, rules, clock)
        self._dispatcher = Dispatcher(peers.journal, delivery, clock, mail_schedule=peers.mail_schedule, mail_only=True)
        self._fallback = Fallback(peers.journal, peers.reader, rules, clock, self._dispatcher.wake)

    async def run(self) -> None:
        """Run until cancelled."""
        await asyncio.sleep(PATIENCE)
        report = self._peers.journal.report
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running("delivery", self._dispatcher.run, report, self._clock))
            group.create_task(keep_running("fallback", self._watch, report, self._clock))

    async def _watch(self) -> None:
        await self._fallback.remember()
        await self._fallback.gone()
        while True:
            await self._fallback.look()
            await asyncio.sleep(POLL)
            if self._peers.journal.changed():
                self._dispatcher.wake()


class Absent:
    """A chat that is not there."""

    def read(self, raw: bytes) -> Post | None:
        """Nothing is read while it is away."""
        _away()

    async def open_room(self, spec: RoomSpec) -> str:
        """Raises Transient, as all the others do."""
        _away()

    async def show(
        self, room_id: str, show: Show, *, root: str | None, images: Mapping[str, bytes], doubtful: bool = False
    ) -> Sequence[str]:
        """See open_room."""
        _away()

    async def attach(self, room_id: str, attach: Attach, data: Raw, *, root: str | None, doubtful: bool = False) -> str:
        """See open_room."""
        _away()

    async def tell(
        self, room_id: str, tell: Tell, *, root: str | None, edits: str | None, doubtful: bool = False
    ) -> str:
        """See open_room."""
        _away()

    async def react(
        self, room_id: str, react: React, *, root: str | None, target: str | None, doubtful: bool = False
    ) -> Sequence[str]:
        """See open_room."""
        _away()

    async def admit(
        self, room_id: str, members: Sequence[str], staying: Sequence[str] = (), *, readers: Sequence[str] = ()
    ) -> None:
        """See open_room."""
        _away()

    async def unsay(self, room_id: str, events: Sequence[str], key: str) -> None:
        """See open_room."""
        _away()

    async def encrypt(self, room_id: str, readers: Sequence[str]) -> None:
        """See open_room."""
        _away()

    async def admit_space(self, key: str, members: Sequence[str]) -> None:
        """See open_room."""
        _away()

    async def close_room(self, room_id: str, space: str, reason: str) -> None:
        """See open_room."""
        _away()

    async def leave_room(self, room_id: str, space: str) -> None:
        """See open_room."""
        _away()

    async def reopen_room(self, room_id: str, spec: RoomSpec) -> None:
        """See open_room."""
        _away()

    async def rejoin(self, room_id: str, readers: Sequence[str] = ()) -> None:
        """See open_room."""
        _away()

    async def fetch(self, mxc: str, limit: int, *, cipher: str = "") -> bytes:
        """See open_room."""
        _away()


def _away() -> NoReturn:
    raise Transient("the homeserver is away", peer_down=True)
