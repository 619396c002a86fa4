"""Whatever the engine does in whatever order: FIFO in each lane, one at a time, nothing lost, nothing twice."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.core.effects import Receipt, Tell
from bridge.store.journal import Journal

LANES = ("a", "b", "c")


class LaneMachine(RuleBasedStateMachine):
    """A model of lanes as lists beside the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.journal = self.runner.run(Journal.open(Path(self.folder.name)))
        self.now = 1000.0
        self.made = 0
        self.waiting: dict[str, list[str]] = {lane: [] for lane in LANES}  # the head too, while it is claimed
        self.claimed: dict[str, str] = {}
        self.until: dict[str, float] = {}
        self.attempts: dict[str, int] = {}

    def _key(self, lane: str) -> str:
        self.made += 1
        return f"{lane}{self.made}"

    @rule(lanes=st.lists(st.sampled_from(LANES), min_size=1, max_size=4))
    def add(self, lanes: list[str]) -> None:
        effects = [Tell(self._key(lane), lane, "admin", "words") for lane in lanes]
        self.runner.run(self.journal.add(effects))
        self.runner.run(self.journal.add(effects))
        for effect in effects:
            self.waiting[effect.lane].append(effect.key)

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        ready = {
            lane
            for lane, keys in self.waiting.items()
            if keys and lane not in self.claimed and self.until.get(keys[0], 0.0) <= self.now
        }
        tasks = self.runner.run(self.journal.claim(self.now, limit))
        assert len(tasks) == min(limit, len(ready))
        for task in tasks:
            lane = task.effect.lane
            assert lane in ready
            ready.discard(lane)
            assert task.effect.key == self.waiting[lane][0]
            self.attempts[task.effect.key] = self.attempts.get(task.effect.key, 0) + 1
            assert task.attempts == self.attempts[task.effect.key]
            self.claimed[lane] = task.effect.key

    @precondition(lambda self: self.claimed)
    @rule(data=st.data(), how=st.sampled_from(["fulfil", "bury", "postpone"]), follow=st.booleans())
    def finish(self, data: st.DataObject, how: str, follow: bool) -> None:
        lane = data.draw(st.sampled_from(sorted(self.claimed)))
        key = self.claimed.pop(lane)
        then = [Tell(self._key(lane), lane, "admin", "follows")] if follow else []
        match how:
            case "fulfil":
                self.runner.run(self.journal.fulfil(key, Receipt(), then))
            case "bury":
                self.runner.run(self.journal.bury(key, "no", then))
            case _:
                self.until[key] = self.now + 5
                self.runner.run(self.journal.postpone(key, self.until[key], "later", then=then))
        if how != "postpone":
            self.waiting[lane].pop(0)
        self.waiting[lane] += [effect.key for effect in then]

    @rule()
    def let_time_pass(self) -> None:
        self.now += 3

    @rule()
    def restart(self) -> None:
        self.runner.run(self.journal.close())
        self.journal = self.runner.run(Journal.open(Path(self.folder.name)))
        self.claimed.clear()

    @invariant()
    def knows_when_to_wake(self) -> None:
        heads = [keys[0] for lane, keys in self.waiting.items() if keys and lane not in self.claimed]
        later = [self.until[key] for key in heads if self.until.get(key, 0.0) > self.now]
        assert self.runner.run(self.journal.next_due(self.now)) == min(later, default=None)

    def teardown(self) -> None:
        self.runner.run(self.journal.close())
        self.runner.close()
        self.folder.cleanup()


TestLanes = LaneMachine.TestCase
TestLanes.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
