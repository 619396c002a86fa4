"""Turns in the journal: one after the other, never twice, and kept across restarts."""

import pytest

from bridge.core.errors import Conflict
from bridge.core.plan import Assignment, MailQuery, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import SCOPE, arrival, plan


def given(conversation: str, turn: int, user: str = "@ann:x", rule: str = "") -> Assignment:
    return Assignment(conversation, SCOPE, rule, turn, user, ("vip",))


async def turn(journal: Journal, rule: str | None = "") -> tuple[int, str]:
    view = await journal.mail_view(MailQuery(SCOPE, "", "c", (), (), rule=rule))
    return view.turn, view.before


async def test_turns_follow_each_other_for_each_rule_of_its_own(journal: Journal, reopen: Reopen) -> None:
    assert await turn(journal) == (0, "")
    await plan(journal, assignments=(given("c1", 0),))
    await plan(journal, key="smtp:2", assignments=(given("c2", 1, "@bob:x"), given("c3", 0, rule="other")))
    await plan(journal, key="smtp:3", assignments=(given("c4", 5, ""),))  # tags alone take no turn
    journal = await reopen()
    assert await turn(journal) == (2, "@bob:x")
    assert await turn(journal, "other") == (1, "@ann:x")
    assert await turn(journal, None) == (0, "")


async def test_a_turn_that_was_taken_meanwhile_is_a_conflict_and_leaves_nothing(journal: Journal) -> None:
    await plan(journal, assignments=(given("c1", 0),))
    await journal.accept([arrival("smtp:2")])
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:2", "bridged", "x", assignments=(given("c2", 0, "@bob:x"),)))
    assert await turn(journal) == (1, "@ann:x")
    assert [waiting.key for waiting in await journal.pending(after=0, limit=9)] == ["smtp:2"]
