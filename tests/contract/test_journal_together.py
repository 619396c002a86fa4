"""What is asked, settled or concluded together is what it would be one by one, in one transaction, or nothing of it."""

from dataclasses import replace

import pytest

from bridge.core.doing import Fulfilled
from bridge.core.effects import Receipt
from bridge.core.errors import Conflict, Permanent
from bridge.core.plan import MailQuery, Plan
from bridge.core.ports import Journal
from bridge.store import journal as sqlite
from tests.contract.journal_world import (
    CUSTOMER,
    SCOPE,
    anchor,
    arrival,
    claimed,
    conversation,
    filed,
    plan,
    show,
    tell,
)


def a_plan(name: str, **more: object) -> Plan:
    """A mail that begins a conversation of its own."""
    made = Plan(
        f"smtp:{name}",
        "bridged",
        f"rule {name}",
        conversations=(conversation(name),),
        letters=(filed(f"l{name}", name, f"<{name}@x>"),),
        anchors=(anchor(f"<{name}@x>", name),),
        participants=((name, CUSTOMER.key),),
        correspondents=((SCOPE, CUSTOMER.key),),
        rooms=((f"conv:{name}", SCOPE, ""),),
        effects=(show(f"s{name}", f"l{name}", conversation=name),),
    )
    return replace(made, **more)


async def arrived(journal: Journal, *names: str) -> None:
    await journal.accept([arrival(f"smtp:{name}") for name in names])


async def waiting(journal: Journal) -> list[str]:
    return [each.key for each in await journal.pending(after=0, limit=100)]


async def test_plans_are_settled_together_in_one_commit(journal: Journal) -> None:
    assert isinstance(journal, sqlite.Journal)
    await arrived(journal, "a", "b", "c")
    before = journal.commits
    await journal.settle_all([a_plan("a"), a_plan("b"), a_plan("c")])
    assert journal.commits == before + 1
    assert await waiting(journal) == []
    assert await claimed(journal) == ["sa", "sb", "sc"]
    view = await journal.mail_view(MailQuery(SCOPE, "<b@x>", "", (), ("conv:b",)))
    assert view.conversation == conversation("b")
    assert view.participants == {CUSTOMER.key}


async def test_a_plan_that_no_longer_fits_lets_nothing_of_the_others_in(journal: Journal) -> None:
    await plan(journal, key="smtp:first", conversations=(conversation("x"),), anchors=(anchor("<b@x>", "x"),))
    await arrived(journal, "a", "b")
    with pytest.raises(Conflict):
        await journal.settle_all([a_plan("a"), a_plan("b")])
    assert await waiting(journal) == ["smtp:a", "smtp:b"]
    assert await claimed(journal) == []
    assert (await journal.mail_view(MailQuery(SCOPE, "<a@x>", "", (), ()))).conversation is None


async def test_plans_that_bind_one_name_to_two_conversations_conflict(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    with pytest.raises(Conflict):
        await journal.settle_all([a_plan("a"), a_plan("b", anchors=(anchor("<a@x>", "b"),))])
    assert await waiting(journal) == ["smtp:a", "smtp:b"]


async def test_two_copies_of_one_mail_are_not_both_shown(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    same = [filed(key, "a", "<a@x>", "content") for key in ("la", "lb")]
    with pytest.raises(Conflict):
        await journal.settle_all([a_plan("a", letters=(same[0],)), a_plan("b", letters=(same[1],), conversations=())])
    assert await waiting(journal) == ["smtp:a", "smtp:b"]


async def test_plans_of_one_conversation_are_written_in_order(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    later = a_plan(
        "b",
        conversations=(),
        letters=(filed("lb", "a", "<b@x>"),),
        anchors=(anchor("<b@x>", "a"), anchor("<a@x>", "a")),
        effects=(show("sb", "lb", conversation="a"), tell("note")),
    )
    await journal.settle_all([a_plan("a"), later])
    assert await claimed(journal) == ["sa", "note"]
    view = await journal.mail_view(MailQuery(SCOPE, "<b@x>", "", (), ()))
    assert view.conversation == conversation("a")


async def test_what_was_planned_before_is_passed_over_among_others(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    await journal.settle(a_plan("a"))
    await journal.settle_all([a_plan("a", effects=(tell("again"),)), a_plan("b")])
    assert await claimed(journal) == ["sa", "sb"]


async def test_an_unknown_arrival_among_others_is_a_fault_and_writes_nothing(journal: Journal) -> None:
    await arrived(journal, "a")
    with pytest.raises(Permanent):
        await journal.settle_all([a_plan("a"), a_plan("never came")])
    assert await waiting(journal) == ["smtp:a"]


async def test_several_questions_have_the_answers_that_each_has_by_itself(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    await journal.settle_all([a_plan("a"), a_plan("b")])
    asked = [
        MailQuery(SCOPE, "<b@x>", "content of lb", (), ("conv:b",)),
        MailQuery(SCOPE, "<new@x>", "new", ("<a@x>",), (), earlier=True),
        MailQuery("inbox:other", "<a@x>", "content of la", (), ()),
    ]
    assert list(await journal.mail_views(asked)) == [await journal.mail_view(each) for each in asked]
    assert list(await journal.mail_views([])) == []


async def test_effects_of_several_lanes_are_fulfilled_in_one_commit(journal: Journal) -> None:
    assert isinstance(journal, sqlite.Journal)
    lanes = [tell(f"{lane}{number}", lane=lane) for number in (1, 2) for lane in ("a", "b", "c")]
    await plan(journal, [*lanes, show("s")])
    assert await claimed(journal) == ["a1", "b1", "c1", "s"]
    before = journal.commits
    done = [Fulfilled(f"{lane}1", Receipt(events=(f"$said {lane}",))) for lane in ("a", "b")]
    done.append(Fulfilled("c1", Receipt(), (tell("after", lane="d"),)))
    await journal.fulfil_all([*done, Fulfilled("s", Receipt(events=("$shown", "$more")))])
    assert journal.commits == before + 1
    assert [await journal.event_of(key) for key in ("a1", "b1", "c1", "s")] == ["$said a", "$said b", None, "$shown"]
    assert await claimed(journal) == ["a2", "b2", "c2", "after"]


async def test_an_outcome_that_is_refused_lets_none_of_the_others_in(journal: Journal) -> None:
    await plan(journal, [tell("a", lane="a"), tell("next", lane="a")])
    assert await claimed(journal) == ["a"]
    with pytest.raises(Permanent):
        await journal.fulfil_all([Fulfilled("a", Receipt(events=("$a",))), Fulfilled("unknown", Receipt())])
    assert await claimed(journal) == []
    assert await journal.event_of("a") is None


async def test_what_was_done_before_changes_nothing_among_others(journal: Journal) -> None:
    await plan(journal, [tell("a", lane="a"), tell("b", lane="b")])
    await claimed(journal)
    await journal.fulfil("a", Receipt(events=("$a",)))
    await journal.fulfil_all([Fulfilled("a", Receipt(events=("$again",)), (tell("more"),)), Fulfilled("b", Receipt())])
    assert await journal.event_of("a") == "$a"
    assert await claimed(journal) == []
