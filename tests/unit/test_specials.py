"""How calendars' messages, receipts, reactions and complaints are planned and look in their room."""

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import appointments, placing
from bridge.core.calendars import Calendar, Event, Method
from bridge.core.decision import Language, Looks, Notify
from bridge.core.effects import Attach, OpenRoom, React, Show
from bridge.core.ids import derive
from bridge.core.mail import Mail, Part
from bridge.core.plan import MailView, Plan
from bridge.core.reports import Disposition, Feedback
from bridge.core.showing import Look, plan_mail
from bridge.core.words import CATALOGUE
from bridge.core.words.special import special
from bridge.core.words.times import times
from tests.unit.worlds import BOB, CLIENT, DESK, LIST, NOW, SETUP, TALK, a_letter, a_mail, bridged, pending

BERLIN = replace(DESK, looks=Looks(zone="Europe/Berlin"))
JOINED = MailView(conversation=TALK, joined=True, participants=frozenset({CLIENT.key}))
MEETING = Event(
    title="Budget",
    start="2026-12-01T09:00:00+00:00",
    end="2026-12-01T10:30:00+00:00",
    zone="UTC",
    place="Room 4",
    organizer="anna@client.example",
    attendees=("anna@client.example", "support@corp.example"),
    description="Bring your figures.",
    uid="u1",
)


def plan(mail: Mail, view: MailView = JOINED, looks: Looks = BERLIN.looks) -> Plan:
    decision = bridged(replace(DESK, looks=looks))
    return plan_mail(pending(), mail, (Look(decision, view),), SETUP)


def shown(made: Plan) -> Show:
    (show,) = [effect for effect in made.effects if isinstance(effect, Show)]
    return show


def invitation(*events: Event, method: Method = "invite", **more: object) -> Mail:
    return a_mail(kind="calendar", calendar=Calendar(method, events or (MEETING,)), text="", **more)


def test_an_invitation_is_a_short_block_in_the_rooms_zone() -> None:
    assert shown(plan(invitation())).text == (
        "📅 Invitation: Budget\n"
        "When: Tuesday, 1 December 2026, 10:00–11:30 (Europe/Berlin)\n"
        "Where: Room 4\n"
        "Organiser: anna@client.example\n"
        "Invited: support@corp.example\n"
        "\n"
        "Bring your figures."
    )


def test_the_mails_own_text_stands_below_it_also_as_html() -> None:
    show = shown(plan(replace(invitation(), text="See you there.", html="<p>See you <b>there</b>.</p>")))
    assert show.text.endswith("Invited: support@corp.example\n\nSee you there.")
    assert show.html.startswith("<p><strong>📅 Invitation: Budget</strong><br>When: Tuesday, 1 December")
    assert show.html.endswith("</p><p>See you <b>there</b>.</p>")


def test_what_a_calendar_says_is_no_markup() -> None:
    mail = replace(invitation(replace(MEETING, title="<b>x</b>", place="<img src=x>")), text="y", html="<p>y</p>")
    assert "<img" not in shown(plan(mail)).html
    assert "&lt;b&gt;x&lt;/b&gt;" in shown(plan(mail)).html


@pytest.mark.parametrize(
    ("start", "end", "when"),
    [
        ("2026-12-01", "2026-12-02", "Tuesday, 1 December 2026, all day"),
        ("2026-12-01", "", "Tuesday, 1 December 2026, all day"),
        ("0001-01-01", "0001-01-01", "Monday, 1 January 1, all day"),
        ("2026-12-01", "2026-12-04", "Tuesday, 1 December 2026 to Thursday, 3 December 2026"),
        ("2026-12-01T09:00:00", "2026-12-01T10:00:00", "Tuesday, 1 December 2026, 09:00–10:00 (local time)"),
        ("2026-07-01T22:30:00+00:00", "", "Thursday, 2 July 2026, 00:30 (Europe/Berlin)"),
        (
            "2026-12-01T22:00:00+00:00",
            "2026-12-01T23:30:00+00:00",
            "Tuesday, 1 December 2026, 23:00 to Wednesday, 2 December 2026, 00:30 (Europe/Berlin)",
        ),
    ],
)
def test_when_in_every_form(start: str, end: str, when: str) -> None:
    lines = shown(plan(invitation(replace(MEETING, start=start, end=end)))).text.splitlines()
    assert lines[1] == f"When: {when}"


def test_an_event_without_a_time_says_none() -> None:
    text = shown(plan(invitation(Event(title="", uid="u")))).text
    assert text == "📅 Invitation: (no title)"


def test_an_update_says_what_was_before() -> None:
    moved = replace(MEETING, start="2026-12-01T12:00:00+00:00", end="2026-12-01T13:00:00+00:00", sequence=1)
    text = shown(plan(invitation(moved, method="update"), replace(JOINED, events=(MEETING,)))).text
    assert "📅 Updated invitation: Budget" in text
    assert (
        "When: Tuesday, 1 December 2026, 13:00–14:00 (Europe/Berlin) "
        "(before: Tuesday, 1 December 2026, 10:00–11:30 (Europe/Berlin))\nWhere: Room 4\n"
    ) in text
    unknown = shown(plan(invitation(moved, method="update"))).text
    assert "📅 Updated invitation: Budget" in unknown
    assert "before:" not in unknown


def test_an_invitation_that_comes_again_with_another_place_is_an_update() -> None:
    again = invitation(replace(MEETING, place="Room 5"))
    text = shown(plan(again, replace(JOINED, events=(MEETING,)))).text
    assert text.startswith("📅 Updated invitation: Budget")
    assert "Where: Room 5 (before: Room 4)" in text
    same = shown(plan(invitation(), replace(JOINED, events=(MEETING,)))).text
    assert same.startswith("📅 Invitation: Budget")


@pytest.mark.parametrize(
    ("method", "answer", "head"),
    [
        ("cancel", "", "📅 Cancelled: Budget"),
        ("reply", "accepted", "📅 kim@customer.example accepts: Budget"),
        ("reply", "declined", "📅 kim@customer.example declines: Budget"),
        ("reply", "tentative", "📅 kim@customer.example accepts tentatively: Budget"),
        ("reply", "", "📅 kim@customer.example answers: Budget"),
        ("counter", "tentative", "📅 Anna Berg <anna@client.example> proposes another time: Budget"),
        ("publish", "", "📅 Budget"),
    ],
)
def test_every_message_has_its_headline(method: Method, answer: str, head: str) -> None:
    event = replace(MEETING, answer=answer, attendees=("kim@customer.example",))
    assert shown(plan(invitation(event, method=method))).text.splitlines()[0] == head


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "de",
            "📅 Einladung: Budget|Wann: Dienstag, 1. Dezember 2026, 10:00–11:30 Uhr (Europe/Berlin)"
            "|Wiederholt sich: jeden zweiten Dienstag",
        ),
        (
            "fr",
            "📅 Invitation : Budget|Quand : mardi 1er décembre 2026, 10:00–11:30 (Europe/Berlin)"
            "|Se répète : un mardi sur deux",
        ),
        (
            "es",
            "📅 Invitación: Budget|Cuándo: martes, 1 de diciembre de 2026, 10:00–11:30 (Europe/Berlin)"
            "|Se repite: cada dos semanas, el martes",
        ),
    ],
)
def test_every_language_has_its_words(language: Language, lines: str) -> None:
    looks = Looks(zone="Europe/Berlin", language=language)
    event = replace(MEETING, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")
    assert shown(plan(invitation(event), looks=looks)).text.splitlines()[:3] == lines.split("|")


def test_one_date_of_several_is_named() -> None:
    event = replace(MEETING, occurrence="2026-12-08T09:00:00+00:00")
    assert "Only this date: Tuesday, 8 December 2026, 10:00\n" in shown(plan(invitation(event))).text


def test_crowds_and_many_events_are_counted() -> None:
    people = tuple(f"p{n}@client.example" for n in range(20))
    text = shown(plan(invitation(replace(MEETING, attendees=people)))).text
    assert "p7@client.example and 12 more" in text
    many = tuple(replace(MEETING, uid=f"u{n}", title=f"Day {n}") for n in range(9))
    assert "And 4 more events, in the attached calendar." in shown(plan(invitation(*many))).text


def test_the_calendar_is_attached_once() -> None:
    parts = (
        Part(2, "unnamed.ics", "text/calendar", 900, "aa"),
        Part(3, "invite.ics", "application/ics", 900, "aa"),
        Part(4, "other.ics", "text/calendar", 900, "bb"),
    )
    files = [e.part for e in plan(invitation(attachments=parts)).effects if isinstance(e, Attach)]
    assert [part.index for part in files if part] == [2, 4]


def test_messages_about_one_event_find_each_other() -> None:
    other = invitation(replace(MEETING, title="Budget, moved"), method="update", message_id="<m2@client.example>")
    assert set(placing.ancestors(invitation())) == set(placing.ancestors(other))
    assert placing.query(DESK, other).appointments == ("u1",)
    assert placing.ancestors(invitation(method="publish")) == ()
    (anchor,) = placing.ancestors(invitation())
    assert anchor in {each.message_id for each in plan(invitation(), MailView()).anchors}


def test_a_letter_keeps_what_later_messages_are_compared_with() -> None:
    (filed,) = plan(invitation()).letters
    assert filed.letter.events == (replace(MEETING, description="", attendees=()),)
    assert appointments.kept(Calendar("reply", (MEETING,))) == ()


RECEIPT = Disposition("displayed", "kim@client.example", "<a1@corp.example>")


def test_a_receipt_is_one_quiet_line_without_files() -> None:
    loud = replace(DESK, notify=Notify("mention", (BOB,)), looks=Looks(zone="Europe/Berlin"))
    mail = a_mail(
        kind="receipt",
        disposition=RECEIPT,
        subject="Read: Order 7",
        date=NOW - 60,
        attachments=(Part(1, "unnamed.bin", "message/disposition-notification", 90, "aa"),),
    )
    made = plan_mail(pending(), mail, (Look(bridged(loud), JOINED),), SETUP)
    show = shown(made)
    assert show.text == (
        "“Read: Order 7”: 👁 Read by kim@client.example, Friday, 15 January 2027, 08:59 (Europe/Berlin)."
    )
    assert (show.subject, show.notify, show.html, show.cut) == ("", Notify("none"), "", True)
    assert [type(effect) for effect in made.effects] == [Show]
    assert placing.ancestors(mail) == ("<a1@corp.example>",)


def test_a_receipts_future_date_is_not_believed() -> None:
    show = shown(plan(a_mail(kind="receipt", disposition=replace(RECEIPT, fate="deleted"), date=NOW * 2, subject="")))
    assert show.text == "🗑 Deleted by kim@client.example, Friday, 15 January 2027, 09:00 (Europe/Berlin)."


def test_a_complaint_is_a_sentence_above_its_text_and_files() -> None:
    told = Feedback("abuse", "kim@client.example", "192.0.2.1", "<9@corp.example>", "news@corp.example", "Sale")
    part = Part(3, "unnamed.eml", "message/rfc822", 90, "aa")
    made = plan(a_mail(kind="feedback", feedback=told, attachments=(part,)))
    assert shown(made).text == "⚠ Complaint (abuse) about “Sale”. By kim@client.example.\n\nWhere is it?"
    assert [e.part for e in made.effects if isinstance(e, Attach)] == [part]
    assert "<9@corp.example>" in placing.ancestors(a_mail(kind="feedback", feedback=told))


REACTION = a_mail(
    kind="reaction",
    reaction="👍",
    text="Anna reacted",
    in_reply_to=("<a1@corp.example>",),
    message_id="<r@client.example>",
)


def test_a_reaction_is_one_on_the_mail_it_names() -> None:
    made = plan(REACTION, replace(JOINED, reacted=a_letter(message_id="<a1@corp.example>")))
    (react,) = made.effects
    assert isinstance(react, React)
    assert (react.emoji, react.to, react.room) == ("👍", derive("show", "L1"), "conv:talk")
    assert react.line == "👍 from Anna Berg <anna@client.example>"
    assert react.speaker.ghost
    assert placing.query(DESK, REACTION).reacts_to == "<a1@corp.example>"


def test_a_reaction_to_our_answer_is_on_the_message_that_it_was() -> None:
    answer = a_letter(key="send-1", message_id="<a1@corp.example>", ours=True)
    (react,) = plan(REACTION, replace(JOINED, reacted=answer)).effects
    assert isinstance(react, React)
    assert react.to == "send-1"


@pytest.mark.parametrize(
    "view",
    [
        JOINED,
        replace(JOINED, reacted=a_letter(conversation="another")),
        replace(JOINED, reacted=a_letter(), participants=frozenset()),
        replace(JOINED, reacted=a_letter(), twin=True),
    ],
    ids=["unknown", "elsewhere", "a stranger's", "a reused Message-ID"],
)
def test_any_other_reaction_is_a_line(view: MailView) -> None:
    show = shown(plan(REACTION, view))
    assert show.text == "👍 from Anna Berg <anna@client.example>"
    assert show.cut


def test_a_reaction_to_nothing_known_begins_a_conversation_like_any_mail() -> None:
    made = plan(REACTION, MailView())
    assert [type(effect) for effect in made.effects] == [OpenRoom, Show]


def test_a_mail_that_could_not_be_read_is_not_told_in_words_of_ours() -> None:
    mail = replace(invitation(), unreadable=True, text="half of it")
    assert shown(plan(mail)).text == "half of it"


def test_a_reaction_on_a_list_stays_a_reaction() -> None:
    view = replace(JOINED, conversation=replace(TALK, threaded=True, room="room:list:users"), reacted=a_letter())
    made = plan_mail(pending(), replace(REACTION, kind="list"), (Look(bridged(LIST), view),), SETUP)
    assert any(isinstance(effect, React) and effect.threaded for effect in made.effects)


def test_every_language_says_everything() -> None:
    english = special("en")
    for language in CATALOGUE:
        says, when = special(language), times(language)
        assert says.heads.keys() == english.heads.keys()
        assert says.answers.keys() == english.answers.keys()
        assert says.fates.keys() == english.fates.keys()
        assert (len(when.weekdays), len(when.months), when.ordinals.keys()) == (7, 12, times("en").ordinals.keys())


ISO = st.one_of(
    st.datetimes(timezones=st.sampled_from([None, UTC])).map(lambda at: at.isoformat()),
    st.dates().map(lambda day: day.isoformat()),
    st.text(max_size=12),
)
EVENTS = st.builds(
    Event,
    title=st.text(max_size=20),
    start=ISO,
    end=ISO,
    place=st.text(max_size=20),
    organizer=st.text(max_size=10),
    attendees=st.lists(st.text(max_size=10), max_size=12).map(tuple),
    description=st.text(max_size=20),
    uid=st.sampled_from(["", "u1", "u2"]),
    answer=st.sampled_from(["", "accepted", "x"]),
    rule=st.sampled_from(["", "FREQ=WEEKLY", "FREQ=YEARLY;BYDAY=9XX", "x"]),
    occurrence=ISO,
)
METHODS: list[Method] = ["invite", "update", "cancel", "reply", "counter", "publish"]


@given(
    st.lists(EVENTS, min_size=1, max_size=7),
    st.lists(EVENTS, max_size=2),
    st.sampled_from(METHODS),
    st.sampled_from(list(CATALOGUE)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_every_event_can_be_shown(
    events: list[Event], earlier: list[Event], method: Method, language: Language, zone: str
) -> None:
    mail = invitation(*events, method=method)
    show = shown(plan(mail, replace(JOINED, events=tuple(earlier)), Looks(language=language, zone=zone)))
    assert show.text.startswith("📅")
