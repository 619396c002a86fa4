"""Conversations are closed and opened in the step that says why, and never over what came meanwhile."""

import pytest

from bridge.core.effects import CloseRoom, Receipt, ReopenRoom, RoomSpec
from bridge.core.errors import Conflict
from bridge.core.idling import Step
from bridge.core.lives import Life
from bridge.core.plan import Arrival, EventQuery, EventView, MailQuery, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import (
    SCOPE,
    anchor,
    arrival,
    claimed,
    conversation,
    filed,
    open_room,
    plan,
    send,
    show,
    tell,
)


async def talk(journal: Journal, name: str = "c") -> None:
    """A conversation with a mail that is shown in its room."""
    room = f"conv:{name}"
    await plan(
        journal,
        [open_room(f"o-{name}", room, lane=room), show(f"s-{name}", "l", conversation=name)],
        key=f"smtp:{name}",
        conversations=(conversation(name),),
        letters=(filed(f"l-{name}", name, f"<{name}@x>"),),
        anchors=(anchor(f"<{name}@x>", name),),
        rooms=((room, SCOPE, ""),),
    )
    await claimed(journal)
    await journal.fulfil(f"o-{name}", Receipt(room=f"!{name}:x"))
    await claimed(journal)
    await journal.fulfil(f"s-{name}", Receipt(events=(f"${name}",)))


async def seen(journal: Journal, name: str = "c") -> EventView:
    return await journal.event_view(EventQuery(f"!{name}:x", waits=True))


async def told(journal: Journal, key: str, *lives: Life, **more: object) -> None:
    """An event that changes lives."""
    await journal.accept([Arrival(f"event:{key}", "event", b"{}", 100.0)])
    await journal.settle(Plan(f"event:{key}", "command", "", lives=lives, **more))


async def state(journal: Journal, name: str = "c") -> str:
    found = (await seen(journal, name)).conversation
    assert found is not None
    return found.state


async def test_a_conversation_is_closed_and_opened_with_its_plan(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    assert await state(journal) == "open"
    view = await seen(journal)
    assert (view.waits, view.last_at) == ("", 500.0)
    closing = CloseRoom("close", "conv:c", "conv:c", "space:x", "closed", "c")
    await told(journal, "$1", Life("c", "closed", view.last_at), effects=(closing,))
    assert await state(journal) == "closed"
    assert await journal.closed_rooms() == {"conv:c"}
    journal = await reopen()
    assert await state(journal) == "closed"
    assert await claimed(journal) == ["close"], "begun once, it is done to its end"
    await journal.fulfil("close", Receipt())
    found = (await journal.mail_view(MailQuery(SCOPE, "<2@x>", "2", ("<c@x>",), ()))).conversation
    assert found is not None
    assert found.state == "closed"
    opening = ReopenRoom("again", "conv:c", "conv:c", RoomSpec("conv:c", ""), "c")
    await plan(journal, [opening], key="smtp:2", letters=(filed("l2", "c", "<2@x>"),), lives=(Life("c", "open"),))
    assert await state(journal) == "open"
    assert await journal.closed_rooms() == frozenset()


async def test_mail_that_was_planned_before_it_was_closed_is_planned_again(journal: Journal) -> None:
    await talk(journal)
    await told(journal, "$1", Life("c", "closed"))
    await journal.accept([arrival("smtp:2")])
    late = Plan("smtp:2", "bridged", "", letters=(filed("l2", "c", "<2@x>"),))
    with pytest.raises(Conflict):
        await journal.settle(late)
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:2", "answer", "", letters=(filed("m", "c", "<m@x>", ours=True),)))
    await journal.settle(Plan("smtp:2", "bridged", "", letters=late.letters, lives=(Life("c", "open"),)))
    assert await state(journal) == "open"


async def test_history_is_filed_in_a_closed_conversation_and_opens_nothing(journal: Journal) -> None:
    await talk(journal)
    await told(journal, "$1", Life("c", "closed"))
    await journal.accept([arrival("import:2", quiet=True)])
    (before,) = await journal.lulls(1e12, 10)
    await journal.take([Step(before, "closed", 1.0, None)])
    await journal.settle(Plan("import:2", "bridged", "", letters=(filed("l2", "c", "<2@x>"),)))
    assert await state(journal) == "closed"
    assert (await seen(journal)).last_at == 500.0, "it is kept as long as any mail that came in now"


async def test_it_is_not_closed_over_a_mail_that_came_meanwhile(reopen: Reopen) -> None:
    journal = await reopen()
    await talk(journal)
    before = (await seen(journal)).last_at
    with pytest.raises(Conflict):
        await told(journal, "$1", Life("c", "closed", before - 1))
    assert await state(journal) == "open"


async def test_nothing_is_closed_or_opened_twice(journal: Journal) -> None:
    await talk(journal)
    with pytest.raises(Conflict):
        await told(journal, "$0", Life("c", "open"))
    await told(journal, "$1", Life("c", "closed"))
    with pytest.raises(Conflict):
        await told(journal, "$2", Life("c", "closed"))


async def test_what_is_on_its_way_is_told(journal: Journal) -> None:
    await talk(journal)
    assert (await seen(journal)).waits == ""
    await journal.add([tell("t", "conv:c", "conv:c")])
    assert (await seen(journal)).waits == "", "words of ours are said before the end, in their turn"
    await journal.add([show("s2", "l2")])
    assert (await seen(journal)).waits == "mail"
    await claimed(journal)
    await journal.fulfil("t", Receipt())
    await claimed(journal)
    assert (await seen(journal)).waits == "mail", "while it is being shown too"
    await journal.fulfil("s2", Receipt(events=("$2",)))
    assert (await seen(journal)).waits == ""
    await journal.add([send("held", "$h", held=True)])
    assert (await seen(journal)).waits == "answer"


async def test_an_answer_waits_from_its_hold_until_it_left_or_was_given_up(journal: Journal) -> None:
    await talk(journal)
    await journal.add([send("m", not_before=2000.0)])
    assert (await seen(journal)).waits == "answer"
    await claimed(journal, 3000.0)
    assert (await seen(journal)).waits == "answer"
    await journal.postpone("m", 9000.0, "later")
    assert (await seen(journal)).waits == "answer"
    await claimed(journal, 9000.0)
    await journal.bury("m", "never")
    assert (await seen(journal)).waits == ""
