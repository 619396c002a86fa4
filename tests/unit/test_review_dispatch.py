"""The dispatcher forgets no effect that it claimed, and neither side waits for the other's peer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from bridge.core.aftermath import Fulfil
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import Effect, Receipt, Show, Speaker, Tell
from bridge.core.errors import Permanent, StorageFull, Transient
from bridge.core.ports import Health
from bridge.core.retry import MAIL
from bridge.engine.dispatch import Dispatcher
from tests.contract.journal_world import send, tell
from tests.waiting import eventually


class Outbox:
    """The part of the journal that a dispatcher asks."""

    def __init__(self, *effects: Effect) -> None:
        self.waiting = list(effects)
        self.done: dict[str, str] = {}
        self.followed: list[Effect] = []
        self.together: list[list[str]] = []
        self.failing: dict[str, list[Exception]] = {"claim": [], "report": [], "fulfil": []}

    def _fail(self, where: str) -> None:
        if self.failing[where]:
            raise self.failing[where].pop()

    async def claim(self, now: float, limit: int, *, away: str = "", openings: int = 0) -> Sequence[Task]:
        await asyncio.sleep(0)
        self._fail("claim")
        taken = [e for e in self.waiting if away != ("mail" if e.kind == "send-mail" else "chat")][:limit]
        self.waiting = [e for e in self.waiting if e not in taken]
        return [Task(effect, 1, 0.0) for effect in taken]

    async def next_due(self, now: float) -> float | None:
        return None

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        if any(each.then for each in done):
            self._fail("fulfil")
        self.together.append([each.key for each in done])
        for each in done:
            self.done[each.key] = "done"
            self.followed += each.then

    async def postpone(self, key: str, until: float, words: str, **more: object) -> None:
        self.done[key] = "postponed"

    async def bury(self, key: str, words: str, then: Sequence[Effect] = (), **more: object) -> None:
        self.done[key] = "buried"

    async def report(self, health: Health) -> None:
        self._fail("report")


class Peer:
    """Does effects; those in `hanging` only when `answer` is set."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.hanging: set[str] = set()
        self.begun: set[str] = set()
        self.error: Exception | None = None
        self.then: tuple[Effect, ...] = ()

    async def do(self, task: Task) -> Fulfil:
        self.begun.add(task.effect.key)
        if task.effect.kind in self.hanging:
            await self.answer.wait()
        if self.error is not None:
            raise self.error
        return Fulfil(Receipt(), self.then)

    def forget_room(self, key: str) -> None:
        return None


def dispatcher(outbox: Outbox, peer: Peer, width: int = 3) -> Dispatcher:
    return Dispatcher(outbox, peer, lambda: 0.0, mail_schedule=MAIL, width=width)


@asynccontextmanager
async def running(made: Dispatcher) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(made.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test can wait for."""
    monkeypatch.setattr("bridge.engine.dispatch.PAUSE", 0.01, raising=False)


async def test_what_is_being_done_when_the_journal_fails_is_brought_to_its_end() -> None:
    outbox, peer = Outbox(tell("t")), Peer()
    peer.hanging = {"tell"}
    made = dispatcher(outbox, peer)
    async with running(made):
        await eventually(lambda: "t" in peer.begun)
        outbox.failing["claim"] = [StorageFull("the disk is full")]
        made.wake()
        await eventually(lambda: not outbox.failing["claim"])
        await asyncio.sleep(0)
        peer.answer.set()
        await eventually(lambda: outbox.done == {"t": "done"}, within=5)


async def test_an_effect_is_not_forgotten_when_the_peers_state_cannot_be_noted() -> None:
    outbox, peer = Outbox(tell("t")), Peer()
    peer.error = Transient("away", peer_down=True)
    outbox.failing["report"] = [StorageFull("the disk is full")]
    async with running(dispatcher(outbox, peer)):
        await eventually(lambda: outbox.done == {"t": "postponed"}, within=5)


async def test_an_outcome_whose_notices_the_journal_refuses_is_kept_without_them() -> None:
    outbox, peer = Outbox(send("m")), Peer()
    peer.then = (tell("mark"),)
    outbox.failing["fulfil"] = [Permanent("the journal refused a statement")]
    async with running(dispatcher(outbox, peer)):
        await eventually(lambda: outbox.done == {"m": "done"}, within=5)
    assert outbox.followed == []


@pytest.mark.parametrize("hanging", ["send-mail", "tell"])
async def test_a_peer_that_hangs_does_not_hold_up_the_other_side(hanging: str) -> None:
    mails: list[Effect] = [send(f"m{n}") for n in range(4)]
    tells: list[Effect] = [tell(f"t{n}") for n in range(4)]
    outbox, peer = Outbox(*mails, *tells), Peer()
    peer.hanging = {hanging}
    others = {e.key for e in (*mails, *tells) if e.kind != hanging}
    async with running(dispatcher(outbox, peer)):
        await eventually(lambda: others <= set(outbox.done), within=5)
        assert len(peer.begun) == len(others) + 3
        peer.answer.set()


async def test_a_stop_lets_a_mail_that_is_being_handed_over_arrive() -> None:
    outbox, peer = Outbox(send("m")), Peer()
    peer.hanging = {"send-mail"}
    async with running(dispatcher(outbox, peer)) as task:
        await eventually(lambda: "m" in peer.begun)
        task.cancel()
        asyncio.get_running_loop().call_soon(peer.answer.set)
        await asyncio.gather(task, return_exceptions=True)
        assert outbox.done == {"m": "done"}


async def test_a_rest_of_the_chat_side_ends_though_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    outbox, peer = Outbox(tell("t")), Peer()
    moment = [100_000.0]
    peer.error = Transient("away", peer_down=True)
    monkeypatch.setattr("bridge.engine.dispatch.REST", (0.05,))
    made = Dispatcher(outbox, peer, lambda: moment[0], mail_schedule=MAIL)
    async with running(made):
        await eventually(lambda: outbox.done == {"t": "postponed"})
        moment[0] -= 86_400
        peer.error = None
        outbox.waiting.append(Tell("u", "room:admin", "admin", "words"))
        made.wake()
        await eventually(lambda: outbox.done.get("u") == "done", within=5)


def a_show(key: str) -> Show:
    return Show(key, "conv:c", "conv:c", "c", "l", "smtp:1", Speaker(), "Hello", "text")


async def test_a_fault_of_ours_in_showing_a_mail_is_told_within_hours() -> None:
    """Not after a week in which its room stands still."""
    outbox, peer = Outbox(), Peer()
    peer.error = KeyError("a fault of ours")
    made = Dispatcher(outbox, peer, lambda: 2 * 3600.0, mail_schedule=MAIL)
    await made._one(Task(a_show("s"), 9, first_at=0.0))
    assert outbox.done == {"s": "buried"}


class Slow(Outbox):
    """Its one effect becomes due just after the journal was asked for what is due."""

    def __init__(self, effect: Effect) -> None:
        super().__init__(effect)
        self.now = 1000.0

    async def claim(self, now: float, limit: int, *, away: str = "", openings: int = 0) -> Sequence[Task]:
        taken = await super().claim(now, limit) if now >= 1005.0 else ()
        self.now = max(self.now, 1005.01)
        return taken

    async def next_due(self, now: float) -> float | None:
        return 1005.0 if self.waiting and now < 1005.0 else None


async def test_what_becomes_due_while_we_look_away_is_not_forgotten() -> None:
    outbox, peer = Slow(send("m")), Peer()
    dispatcher = Dispatcher(outbox, peer, lambda: outbox.now, mail_schedule=MAIL)
    running = asyncio.create_task(dispatcher.run())
    try:
        await eventually(lambda: outbox.done.get("m") == "done", within=10)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_ends_while_more_is_due_is_written_together() -> None:
    tells: list[Effect] = [tell(f"t{n}") for n in range(12)]
    outbox, peer = Outbox(*tells), Peer()
    async with running(dispatcher(outbox, peer, width=4)):
        await eventually(lambda: len(outbox.done) == 12, within=5)
    assert [len(keys) for keys in outbox.together] == [4, 4, 4]


async def test_one_that_hangs_does_not_hold_up_what_is_due_behind_those_that_end() -> None:
    outbox, peer = Outbox(*(send(f"m{n}") for n in range(3)), *(tell(f"t{n}") for n in range(9))), Peer()
    peer.hanging = {"send-mail"}
    async with running(dispatcher(outbox, peer, width=3)):
        await eventually(lambda: {f"t{n}" for n in range(9)} <= set(outbox.done), within=5)
        peer.answer.set()


async def test_an_outcome_that_the_journal_refuses_costs_those_beside_it_nothing() -> None:
    tells: list[Effect] = [tell(f"t{n}") for n in range(3)]
    outbox, peer = Outbox(*tells), Peer()
    peer.then = (tell("mark"),)
    outbox.failing["fulfil"] = [Permanent("the journal refused a statement")] * 2  # of all three, then of the first
    async with running(dispatcher(outbox, peer)):
        await eventually(lambda: len(outbox.done) == 3, within=5)
    assert outbox.together == [["t1"], ["t2"], ["t0"]]
    assert len(outbox.followed) == 2


async def test_an_outcome_waits_for_a_journal_that_cannot_be_written() -> None:
    outbox, peer = Outbox(tell("t")), Peer()
    peer.then = (tell("mark"),)
    outbox.failing["fulfil"] = [StorageFull("the disk is full")] * 3
    async with running(dispatcher(outbox, peer)):
        await eventually(lambda: outbox.done == {"t": "done"}, within=5)
    assert [effect.key for effect in outbox.followed] == ["mark"]
