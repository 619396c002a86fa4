"""What the journal knows of a conversation for its line in the lobby, and how edits of one line become one."""

from dataclasses import replace

import pytest

from bridge.core.effects import Line, Receipt
from bridge.core.plan import Arrival, Merge, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import arrival, claimed, conversation, filed, plan, send, show

FIRST = Line("first", "lobby:c", "is:#desk", "c")


def edit(key: str, not_before: float = 0.0) -> Line:
    return replace(FIRST, key=key, edits="first", not_before=not_before)


async def waiting(journal: Journal, now: float = 1000.0) -> list[str]:
    keys = await claimed(journal, now)
    for key in keys:
        await journal.fulfil(key, Receipt(events=(f"${key}",)))
    return keys


async def test_edits_that_wait_are_one_and_none_waits_behind_the_line_itself(journal: Journal, reopen: Reopen) -> None:
    await plan(journal, [FIRST])
    await plan(journal, [FIRST, edit("e1")], key="smtp:2")
    assert await waiting(journal) == ["first"]
    await plan(journal, [FIRST, edit("e2", 50.0)], key="smtp:3")
    await plan(journal, [FIRST, edit("e3", 60.0)], key="smtp:4")
    journal = await reopen()
    await plan(journal, [FIRST, edit("e4")], key="smtp:5")
    assert await waiting(journal) == ["e2"]
    assert await waiting(journal) == []
    assert await journal.event_of("first") == "$first"


async def test_an_edit_that_was_begun_may_have_told_the_past_and_another_follows_it(journal: Journal) -> None:
    await plan(journal, [FIRST])
    await waiting(journal)
    await plan(journal, [edit("e1")], key="smtp:2")
    assert await claimed(journal) == ["e1"]
    await plan(journal, [edit("e2")], key="smtp:3")
    await journal.postpone("e1", 1001.0, "away")
    await plan(journal, [edit("e3")], key="smtp:4")
    assert await waiting(journal, 1002.0) == ["e1"]
    assert await waiting(journal, 1002.0) == ["e2"]
    assert await waiting(journal, 1002.0) == []


async def come(journal: Journal, key: str, at: float, letter: str, *, quiet: bool = False, talk: str = "c") -> None:
    """A mail that came at that moment, and what is planned of it."""
    await journal.accept([Arrival(key, "mail", b"x\r\n\r\n", at, arrival().envelope, quiet)])
    made = (filed(letter, talk),)
    shown = (replace(show("s", letter, conversation=talk), key=_show(letter)),)
    begun = () if await journal.line_view(talk) else (conversation(talk),)
    await journal.settle(Plan(key, "bridged", "x", conversations=begun, letters=made, effects=shown))


def _show(letter: str) -> str:
    from bridge.core.ids import derive

    return derive("show", letter)


async def test_a_line_knows_who_began_and_since_when_somebody_waits(journal: Journal) -> None:
    assert await journal.line_view("c") is None
    await come(journal, "smtp:1", 500.0, "l1")
    await come(journal, "smtp:2", 600.0, "l2")
    view = await journal.line_view("c")
    assert view is not None
    assert view.first is not None
    assert (view.first.key, view.count, view.newest, view.waits, view.answered) == ("l1", 2, 600.0, 500.0, None)


async def test_an_answer_counts_once_it_has_left_and_not_before(journal: Journal) -> None:
    await come(journal, "smtp:1", 500.0, "l1")
    await plan(journal, [send("a1")], key="event:1", letters=(filed("a1", ours=True),))
    view = await journal.line_view("c")
    assert view is not None
    assert (view.waits, view.answered) == (500.0, None)
    for key in await claimed(journal):
        await journal.fulfil(key, Receipt(accepted=("kim@customer.example",)))
    view = await journal.line_view("c")
    assert view is not None
    assert view.waits is None
    assert view.answered is not None
    await come(journal, "smtp:2", 700.0, "l2")
    view = await journal.line_view("c")
    assert view is not None
    assert (view.waits, view.count) == (700.0, 2)


async def test_history_came_when_it_was_written_and_never_in_the_future(journal: Journal) -> None:
    await come(journal, "import:1", 500.0, "l1", quiet=True)
    view = await journal.line_view("c")
    assert view is not None
    assert view.newest == 100.0  # the Date of the letter
    await come(journal, "import:2", 50.0, "l2", quiet=True)
    view = await journal.line_view("c")
    assert view is not None
    assert view.newest == 50.0


async def test_what_was_merged_into_a_conversation_counts_with_it(journal: Journal) -> None:
    await come(journal, "smtp:1", 500.0, "l1")
    await come(journal, "smtp:2", 600.0, "d1", talk="d")
    await plan(journal, key="smtp:3", merges=(Merge("d", "c"),))
    older, later = await journal.line_view("c"), await journal.line_view("d")
    assert older is not None
    assert later is not None
    assert (older.count, older.newest, later.conversation.into) == (2, 600.0, "c")


@pytest.mark.parametrize("event", ["$first"])
async def test_the_event_of_a_line_is_known_as_one(journal: Journal, event: str) -> None:
    await plan(journal, [FIRST], conversations=(conversation(),), rooms=(("is:#desk", "inbox:support", ""),))
    await waiting(journal)
    assert await journal.event_of("first") == event
