"""Turns in the journal: one after the other, never twice, and kept across restarts."""

from dataclasses import replace

import pytest

from bridge.core.effects import Line, Receipt
from bridge.core.errors import Conflict
from bridge.core.idling import Step
from bridge.core.lives import Life
from bridge.core.plan import Assignment, EventQuery, MailQuery, Merge, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import SCOPE, arrival, conversation, open_room, plan


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


async def whose(journal: Journal, conversation: str) -> str:
    view = await journal.line_view(conversation)
    assert view is not None
    return view.conversation.assignee


async def test_who_takes_a_conversation_has_it_and_no_turn_is_lost_by_it(journal: Journal, reopen: Reopen) -> None:
    talks = (conversation("c1"), conversation("c2"), conversation("c3"), conversation("c4", threaded=True))
    await plan(journal, conversations=talks, assignments=(given("c1", 0), given("c4", 1, "@cleo:x")))
    taken = replace(given("c1", 0, "@bob:x"), taken=True, tags=())
    await plan(journal, key="event:1", assignments=(taken,))
    await plan(journal, key="event:2", assignments=(replace(taken, conversation="c2"),))
    await plan(journal, key="event:3", assignments=(replace(taken, conversation="c2", user="@ann:x"),))
    journal = await reopen()
    assert [await whose(journal, each) for each in ("c1", "c2", "c3")] == ["@bob:x", "@ann:x", ""]
    assert await turn(journal) == (2, "@cleo:x")
    assert await journal.assignees() == {"conv:c1": "@bob:x", "conv:c2": "@ann:x"}


async def test_a_line_is_known_by_its_event_and_leads_to_the_conversation_it_went_on_in(journal: Journal) -> None:
    line = Line("line", "lobby:d", "is:#desk", "d")
    opened = open_room("open", "is:#desk", "lobby:d")
    talks = (conversation("c"), conversation("d"))
    await plan(journal, [opened, line], conversations=talks, rooms=(("is:#desk", SCOPE, ""),))
    for key, receipt in (("open", Receipt(room="!desk")), ("line", Receipt(events=("$line",)))):
        await journal.claim(1000.0, 9)
        await journal.fulfil(key, receipt)
    view = await journal.event_view(EventQuery("!desk", target="$line"))
    assert (view.room, view.line, view.conversation) == ("is:#desk", talks[1], None)
    await plan(journal, key="event:1", merges=(Merge("d", "c"),), assignments=(replace(given("c", 0), taken=True),))
    view = await journal.event_view(EventQuery("!desk", target="$line"))
    assert view.line == replace(talks[0], assignee="@ann:x")
    assert (await journal.event_view(EventQuery("!desk", reply_to="$line"))).line is None
    assert (await journal.event_view(EventQuery("!other", target="$line"))).line is None


async def test_what_is_taken_while_it_is_closed_is_planned_anew(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("c"),))
    await plan(journal, key="event:1", lives=(Life("c", "closed"),))
    taken = replace(given("c", 0), taken=True, tags=())
    await journal.accept([arrival("event:2")])
    with pytest.raises(Conflict):
        await journal.settle(Plan("event:2", "amended", "x", assignments=(taken,)))
    await journal.settle(Plan("event:2", "amended", "x", assignments=(taken,), lives=(Life("c", "open"),)))
    view = await journal.line_view("c")
    assert view is not None
    assert (view.conversation.state, view.conversation.assignee) == ("open", "@ann:x")


async def test_what_was_taken_or_opened_a_moment_ago_is_not_idle(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("c"), conversation("d")))
    await journal.take([Step(lull, "open", 7.0, 7.0) for lull in await journal.lulls(1000.0, 9)])
    assert [lull.last for lull in await journal.lulls(1000.0, 9)] == [7.0, 7.0]
    await plan(journal, key="event:1", assignments=(replace(given("c", 0), taken=True),))
    await plan(journal, key="event:2", lives=(Life("d", "closed"),))
    await plan(journal, key="event:3", lives=(Life("d", "open"),))
    assert [lull.last for lull in await journal.lulls(1000.0, 9)] == [500.0, 500.0]  # the journal's clock
