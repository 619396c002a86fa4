"""`!full` brings the whole text of a mail into the room, for staff alone, and never leaves as mail."""

from dataclasses import replace

import pytest

from bridge.core.amending import plan_edited
from bridge.core.decision import Looks
from bridge.core.effects import ADMIN_ROOM, WHOLE_TEXT, Attach, Cancel, SendMail, Show, Speaker, Tell
from bridge.core.events import plan_event, query
from bridge.core.mail import QUOTED, Part
from bridge.core.plan import Answer, EventView, Known, Plan
from bridge.core.post import Edited, Said
from bridge.core.unfolding import SHARE
from tests.unit.worlds import (
    ANN,
    CLIENT,
    DESK,
    MALLORY,
    SENDING,
    SETUP,
    a_letter,
    a_view,
    posted,
    said,
)

EVERYTHING = replace(DESK, sending=replace(SENDING, by="all"))
LOGO = Part(4, "logo.png", "image/png", 10, "d", inline=True, content_id="logo@x")
SHOWN = Show("s", "conv:talk", "conv:talk", "talk", "L1", "smtp:1", Speaker(CLIENT), "Order 7", "…", cut=True)


def full(body: str = "!full", **more: object) -> Said:
    return replace(said(body), **more)


def planned(post: Said, view: EventView | None = None, scope: object = EVERYTHING) -> Plan:
    return plan_event(posted(), post, view or a_view(shown=SHOWN), scope, SETUP)


def told(plan: Plan) -> list[str]:
    return [effect.text for effect in plan.effects if isinstance(effect, Tell)]


@pytest.mark.parametrize("body", ["!full", " !full\n", "!Full", "!full please", "!full."])
@pytest.mark.parametrize("scope", [DESK, EVERYTHING, replace(DESK, sending=replace(SENDING, by="command"))])
def test_the_whole_text_is_said_in_the_room_and_nothing_leaves(body: str, scope: object) -> None:
    plan = planned(full(body), scope=scope)
    assert told(plan) == ["The whole text of the mail from Anna Berg <anna@client.example>:\n\nWhere is it?"]
    assert not any(isinstance(effect, SendMail) for effect in plan.effects)
    assert plan.letters == ()
    (tell,) = plan.effects
    assert isinstance(tell, Tell)
    assert (tell.reply_to, tell.conversation, tell.mention, tell.html) == (full().event, "talk", (), "")


def test_alone_it_means_the_last_mail_of_the_conversation() -> None:
    view = a_view(replied=None, last=a_letter(text="The last one."), shown=SHOWN)
    assert told(planned(full(reply_to=""), view))[0].endswith("\n\nThe last one.")
    ours = a_view(replied=Known("answer", a_letter(ours=True, text="Mine.")), last=a_letter(text="Theirs."))
    assert told(planned(full(), ours))[0].endswith("\n\nTheirs.")


def test_where_no_mail_is_meant_it_says_how_to_mean_one() -> None:
    view = EventView(room="is:#alerts", scope="inbox:alerts")
    plan = planned(full(reply_to=""), view, DESK)
    assert told(plan) == ["Reply !full to a mail, or say it in its thread: here it means none."]


def test_a_longer_text_comes_in_messages_that_leave_no_line_out() -> None:
    lines = [f"Line {n} of the report says what happened in the {n}th hour of the day." for n in range(200)]
    parts = told(planned(full(), a_view(replied=Known("letter", a_letter(text="\n".join(lines))), shown=SHOWN)))
    assert len(parts) == 3
    assert all(len(part) < SHARE + 100 for part in parts)
    assert parts[1].startswith("The whole text of the mail from Anna Berg <anna@client.example>, 2 of 3:\n\n")
    assert "\n".join(part.partition("\n\n")[2] for part in parts).split("\n") == lines
    keys = {effect.key for effect in planned(full()).effects}
    assert len(keys) == len(planned(full()).effects)


def test_a_text_without_a_break_is_cut_anywhere() -> None:
    parts = told(planned(full(), a_view(replied=Known("letter", a_letter(text="x" * (QUOTED - 1))), shown=SHOWN)))
    assert "".join(part.partition("\n\n")[2] for part in parts) == "x" * (QUOTED - 1)


def test_a_text_that_is_too_long_for_that_comes_as_a_file_with_the_pictures() -> None:
    shown = replace(SHOWN, unseen=(LOGO,))
    plan = planned(full(), a_view(replied=Known("letter", a_letter(text="x" * QUOTED)), shown=shown))
    assert [e.part.index for e in plan.effects if isinstance(e, Attach) and e.part] == [WHOLE_TEXT, 4]
    assert told(plan) == []


def test_pictures_that_are_not_shown_come_beside_a_short_text() -> None:
    plan = planned(full(), a_view(shown=replace(SHOWN, unseen=(LOGO,))))
    assert [effect.kind for effect in plan.effects] == ["tell", "attach"]


def test_a_mail_that_says_nothing_says_so() -> None:
    nothing = Known("letter", a_letter(text=""))
    for shown in (None, replace(SHOWN, text="")):
        assert told(planned(full(), a_view(replied=nothing, shown=shown)))[0].endswith("\n\n(empty message)")


@pytest.mark.parametrize(
    "stands",
    [
        "[🔒 This mail is encrypted, wholly or in part, and was not opened here.]",
        "📅 Meeting: Monday, 12:00\nOrganiser: Rita",
    ],
)
def test_of_a_mail_without_text_it_says_what_the_mail_is_and_where_its_files_are(stands: str) -> None:
    view = a_view(replied=Known("letter", a_letter(text="")), shown=replace(SHOWN, text=stands, cut=False))
    assert told(planned(full(), view)) == [
        f"The whole text of the mail from Anna Berg <anna@client.example>:\n\n{stands}\n\nThere is no other text in it "
        "that can be read here. Its files are attached to it, as far as the rules show them."
    ]


def test_it_speaks_the_language_of_the_rules() -> None:
    scope = replace(DESK, looks=Looks(language="de"))
    assert told(planned(full(), scope=scope))[0].startswith("Der ganze Text der Mail von Anna Berg")


def test_others_than_staff_are_not_heard_and_what_they_say_does_not_leave() -> None:
    for scope in (DESK, EVERYTHING):
        plan = planned(full(sender=MALLORY), scope=scope)
        assert (plan.outcome, plan.effects) == ("ignored", ())


def test_in_the_admin_room_and_elsewhere_it_is_a_word_like_any_other() -> None:
    assert planned(full(), EventView(room=ADMIN_ROOM), None).effects == ()
    assert planned(full(), EventView(), None).effects == ()


def test_a_notice_and_other_words_are_no_command() -> None:
    assert told(planned(full(type="notice"))) == []
    assert any(isinstance(effect, SendMail) for effect in planned(full("Is that the !full text?")).effects)


def test_an_answer_that_is_edited_into_the_command_does_not_leave() -> None:
    send = next(e for e in planned(full("It comes on Monday.")).effects if isinstance(e, SendMail))
    view = a_view(answer=Answer(send.key, send, "waiting"))
    plan = plan_edited(posted("$2"), Edited("$1", full(event="$2", sender=ANN)), view, EVERYTHING, SETUP)
    assert plan.amendments == (Cancel(send.key),)


def test_the_journal_is_asked_for_the_mail_as_it_was_shown() -> None:
    assert query(full()).whole
    assert not query(full("Hello")).whole
