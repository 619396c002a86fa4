"""Takes due effects from the journal and has them done: many lanes at once, one effect a lane at a time.

When the homeserver is away its whole side rests, so that no effect uses up its attempts and no storm meets it when it
comes back. One process is the dispatcher; several over one database would put their own in this place.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

from bridge.core import aftermath
from bridge.core.aftermath import Bury, Fulfil, Postpone, Verdict
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import AutoMail, Effect, FileCopy, MarkMail, OpenRoom, SendMail
from bridge.core.errors import BridgeError, RoomLost, Transient
from bridge.core.ports import Health, Journal
from bridge.core.retry import CHAT, FAULT, Schedule
from bridge.engine.delivery import Delivery
from bridge.engine.ending import Ending

log = logging.getLogger("mailroom.delivery")

OPENINGS = 8
"""Rooms that are opened at once: each costs the homeserver many times what a message does, and those that are open
must not wait behind a wave of new ones (I8). With twice as many, a message in an open room waits twice as long."""

PAUSE = 1.0
"""Seconds until a journal that could not be read or written is tried again."""

GRACE = 5.0
"""Seconds that a mail under way gets when the daemon stops: cutting it off after the dot would send it twice (I4)."""

BREATH = 0.05
"""Seconds that the dispatcher waits for what is under way to end before it asks the journal when more is due."""

FEW = 4
"""Effects under way at the chat side with which the dispatcher goes on at once."""

GATHERING = 0.1
"""Seconds, at most, in which more than a few that are under way may end together: what is written down and begun
together shares a commit, and a homeserver does what comes in waves with less work. A live mail waits no longer than
this for a round of history; where the homeserver answers at once, nobody waits."""

REST = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds the chat side rests after the 1st, 2nd, … sign that the homeserver is away."""


class Absence(Protocol):
    """Who wants to know that the homeserver is away."""

    async def gone(self) -> None:
        """A sign that it is. Raises Transient."""

    async def back(self) -> None:
        """It answers again. Raises Transient."""


class Dispatcher:
    """Does due effects until cancelled. `width`: how many at once at each side, so that neither waits for the other.

    `mail_only`: nothing is done at the chat side.
    """

    def __init__(
        self,
        journal: Journal,
        delivery: Delivery,
        clock: Callable[[], float],
        *,
        mail_schedule: Schedule,
        width: int = 24,
        absence: Absence | None = None,
        mail_only: bool = False,
    ) -> None:
        self._journal = journal
        self._delivery = delivery
        self._clock = clock
        self._mail_schedule = mail_schedule
        self._width = width
        self._woken = asyncio.Event()
        self._running: dict[asyncio.Task[None], Literal["chat", "mail", "ending"]] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._signs = 0
        self._rest_until = 0.0
        self._looked = 0.0
        self._absence = absence
        self._mail_only = mail_only
        self._cut: list[str] = []
        self._few = min(FEW, width // 2)
        self._ending = Ending(journal)
        self._stopping = False

    def wake(self) -> None:
        """Something may have become due."""
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is being done."""
        return not self._running and not self._woken.is_set()

    async def run(self) -> None:
        """Dispatch for ever. On cancellation effects under way are ended too; the next start takes them up.

        After a failure they go on: what is claimed and forgotten would block its lane.
        """
        self._stopping = False
        try:
            while True:
                self._woken.clear()
                try:
                    if not await self._begin():
                        await self._sleep()
                    await self._gather()
                except Transient as error:
                    log.error("the journal cannot be used: %s", error.text)
                    await asyncio.sleep(PAUSE)
        except asyncio.CancelledError:
            await self._stop()
            raise

    async def _begin(self) -> bool:
        """Begin what is due, as far as there is room. Whether there may be more."""
        # Asked for before the claim: both share a commit, and lanes that are free again count.
        await self._ending.write()
        sides = list(self._running.values())
        free: dict[Literal["chat", "mail"], int] = {
            "chat": 0 if self._mail_only or self._resting() > 0 else self._width - sides.count("chat"),
            "mail": self._width - sides.count("mail"),
        }
        self._looked = self._clock()
        open_sides = [room for room in free.values() if room > 0]
        if not open_sides:
            return False
        away: Literal["", "chat", "mail"] = next((side for side, room in free.items() if room <= 0), "")
        limit = min(open_sides)
        openings = OPENINGS - len(self._opening)
        tasks = await self._journal.claim(self._looked, limit, away=away, openings=openings)
        for task in tasks:
            running = asyncio.create_task(self._one(task))
            self._running[running] = "mail" if _is_mail(task.effect) else "chat"
            if isinstance(task.effect, OpenRoom):
                self._opening.add(running)
            running.add_done_callback(self._ended)
        return len(tasks) >= limit

    async def _gather(self) -> None:
        """Let what is under way end together before more is begun, but wait for no slow one.

        Not with a mail that has left: until that is written down, it might be sent twice (I4).
        """
        if not self._many():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GATHERING):
                while self._many():
                    if any(_is_mail(done.effect) for done in self._ending.kept):
                        break
                    self._woken.clear()
                    await self._woken.wait()

    def _many(self) -> bool:
        return list(self._running.values()).count("chat") > self._few

    def _ended(self, running: asyncio.Task[None]) -> None:
        side = self._running.pop(running)
        self._opening.discard(running)
        if list(self._running.values()).count(side) == self._width - 1:  # it was full: there is room again
            self._woken.set()

    async def _stop(self) -> None:
        self._stopping = True
        await self._ending.write()
        mails = [running for running, side in self._running.items() if side != "chat"]
        try:
            if mails:
                await asyncio.wait(mails, timeout=GRACE)
        finally:
            await self._ending.written()
            left = list(self._running)
            for running in left:
                running.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for key in self._cut:  # another dispatcher may go on at once: what stays claimed would block its lane
                with contextlib.suppress(BridgeError):
                    await self._journal.postpone(key, self._clock(), "cut off", counted=False)
            self._cut.clear()

    def _resting(self) -> float:
        """Seconds that the chat side still rests, by a clock that nobody sets."""
        return max(0.0, self._rest_until - asyncio.get_running_loop().time())

    async def _sleep(self) -> None:
        if self._running and await self._woken_within(BREATH):
            return
        # What became due since the journal was last asked counts too: nothing else would wake us for it.
        due = await self._journal.next_due(self._looked)
        waits = [] if due is None else [due - self._clock()]
        if (resting := self._resting()) > 0:
            waits.append(resting)
        await self._woken_within(min(waits) if waits else None)

    async def _woken_within(self, seconds: float | None) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._woken.wait()
        except TimeoutError:
            return False

    async def _one(self, task: Task) -> None:
        """Do one effect and record the verdict. Faults of ours are transient: the effect stays (I3)."""
        key, mail = task.effect.key, _is_mail(task.effect)
        verdict: Verdict
        try:
            verdict = await self._delivery.do(task)
        except asyncio.CancelledError:
            self._cut.append(key)
            raise
        except BridgeError as error:
            # Its text may hold a name or an address: the queue and the room tell it, the log tells where to look.
            log.warning("%s %s: %s %s", task.effect.kind, key, type(error).__name__, error.code)
            if not mail and isinstance(error, Transient) and error.peer_down:
                await self._away(error)
            if isinstance(error, RoomLost):
                self._delivery.forget_room(getattr(task.effect, "room", ""))
            verdict = aftermath.failed(task, error, self._schedule_of(task) if mail else CHAT, self._clock())
        except Exception as error:
            log.exception("%s %s failed by a fault of ours", task.effect.kind, key)
            fault = Transient(f"internal fault ({type(error).__name__})")
            verdict = aftermath.failed(task, fault, self._mail_schedule if mail else FAULT, self._clock())
        else:
            if not mail:
                await self._well()
        await self._record(task.effect, verdict)

    def _schedule_of(self, task: Task) -> Schedule:
        """A mark in a mailbox is not worth the patience that a mail is: others of its account wait behind it."""
        return CHAT if isinstance(task.effect, MarkMail) else self._mail_schedule

    async def _record(self, effect: Effect, verdict: Verdict) -> None:
        """Write the verdict; while the journal cannot be written, wait: it must not be forgotten.

        One that the journal refuses is written without what follows from it: a mail that left must not leave again.
        """
        key = effect.key
        while True:
            match verdict:
                case Fulfil(receipt, then):
                    writing = self._keep(Fulfilled(key, receipt, then, effect))
                case Postpone(until, words, counted, progress, then):
                    writing = self._journal.postpone(key, until, words, counted=counted, progress=progress, then=then)
                case Bury(words, then, progress):
                    writing = self._journal.bury(key, words, then, progress=progress)
            self._woken.set()  # whoever wakes claims after this was asked for, and so in the same commit
            try:
                await writing
            except Transient as error:
                log.error("the journal cannot be written: %s", error.text)
                await asyncio.sleep(PAUSE)
                continue
            except Exception as error:
                log.error("%s: its outcome was refused (%s), %d follow it", key, type(error).__name__, len(then))
                if then:
                    verdict = replace(verdict, then=())
                    continue
            return

    async def _keep(self, done: Fulfilled) -> None:
        """Have it written with what else ends now. Its place is free meanwhile."""
        current = asyncio.current_task()
        if current in self._running:
            self._running[current] = "ending"
        written = self._ending.keep(done)
        if self._stopping:  # nobody dispatches any more
            await self._ending.write()
        await written

    async def _away(self, error: Transient) -> None:
        if self._resting() > 0:
            return
        pause = error.retry_after if error.retry_after is not None else REST[min(self._signs, len(REST) - 1)]
        pause *= 1 + random.random() / 5  # noqa: S311  (jitter, not a secret)
        self._rest_until = asyncio.get_running_loop().time() + pause
        self._signs += 1
        if self._absence is not None:
            with contextlib.suppress(BridgeError):
                await self._absence.gone()
        await self._report(Health("homeserver", "waiting", error.text, self._clock()))

    async def _well(self) -> None:
        if self._signs:
            self._signs, self._rest_until = 0, 0.0
            if self._absence is not None:
                with contextlib.suppress(BridgeError):
                    await self._absence.back()
            await self._report(Health("homeserver", "ok", "answers again", self._clock()))
            self._woken.set()

    async def _report(self, health: Health) -> None:
        """A journal that cannot take it now must not decide what becomes of the effect."""
        with contextlib.suppress(BridgeError):
            await self._journal.report(health)


def _is_mail(effect: Effect | None) -> bool:
    return isinstance(effect, SendMail | AutoMail | FileCopy | MarkMail)
