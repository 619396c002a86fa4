"""The planning turns, many at once and still in order.

Mails are read side by side and settled in order of arrival, so that commits are shared and order within a conversation
holds. Two arrivals that share a name (a Message-ID, a room) are planned one after the other; plain mails that share
none are planned and settled together, for that costs much less. A mail that takes long to read is stepped over: it
delays nobody (I8), and when one of several cannot be planned or settled, each of them is on its own again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bridge.core.errors import BridgeError, Conflict, Transient
from bridge.core.plan import Pending, Plan
from bridge.core.ports import Journal
from bridge.core.retry import PLANNING
from bridge.engine.turn import Seen, Turn, quarantined

log = logging.getLogger("mailroom.planner")

PATIENCE = 1.0
"""Seconds that a batch of arrivals waits for slow ones among it to be read, all together."""

HELD = 8 << 20
"""Octets of arrivals under way after which no more are begun: what each becomes takes as much again."""

OFFERED = 48
"""Arrivals that are held here while others are under way; what comes besides is asked for once it is its turn."""

TOGETHER = 16
"""Arrivals that a backlog is taken in: read together they cost the reader half of what they do one by one."""

CONFLICTS = 20
"""Lost races in a row after which a turn counts as failed: no real race is lost that often."""

_Read = tuple[Pending, "asyncio.Task[Seen]"]
"""An arrival that was read, with what it turned out to be."""


class Planner:
    """Plans arrivals until cancelled. `wake` says that something arrived; `settled` is called when effects wait.

    `width`: how many are under way at once, so that some are read while others are planned, and others written down.
    """

    def __init__(
        self, journal: Journal, turn: Turn, clock: Callable[[], float], settled: Callable[[], None], *, width: int = 256
    ) -> None:
        self._journal = journal
        self._turn = turn
        self._clock = clock
        self._settled = settled
        self._width = width
        self._woken = asyncio.Event()
        self._room = asyncio.Event()
        self._least = 1
        self._offered: list[Pending] = []
        self._upto = 0
        self._behind = True
        self._missed = False
        self._again = False
        self._reading: dict[str, asyncio.Task[Seen]] = {}
        self._planning: dict[str, tuple[frozenset[str], asyncio.Task[None], asyncio.Event]] = {}
        self._octets: dict[str, int] = {}
        self._seen = asyncio.Event()
        self._gate: asyncio.Event = asyncio.Event()
        self._gate.set()

    def wake(self, *, again: bool = False) -> None:
        """Something arrived. `again`: look from the beginning, an operator may have put an old arrival back."""
        self._again |= again  # the loop may be in the midst of a batch and would pass over a lower beginning
        self._behind = self._missed = True
        self._woken.set()

    def offer(self, new: Sequence[Pending]) -> None:
        """These arrived. What follows what was taken last, and is not too much, need not be asked for again."""
        follows = not self._behind and new[0].order == self._upto + 1
        if follows and len(self._offered) + len(new) <= OFFERED:
            self._offered += new
            self._upto = new[-1].order
        else:
            self._behind = self._missed = True
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is being planned or known to wait."""
        return not self._planning and not self._reading and not self._woken.is_set()

    async def run(self) -> None:
        """Plan for ever. May be run again after a failure: what its turns left undone still waits in the journal."""
        self._begin_anew()
        try:
            while True:
                self._woken.clear()
                if self._again:
                    self._from_the_beginning()
                free = self._free()
                if free < self._least:
                    self._room.clear()
                    await self._room.wait()
                    self._woken.set()
                    continue
                batch = await self._next(free)
                fresh = [p for p in batch if p.key not in self._planning]
                self._octets.update((pending.key, len(pending.raw.data)) for pending in fresh)
                for pending in fresh:
                    self._reading[pending.key] = asyncio.create_task(self._see(pending))
                patient_until = asyncio.get_running_loop().time() + PATIENCE
                await self._sequence(fresh, patient_until)
                self._least = 1 if len(batch) < free else min(TOGETHER, self._width // 3 or 1)
                if len(batch) < free and not self._behind:  # whatever came since then has woken us
                    await self._woken.wait()
        finally:
            begun = [*self._reading.values(), *(turn for _, turn, _ in self._planning.values())]
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)

    async def _next(self, most: int) -> Sequence[Pending]:
        """What was offered, else what the journal has beyond: all that was not offered, or not taken."""
        if self._offered or not self._behind:
            batch, self._offered = self._offered[:most], self._offered[most:]
            return batch
        self._missed = False
        found = await self._journal.pending(after=self._upto, limit=most)
        if found:
            self._upto = max(self._upto, found[-1].order)
        self._behind = self._missed or bool(found)
        return found

    def _from_the_beginning(self) -> None:
        self._again, self._behind, self._upto = False, True, 0
        self._offered.clear()

    def _begin_anew(self) -> None:
        """A turn that was cancelled settled nothing, and one that never began did not open its gate."""
        self._from_the_beginning()
        self._least = 1
        self._reading.clear()
        self._planning.clear()
        self._octets.clear()
        self._gate = asyncio.Event()
        self._gate.set()

    def _ended(self, keys: Sequence[str], task: asyncio.Task[None]) -> None:
        for key in keys:
            if key in self._planning and self._planning[key][1] is task:  # not one that is on its own since
                del self._planning[key], self._octets[key]
        if self._free() >= self._least:
            self._room.set()

    def _free(self) -> int:
        """How many more may be under way; none while those that are fill the memory that is for them."""
        return self._width - len(self._planning) if sum(self._octets.values()) < HELD else 0

    async def _sequence(self, arrivals: Sequence[Pending], patient_until: float) -> None:
        """Give each arrival its place in the order, once it is read; a slow one loses its place."""
        group: list[_Read] = []
        for pending in arrivals:
            reading = self._reading[pending.key]
            if not reading.done():
                self._begin(group)  # what was read before waits for nobody
                await self._wait_for(reading, patient_until)
            del self._reading[pending.key]
            if not reading.done() or reading.exception() is not None:
                self._begin(group)
                self._begin_apart(pending, reading)
                continue
            seen = reading.result()
            plain = self._turn.is_plain(seen)
            if not plain or len(group) >= TOGETHER or any(seen.touches & one.result().touches for _, one in group):
                self._begin(group)
            group.append((pending, reading))
            if not plain:
                self._begin(group)
        self._begin(group)

    async def _see(self, pending: Pending) -> Seen:
        """See it, and say so."""
        try:
            return await self._turn.see(pending)
        finally:
            self._seen.set()

    async def _wait_for(self, reading: asyncio.Task[Seen], until: float) -> None:
        """Wait until it is read, or for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while not reading.done():
                    self._seen.clear()
                    await self._seen.wait()

    def _begin(self, group: list[_Read]) -> None:
        """Plan and settle what was read, behind what shares a name with one of it. The group is empty then."""
        if not group:
            return
        those = tuple(group)
        group.clear()
        touches = frozenset[str]().union(*(reading.result().touches for _, reading in those))
        passed = asyncio.Event()
        before = list(dict.fromkeys(other for others, _, other in self._planning.values() if others & touches))
        prior, self._gate = self._gate, asyncio.Event()
        if len(those) == 1:
            turn = self._whole(*those[0], before, prior, self._gate, passed)
        else:
            turn = self._together(those, before, prior, self._gate, passed)
        self._enter([(pending.key, reading.result().touches) for pending, reading in those], turn, passed)

    def _begin_apart(self, pending: Pending, reading: asyncio.Task[Seen]) -> None:
        """Plan it some time, beside the order: nobody knows yet what it touches."""
        free, passed = asyncio.Event(), asyncio.Event()
        free.set()
        turn = self._whole(pending, reading, [], free, asyncio.Event(), passed)
        self._enter([(pending.key, frozenset())], turn, passed)

    def _enter(
        self, those: Sequence[tuple[str, frozenset[str]]], turn: Coroutine[Any, Any, None], passed: asyncio.Event
    ) -> None:
        task = asyncio.create_task(turn)
        for key, touches in those:
            self._planning[key] = (touches, task, passed)
        task.add_done_callback(lambda _: self._ended([key for key, _ in those], task))

    async def _together(
        self,
        group: Sequence[_Read],
        before: list[asyncio.Event],
        prior: asyncio.Event,
        gate: asyncio.Event,
        passed: asyncio.Event,
    ) -> None:
        """Plan and settle several that share no name as `_whole` does one; when that fails, each for itself.

        What comes next may be settled before those then: it shares no name with them, or waits until they have passed.
        """
        try:
            for other in before:
                await other.wait()
            try:
                await prior.wait()
                several = [reading.result() for _, reading in group]
                if not all(map(self._turn.is_plain, several)):
                    raise Conflict("the rules were changed since they were read")
                await self._settle_plain(several, gate)
                return
            except Exception as error:  # whichever of them it was: it will say so itself
                log.debug("%d arrivals are planned one by one: %s", len(group), type(error).__name__)
            each_passed = [asyncio.Event() for _ in group]
            gates = [*(asyncio.Event() for _ in group[1:]), gate]
            for one, opens, own in zip(group, gates, each_passed, strict=True):
                pending, reading = one
                turn = self._whole(pending, reading, [], prior, opens, own)
                self._enter([(pending.key, reading.result().touches)], turn, own)
                prior = opens
            for own in each_passed:
                await own.wait()
        finally:
            gate.set()
            passed.set()

    async def _whole(
        self,
        pending: Pending,
        reading: asyncio.Task[Seen],
        before: list[asyncio.Event],
        prior: asyncio.Event,
        gate: asyncio.Event,
        passed: asyncio.Event,
    ) -> None:
        """See, plan and settle; try again by the schedule, then quarantine. Raises nothing.

        `gate` lets the next arrival settle, `passed` those that share a name with this one: both open at the end, or
        as soon as it stumbles, so that a poisonous one holds up nobody.
        """
        attempts, first, conflicts = pending.attempts, self._clock(), 0
        try:
            for other in before:
                await other.wait()
            while True:
                try:
                    if reading.done() and reading.exception() is not None:
                        reading = asyncio.create_task(self._turn.see(pending))
                    seen = await asyncio.shield(reading)
                    if self._turn.is_plain(seen):
                        await prior.wait()
                        await self._settle_plain([seen], gate)
                    else:
                        plan = await self._turn.plan(seen)
                        await prior.wait()
                        await self._settle(plan, gate)
                    return
                except Conflict as error:
                    conflicts += 1
                    if conflicts % CONFLICTS:
                        continue
                    fault: Exception = error
                except Transient as error:
                    gate.set()
                    passed.set()
                    log.warning("planning waits: %s", error.text)
                    await asyncio.sleep(error.retry_after or 1.0)
                    continue
                except Exception as error:  # a fault of ours must not lose the mail (I1) nor stop the others (I8)
                    log.exception("planning %s failed", pending.key, exc_info=error)
                    fault = error
                gate.set()
                passed.set()
                attempts += 1
                if await self._gave_up(pending, attempts, first, fault):
                    return
        finally:
            gate.set()
            passed.set()
            reading.cancel()

    async def _gave_up(self, pending: Pending, attempts: int, first: float, fault: Exception) -> bool:
        """Whether it is in quarantine now; else it is to be tried again, some time later. Raises nothing."""
        words = f"internal fault ({type(fault).__name__})"
        with contextlib.suppress(BridgeError):
            await self._journal.stumble(pending.key, words, attempts=attempts)
        now = self._clock()
        until = PLANNING.next(pending.key, attempts, first, now)
        if until is None or attempts > len(PLANNING.delays):
            try:
                await self._settle(quarantined(pending, words), asyncio.Event())
                return True
            except Exception as error:  # a full disk: it keeps waiting in the journal, so it must not be forgotten here
                log.error("%s cannot be put into quarantine yet: %s", pending.key, type(error).__name__)
                until = now + PLANNING.delays[-1]
        await asyncio.sleep(until - now)
        return False

    async def _settle(self, plan: Plan, gate: asyncio.Event) -> None:
        """Settle; the next may settle as soon as this is under way, and so both may share one commit.

        So may the claim of what was settled: the journal does first what was asked first. Whoever is woken here runs
        only when this turn waits, and then this was asked for.
        """
        gate.set()
        self._settled()
        await self._journal.settle(plan)
        _tell([plan])

    async def _settle_plain(self, several: Sequence[Seen], gate: asyncio.Event) -> None:
        """Plan and settle, as `_settle` does."""
        gate.set()
        self._settled()
        _tell(await self._turn.settle_plain(several))


def _tell(plans: Sequence[Plan]) -> None:
    for plan in plans:
        level = logging.DEBUG if plan.outcome == "ignored" else logging.INFO
        log.log(level, "%s: %s (%s)", plan.arrival, plan.outcome, plan.words)
