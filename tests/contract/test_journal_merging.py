"""Conversations that became one: what belongs to the later leads to the older, at one moment and for ever."""

import pytest

from bridge.core.decision import Standing
from bridge.core.effects import OpenRoom, Receipt, RoomSpec
from bridge.core.errors import Conflict
from bridge.core.plan import Anchor, Arrival, Conversation, EventQuery, Kin, MailQuery, Merge, Plan, StandingQuery
from bridge.core.ports import Journal
from tests.contract.journal_world import CUSTOMER, SCOPE, anchor, arrival, conversation, filed, plan, show


def query(*ancestors: str, message_id: str = "<q@x>", **more: object) -> MailQuery:
    return MailQuery(SCOPE, message_id, "content", ancestors, (), **more)


async def three(journal: Journal) -> None:
    for number, name in enumerate("abc"):
        await plan(
            journal,
            key=f"smtp:{name}",
            conversations=(conversation(name),),
            letters=(filed(f"l{name}", name, f"<{name}@x>"),),
            anchors=(anchor(f"<{name}@x>", name), anchor(f"<{name}-root@x>", name)),
            participants=((name, f"{name}@x"), (name, "kim@x")),
            effects=(show(f"s{number}", f"l{name}", conversation=name),),
        )


async def test_several_conversations_of_one_mail_are_told_with_their_people_the_oldest_first(journal: Journal) -> None:
    await three(journal)
    view = await journal.mail_view(query("<c@x>", "<unknown@x>", "<a@x>"))
    assert view.conversation == conversation("c")
    assert [kin.conversation.id for kin in view.kin] == ["a", "c"]
    assert [kin.participants for kin in view.kin] == [{"a@x", "kim@x"}, {"c@x", "kim@x"}]
    assert (await journal.mail_view(query("<c@x>", "<c-root@x>"))).kin == ()


async def test_a_mark_or_a_hint_makes_no_kin(journal: Journal) -> None:
    await three(journal)
    await plan(journal, key="smtp:m", anchors=(anchor("mark:m", "b"), anchor("thread-index:t", "b")))
    view = await journal.mail_view(query("<a@x>", marks=("mark:m",), hints=("thread-index:t",)))
    assert view.conversation == conversation("a")
    assert view.kin == ()


async def test_everything_of_the_later_leads_to_the_older(journal: Journal) -> None:
    await three(journal)
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    for name in ("<b@x>", "<b-root@x>", "<a@x>"):
        view = await journal.mail_view(query(name))
        assert view.conversation == conversation("a")
        assert view.participants == {"a@x", "b@x", "kim@x"}
        assert view.kin == ()
    assert (await journal.mail_view(query(message_id="<b@x>"))).conversation == conversation("a")


async def test_a_chain_of_merges_is_one_step_long(journal: Journal) -> None:
    await three(journal)
    await plan(journal, key="smtp:8", merges=(Merge("c", "b"),))
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    for name in "abc":
        view = await journal.mail_view(query(f"<{name}@x>"))
        assert view.conversation == conversation("a")
        assert view.participants == {"a@x", "b@x", "c@x", "kim@x"}


async def test_an_answer_in_the_later_room_is_still_of_its_mail(journal: Journal) -> None:
    await three(journal)
    await plan(
        journal,
        [OpenRoom("o", "conv:b", RoomSpec("conv:b", "Hello"))],
        key="smtp:8",
        rooms=(("conv:b", SCOPE, ""),),
    )
    await journal.claim(1000.0, 100)
    await journal.fulfil("o", Receipt(room="!b:x"))
    await journal.fulfil("s1", Receipt(events=("$b",)))
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    view = await journal.event_view(EventQuery("!b:x", reply_to="$b"))
    assert view.conversation == Conversation("b", SCOPE, "conv:b", "Hello", into="a")
    assert view.replied is not None
    assert view.replied.letter is not None
    assert view.replied.letter.message_id == "<b@x>"
    assert view.participants == {"a@x", "b@x", "kim@x"}


async def test_what_was_shown_in_the_later_is_a_duplicate_still(journal: Journal) -> None:
    await three(journal)
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    again = await journal.mail_view(MailQuery(SCOPE, "<b@x>", "content of lb", (), ()))
    assert again.duplicate


async def test_two_turns_that_merge_at_once_make_one_merge(journal: Journal) -> None:
    await three(journal)
    await journal.accept([arrival("smtp:8"), arrival("smtp:9")])
    await journal.settle(Plan("smtp:8", "bridged", "", merges=(Merge("b", "a"),)))
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:9", "bridged", "", merges=(Merge("b", "a"),)))


async def test_nothing_is_merged_into_what_was_merged_meanwhile(journal: Journal) -> None:
    await three(journal)
    await journal.accept([arrival("smtp:8"), arrival("smtp:9")])
    await journal.settle(Plan("smtp:8", "bridged", "", merges=(Merge("b", "a"),)))
    with pytest.raises(Conflict):
        await journal.settle(Plan("smtp:9", "bridged", "", merges=(Merge("c", "b"),)))
    assert (await journal.mail_view(query("<c@x>"))).conversation == conversation("c"), "all of it or nothing"


async def test_mail_that_was_placed_before_a_merge_is_placed_anew(journal: Journal) -> None:
    await three(journal)
    await journal.accept([arrival("smtp:8"), arrival("smtp:9")])
    await journal.settle(Plan("smtp:8", "bridged", "", merges=(Merge("b", "a"),)))
    late = Plan("smtp:9", "bridged", "", letters=(filed("late", "b", "<late@x>"),))
    with pytest.raises(Conflict):
        await journal.settle(late)
    await journal.settle(Plan("smtp:9", "bridged", "", letters=(filed("late", "a", "<late@x>"),)))


async def test_rules_hear_of_answers_in_either(journal: Journal) -> None:
    await three(journal)
    await plan(
        journal,
        key="smtp:8",
        letters=(filed("m", "b", "<m@corp.example>", ours=True),),
        anchors=(anchor("<m@corp.example>", "b"),),
    )
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    for name in ("<a@x>", "<b@x>"):
        found = await journal.standings(StandingQuery((SCOPE,), "<q@x>", (name,), CUSTOMER.key))
        assert found[SCOPE] == Standing("answered", known=False)


async def test_a_mark_names_the_conversation_where_no_id_does_and_a_hint_where_no_mark_does(journal: Journal) -> None:
    await three(journal)
    names = (anchor("mark:m", "b"), anchor("thread-index:t", "c"))
    await plan(journal, key="smtp:9", anchors=names)
    asked = {"marks": ("mark:x", "mark:m"), "hints": ("thread-index:t",)}
    view = await journal.mail_view(query("<a@x>", **asked))
    assert (view.conversation, view.hinted, view.joined) == (conversation("a"), False, True)
    view = await journal.mail_view(query("<unknown@x>", **asked))
    assert (view.conversation, view.hinted, view.joined) == (conversation("b"), False, True)
    view = await journal.mail_view(query(hints=("thread-index:t",)))
    assert (view.conversation, view.hinted, view.joined) == (conversation("c"), True, False)
    assert view.bound == {"thread-index:t"}


async def test_a_mark_of_another_scope_means_nothing(journal: Journal) -> None:
    await three(journal)
    await journal.accept([Arrival("smtp:9", "mail", b"x", 1.0)])
    await journal.settle(Plan("smtp:9", "bridged", "", anchors=(Anchor("inbox:other", "mark:m", "b"),)))
    assert (await journal.mail_view(query(marks=("mark:m",)))).conversation is None


async def test_who_has_a_subject_alone_finds_it_with_their_participants(journal: Journal) -> None:
    await three(journal)
    view = await journal.mail_view(query(thread_key="a", own_thread_key="b"))
    assert view.conversation == conversation("a")
    assert view.apart == Kin(conversation("b"), frozenset({"b@x", "kim@x"}))
    assert (await journal.mail_view(query(thread_key="a", own_thread_key="unknown"))).apart is None


async def test_a_subject_that_names_a_merged_conversation_leads_to_the_older(journal: Journal) -> None:
    await three(journal)
    await plan(journal, key="smtp:9", merges=(Merge("b", "a"),))
    view = await journal.mail_view(query(thread_key="b", own_thread_key="b"))
    assert view.conversation == conversation("a")
    assert view.apart is not None
    assert view.apart.conversation == conversation("a")
