"""The engine: planning turns, delivery turns, and the reconciling of memberships.

It holds the parts together and knows only ports. Starting it on any state, also one left by a kill, goes on where that
one stopped.
"""

import asyncio
from collections.abc import Callable, Mapping

from bridge.core.effects import ADMIN_ROOM, Tell
from bridge.core.errors import BridgeError
from bridge.core.ids import derive
from bridge.core.plan import Bookmark
from bridge.core.ports import Rulebook
from bridge.core.setup import Setup
from bridge.engine.ahead import Ahead
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.dispatch import Dispatcher
from bridge.engine.fallback import Fallback
from bridge.engine.idling import Lookout
from bridge.engine.intake import BACKLOG, Intake
from bridge.engine.membership import IMPORTED, Rooms, admissions, departed
from bridge.engine.planner import Planner
from bridge.engine.refusing import Refusals
from bridge.engine.rules import Rules
from bridge.engine.supervise import keep_running
from bridge.engine.turn import Turn

POLL = 1.0
"""Seconds between looks whether an operator's command changed the journal."""

ADMIN = "admin-room"
"""The bookmark that holds what the settings called the admin room when it was opened last."""

APPLIED = "rulebook"
"""The bookmark that holds the digest of the rulebook whose memberships were reconciled last."""


class Engine:
    """Plans and delivers until cancelled."""

    def __init__(
        self, peers: Peers, rules: Rules, intake: Intake, clock: Callable[[], float], *, width: int = 24
    ) -> None:
        self._peers = peers
        self._journal = peers.journal
        self._rules = rules
        self._clock = clock
        delivery = Delivery(peers, rules, clock)
        self._fallback = Fallback(self._journal, peers.reader, rules, clock, self._wake_delivery)
        self._dispatcher = Dispatcher(
            self._journal, delivery, clock, mail_schedule=peers.mail_schedule, width=width, absence=self._fallback
        )
        self._lookout = Lookout(self._journal, rules, clock, self._wake_delivery)
        ahead = Ahead(peers.reader)
        self.refusals = Refusals(self._journal, peers.reader, ahead, rules)
        turn = Turn(self._journal, peers.chat, ahead, rules)
        self._planner = Planner(self._journal, turn, clock, self._dispatcher.wake)
        self._intake = intake
        intake.on_new(self._planner.offer, self._planner.wake, ahead)

    async def run(self) -> None:
        """Run until cancelled."""
        await self._prepare()
        report, clock = self._journal.report, self._clock
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running("planner", self._planner.run, report, clock))
            group.create_task(keep_running("delivery", self._dispatcher.run, report, clock))
            group.create_task(keep_running("idling", self._lookout.run, report, clock))
            group.create_task(keep_running("watch", self._watch, report, clock))

    def _wake_delivery(self) -> None:
        self._dispatcher.wake()

    async def _prepare(self) -> None:
        await self._fallback.remember()
        await self._fallback.back()  # there is no engine before the homeserver let us in
        force = self._rules.now
        await self._open_admin_room(force.setup)
        self._intake.backlog |= await self._journal.bookmark(BACKLOG) == "waiting"
        if await self._journal.bookmark(APPLIED) != force.rulebook.digest:
            await self.reconcile()

    async def _open_admin_room(self, setup: Setup) -> None:
        """Have the admin room that the settings name, also when they named another one before."""
        named = await self._journal.bookmark(ADMIN)
        if named is None or await self._journal.room(ADMIN_ROOM) is None:
            await self._journal.add([setup.open_admin_room()])  # without effect when it was opened by that name
        elif named != setup.admin_room:
            await self._journal.add([setup.open_admin_room(f"{self._clock():.6f}")])
        if named != setup.admin_room:
            await self._journal.accept([], Bookmark(ADMIN, setup.admin_room))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            if self._journal.changed():
                self.wake()
            await self._fallback.look()
            if self._intake.backlog and await self.quiet():
                await self._invite_after_backlog()

    async def _invite_after_backlog(self) -> None:
        """History was shown to nobody; now those whom the rules name are invited to the rooms it opened."""
        self._intake.backlog = False  # first, so that what is brought in meanwhile sets it again
        try:
            force, (rooms, closed, assignees) = self._rules.now, await self._rooms()
            await self._journal.add(admissions(force, rooms, IMPORTED, closed, assignees))
            if not self._intake.backlog:
                await self._journal.accept([], Bookmark(BACKLOG, ""))
        except BridgeError:
            self._intake.backlog = True
            raise
        self._dispatcher.wake()

    def wake(self) -> None:
        """Something was put into the journal past the intake: look again."""
        self._planner.wake(again=True)
        self._dispatcher.wake()

    async def swap(self, rulebook: Rulebook) -> bool:
        """Put a new rulebook in force and make memberships follow. False when it says the same as the old one."""
        changed = self._rules.swap(rulebook)
        if changed or await self._journal.bookmark(APPLIED) != rulebook.digest:  # or an earlier try stopped half way
            await self.reconcile()
        return changed

    async def reconcile(self) -> None:
        """Make the members of every open room those that the rules name now.

        The cause holds the moment too: rules that return to an earlier state are reconciled again.
        """
        force = self._rules.now
        cause = f"{force.rulebook.digest}:{self._clock():.6f}"
        rooms, closed, assignees = await self._rooms()
        told = departed(force, [room for room in rooms if room[0] not in closed], assignees, self._clock())
        await self._journal.add([*admissions(force, rooms, cause, closed, assignees), *told])
        await self._journal.accept([], Bookmark(APPLIED, force.rulebook.digest))
        self._dispatcher.wake()

    async def _rooms(self) -> tuple[Rooms, frozenset[str], Mapping[str, str]]:
        """What there is, which of them are closed, and who has whose conversation."""
        return await self._journal.rooms(), await self._journal.closed_rooms(), await self._journal.assignees()

    async def tell_admins(self, cause: str, text: str) -> None:
        """Say something in the admin room, once for each cause."""
        await self._journal.add([Tell(derive("admin", cause), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text)])
        self._dispatcher.wake()

    async def quiet(self) -> bool:
        """Whether nothing waits to be planned or could be delivered now (held and postponed work aside)."""
        if not (self._planner.idle and self._dispatcher.idle):
            return False
        if await self._journal.pending(after=0, limit=1):
            return False
        due = await self._journal.next_due(self._clock())
        return self._planner.idle and self._dispatcher.idle and (due is None or due > self._clock() + 0.05)
