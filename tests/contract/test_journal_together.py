"""What is asked, settled or concluded together is what it would be one by one, in one transaction, or nothing of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from bridge.core.doing import Fulfilled
from bridge.core.effects import Receipt
from bridge.core.errors import Conflict, Permanent, Transient
from bridge.core.plan import MailQuery, MailView, Plan
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


async def settle(journal: Journal, *plans: Plan) -> None:
    """Settle these together, whatever the journal shows."""
    assert list(await journal.settle_on_view({plan.arrival: () for plan in plans}, lambda _: plans)) == list(plans)


async def waiting(journal: Journal) -> list[str]:
    return [each.key for each in await journal.pending(after=0, limit=100)]


async def test_plans_are_settled_together_in_one_commit(journal: Journal) -> None:
    assert isinstance(journal, sqlite.Journal)
    await arrived(journal, "a", "b", "c")
    before = journal.commits
    await settle(journal, a_plan("a"), a_plan("b"), a_plan("c"))
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
        await settle(journal, a_plan("a"), a_plan("b"))
    assert await waiting(journal) == ["smtp:a", "smtp:b"]
    assert await claimed(journal) == []
    assert (await journal.mail_view(MailQuery(SCOPE, "<a@x>", "", (), ()))).conversation is None


async def test_plans_that_bind_one_name_to_two_conversations_conflict(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    with pytest.raises(Conflict):
        await settle(journal, a_plan("a"), a_plan("b", anchors=(anchor("<a@x>", "b"),)))
    assert await waiting(journal) == ["smtp:a", "smtp:b"]


async def test_two_copies_of_one_mail_are_not_both_shown(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    same = [filed(key, "a", "<a@x>", "content") for key in ("la", "lb")]
    with pytest.raises(Conflict):
        await settle(journal, a_plan("a", letters=(same[0],)), a_plan("b", letters=(same[1],), conversations=()))
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
    await settle(journal, a_plan("a"), later)
    assert await claimed(journal) == ["sa", "note"]
    view = await journal.mail_view(MailQuery(SCOPE, "<b@x>", "", (), ()))
    assert view.conversation == conversation("a")


async def test_what_was_planned_before_is_passed_over_among_others(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    await journal.settle(a_plan("a"))
    await settle(journal, a_plan("a", effects=(tell("again"),)), a_plan("b"))
    assert await claimed(journal) == ["sa", "sb"]


async def test_an_unknown_arrival_among_others_is_a_fault_and_writes_nothing(journal: Journal) -> None:
    await arrived(journal, "a")
    with pytest.raises(Permanent):
        await settle(journal, a_plan("a"), a_plan("never came"))
    assert await waiting(journal) == ["smtp:a"]


async def test_several_questions_have_the_answers_that_each_has_by_itself(journal: Journal) -> None:
    await arrived(journal, "a", "b")
    await settle(journal, a_plan("a"), a_plan("b"))
    await arrived(journal, "c")
    asked = [
        MailQuery(SCOPE, "<b@x>", "content of lb", (), ("conv:b",)),
        MailQuery(SCOPE, "<new@x>", "new", ("<a@x>",), (), earlier=True),
        MailQuery("inbox:other", "<a@x>", "content of la", (), ()),
    ]
    answers: list[MailView] = []

    def decide(views: Sequence[MailView]) -> Sequence[Plan]:
        answers[:] = views
        return [a_plan("c")]

    await journal.settle_on_view({"smtp:c": asked}, decide)
    assert answers == [await journal.mail_view(each) for each in asked]
    assert await waiting(journal) == []


async def test_who_decides_sees_what_was_settled_just_before(journal: Journal) -> None:
    assert isinstance(journal, sqlite.Journal)
    await arrived(journal, "a", "b")
    before = journal.commits

    def follow(views: Sequence[MailView]) -> Sequence[Plan]:
        assert views[0].conversation == conversation("a")
        return [a_plan("b")]

    first = journal.settle_on_view({"smtp:a": ()}, lambda _: [a_plan("a")])
    then = journal.settle_on_view({"smtp:b": [MailQuery(SCOPE, "<n@x>", "", ("<a@x>",), ())]}, follow)
    await asyncio.gather(first, then)
    assert journal.commits == before + 1
    assert await waiting(journal) == []


async def test_who_cannot_decide_writes_nothing_and_harms_nobody_in_the_same_commit(journal: Journal) -> None:
    assert isinstance(journal, sqlite.Journal)
    await arrived(journal, "a", "b", "c")
    before = journal.commits

    def fail(_: Sequence[MailView]) -> Sequence[Plan]:
        raise Transient("not yet")

    outcomes = await asyncio.gather(
        journal.settle_on_view({"smtp:a": ()}, lambda _: [a_plan("a")]),
        journal.settle_on_view({"smtp:b": ()}, fail),
        journal.settle_on_view({"smtp:c": ()}, lambda _: [a_plan("c")]),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], Transient)
    assert journal.commits == before + 1
    assert await waiting(journal) == ["smtp:b"]
    assert await claimed(journal) == ["sa", "sc"]


async def test_a_row_that_cannot_be_read_harms_nobody_in_the_same_commit(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(journal, sqlite.Journal)
    await arrived(journal, "a", "b")
    look, asked = sqlite.views.mail_views, MailQuery(SCOPE, "<b@x>", "", (), ())

    def unreadable(connection: Connection, queries: Sequence[MailQuery]) -> list[MailView]:
        if asked in queries:
            raise ValueError("a row says nonsense")
        return look(connection, queries)

    monkeypatch.setattr(sqlite.views, "mail_views", unreadable)
    before = journal.commits
    outcomes = await asyncio.gather(
        journal.settle_on_view({"smtp:a": ()}, lambda _: [a_plan("a")]),
        journal.settle_on_view({"smtp:b": [asked]}, lambda _: [a_plan("b")]),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], ValueError)
    assert journal.commits == before + 1
    assert await waiting(journal) == ["smtp:b"]


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
