"""The planning turns, many at once and still in order.

Mails are read side by side and settled in order of arrival, so that commits are shared and order within a conversation
holds. Two arrivals that share a name (a Message-ID, a room) are planned one after the other. A mail that takes long
to read is stepped over: it delays nobody (I8).
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bridge.core.errors import Conflict, Transient
from bridge.core.plan import Pending, Plan
from bridge.core.ports import Journal
from bridge.core.retry import PLANNING
from bridge.engine.turn import Seen, Turn, quarantined

log = logging.getLogger("mailroom.planner")

PATIENCE = 1.0
"""Seconds that a batch of arrivals waits for slow ones among it to be read, all together."""

CONFLICTS = 20
"""Lost races in a row after which a turn counts as failed: no real race is lost that often."""


class Planner:
    """Plans arrivals until cancelled. `wake` says that something arrived; `settled` is called when effects wait."""

    def __init__(
        self, journal: Journal, turn: Turn, clock: Callable[[], float], settled: Callable[[], None], *, width: int = 32
    ) -> None:
        self._journal = journal
        self._turn = turn
        self._clock = clock
        self._settled = settled
        self._width = width
        self._woken = asyncio.Event()
        self._after = 0
        self._reading: dict[str, asyncio.Task[Seen]] = {}
        self._planning: dict[str, tuple[frozenset[str], asyncio.Task[None]]] = {}
        self._gate: asyncio.Event = asyncio.Event()
        self._gate.set()

    def wake(self, *, again: bool = False) -> None:
        """Something arrived. `again`: look from the beginning, an operator may have put an old arrival back."""
        if again:
            self._after = 0
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is being planned or known to wait."""
        return not self._planning and not self._reading and not self._woken.is_set()

    async def run(self) -> None:
        """Plan for ever. On cancellation turns that already settle are waited for."""
        try:
            while True:
                self._woken.clear()
                free = self._width - len(self._planning)
                if free <= 0:
                    await self._some_done()
                    self._woken.set()
                    continue
                batch = await self._journal.pending(after=self._after, limit=free)
                fresh = [p for p in batch if p.key not in self._planning]
                for pending in fresh:
                    self._reading[pending.key] = asyncio.create_task(self._turn.see(pending))
                patient_until = asyncio.get_running_loop().time() + PATIENCE
                for pending in fresh:
                    await self._sequence(pending, patient_until)
                if batch:
                    self._after = max(self._after, batch[-1].order)
                    continue
                await self._woken.wait()
        finally:
            for task in self._reading.values():
                task.cancel()
            for _, turn in list(self._planning.values()):
                turn.cancel()

    async def _some_done(self) -> None:
        await asyncio.wait([task for _, task in self._planning.values()], return_when=asyncio.FIRST_COMPLETED)

    async def _sequence(self, pending: Pending, patient_until: float) -> None:
        """Give the arrival its place in the order, once it is read; a slow one loses its place."""
        reading = self._reading.pop(pending.key)
        touches: frozenset[str] = frozenset()
        patience = max(0.0, patient_until - asyncio.get_running_loop().time())
        done, _ = await asyncio.wait([reading], timeout=patience)
        if done and reading.exception() is None:
            touches = reading.result().touches
            before = [task for others, task in self._planning.values() if others & touches]
            prior, self._gate = self._gate, asyncio.Event()
            turn = self._whole(pending, reading, before, prior, self._gate)
        else:
            free = asyncio.Event()
            free.set()
            turn = self._whole(pending, reading, [], free, asyncio.Event())
        task = asyncio.create_task(turn)
        self._planning[pending.key] = (touches, task)
        task.add_done_callback(lambda _: self._planning.pop(pending.key, None))

    async def _whole(
        self,
        pending: Pending,
        reading: asyncio.Task[Seen],
        before: list[asyncio.Task[None]],
        prior: asyncio.Event,
        gate: asyncio.Event,
    ) -> None:
        """See, plan and settle; try again by the schedule, then quarantine. Never raises."""
        attempts, first, conflicts = pending.attempts, self._clock(), 0
        try:
            if before:
                await asyncio.wait(before)
            while True:
                try:
                    seen = await asyncio.shield(reading)
                    plan = await self._turn.plan(seen)
                    await prior.wait()
                    await self._settle(plan, gate)
                    return
                except Conflict as error:
                    conflicts += 1
                    if conflicts % CONFLICTS:
                        continue
                    gate.set()
                    attempts += 1
                    if await self._gave_up(pending, attempts, first, error):
                        return
                except Transient as error:
                    gate.set()
                    log.warning("planning waits: %s", error.text)
                    await asyncio.sleep(error.retry_after or 1.0)
                except Exception as error:  # a fault of ours must not lose the mail (I1) nor stop the others (I8)
                    gate.set()
                    attempts += 1
                    log.exception("planning %s failed", pending.key, exc_info=error)
                    if await self._gave_up(pending, attempts, first, error):
                        return
                    if reading.done() and not reading.cancelled() and reading.exception():
                        reading = asyncio.create_task(self._turn.see(pending))
        finally:
            gate.set()

    async def _gave_up(self, pending: Pending, attempts: int, first: float, error: Exception) -> bool:
        words = f"internal fault ({type(error).__name__})"
        with contextlib.suppress(Transient):
            await self._journal.stumble(pending.key, words, attempts=attempts)
        now = self._clock()
        until = PLANNING.next(pending.key, attempts, first, now)
        if until is None or attempts > len(PLANNING.delays):
            await self._settle(quarantined(pending, words), asyncio.Event())
            return True
        await asyncio.sleep(until - now)
        return False

    async def _settle(self, plan: Plan, gate: asyncio.Event) -> None:
        """Settle; the next may settle as soon as this is under way, and so both may share one commit."""
        settling = asyncio.ensure_future(self._journal.settle(plan))
        await asyncio.sleep(0)
        gate.set()
        self._settled()
        try:
            await settling
        finally:
            self._settled()
        level = logging.DEBUG if plan.outcome == "ignored" else logging.INFO
        log.log(level, "%s: %s (%s)", plan.arrival, plan.outcome, plan.words)
