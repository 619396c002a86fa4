"""A journal that tells what it made durable, for who counts it. It does nothing else than the journal does."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Self

from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import Effect, Receipt
from bridge.core.happened import Accepted, Buried, Done, InForce, Observe, PutOff, Settled
from bridge.core.plan import Arrival, Bookmark, MailQuery, MailView, Pending, Plan
from bridge.core.ports import Enacted, Health
from bridge.store.journal import Journal


class Watched(Journal):
    """The journal, telling of each step after its commit."""

    observe: Observe
    _begun: dict[str, Effect]

    @classmethod
    async def told(cls, folder: Path, observe: Observe, clock: Callable[[], float] = time.time) -> Self:
        """Open it for the daemon; `observe` is told from then on. Raises as `open`."""
        journal = await cls.open(folder, apart=True, clock=clock)
        journal.observe, journal._begun = observe, {}
        return journal

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> Sequence[Pending]:
        """Keep arrivals and the bookmark."""
        new = await super().accept(arrivals, bookmark)
        if new:
            self.observe(Accepted(new))
        return new

    async def settle(self, plan: Plan) -> None:
        """Write the whole plan."""
        await super().settle(plan)
        self.observe(Settled(plan))

    async def settle_on_view(
        self, asked: Mapping[str, Sequence[MailQuery]], decide: Callable[[Sequence[MailView]], Sequence[Plan]]
    ) -> Sequence[Plan]:
        """Look, decide, write."""
        plans = await super().settle_on_view(asked, decide)
        for plan in plans:
            self.observe(Settled(plan))
        return plans

    async def claim(
        self, now: float, limit: int, *, away: Literal["", "chat", "mail"] = "", openings: int = 1000
    ) -> Sequence[Task]:
        """Begin effects; what they are is remembered until they end."""
        tasks = await super().claim(now, limit, away=away, openings=openings)
        self._begun.update((task.effect.key, task.effect) for task in tasks)
        return tasks

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        """All of these are done."""
        await super().fulfil_all(done)
        for each in done:
            if effect := self._begun.pop(each.key, None):
                self.observe(Done(effect, each.receipt))

    async def postpone(
        self,
        key: str,
        until: float,
        words: str,
        *,
        counted: bool = True,
        progress: Receipt | None = None,
        then: Sequence[Effect] = (),
    ) -> None:
        """Not now. What was cut off by the end of the daemon waits for nothing."""
        await super().postpone(key, until, words, counted=counted, progress=progress, then=then)
        effect = self._begun.pop(key, None)
        if effect is not None and until > self._clock():
            self.observe(PutOff(effect))

    async def bury(self, key: str, words: str, then: Sequence[Effect] = (), *, progress: Receipt | None = None) -> None:
        """Never."""
        await super().bury(key, words, then, progress=progress)
        if effect := self._begun.pop(key, None):
            self.observe(Buried(effect))

    async def report(self, health: Health) -> None:
        """Keep the state of a peer."""
        await super().report(health)
        self.observe(health)

    async def enact(self, rulebook: Enacted) -> None:
        """Note which rulebook is in force now."""
        await super().enact(rulebook)
        self.observe(InForce(rulebook.digest))
