"""Chat effects that end beside others share a round; a mail that has left waits for none of them (I4)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest

from bridge.core.aftermath import Fulfil
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import MarkMail, Receipt, Tell
from bridge.core.retry import MAIL
from bridge.engine import dispatch
from bridge.engine.delivery import Delivery
from bridge.engine.dispatch import FEW, Dispatcher
from tests.waiting import eventually

CHATS = FEW + 6


class Rounds:
    """A journal that hands everything out at once and notes what each of its rounds wrote down."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.left = list(tasks)
        self.rounds: list[list[str]] = []

    async def claim(self, now: float, limit: int, *, away: str = "", openings: int = 0) -> Sequence[Task]:
        taken, self.left = self.left, []
        return taken

    async def next_due(self, now: float) -> float | None:
        return None

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        self.rounds.append([each.key for each in done])


class Does:
    """Ends an effect when its turn has come."""

    def __init__(self) -> None:
        self.may_end: dict[str, asyncio.Event] = {}

    async def do(self, task: Task) -> Fulfil:
        await self.may_end.setdefault(task.effect.key, asyncio.Event()).wait()
        return Fulfil(Receipt())


def _chat(number: int) -> Task:
    return Task(Tell(f"c{number}", f"l{number}", "room", "x"), 1, 0.0)


def _mail() -> Task:
    return Task(MarkMail("m", "mailbox:desk", "desk", "INBOX", 1, 2, cast(Any, None)), 1, 0.0)


async def test_what_ends_beside_others_is_written_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "GATHERING", 3600.0)  # only the end of all but a few ends the round
    journal, does = Rounds([_chat(number) for number in range(CHATS)]), Does()
    async with _running(journal, does):
        for number in range(CHATS - FEW):
            assert journal.rounds == []
            does.may_end[f"c{number}"].set()
            await asyncio.sleep(0.01)
        await eventually(lambda: bool(journal.rounds))
    assert journal.rounds[0] == [f"c{number}" for number in range(CHATS - FEW)]


async def test_a_slow_effect_holds_up_the_others_no_longer_than_the_gathering() -> None:
    journal, does = Rounds([_chat(number) for number in range(CHATS)]), Does()
    async with _running(journal, does):
        does.may_end["c0"].set()
        await eventually(lambda: journal.rounds == [["c0"]])


async def test_a_mail_that_has_left_is_written_down_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "GATHERING", 3600.0)
    journal, does = Rounds([*(_chat(number) for number in range(CHATS)), _mail()]), Does()
    async with _running(journal, does):
        does.may_end["c0"].set()
        await asyncio.sleep(0.01)
        assert journal.rounds == []
        does.may_end["m"].set()
        await eventually(lambda: journal.rounds == [["c0", "m"]])


@contextlib.asynccontextmanager
async def _running(journal: Rounds, does: Does) -> AsyncIterator[None]:
    """The dispatcher at work, once all its effects are under way."""
    dispatcher = Dispatcher(cast(Any, journal), cast(Delivery, does), lambda: 0.0, mail_schedule=MAIL)
    count = len(journal.left)
    task = asyncio.create_task(dispatcher.run())
    try:
        await eventually(lambda: len(does.may_end) == count)
        yield
    finally:
        task.cancel()
        for event in does.may_end.values():
            event.set()
        await asyncio.gather(task, return_exceptions=True)
