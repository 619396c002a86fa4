"""Takes due effects from the journal and has them done: many lanes at once, one effect a lane at a time.

When the homeserver is away its whole side rests, so that no effect uses up its attempts and no storm meets it when it
comes back. One process is the dispatcher; several over one database would put their own in this place.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from bridge.core import aftermath
from bridge.core.aftermath import Bury, Fulfil, Postpone, Verdict
from bridge.core.effects import FileCopy, SendMail
from bridge.core.errors import BridgeError, RoomLost, Transient
from bridge.core.ports import Health, Journal, Task
from bridge.core.retry import CHAT, Schedule
from bridge.engine.delivery import Delivery

log = logging.getLogger("mailroom.delivery")

REST = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds the chat side rests after the 1st, 2nd, … sign that the homeserver is away."""


class Dispatcher:
    """Does due effects until cancelled."""

    def __init__(
        self,
        journal: Journal,
        delivery: Delivery,
        clock: Callable[[], float],
        *,
        mail_schedule: Schedule,
        width: int = 24,
    ) -> None:
        self._journal = journal
        self._delivery = delivery
        self._clock = clock
        self._mail_schedule = mail_schedule
        self._width = width
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._signs = 0
        self._rest_until = 0.0

    def wake(self) -> None:
        """Something may have become due."""
        self._woken.set()

    @property
    def idle(self) -> bool:
        """Whether nothing is being done."""
        return not self._running and not self._woken.is_set()

    async def run(self) -> None:
        """Dispatch for ever. On cancellation effects under way are ended too; the next start takes them up."""
        try:
            while True:
                self._woken.clear()
                now = self._clock()
                free = self._width - len(self._running)
                resting = now < self._rest_until
                tasks = await self._journal.claim(now, free, away="chat" if resting else "") if free else ()
                for task in tasks:
                    running = asyncio.create_task(self._one(task))
                    self._running.add(running)
                    running.add_done_callback(self._running.discard)
                if len(tasks) < free or not free:
                    await self._sleep(now, resting=resting)
        finally:
            for running in list(self._running):
                running.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _sleep(self, now: float, *, resting: bool) -> None:
        due = await self._journal.next_due(now)
        moments = [m for m in (due, self._rest_until if resting else None) if m is not None and m > now]
        timeout = min(moments) - now if moments else None
        try:
            await asyncio.wait_for(self._woken.wait(), timeout)
        except TimeoutError:
            return

    async def _one(self, task: Task) -> None:
        """Do one effect and record the verdict. Faults of ours are transient: the effect stays (I3)."""
        key = task.effect.key
        mail = isinstance(task.effect, SendMail | FileCopy)
        schedule = self._mail_schedule if mail else CHAT
        verdict: Verdict
        try:
            verdict = await self._delivery.do(task)
            if not mail:
                await self._well()
        except BridgeError as error:
            log.warning("%s %s: %s %s", task.effect.kind, key, error.code, error.text)
            if not mail and isinstance(error, Transient) and error.peer_down:
                await self._away(error)
            if isinstance(error, RoomLost):
                self._delivery.forget_room(getattr(task.effect, "room", ""))
            verdict = aftermath.failed(task, error, schedule, self._clock())
        except Exception as error:
            log.exception("%s %s failed by a fault of ours", task.effect.kind, key)
            fault = Transient(f"internal fault ({type(error).__name__})")
            verdict = aftermath.failed(task, fault, schedule, self._clock())
        await self._record(key, verdict)

    async def _record(self, key: str, verdict: Verdict) -> None:
        """Write the verdict; while the journal cannot be written, wait: it must not be forgotten."""
        while True:
            match verdict:
                case Fulfil(receipt, then):
                    writing = self._journal.fulfil(key, receipt, then)
                case Postpone(until, words, counted, progress, then):
                    writing = self._journal.postpone(key, until, words, counted=counted, progress=progress, then=then)
                case Bury(words, then):
                    writing = self._journal.bury(key, words, then)
            running = asyncio.ensure_future(writing)
            await asyncio.sleep(0)
            self._woken.set()
            try:
                await running
            except Transient as error:
                log.error("the journal cannot be written: %s", error.text)
                await asyncio.sleep(1.0)
                continue
            finally:
                self._woken.set()
            return

    async def _away(self, error: Transient) -> None:
        now = self._clock()
        if now < self._rest_until:
            return
        pause = error.retry_after if error.retry_after is not None else REST[min(self._signs, len(REST) - 1)]
        self._rest_until = now + pause * (1 + random.random() / 5)  # noqa: S311  (jitter, not a secret)
        self._signs += 1
        await self._journal.report(Health("homeserver", "waiting", error.text, now))

    async def _well(self) -> None:
        if self._signs:
            self._signs, self._rest_until = 0, 0.0
            await self._journal.report(Health("homeserver", "ok", "answers again", self._clock()))
            self._woken.set()
