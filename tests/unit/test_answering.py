"""What leaves a room and what stays: notes are the default, an answer is an explicit act of someone who may."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.answering import plan_said
from bridge.core.decision import Scope, Sending
from bridge.core.effects import SendMail, Tell
from bridge.core.mail import Media
from bridge.core.plan import EventView, Known, Plan
from bridge.core.post import Said
from tests.unit.worlds import (
    ANN,
    ANN_AS,
    BOB,
    CLIENT,
    COLLEAGUE,
    DESK,
    MALLORY,
    SENDING,
    SETUP,
    STRANGER,
    SUPPORT,
    a_letter,
    a_view,
    posted,
    said,
)


def plan(message: Said | None = None, view: EventView | None = None, scope: Scope | None = DESK) -> Plan:
    return plan_said(posted(), message or said(), view or a_view(), scope, SETUP)


def mails(plan: Plan) -> list[SendMail]:
    return [e for e in plan.effects if isinstance(e, SendMail)]


def tells(plan: Plan) -> list[Tell]:
    return [e for e in plan.effects if isinstance(e, Tell)]


def by(way: str, **more: object) -> Scope:
    return replace(DESK, sending=replace(SENDING, by=way, **more))


def test_a_reply_to_a_mail_is_an_answer_to_its_author_after_the_hold() -> None:
    made = plan()
    (send,) = mails(made)
    assert send.draft.to == (CLIENT,)
    assert send.draft.cc == ()
    assert send.draft.from_ == ANN_AS
    assert send.draft.subject == "Re: Order 7"
    assert send.draft.in_reply_to == "<m1@client.example>"
    assert send.draft.references == ("<m0@client.example>", "<m1@client.example>")
    assert send.draft.text == "On its way."
    assert "> Where is it?" in send.draft.quote
    assert send.not_before == posted().at + 15
    assert not send.held


def test_its_author_sees_the_recipients_while_it_waits() -> None:
    (mark,) = tells(plan())
    assert "anna@client.example" in mark.text
    assert mark.reply_to == "$e1"
    assert mark.meaning == "mark"


def test_the_answer_is_bound_to_its_conversation_before_it_leaves() -> None:
    made = plan()
    (filed,) = made.letters
    anchor, mark = made.anchors
    assert filed.letter.ours
    assert anchor.message_id == mails(made)[0].draft.message_id == filed.letter.message_id
    assert anchor.conversation == mark.conversation == "talk"
    assert mark.message_id == f"mark:{mails(made)[0].draft.mark}"


def test_the_same_reply_plans_the_very_same_mail() -> None:
    assert plan() == plan()


def test_no_matrix_id_is_in_the_mail() -> None:
    (send,) = mails(plan())
    assert "ann:corp" not in repr(replace(send.draft, quote=""))
    assert "$e1" not in repr(send.draft)


STAYS = {
    "plain message": said(reply_to=""),
    "note prefix": said("// not for the customer"),
    "note prefix after spaces": said("  // not for the customer"),
    "m.notice": said(type="notice"),
    "mention of a colleague": said(mentions=(BOB,)),
    "internal side room": said(thread="$root"),
    "no words at all": said(" \n"),
}


@pytest.mark.parametrize("message", STAYS.values(), ids=STAYS.keys())
def test_these_stay_in_the_room(message: Said) -> None:
    view = a_view(replied=None) if not message.reply_to else a_view()
    made = plan(message, view)
    assert mails(made) == []
    assert made.letters == ()


@pytest.mark.parametrize("meaning", ["mark", "notice", "confirm"])
def test_a_reply_to_a_mark_or_notice_is_a_note_and_says_so(meaning: str) -> None:
    made = plan(view=a_view(replied=Known(meaning)))
    assert mails(made) == []
    (told,) = tells(made)
    assert told.reply_to == "$e1"
    assert "note" in told.text


def test_a_reply_to_a_note_is_a_note_without_words() -> None:
    made = plan(view=a_view(replied=None))
    assert made.effects == ()


def test_a_reply_to_an_earlier_answer_goes_where_that_went() -> None:
    ours = a_letter(ours=True, from_=(ANN_AS,), to=(CLIENT,), cc=(COLLEAGUE,), message_id="<x@corp.example>")
    made = plan(view=a_view(replied=Known("answer", ours, sender=BOB)))
    (send,) = mails(made)
    assert send.draft.to == (CLIENT,)
    assert send.draft.cc == ()


def test_mentioning_the_one_replied_to_is_still_an_answer() -> None:
    ours = a_letter(ours=True, to=(CLIENT,))
    made = plan(said(mentions=(BOB,)), a_view(replied=Known("answer", ours, sender=BOB)))
    assert len(mails(made)) == 1


def test_nobody_sends_without_being_named() -> None:
    made = plan(said(sender=MALLORY))
    assert mails(made) == []
    assert "not among those" in tells(made)[0].text


def test_an_inbox_that_sends_nothing_says_nothing() -> None:
    made = plan(scope=replace(DESK, sending=None))
    assert made.effects == ()
    assert made.outcome == "note"


def test_a_scope_that_is_gone_sends_nothing() -> None:
    assert mails(plan(scope=None)) == []


def test_reply_to_is_respected() -> None:
    other = Address("office", "client.example")
    letter = a_letter(reply_to=(other,))
    (send,) = mails(plan(view=a_view(replied=Known("letter", letter))))
    assert send.draft.to == (other,)


def test_to_all_takes_everyone_but_ourselves() -> None:
    (send,) = mails(plan(scope=by("reply", to="all")))
    assert send.draft.to == (CLIENT, COLLEAGUE)
    assert SUPPORT.key not in {a.key for a in send.draft.recipients}


def test_to_all_leaves_out_who_is_no_participant() -> None:
    letter = a_letter(cc=(STRANGER,))
    (send,) = mails(plan(view=a_view(replied=Known("letter", letter)), scope=by("reply", to="all")))
    assert STRANGER.key not in {a.key for a in send.draft.recipients}


@pytest.mark.parametrize("to", ["sender", "all"])
def test_an_answer_to_a_stranger_waits_for_a_confirmation(to: str) -> None:
    letter = a_letter(from_=(STRANGER,), stranger=True)
    made = plan(view=a_view(replied=Known("letter", letter)), scope=by("reply", to=to))
    (send,) = mails(made)
    assert send.held
    (asked,) = tells(made)
    assert asked.meaning == "confirm"
    assert "eve@evil.example" in asked.text
    assert asked.mention == (ANN,)
    assert made.participants == ()


def test_an_answer_that_misses_its_list_is_confirmed_first() -> None:
    (send,) = mails(plan(scope=by("reply", to="list")))
    assert send.held
    assert send.draft.to == (CLIENT,)
    posting = a_letter(list_post=Address("users", "lists.example"))
    (send,) = mails(plan(view=a_view(replied=Known("letter", posting)), scope=by("reply", to="list")))
    assert not send.held
    assert send.draft.to == (Address("users", "lists.example"),)


def test_a_crowd_is_confirmed_first() -> None:
    crowd = tuple(Address(f"p{n}", "x.example") for n in range(500))
    made = plan(view=a_view(replied=Known("letter", a_letter(reply_to=crowd))))
    (send,) = mails(made)
    assert send.held
    (asked,) = tells(made)
    assert "500 people" in asked.text
    assert len(asked.text) < 2000


def test_observe_shows_what_would_have_been_sent() -> None:
    made = plan_said(posted(), said(), a_view(), DESK, replace(SETUP, outbound="observe"))
    assert mails(made) == []
    assert made.letters == ()
    assert "anna@client.example" in tells(made)[0].text


def test_own_domains_lets_only_those_out() -> None:
    setup = replace(SETUP, outbound="own-domains", own=frozenset())
    inside = a_letter(from_=(Address("dan", "corp.example"),))
    assert len(mails(plan_said(posted(), said(), a_view(replied=Known("letter", inside)), DESK, setup))) == 1
    assert mails(plan_said(posted(), said(), a_view(), DESK, setup)) == []


def test_a_bounce_has_nobody_to_answer() -> None:
    made = plan(view=a_view(replied=Known("letter", a_letter(kind="bounce"))))
    assert mails(made) == []
    assert "no address" in tells(made)[0].text


def test_an_image_is_sent_as_a_file_and_not_as_its_name() -> None:
    photo = Media("mxc://corp.example/abc", "photo.jpg", "image/jpeg", 3)
    (send,) = mails(plan(said("photo.jpg", type="media", media=photo)))
    assert send.draft.media == (photo,)
    assert send.draft.text == ""


def test_by_all_every_message_leaves_but_notes() -> None:
    scope = by("all")
    assert len(mails(plan(said(reply_to=""), a_view(replied=None), scope))) == 1
    assert mails(plan(said("// hm", reply_to=""), a_view(replied=None), scope)) == []
    assert mails(plan(said(reply_to="", thread="$t"), a_view(replied=None), scope)) == []


def test_by_all_in_a_shared_room_only_inside_a_thread() -> None:
    scope = by("all")
    talk = replace(a_view().conversation, threaded=True)
    assert mails(plan(said(reply_to=""), a_view(replied=None, conversation=talk), scope)) == []
    assert len(mails(plan(said(reply_to="", thread="$t"), a_view(replied=None, conversation=talk), scope))) == 1


def test_by_command_only_the_command_leaves() -> None:
    scope = by("command")
    assert mails(plan(scope=scope)) == []
    (send,) = mails(plan(said("!send On its way.", reply_to=""), a_view(replied=None), scope))
    assert send.draft.text == "On its way."
    assert mails(plan(said("!sender hm", reply_to=""), a_view(replied=None), scope)) == []


@given(
    body=st.text(max_size=40),
    kind=st.sampled_from(["text", "emote", "notice"]),
    reply=st.sampled_from(["", "$mail"]),
    thread=st.sampled_from(["", "$root"]),
    sender=st.sampled_from([ANN, MALLORY]),
    mentions=st.sampled_from([(), (BOB,), (MALLORY,)]),
    way=st.sampled_from(["reply", "all", "command"]),
)
def test_whatever_is_said_mail_goes_only_to_allowed_recipients(
    body: str, kind: str, reply: str, thread: str, sender: str, mentions: tuple[str, ...], way: str
) -> None:
    message = said(body, type=kind, reply_to=reply, thread=thread, sender=sender, mentions=mentions)
    view = a_view() if reply else a_view(replied=None)
    for send in mails(plan(message, view, by(way))):
        assert sender == ANN
        assert kind != "notice"
        assert not body.lstrip().startswith("//")
        assert {a.key for a in send.draft.recipients} <= {CLIENT.key, COLLEAGUE.key}


def test_sending_names_nobody_by_default() -> None:
    assert Sending(identities=()).identity(ANN) is None
