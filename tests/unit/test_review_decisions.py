"""Decisions that once let an answer go where it must not, or a mark say what was not so."""

from dataclasses import replace

import pytest

from bridge.core import recipients
from bridge.core.aftermath import Bury, Fulfil, Postpone, failed, remaining, submitted
from bridge.core.amending import plan_edited, plan_redacted
from bridge.core.answering import plan_said
from bridge.core.decision import Decision
from bridge.core.doing import Task
from bridge.core.effects import ADMIN_ROOM, Attach, OpenRoom, Receipt, Replace, RoomSpec, SendMail, Show, Speaker, Tell
from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Part
from bridge.core.plan import Answer, Known, MailView
from bridge.core.ports import Refusal, Submitted
from bridge.core.post import Edited, Redacted
from bridge.core.retry import CHAT, MAIL
from bridge.core.showing import Look, plan_mail
from tests.unit.test_aftermath import ANNA, CARL, SEND, texts
from tests.unit.worlds import (
    ALERTS,
    BOB,
    BOB_AS,
    CLIENT,
    DESK,
    MALLORY,
    NOW,
    SENDING,
    SETUP,
    STRANGER,
    TRACE,
    a_letter,
    a_mail,
    a_view,
    bridged,
    pending,
    posted,
    said,
)

GONE = Refusal(CARL, "550 5.1.1", "no such user", permanent=True)
GREY = Refusal(ANNA, "450 4.2.0", "greylisted", permanent=False)


def test_an_answer_to_an_unconfirmed_answer_does_not_reach_the_stranger_either() -> None:
    waiting = a_letter(key="A1", ours=True, to=(STRANGER,), cc=())
    who = recipients.audience(waiting, SENDING, BOB_AS, frozenset({CLIENT.key}), SETUP)
    assert STRANGER.spec in who.doubt
    made = plan_said(posted(), said(), a_view(replied=Known("answer", waiting)), DESK, SETUP)
    assert [e.held for e in made.effects if isinstance(e, SendMail)] == [True]


def test_a_stranger_who_was_confirmed_once_needs_no_second_confirmation() -> None:
    letter = a_letter(from_=(STRANGER,), stranger=True)
    who = recipients.audience(letter, SENDING, BOB_AS, frozenset({STRANGER.key}), SETUP)
    assert (who.to, who.doubt) == ((STRANGER,), "")


def test_a_retry_of_a_failed_answer_leaves_out_those_who_have_it() -> None:
    verdict = submitted(Task(SEND, 1, NOW), SEND, Submitted((ANNA,), (GONE,)), MAIL, NOW)
    assert isinstance(verdict, Bury)
    assert verdict.progress is not None
    assert remaining(Task(SEND, 2, NOW, verdict.progress), SEND) == (CARL,)


def test_a_recipient_refused_for_good_is_asked_for_once_and_told_once() -> None:
    first = submitted(Task(SEND, 1, NOW), SEND, Submitted((), (GREY, GONE)), MAIL, NOW)
    assert isinstance(first, Postpone)
    assert first.progress is not None
    second = Task(SEND, 2, NOW, first.progress)
    assert remaining(second, SEND) == (ANNA,)
    again = submitted(second, SEND, Submitted((), (GREY,)), MAIL, NOW)
    assert isinstance(again, Postpone)
    assert not any(isinstance(e, Tell) and e.mention for e in again.then)
    assert "Not sent to carl@client.example: 550 5.1.1" in texts(again.then)
    assert again.progress is not None
    last = submitted(Task(SEND, 3, NOW, again.progress), SEND, Submitted((ANNA,), (), "250 ok"), MAIL, NOW)
    assert isinstance(last, Bury), "not all have it: it must not be called sent"
    assert "✅ Sent to anna@client.example" in texts(last.then)
    assert "550 5.1.1 no such user" in texts(last.then)
    assert last.progress == Receipt(words="250 ok", accepted=(ANNA,))


def test_who_was_refused_before_the_server_went_away_is_not_forgotten() -> None:
    progress = Receipt(accepted=(ANNA,), refused=((CARL, "550 no"),))
    verdict = failed(Task(SEND, 3, NOW, progress), Permanent("too large", code="552"), MAIL, NOW)
    assert isinstance(verdict, Bury)
    assert f"Not sent to {CARL}: 550 no" in texts(verdict.then)
    assert verdict.progress == Receipt(accepted=(ANNA,))


def test_all_taken_is_still_called_sent() -> None:
    done = submitted(Task(SEND, 2, NOW, Receipt(accepted=(CARL,))), SEND, Submitted((ANNA,), ()), MAIL, NOW)
    assert isinstance(done, Fulfil)


def test_what_one_of_two_inboxes_holds_back_stays_in_the_queue() -> None:
    looks = (Look(bridged(DESK), MailView()), Look(Decision(ALERTS, "quarantine", TRACE), MailView()))
    made = plan_mail(pending(), a_mail(), looks, SETUP)
    assert made.outcome == "quarantined"
    assert any(isinstance(e, Show) for e in made.effects), "and the other inbox shows it"
    known = (replace(looks[0], view=MailView(duplicate=True)), looks[1])
    released = plan_mail(pending(released=True), a_mail(), known, SETUP)
    assert released.outcome == "bridged"
    assert len([e for e in released.effects if isinstance(e, Show)]) == 1


@pytest.mark.parametrize(
    "effect",
    [
        Show("k", "conv:c", "conv:c", "c", "L", "smtp:1", Speaker(), "Salary of Kim", "text"),
        Attach("k", "conv:c", "conv:c", "c", "L", "smtp:1", Speaker(), Part(1, "salary kim.pdf", "x/y", 1, "")),
    ],
)
def test_the_admin_room_hears_nothing_of_a_mails_content(effect: Show | Attach) -> None:
    error = Permanent("salary kim.pdf (30 MB) is over the homeserver's upload limit", code="413")
    verdict = failed(Task(effect, 1, NOW), error, CHAT, NOW)
    (notice,) = [e for e in verdict.then if isinstance(e, Tell) and e.room == ADMIN_ROOM]
    assert "salary" not in notice.text.lower()
    assert "mailroom queue show smtp:1" in notice.text


def test_opening_a_room_is_never_given_up_whatever_the_error() -> None:
    """Given up, all mail of the conversation would wait for a room that nobody opens any more."""
    opening = OpenRoom("o", "conv:c", RoomSpec("conv:c", "Order"))
    verdict = failed(Task(opening, 3000, first_at=NOW - 8 * 86_400), Transient("500", code="500 M_UNKNOWN"), CHAT, NOW)
    assert isinstance(verdict, Postpone)


def answered(state: str) -> Answer:
    return Answer(SEND.key, SEND, state)


def test_an_edited_answer_is_quoted_as_it_left() -> None:
    ours = a_letter(key=SEND.key, ours=True, text="The password is hunter2")
    view = a_view(replied=Known("answer", ours), answer=answered("waiting"))
    made = plan_edited(posted("$e2"), Edited(SEND.event, said("Call me.", event="$e2")), view, DESK, SETUP)
    assert [type(a) for a in made.amendments] == [Replace]
    assert [f.letter.text for f in made.letters] == ["Call me."]
    assert made.letters[0].letter.key == SEND.key


@pytest.mark.parametrize("state", ["begun", "failed"])
def test_nobody_is_told_that_a_mail_left_which_may_not_have(state: str) -> None:
    view = a_view(answer=answered(state))
    edited = plan_edited(posted("$e2"), Edited(SEND.event, said("No", event="$e2")), view, DESK, SETUP)
    deleted = plan_redacted(posted("$e3"), Redacted("$e3", "!r", SEND.author, NOW, SEND.event), view)
    assert "left:" not in texts(edited.effects)
    assert "had already left" not in texts(deleted.effects)


def test_another_bot_that_answers_our_words_hears_no_more_of_them() -> None:
    notice = a_view(replied=Known("notice"))
    assert plan_said(posted(), said(sender=MALLORY), notice, DESK, SETUP).effects == ()
    assert plan_said(posted(), said(sender=BOB), notice, DESK, SETUP).effects != ()
