"""`!close` by those who may answer, never by others, never over what is on its way; new mail and answers open again."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.amending import plan_edited
from bridge.core.closing import reopened
from bridge.core.decision import Lobby, Looks
from bridge.core.effects import ADMIN_ROOM, Cancel, CloseRoom, Line, ReopenRoom, SendMail, Show, Tell
from bridge.core.events import plan_event, query
from bridge.core.lives import Life
from bridge.core.plan import Answer, EventView, Kin, MailView, Merge, Plan
from bridge.core.post import Edited, Said
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import (
    ANN,
    BOB,
    CLIENT,
    COLLEAGUE,
    DESK,
    MALLORY,
    NOW,
    SENDING,
    SETUP,
    TALK,
    a_letter,
    a_mail,
    a_view,
    bridged,
    pending,
    posted,
    said,
)

CLOSED = replace(TALK, state="closed")
NAMED = replace(DESK, sending=replace(SENDING, names=((ANN, "Ann Berg"),)))
EVERYTHING = replace(NAMED, sending=replace(NAMED.sending or SENDING, by="all"))


def close(body: str = "!close", **more: object) -> Said:
    return replace(said(body, reply_to=""), **more)


def planned(post: Said | None = None, view: EventView | None = None, scope: object = NAMED) -> Plan:
    seen = view or a_view(replied=None, last_at=7.0)
    return plan_event(posted(), post or close(), seen, scope, SETUP)


def told(plan: Plan) -> list[str]:
    return [effect.text for effect in plan.effects if isinstance(effect, Tell)]


@pytest.mark.parametrize("body", ["!close", " !close\n", "!Close", "!close it, please", "!close."])
@pytest.mark.parametrize("scope", [NAMED, EVERYTHING])
def test_who_may_answer_closes_the_conversation_and_the_room_hears_it_first(body: str, scope: object) -> None:
    plan = planned(close(body), scope=scope)
    assert plan.lives == (Life("talk", "closed", 7.0),)
    tell, closing = plan.effects
    assert isinstance(tell, Tell)
    assert tell.text == "Closed by Ann Berg. A new mail opens it again."
    assert isinstance(closing, CloseRoom)
    assert (closing.room, closing.space) == ("conv:talk", "space:inbox:support")
    assert closing.reason == "This conversation is closed. A new mail opens it again."
    assert {tell.lane, closing.lane} == {"conv:talk"}
    assert planned(close(body), scope=scope) == plan, "the same event closes it under the same names"


@pytest.mark.parametrize("body", ["!closed", "close", "please !close", "!closer"])
def test_other_words_close_nothing(body: str) -> None:
    assert planned(close(body)).lives == ()


def test_the_word_never_leaves_as_mail() -> None:
    for scope in (EVERYTHING, NAMED):
        for sender in (ANN, BOB, MALLORY):
            plan = planned(close(sender=sender, reply_to="$mail"), a_view(), scope)
            assert not any(isinstance(effect, SendMail) for effect in plan.effects)
            assert plan.letters == ()


def test_an_edit_into_the_word_takes_the_answer_back() -> None:
    plan = plan_event(posted(), said(), a_view(), EVERYTHING, SETUP)
    (send,) = [effect for effect in plan.effects if isinstance(effect, SendMail)]
    edited = Edited(send.event, replace(said("!close"), event="$e2"))
    view = a_view(answer=Answer(send.key, send, "waiting"))
    assert plan_edited(posted("$e2"), edited, view, EVERYTHING, SETUP).amendments == (Cancel(send.key),)


def test_nobody_else_closes() -> None:
    assert planned(close(sender=MALLORY)).effects == (), "and who is not on the staff hears nothing"
    reader = replace(NAMED, sending=replace(SENDING, identities=SENDING.identities[:1]))
    for scope in (reader, replace(NAMED, sending=None), None):
        plan = planned(close(sender=BOB), scope=scope)
        assert plan.lives == ()
        assert told(plan) == ["You are not among those who may answer from here, and so may not close it."]


def test_a_notice_or_a_file_of_that_name_is_no_command() -> None:
    assert planned(close(type="notice")).lives == ()


@pytest.mark.parametrize(
    "view",
    [
        a_view(replied=None, conversation=replace(TALK, threaded=True, room="is:#a"), room="is:#a"),
        EventView(room="is:#a", scope="inbox:support"),
    ],
)
def test_where_there_are_several_conversations_none_is_closed(view: EventView) -> None:
    plan = planned(view=view)
    assert plan.lives == ()
    assert told(plan) == ["!close closes a conversation that has a room of its own: here are several."]


def test_in_the_admin_room_and_in_rooms_that_are_not_ours_it_means_nothing() -> None:
    for room in ("", ADMIN_ROOM):
        plan = planned(view=EventView(room=room), scope=None)
        assert (plan.lives, plan.effects) == ((), ())


@pytest.mark.parametrize(("waits", "words"), [("answer", "an answer is still on its way"), ("mail", "a new mail has")])
def test_what_is_on_its_way_keeps_it_open(waits: str, words: str) -> None:
    plan = planned(view=a_view(replied=None, waits=waits))
    assert plan.lives == ()
    (text,) = told(plan)
    assert words in text


def test_what_is_on_its_way_is_asked_for_the_command_alone() -> None:
    assert query(close()).waits
    assert not query(said()).waits


def test_one_that_is_closed_stays_so_silently() -> None:
    plan = planned(view=a_view(replied=None, conversation=CLOSED))
    assert (plan.lives, plan.effects) == ((), ())


def test_its_line_in_the_lobby_is_told_anew() -> None:
    scope = replace(NAMED, room=replace(NAMED.room, lobby=Lobby("#desk")))
    (line,) = [effect for effect in planned(scope=scope).effects if isinstance(effect, Line)]
    assert (line.conversation, line.room, line.lane) == ("talk", "is:#desk", "lobby:talk:is:#desk")


def test_the_words_are_in_the_language_of_the_room() -> None:
    plan = planned(scope=replace(NAMED, looks=Looks(language="de")))
    assert told(plan) == ["Geschlossen von Ann Berg. Eine neue Mail öffnet es wieder."]


# opening again


def shown(view: MailView, *, quiet: bool = False, scope: object = DESK) -> Plan:
    mail = a_mail(message_id="<m2@client.example>", in_reply_to=("<m1@client.example>",), content="c2")
    return plan_mail(pending("smtp:2", quiet=quiet), mail, (Look(bridged(scope), view),), SETUP)


KNOWN = MailView(conversation=CLOSED, joined=True, participants=frozenset({CLIENT.key}))


def test_a_new_mail_opens_it_before_it_is_shown() -> None:
    plan = shown(KNOWN)
    assert plan.lives == (Life("talk", "open"),)
    first, second = plan.effects
    assert isinstance(first, ReopenRoom)
    assert isinstance(second, Show)
    assert (first.room, first.lane, second.lane) == ("conv:talk", "conv:talk", "conv:talk")
    assert (first.spec.members, first.spec.space, first.spec.space_name) == (
        (ANN, BOB),
        "space:inbox:support",
        "support",
    )
    assert plan.conversations == ()


def test_history_opens_nothing_and_a_duplicate_neither() -> None:
    assert shown(KNOWN, quiet=True).lives == ()
    assert shown(replace(KNOWN, duplicate=True)).effects == ()


def test_rules_without_a_space_put_it_into_none() -> None:
    scope = replace(DESK, room=replace(DESK.room, space=False))
    (first, *_) = shown(KNOWN, scope=scope).effects
    assert isinstance(first, ReopenRoom)
    assert first.spec.space == ""


def test_of_two_that_become_one_the_older_is_opened() -> None:
    later = replace(TALK, id="later", room="conv:later")
    everyone = frozenset({CLIENT.key, COLLEAGUE.key})
    view = MailView(
        conversation=later, joined=True, participants=everyone, kin=(Kin(CLOSED, everyone), Kin(later, everyone))
    )
    plan = shown(view)
    assert plan.merges == (Merge("later", "talk"),)
    assert plan.lives == (Life("talk", "open"),)


def test_an_answer_that_was_said_at_the_last_moment_opens_it_too() -> None:
    plan = plan_event(posted(), said(), a_view(conversation=CLOSED), DESK, SETUP)
    assert plan.outcome == "answer"
    assert plan.lives == (Life("talk", "open"),)
    assert isinstance(plan.effects[0], ReopenRoom)
    note = plan_event(posted(), said("// a note"), a_view(conversation=CLOSED), DESK, SETUP)
    assert (note.outcome, note.lives) == ("note", ())


@given(
    st.lists(st.sampled_from([ANN, BOB, "@cleo:corp.example"]), min_size=1, unique=True),
    st.booleans(),
    st.sampled_from(["shared", "invited"]),
)
def test_who_sees_it_afterwards_is_who_would_see_it_had_it_never_been_closed(
    people: list[str], space: bool, history: str
) -> None:
    room = replace(DESK.room, members=tuple(sorted(people)), space=space, history=history)
    scope = replace(DESK, room=room)
    (opened,) = [e for e in shown(KNOWN, scope=scope).effects if isinstance(e, ReopenRoom)]
    fresh = shown(MailView(), scope=scope)
    made = next(e for e in fresh.effects if e.kind == "open-room")
    assert opened.spec.members == made.room.members
    assert (opened.spec.space, opened.spec.space_name) == (made.room.space, made.room.space_name)


def test_what_shares_a_room_is_never_opened_for_it_is_never_closed() -> None:
    plan = Plan("smtp:2", "bridged", "", letters=())
    assert reopened(plan, pending(), DESK, MailView(conversation=TALK)) == plan
    assert NOW
    assert a_letter()
