"""The facts that planning stands on: which conversation, whether it is there already, who takes part, what was said."""

from dataclasses import replace

import pytest

from bridge.core.calendars import Event
from bridge.core.effects import Attach, OpenRoom, Receipt, Release, RoomSpec, Show, Speaker, Tell
from bridge.core.errors import Conflict
from bridge.core.ids import derive
from bridge.core.plan import Anchor, Arrival, EventQuery, Filed, MailQuery, MailView, Plan
from bridge.core.ports import Journal
from tests.contract.journal_world import (
    SCOPE,
    anchor,
    arrival,
    claimed,
    conversation,
    filed,
    letter,
    plan,
    send,
    show,
)


def query(message_id: str = "", content: str = "", ancestors: tuple[str, ...] = (), thread: str = "") -> MailQuery:
    return MailQuery(SCOPE, message_id, content, ancestors, ("conv:c", "admin"), thread)


async def test_nothing_is_known_of_a_first_mail(journal: Journal) -> None:
    assert await journal.mail_view(query("<a@x>", "content")) == MailView()


async def test_the_same_mail_is_a_duplicate_in_its_own_scope_only(journal: Journal) -> None:
    await plan(journal, conversations=(conversation(),), letters=(filed("l", message_id="<a@x>", content="same"),))
    view = await journal.mail_view(query("<a@x>", "same"))
    assert (view.duplicate, view.twin, view.ours) == (True, False, False)
    other = await journal.mail_view(MailQuery("inbox:info", "<a@x>", "same", (), ()))
    assert (other.duplicate, other.twin) == (False, False)


async def test_an_equal_id_with_other_content_is_a_twin(journal: Journal) -> None:
    await plan(journal, letters=(filed("l", message_id="<a@x>", content="one"),))
    view = await journal.mail_view(query("<a@x>", "two"))
    assert (view.duplicate, view.twin) == (False, True)


async def test_mail_without_an_id_is_a_duplicate_by_its_content(journal: Journal) -> None:
    await plan(journal, letters=(filed("l", content="same"), filed("k", message_id="<k@x>", content="named")))
    assert (await journal.mail_view(query("", "same"))).duplicate
    assert not (await journal.mail_view(query("", "other"))).duplicate
    assert not (await journal.mail_view(query("", "named"))).duplicate


async def test_our_own_mail_is_known_as_ours(journal: Journal) -> None:
    await plan(journal, letters=(filed("m", message_id="<m@corp.example>", content="", ours=True),))
    assert (await journal.mail_view(query("<m@corp.example>", "with a list's footer"))).ours
    assert not (await journal.mail_view(query("", "x"))).ours


async def test_the_nearest_known_ancestor_names_the_conversation(journal: Journal) -> None:
    await plan(
        journal,
        conversations=(conversation("c"), conversation("d")),
        anchors=(anchor("<1@x>", "c"), anchor("<2@x>", "d")),
    )
    view = await journal.mail_view(query("<9@x>", ancestors=("<unknown@x>", "<2@x>", "<1@x>")))
    assert view.conversation == conversation("d")
    assert view.joined
    assert view.bound == {"<1@x>", "<2@x>"}


async def test_a_reply_may_arrive_before_its_root(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("d"), conversation("c")), anchors=(anchor("<root@x>", "c"),))
    view = await journal.mail_view(query("<root@x>", ancestors=("<2@x>",)))
    assert view.conversation == conversation("c")
    assert not view.joined


async def test_the_texts_of_the_nearest_ancestors_of_its_conversation_are_told_when_they_are_wanted(
    journal: Journal,
) -> None:
    said = {"<1@x>": "one", "<2@x>": "two", "<3@x>": "three", "<4@x>": "four"}
    here = [replace(f, letter=replace(f.letter, text=said[i])) for i in said for f in [filed(i, message_id=i)]]
    other = filed("o", "d", "<o@x>")
    await plan(
        journal,
        conversations=(conversation("c"), conversation("d")),
        letters=(*here, other),
        anchors=(*map(anchor, (*said, "<expected@x>")), anchor("<o@x>", "d")),
    )
    asked = query("<9@x>", ancestors=("<4@x>", "<expected@x>", "<o@x>", "<unknown@x>", "<3@x>", "<2@x>", "<1@x>"))
    assert (await journal.mail_view(asked)).earlier == ()
    assert (await journal.mail_view(replace(asked, earlier=True))).earlier == ("four", "three", "two")
    assert (await journal.mail_view(replace(asked, scope="inbox:info", earlier=True))).earlier == ()


async def test_a_thread_key_finds_its_conversation_after_the_ids(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("c"), conversation("t", "is:#alerts", threaded=True)))
    view = await journal.mail_view(query("<1@x>", thread="t"))
    assert view.conversation == conversation("t", "is:#alerts", threaded=True)
    assert not view.joined


async def test_a_view_names_participants_open_rooms_and_the_quarantined(journal: Journal) -> None:
    await plan(
        journal,
        [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n"))],
        conversations=(conversation(),),
        anchors=(anchor("<1@x>"),),
        participants=(("c", "kim@customer.example"), ("c", "kim@customer.example"), ("d", "eve@x")),
    )
    await journal.accept([arrival("smtp:spam")])
    await journal.settle(Plan("smtp:spam", "quarantined", "spam"))
    assert (await journal.mail_view(query("<1@x>"))).open_rooms == frozenset()
    await journal.claim(1000.0, 1)
    await journal.fulfil("o", Receipt(room="!c"))
    view = await journal.mail_view(replace(query("<1@x>"), held=True))
    assert view.participants == {"kim@customer.example"}
    assert view.open_rooms == {"conv:c"}
    assert view.held == 1


async def test_the_loser_of_a_race_is_told_and_leaves_no_trace(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("c"),), anchors=(anchor("<1@x>", "c"),))
    await journal.accept([arrival("smtp:2")])
    late = Plan(
        "smtp:2",
        "bridged",
        "x",
        conversations=(conversation("d"),),
        anchors=(anchor("<2@x>", "d"), anchor("<1@x>", "d")),
        effects=(show("s", conversation="d"),),
    )
    with pytest.raises(Conflict):
        await journal.settle(late)
    assert await claimed(journal) == []
    view = await journal.mail_view(query("<2@x>", ancestors=("<1@x>",)))
    assert view.conversation == conversation("c")
    assert view.bound == {"<1@x>"}


async def test_an_id_means_nothing_in_another_scope(journal: Journal) -> None:
    await plan(journal, conversations=(conversation("c"),), anchors=(anchor("<1@x>", "c"),))
    await plan(journal, key="smtp:2", conversations=(conversation("e"),), anchors=(Anchor("inbox:info", "<1@x>", "e"),))
    assert (await journal.mail_view(query("<1@x>"))).conversation == conversation("c")


async def shown(journal: Journal) -> None:
    """A conversation in its room "!c", with a letter shown as $mail and $file, an answer $said and its mark $mark."""
    speaker = Speaker()
    attach = Attach("f", "conv:c", "conv:c", "c", "l", "smtp:1", speaker, None)
    mark = Tell("t", "marks", "conv:c", "sent", meaning="mark", subject_of="m", conversation="c")
    await plan(
        journal,
        [OpenRoom("o", "conv:c", RoomSpec("conv:c", "n")), show("s"), attach],
        conversations=(conversation(),),
        letters=(filed("l"),),
        rooms=(("conv:c", SCOPE, "vip"),),
        participants=(("c", "kim@customer.example"),),
    )
    for key, receipt in (("o", Receipt(room="!c")), ("s", Receipt(events=("$mail", "$more"))), ("f", Receipt(("$f",)))):
        assert await claimed(journal) == [key]
        await journal.fulfil(key, receipt)
    await journal.accept([Arrival("event:$said", "event", b"{}", 2.0)])
    answer = filed("m", message_id="<m@corp.example>", ours=True)
    effects = (send("m", not_before=1015.0), mark)
    await journal.settle(Plan("event:$said", "answer", "x", letters=(answer,), effects=effects))
    assert await claimed(journal) == ["t"]
    await journal.fulfil("t", Receipt(events=("$mark",)))


@pytest.mark.parametrize("event", ["$mail", "$more", "$f"])
async def test_a_reply_to_any_event_of_a_mail_is_a_reply_to_the_mail(journal: Journal, event: str) -> None:
    await shown(journal)
    view = await journal.event_view(EventQuery("!c", reply_to=event))
    assert (view.room, view.scope, view.rule) == ("conv:c", SCOPE, "vip")
    assert view.replied is not None
    assert (view.replied.meaning, view.replied.letter) == ("letter", letter("l"))
    assert view.conversation == conversation()
    assert view.participants == {"kim@customer.example"}


async def test_a_mail_that_is_wanted_whole_is_found_as_it_was_shown(journal: Journal) -> None:
    await shown(journal)
    last = show(derive("show", "l"), "l")
    await plan(journal, [last], key="smtp:2")
    asked = EventQuery("!c", whole=True)
    assert (await journal.event_view(asked)).shown == last
    assert (await journal.event_view(replace(asked, reply_to="$f"))).shown == last
    assert (await journal.event_view(replace(asked, reply_to="$said"))).shown == last
    assert (await journal.event_view(replace(asked, whole=False))).shown is None
    assert (await journal.event_view(replace(asked, room_id="!elsewhere"))).shown is None


async def test_a_reply_to_an_answer_knows_its_mail_and_its_author(journal: Journal) -> None:
    await shown(journal)
    replied = (await journal.event_view(EventQuery("!c", reply_to="$said"))).replied
    assert replied is not None
    assert (replied.meaning, replied.sender) == ("answer", "@ann:corp.example")
    assert replied.letter == letter("m", message_id="<m@corp.example>", ours=True)


async def test_the_newest_letter_of_others_is_the_last(journal: Journal) -> None:
    await shown(journal)
    await plan(journal, key="smtp:2", letters=(filed("l2"),))
    await plan(journal, key="smtp:3", letters=(filed("m3", ours=True),))
    assert (await journal.event_view(EventQuery("!c"))).last == letter("l2")


@pytest.mark.parametrize("target", ["$said", "$mark"])
async def test_an_answer_is_found_by_its_message_and_by_its_mark(journal: Journal, target: str) -> None:
    await shown(journal)
    view = await journal.event_view(EventQuery("!c", target=target))
    assert view.answer is not None
    assert (view.answer.key, view.answer.state, view.answer.effect) == ("m", "waiting", send("m", not_before=1015.0))
    if target == "$mark":
        assert view.replied is not None
        assert (view.replied.meaning, view.replied.effect) == ("mark", "m")


async def test_the_state_of_an_answer_is_told_as_it_is(journal: Journal) -> None:
    await shown(journal)

    async def state() -> str:
        view = await journal.event_view(EventQuery("!c", target="$said"))
        assert view.answer is not None
        return view.answer.state

    await journal.claim(2000.0, 1)
    assert await state() == "begun"
    await journal.postpone("m", 3000.0, "450 later")
    assert await state() == "begun"
    await journal.claim(3000.0, 1)
    await journal.bury("m", "550 no")
    assert await state() == "failed"
    await plan(journal, key="smtp:9", amendments=(Release("m", 4000.0),))
    assert await state() == "begun"
    await journal.claim(4000.0, 1)
    await journal.fulfil("m", Receipt(words="250 queued"))
    assert await state() == "done"


async def test_an_event_of_another_room_is_nothing_here(journal: Journal) -> None:
    await shown(journal)
    spec = OpenRoom("o2", "conv:d", RoomSpec("conv:d", "n"))
    await plan(journal, [spec], key="smtp:2", conversations=(conversation("d"),), rooms=(("conv:d", SCOPE, ""),))
    await claimed(journal)
    await journal.fulfil("o2", Receipt(room="!d"))
    view = await journal.event_view(EventQuery("!d", reply_to="$mail", thread="$mail", target="$said"))
    assert (view.replied, view.answer) == (None, None)
    assert view.conversation == conversation("d")


async def test_a_room_that_is_not_ours_is_nothing(journal: Journal) -> None:
    await shown(journal)
    assert (await journal.event_view(EventQuery("!elsewhere", reply_to="$mail"))).room == ""


async def test_a_thread_names_its_conversation_where_several_share_a_room(journal: Journal) -> None:
    room = "is:#alerts"
    for n in ("1", "2"):
        opening = [OpenRoom(f"o{n}", f"conv:{n}", RoomSpec(room, "n"))]
        shows: list[Show] = [show(f"s{n}", f"l{n}", conversation=n, room=room, threaded=True)]
        await plan(
            journal,
            [*opening, *shows],
            key=f"smtp:{n}",
            conversations=(conversation(n, room, threaded=True),),
            letters=(filed(f"l{n}", n),),
        )
        await claimed(journal)
        await journal.fulfil(f"o{n}", Receipt(room="!alerts"))
        await claimed(journal)
        assert await journal.thread_root(n) is None
        await journal.fulfil(f"s{n}", Receipt(events=(f"$root{n}", f"$rest{n}")))
        assert await journal.thread_root(n) == f"$root{n}"
    view = await journal.event_view(EventQuery("!alerts", thread="$root2"))
    assert view.conversation == conversation("2", room, threaded=True)
    assert view.last == letter("l2", "2")
    assert (await journal.event_view(EventQuery("!alerts"))).conversation is None


async def test_the_first_event_of_an_effect_is_remembered(journal: Journal) -> None:
    await shown(journal)
    assert await journal.event_of("s") == "$mail"
    assert await journal.event_of("m") == "$said"  # the message that it sends
    assert await journal.event_of("never") is None


async def test_events_of_a_partial_show_resolve_before_it_is_done(journal: Journal) -> None:
    await plan(journal, [show("s", threaded=True)], conversations=(conversation(threaded=True),), letters=(filed("l"),))
    await claimed(journal)
    await journal.postpone("s", 2000.0, "the second part failed", progress=Receipt(events=("$one",)))
    assert await journal.event_of("s") == "$one"
    assert await journal.thread_root("c") == "$one"


async def test_the_rate_counts_the_answers_of_one_scope_newest_first(journal: Journal) -> None:
    first, second = filed("a", ours=True), filed("b", ours=True)
    own = (first, replace(second, letter=replace(second.letter, date=first.letter.date + 60)))
    await plan(journal, letters=(filed("l"), *own))
    assert await journal.answered_at(SCOPE, 1) == own[1].letter.date
    assert await journal.answered_at(SCOPE, 2) == own[0].letter.date
    assert await journal.answered_at(SCOPE, 3) is None
    assert await journal.answered_at("inbox:other", 1) is None


async def test_what_was_said_of_an_appointment_is_known_by_its_newest_letter(journal: Journal) -> None:
    def about(key: str, *events: Event) -> Filed:
        made = filed(key, message_id=f"<{key}@x>")
        return replace(made, letter=replace(made.letter, events=events))

    old, new, other = Event("Budget", uid="u1"), Event("Budget 2", uid="u1"), Event("Lunch", uid="u2")
    one_day = Event("Budget", uid="u1", occurrence="2026-12-08")
    letters = (about("l1", old, one_day), about("l2", new, other), about("l3"))
    await plan(journal, conversations=(conversation(),), letters=letters, anchors=(anchor("<l1@x>"),))
    asked = replace(query("<n@x>", ancestors=("<l1@x>",)), appointments=("u1",))
    assert (await journal.mail_view(asked)).events == (new, one_day)
    assert (await journal.mail_view(replace(asked, ancestors=()))).events == ()
    assert (await journal.mail_view(replace(asked, appointments=()))).events == ()


async def test_what_is_reacted_to_is_known_in_its_own_scope_only(journal: Journal) -> None:
    await plan(journal, conversations=(conversation(),), letters=(filed("l", message_id="<a@x>"),))
    asked = replace(query("<r@x>"), reacts_to="<a@x>")
    assert (await journal.mail_view(asked)).reacted == letter("l", message_id="<a@x>")
    assert (await journal.mail_view(replace(asked, scope="inbox:info"))).reacted is None
    assert (await journal.mail_view(query("<r@x>"))).reacted is None
