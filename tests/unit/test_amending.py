"""Second thoughts: before a mail leaves they change it, afterwards they say that they cannot."""

from dataclasses import replace
from typing import Literal

import pytest

from bridge.core.amending import plan_edited, plan_reacted, plan_redacted, plan_room_event
from bridge.core.answering import plan_said
from bridge.core.effects import ADMIN_ROOM, Cancel, Rejoin, Release, Replace, SendMail, Tell
from bridge.core.mail import Letter
from bridge.core.plan import Answer, EventView, Known, Plan
from bridge.core.post import Edited, Member, Reacted, Redacted, Replaced, Sealed
from tests.unit.worlds import ANN, BOB, BOT, DESK, MALLORY, NOW, SETUP, STRANGER, a_letter, a_view, posted, said

State = Literal["waiting", "held", "begun", "done", "failed", "cancelled"]


def the_send(letter: Letter | None = None) -> SendMail:
    view = a_view(replied=Known("letter", letter or a_letter()))
    (send,) = [e for e in plan_said(posted(), said(), view, DESK, SETUP).effects if isinstance(e, SendMail)]
    return send


def view(state: State, send: SendMail | None = None) -> EventView:
    send = send or the_send()
    return a_view(replied=None, answer=Answer(send.key, send, state))


def edit(body: str, state: State = "waiting", sender: str = ANN) -> Plan:
    edited = Edited("$e1", said(body, event="$e2", reply_to="", sender=sender))
    return plan_edited(posted("$e2"), edited, view(state), DESK, SETUP)


def test_an_edit_during_the_hold_changes_the_mail_and_starts_the_hold_anew() -> None:
    made = edit("On its way since Monday.")
    (amendment,) = made.amendments
    assert isinstance(amendment, Replace)
    assert amendment.effect.draft.text == "On its way since Monday."
    assert amendment.effect.draft.quote == the_send().draft.quote
    assert amendment.effect.draft.message_id == the_send().draft.message_id
    assert amendment.effect.not_before == NOW + 15


def test_editing_in_the_note_prefix_takes_it_back() -> None:
    made = edit("// do not send")
    assert made.amendments == (Cancel(the_send().key),)
    (mark,) = made.effects
    assert isinstance(mark, Tell)
    assert "Nothing was sent" in mark.text


def test_nobody_else_may_edit_an_answer() -> None:
    assert edit("something else", sender=BOB).amendments == ()


@pytest.mark.parametrize("state", ["begun", "done", "failed"])
def test_an_edit_after_it_left_sends_nothing_and_says_so(state: State) -> None:
    made = edit("too late", state)
    assert made.amendments == ()
    (told,) = made.effects
    assert isinstance(told, Tell)
    assert told.mention == (ANN,)
    assert {"begun": "too late", "done": "nothing more was sent", "failed": "could not be sent"}[state] in told.text


def test_deleting_the_message_takes_the_answer_back() -> None:
    made = plan_redacted(posted("$e3"), Redacted("$e3", "!r", ANN, NOW, "$e1"), view("waiting"))
    assert made.amendments == (Cancel(the_send().key),)


def test_deleting_a_sent_answer_says_that_it_cannot_be_recalled() -> None:
    made = plan_redacted(posted("$e3"), Redacted("$e3", "!r", ANN, NOW, "$e1"), view("done"))
    assert made.amendments == ()
    (told,) = made.effects
    assert isinstance(told, Tell)
    assert "cannot be recalled" in told.text


def react(symbol: str, sender: str, state: State, send: SendMail | None = None) -> Plan:
    return plan_reacted(
        posted("$e4"), Reacted("$e4", "!r", sender, NOW, "$mark", symbol), view(state, send), DESK, SETUP
    )


def test_a_confirmation_lets_the_answer_go_and_makes_the_stranger_known() -> None:
    send = the_send(a_letter(from_=(STRANGER,), stranger=True))
    assert send.held
    made = react("✅", BOB, "held", send)
    assert made.amendments == (Release(send.key, NOW),)
    assert made.participants == (("talk", STRANGER.key),)


def test_only_those_who_may_send_confirm() -> None:
    assert react("✅", MALLORY, "held").amendments == ()


@pytest.mark.parametrize(("symbol", "state"), [("🎉", "held"), ("✅", "waiting"), ("✅", "done"), ("🔁", "done")])
def test_other_reactions_mean_nothing(symbol: str, state: State) -> None:
    assert react(symbol, ANN, state).amendments == ()


def test_a_failed_answer_is_tried_again_by_reaction() -> None:
    assert react("🔁", ANN, "failed").amendments == (Release(the_send().key, NOW),)


def test_a_kicked_bot_says_so_in_the_admin_room() -> None:
    made = plan_room_event(posted(), Member("$m", "!r", ANN, NOW, BOT, "leave"), a_view(), SETUP)
    (told,) = made.effects
    assert isinstance(told, Tell)
    assert told.room == ADMIN_ROOM
    assert ANN in told.text


def test_an_invited_bot_enters_its_own_rooms_and_no_others() -> None:
    invited = Member("$m", "!r", ANN, NOW, BOT, "invite")
    (rejoin,) = plan_room_event(posted(), invited, a_view(), SETUP).effects
    assert isinstance(rejoin, Rejoin)
    assert plan_room_event(posted(), invited, EventView(), SETUP).effects == ()


def test_an_upgraded_room_is_followed() -> None:
    (rejoin,) = plan_room_event(posted(), Replaced("$t", "!r", ANN, NOW, "!new"), a_view(), SETUP).effects
    assert isinstance(rejoin, Rejoin)
    assert rejoin.room_id == "!new"


def test_the_successor_of_an_encrypted_room_is_encrypted_for_the_same_people() -> None:
    sealed = replace(DESK, room=replace(DESK.room, encryption=True))
    moved = Replaced("$t", "!r", ANN, NOW, "!new")
    for scope, readers in ((sealed, DESK.room.members), (DESK, ())):
        (rejoin,) = plan_room_event(posted(), moved, a_view(), SETUP, scope).effects
        assert isinstance(rejoin, Rejoin)
        assert rejoin.readers == readers


def test_an_encrypted_message_is_never_silence() -> None:
    (told,) = plan_room_event(posted(), Sealed("$s", "!r", ANN, NOW), a_view(), SETUP).effects
    assert isinstance(told, Tell)
    assert "encrypted" in told.text


def test_a_message_that_was_not_encrypted_is_told_to_its_author_and_not_sent() -> None:
    plan = plan_room_event(posted(), Sealed("$s", "!r", ANN, NOW, bare=True), a_view(), SETUP)
    (told,) = plan.effects
    assert isinstance(told, Tell)
    assert (told.reply_to, told.mention) == ("$s", (ANN,))
    assert "not encrypted" in told.text


def test_whoever_sends_unreadable_messages_without_end_does_not_make_the_bot_talk_without_end() -> None:
    for kind in ({"keyless": True}, {"bare": True}):
        told: dict[str, Tell] = {}
        for number in range(1, 10_001):
            sealed = Sealed(f"${number}", "!r", ANN, NOW, count=number, **kind)
            for each in plan_room_event(posted(), sealed, a_view(), SETUP).effects:
                assert isinstance(each, Tell)
                told.setdefault(each.key, each)
        heard = list(told.values())
        assert [each.reply_to for each in heard[:4]] == ["$1", "$2", "$3", "$4"]
        assert {each.edits for each in heard[4:]} == {heard[3].key}
        assert "4 or more" in heard[3].text
        assert "8192 or more" in heard[-1].text
        assert len(heard) == 15
    strange = [Sealed(event, "!r", ANN, NOW, keyless=True) for event in ("$x", "$y")]  # that nobody counts
    (one,), (two,) = (plan_room_event(posted(), each, a_view(), SETUP).effects for each in strange)
    assert one.key == two.key


def test_each_message_whose_key_never_came_is_told_to_its_author() -> None:
    told = [
        plan_room_event(posted(), Sealed(event, "!r", ANN, NOW, keyless=True, count=count), a_view(), SETUP).effects[0]
        for count, event in enumerate(("$s", "$t"), 1)
    ]
    assert [(t.reply_to, t.mention) for t in told if isinstance(t, Tell)] == [("$s", (ANN,)), ("$t", (ANN,))]
    assert "could not decrypt" in str(told[0])
    assert told[0].key != told[1].key


def test_a_right_that_ended_takes_the_answer_back_on_an_edit() -> None:
    edited = Edited("$e1", said("more", event="$e2", reply_to=""))
    made = plan_edited(posted("$e2"), edited, view("waiting"), replace(DESK, sending=None), SETUP)
    assert made.amendments == (Cancel(the_send().key),)
