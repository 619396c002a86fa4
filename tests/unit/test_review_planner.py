"""No arrival is forgotten by the planner, whatever fails around it, and none that stumbles holds up another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.core.errors import Conflict, StorageFull, Transient
from bridge.core.plan import Pending, Plan
from bridge.core.retry import PLANNING
from bridge.engine.planner import Planner
from bridge.engine.turn import Seen
from tests.unit.worlds import a_mail, pending
from tests.waiting import eventually


class Inbox:
    """The part of the journal that a planner asks. `failing` gives the errors that the next calls raise."""

    def __init__(self) -> None:
        self.new: dict[str, Pending] = {}
        self.settled: dict[str, Plan] = {}
        self.failing: dict[str, list[Exception]] = {"pending": [], "settle": []}
        self.slow = asyncio.Event()
        self.slow.set()
        self.asked: list[int] = []
        self.begun: list[str] = []
        self.together: list[list[str]] = []

    def arrive(self, *keys: str) -> None:
        for key in keys:
            self.new[key] = replace(pending(key), order=len(self.new) + len(self.settled) + 1)

    async def pending(self, *, after: int, limit: int) -> Sequence[Pending]:
        self.asked.append(after)
        if self.failing["pending"]:
            raise self.failing["pending"].pop()
        return sorted((p for p in self.new.values() if p.order > after), key=lambda p: p.order)[:limit]

    async def settle(self, plan: Plan) -> None:
        self.begun.append(plan.arrival)
        await self.slow.wait()
        if self.failing["settle"]:
            raise self.failing["settle"].pop()
        if plan.arrival in self.new:
            self.settled[plan.arrival] = plan
            del self.new[plan.arrival]

    async def settle_several(self, plans: Sequence[Plan]) -> None:
        if len(plans) > 1:
            self.together.append([plan.arrival for plan in plans])
        self.begun += [plan.arrival for plan in plans]
        await self.slow.wait()
        if self.failing["settle"]:
            raise self.failing["settle"].pop()
        for plan in plans:
            if plan.arrival in self.new:
                self.settled[plan.arrival] = plan
                del self.new[plan.arrival]

    async def stumble(self, arrival: str, words: str, *, attempts: int) -> None:
        return None


class Reading:
    """Turns whose mails touch what `touching` says; `broken` keys cannot be planned, `unread` not be read at first.

    All are plain but those of `apart`.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.touching: dict[str, frozenset[str]] = {}
        self.broken: set[str] = set()
        self.unread: dict[str, int] = {}
        self.apart: set[str] = set()

    def is_plain(self, seen: Seen) -> bool:
        return seen.pending.key not in self.apart

    async def settle_plain(self, several: Sequence[Seen]) -> Sequence[Plan]:
        plans = [self.planned(seen) for seen in several]
        await self.inbox.settle_several(plans)
        return plans

    async def see(self, arrival: Pending) -> Seen:
        if self.unread.get(arrival.key, 0) > 0:
            self.unread[arrival.key] -= 1
            raise Transient("the reader's workers do not start")
        return Seen(arrival, a_mail(), None, self.touching.get(arrival.key, frozenset({arrival.key})))

    async def plan(self, seen: Seen) -> Plan:
        await asyncio.sleep(0)
        return self.planned(seen)

    def planned(self, seen: Seen) -> Plan:
        if seen.pending.key in self.broken:
            raise ValueError("a fault of ours")
        return Plan(seen.pending.key, "bridged", "")


@asynccontextmanager
async def running(planner: Planner) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(planner.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr("bridge.engine.planner.PLANNING", replace(PLANNING, delays=(0.01, 0.01, 0.01)))


def world(clock: Callable[[], float] = lambda: 0.0) -> tuple[Inbox, Reading, Planner]:
    inbox = Inbox()
    reading = Reading(inbox)
    return inbox, reading, Planner(inbox, reading, clock, lambda: None)


async def test_what_was_being_planned_when_the_journal_failed_is_planned_after_the_new_start() -> None:
    inbox, _, planner = world()
    inbox.arrive("smtp:1", "smtp:2")
    inbox.slow.clear()
    async with running(planner) as first:
        await eventually(lambda: inbox.begun == ["smtp:1", "smtp:2"])
        inbox.failing["pending"] = [Transient("disk I/O error")]
        planner.wake()
        with pytest.raises(Transient):
            await first
    inbox.slow.set()
    async with running(planner):
        await eventually(lambda: set(inbox.settled) == {"smtp:1", "smtp:2"}, within=5)


async def test_an_old_arrival_put_back_in_the_midst_of_a_batch_is_planned() -> None:
    inbox, _, planner = world()
    inbox.arrive("smtp:old", "smtp:1")
    async with running(planner):
        await eventually(lambda: len(inbox.settled) == 2)
        inbox.arrive("smtp:2")
        looked = len(inbox.asked)
        planner.wake()
        await eventually(lambda: len(inbox.asked) > looked, every=0)
        inbox.new["smtp:old"] = replace(pending("smtp:old"), order=1, released=True)
        del inbox.settled["smtp:old"]
        planner.wake(again=True)
        await eventually(lambda: "smtp:old" in inbox.settled, within=5)


async def test_a_mail_that_cannot_even_be_quarantined_now_is_tried_again(short: None) -> None:
    inbox, reading, planner = world()
    reading.broken = {"smtp:1"}
    inbox.failing["settle"] = [StorageFull("the disk is full")]
    inbox.arrive("smtp:1")
    async with running(planner):
        await eventually(lambda: "smtp:1" in inbox.settled, within=5)
    assert inbox.settled["smtp:1"].outcome == "quarantined"


async def test_a_mail_that_the_reader_could_not_take_at_first_is_read_again() -> None:
    inbox, reading, planner = world()
    reading.unread = {"smtp:1": 1}
    inbox.arrive("smtp:1")
    async with running(planner):
        await eventually(lambda: "smtp:1" in inbox.settled, within=5)
    assert inbox.settled["smtp:1"].outcome == "bridged"


async def test_a_mail_that_stumbles_holds_up_neither_its_kin_nor_those_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.engine.planner.PLANNING", replace(PLANNING, delays=(3600.0,), give_up=7200.0))
    inbox, reading, planner = world()
    reading.broken = {"smtp:poison"}
    reading.touching = {"smtp:poison": frozenset({"subject:"}), "smtp:kin": frozenset({"subject:"})}
    inbox.arrive("smtp:poison", "smtp:kin", "smtp:other")
    async with running(planner):
        await eventually(lambda: {"smtp:kin", "smtp:other"} <= set(inbox.settled), within=5)
        assert "smtp:poison" in inbox.new


async def test_what_is_offered_in_order_is_planned_without_asking_the_journal_again() -> None:
    inbox, _, planner = world()
    inbox.arrive("smtp:1")
    async with running(planner):
        await eventually(lambda: "smtp:1" in inbox.settled)
        asked = len(inbox.asked)
        for key in ("smtp:2", "smtp:3", "smtp:4"):
            inbox.arrive(key)
            planner.offer([inbox.new[key]])
        await eventually(lambda: len(inbox.settled) == 4, within=5)
    assert inbox.begun == ["smtp:1", "smtp:2", "smtp:3", "smtp:4"]
    assert len(inbox.asked) == asked


async def test_what_was_never_offered_is_planned_before_what_came_after_it() -> None:
    """Another process brought it in, or whoever waited for its commit went away."""
    inbox, _, planner = world()
    inbox.arrive("smtp:1")
    async with running(planner):
        await eventually(lambda: "smtp:1" in inbox.settled)
        inbox.arrive("smtp:missed", "smtp:3")
        planner.offer([inbox.new["smtp:3"]])
        await eventually(lambda: len(inbox.settled) == 3, within=5)
    assert inbox.begun == ["smtp:1", "smtp:missed", "smtp:3"]


async def test_a_flood_of_offers_is_planned_whole_and_in_order() -> None:
    inbox, _, planner = world()
    keys = [f"smtp:{number}" for number in range(1, 301)]
    async with running(planner):
        for key in keys:
            inbox.arrive(key)
            planner.offer([inbox.new[key]])
            if len(inbox.new) % 7 == 0:
                await asyncio.sleep(0)
        await eventually(lambda: len(inbox.settled) == 300, within=10)
    assert inbox.begun == keys


async def test_mails_that_share_no_name_are_settled_together_and_in_order() -> None:
    inbox, _, planner = world()
    keys = [f"smtp:{number}" for number in range(1, 9)]
    inbox.arrive(*keys)
    async with running(planner):
        await eventually(lambda: len(inbox.settled) == 8, within=5)
    assert inbox.together == [keys]


async def test_what_shares_a_name_or_is_not_plain_is_planned_after_what_came_before_it() -> None:
    inbox, reading, planner = world()
    reading.touching = {"smtp:2": frozenset({"subject:"}), "smtp:4": frozenset({"subject:"})}
    reading.apart = {"smtp:6"}
    inbox.arrive(*(f"smtp:{number}" for number in range(1, 9)))
    async with running(planner):
        await eventually(lambda: len(inbox.settled) == 8, within=5)
    assert inbox.together == [["smtp:1", "smtp:2", "smtp:3"], ["smtp:4", "smtp:5"], ["smtp:7", "smtp:8"]]
    assert inbox.begun == [f"smtp:{number}" for number in range(1, 9)]


async def test_one_that_cannot_be_planned_costs_the_others_of_its_group_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bridge.engine.planner.PLANNING", replace(PLANNING, delays=(3600.0,), give_up=7200.0))
    inbox, reading, planner = world()
    reading.broken = {"smtp:2"}
    reading.touching = {"smtp:2": frozenset({"subject:"}), "smtp:4": frozenset({"subject:"})}
    inbox.arrive(*(f"smtp:{number}" for number in range(1, 6)))
    async with running(planner):
        await eventually(lambda: len(inbox.settled) == 4, within=5)
        assert set(inbox.new) == {"smtp:2"}


async def test_when_several_cannot_be_settled_together_each_is_settled_by_itself_in_order() -> None:
    inbox, _, planner = world()
    inbox.failing["settle"] = [Conflict("another copy of one of them was shown first")]
    inbox.arrive("smtp:1", "smtp:2", "smtp:3")
    async with running(planner):
        await eventually(lambda: len(inbox.settled) == 3, within=5)
    assert inbox.begun == ["smtp:1", "smtp:2", "smtp:3"] * 2
