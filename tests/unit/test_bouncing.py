"""A report on an answer of ours marks it truly, tells its author once, and does no harm where it is forged."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.answered import Answered, Reported
from bridge.core.answering import plan_said
from bridge.core.bounces import Action, Bounce, Failure
from bridge.core.decision import Language, Notify
from bridge.core.effects import Attach, AutoMail, Effect, Obey, Release, SendMail, Show, Tell
from bridge.core.mail import Mail, Part, Verdict
from bridge.core.marks import first_mark_key
from bridge.core.plan import MailView, Plan
from bridge.core.showing import Look, plan_mail
from bridge.core.words import CATALOGUE
from bridge.core.words.bounces import REASONS, sentence, sentences, why
from bridge.mail.bounce import reasons
from tests.unit.test_answering import by
from tests.unit.worlds import ANN, CLIENT, COLLEAGUE, DESK, SETUP, TALK, a_mail, a_view, bridged, pending, posted, said

ANNA, CARL = CLIENT.spec, COLLEAGUE.spec
(SEND,) = (
    e for e in plan_said(posted(), said(), a_view(), by("reply", to="all"), SETUP).effects if isinstance(e, SendMail)
)
SENT = Answered(SEND, accepted=(ANNA, CARL))
DAEMON = Address("mailer-daemon", "relay.example", "Mail Delivery System")
SAYS = f"(According to a report from {DAEMON.spec}.)"
GONE = Failure(ANNA, "failed", "5.1.1", "550", True, "userunknown", "550 5.1.1 no such user")
LATER = Failure(ANNA, "delayed", "4.4.1", "", False, "networkerror", "connect: no route to host")


def a_report(*failures: Failure, **more: object) -> Mail:
    mail = a_mail(
        content="r1",
        message_id="<r1@relay.example>",
        from_=(DAEMON,),
        subject="Undelivered Mail Returned to Sender",
        text="This is the mail system at host relay.example.",
        kind="bounce",
        attachments=(Part(2, "report.txt", "message/delivery-status", 300, "h"),),
        bounce=Bounce(failures, SEND.draft.message_id),
    )
    return replace(mail, **more)


def planned(
    mail: Mail, answer: Answered | None = SENT, *, known: bool = True, quiet: bool = False, key: str = "smtp:1"
) -> Plan:
    view = MailView(conversation=TALK if known else None, joined=known, answer=answer)
    return plan_mail(pending(key, quiet=quiet), mail, (Look(bridged(), view),), SETUP)


def shows(plan: Plan) -> Show:
    (show,) = (e for e in plan.effects if isinstance(e, Show))
    return show


def marks(plan: Plan) -> list[Tell]:
    return [e for e in plan.effects if isinstance(e, Tell) and e.meaning == "mark"]


def test_a_report_on_our_answer_marks_it_and_stands_in_its_conversation() -> None:
    plan = planned(a_report(GONE))
    (mark,) = marks(plan)
    assert mark.edits == first_mark_key(SEND.event)
    assert mark.text == f"✅ Sent to {CARL}. ❌ Not delivered to {ANNA}: there is no such mailbox. {SAYS}"
    show = shows(plan)
    assert show.conversation == TALK.id
    assert (
        show.text == f"❌ Not delivered to {ANNA}: there is no such mailbox.\nThe server said: 550 5.1.1 no such user"
    )
    assert (show.banner, show.subject) == ("", "")
    assert [e.part for e in plan.effects if isinstance(e, Attach)] == [None]  # the report as it came
    assert plan.reported == (Reported(SEND.key, ANNA, "failed", "userunknown", DAEMON.spec),)


def test_its_author_is_mentioned_once() -> None:
    first = planned(a_report(GONE))
    assert shows(first).notify == Notify("mention", (ANN,))
    again = planned(a_report(GONE, content="r2"), replace(SENT, reported=first.reported), key="smtp:2")
    assert shows(again).notify == Notify("none")
    assert marks(again) == []
    assert again.reported == ()


def test_a_second_recipient_is_told_beside_the_first() -> None:
    first = planned(a_report(GONE))
    full = replace(GONE, address=CARL, reason="mailboxfull")
    second = planned(a_report(full), replace(SENT, reported=first.reported), key="smtp:2")
    (mark,) = marks(second)
    assert mark.text == (
        f"❌ Not delivered to {ANNA}: there is no such mailbox. ❌ Not delivered to {CARL}: the mailbox is full. {SAYS}"
    )
    assert shows(second).notify == Notify("mention", (ANN,))


def test_a_delay_edits_nothing_for_good_and_mentions_nobody() -> None:
    delayed = planned(a_report(LATER))
    (mark,) = marks(delayed)
    assert mark.text == (
        f"✅ Sent to {CARL}. ⏳ Not delivered to {ANNA} yet: their mail server could not be reached. "
        f"Their side is still trying. {SAYS}"
    )
    assert shows(delayed).notify == Notify("none")
    failed = planned(a_report(GONE), replace(SENT, reported=delayed.reported), key="smtp:2")
    assert "❌ Not delivered to" in marks(failed)[0].text
    late = planned(a_report(LATER), replace(SENT, reported=failed.reported), key="smtp:3")
    assert marks(late) == []
    assert late.reported == ()


def test_a_success_report_changes_no_mark() -> None:
    plan = planned(a_report(replace(GONE, action="delivered", reason="delivered", permanent=None)))
    assert marks(plan) == []
    assert shows(plan).text.startswith(f"✅ Delivered to {ANNA}.")


def test_addresses_are_compared_without_their_case() -> None:
    plan = planned(a_report(replace(GONE, address=ANNA.upper())))
    assert f"Not delivered to {ANNA}:" in marks(plan)[0].text


@pytest.mark.parametrize(
    ("mail", "answer"),
    [
        (a_report(replace(GONE, address="eve@evil.example")), SENT),  # not whom the answer went to
        (a_report(GONE), None),  # no mail of ours
        (a_report(GONE), replace(SENT, accepted=(CARL,))),  # no server took it for that recipient
        (a_report(GONE, kind="personal"), SENT),  # no report
        (a_report(GONE, bounce=None), SENT),
        (a_report(replace(GONE, address="")), SENT),
    ],
)
def test_what_is_about_no_recipient_of_ours_marks_nothing(mail: Mail, answer: Answered | None) -> None:
    plan = planned(mail, answer)
    assert marks(plan) == []
    assert plan.reported == ()
    assert ANN not in [user for e in plan.effects if isinstance(e, Tell) for user in e.mention]
    assert ANN not in shows(plan).notify.people


def test_an_unmatched_report_is_shown_like_any_mail_with_the_sentence_above() -> None:
    plan = planned(a_report(GONE), None, known=False)
    show = shows(plan)
    assert show.banner == f"❌ Not delivered to {ANNA}: there is no such mailbox."
    assert show.text == "This is the mail system at host relay.example."
    assert show.subject == "Undelivered Mail Returned to Sender"
    assert [e.part.index for e in plan.effects if isinstance(e, Attach) and e.part] == [2]


def test_a_report_that_the_rules_show_elsewhere_tells_the_author_beside_the_answer() -> None:
    plan = planned(a_report(GONE), known=False)
    (mark, alarm) = marks(plan)
    assert mark.edits
    assert (alarm.edits, alarm.mention, alarm.room) == ("", (ANN,), SEND.room)
    assert alarm.text == f"❌ Not delivered to {ANNA}: there is no such mailbox. {SAYS}"
    assert shows(plan).banner.startswith("❌ Not delivered to")


def test_a_report_to_two_inboxes_marks_and_mentions_once() -> None:
    looks = tuple(Look(bridged(scope), MailView(answer=SENT)) for scope in (DESK, replace(DESK, name="inbox:info")))
    plan = plan_mail(pending(), a_report(GONE), looks, SETUP)
    assert [bool(tell.edits) for tell in marks(plan)] == [True, False]
    assert len(plan.reported) == 1


def test_history_marks_nothing_and_mentions_nobody() -> None:
    plan = planned(a_report(GONE), quiet=True)
    assert marks(plan) == []
    assert plan.reported == ()
    assert shows(plan).notify == Notify("none")


MALLET = Address("mallet", "evil.example")
OURS = Address("mailer-daemon", "corp.example")
PASSED = (Verdict(0, "mx.corp.example", "dmarc", "pass"),)


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        ({"from_": (OURS,), "verdicts": PASSED}, "there is no such mailbox."),
        ({"from_": (OURS,)}, "(According to a report from mailer-daemon@corp.example.)"),
        ({"from_": (MALLET,), "verdicts": PASSED}, "(According to a report from mallet@evil.example.)"),
        (
            {"from_": (OURS,), "verdicts": (Verdict(0, "mx.evil.example", "dmarc", "pass"),)},
            "(According to a report from mailer-daemon@corp.example.)",
        ),
        ({"from_": ()}, "(According to a report from ?.)"),
    ],
)
def test_only_what_our_own_server_vouches_for_is_said_without_saying_who_reports_it(
    more: dict[str, object], ends: str
) -> None:
    view = MailView(conversation=TALK, joined=True, answer=SENT)
    setup = replace(SETUP, authserv=frozenset({"mx.corp.example"}))
    plan = plan_mail(pending(), a_report(GONE, **more), (Look(bridged(), view),), setup)
    assert marks(plan)[0].text.endswith(ends)


def test_the_mark_tells_of_each_reporter_what_he_said() -> None:
    first = planned(a_report(GONE))
    second = a_report(replace(GONE, address=CARL, reason="mailboxfull"), from_=(MALLET,))
    (mark,) = marks(planned(second, replace(SENT, reported=first.reported), key="smtp:2"))
    assert mark.text == (
        f"❌ Not delivered to {ANNA}: there is no such mailbox. {SAYS} "
        f"❌ Not delivered to {CARL}: the mailbox is full. (According to a report from mallet@evil.example.)"
    )


def test_a_forger_gains_nothing_by_a_report() -> None:
    """Nothing leaves, nothing is released, nobody is admitted: whoever the report names (I6, I7, I9)."""
    forged = a_report(GONE, replace(GONE, address="eve@evil.example"), from_=(MALLET,))
    plan = planned(forged)
    assert not [e for e in plan.effects if isinstance(e, SendMail | AutoMail | Obey | Release)]
    assert plan.participants == ()
    assert "eve@evil.example" not in marks(plan)[0].text
    assert marks(plan)[0].text.endswith("(According to a report from mallet@evil.example.)")
    assert "eve@evil.example" not in shows(plan).text


_FATES: tuple[Action, ...] = ("failed", "delayed", "delivered", "relayed", "expanded")
_FAILURES = st.builds(
    Failure,
    address=st.sampled_from((ANNA, CARL, "EVE@evil.example", "", "a\nb")),
    action=st.sampled_from(_FATES),
    permanent=st.sampled_from((True, False, None)),
    reason=st.sampled_from(sorted(REASONS)) | st.text(max_size=8),
    said=st.text(max_size=600),
)


@given(st.lists(st.lists(_FAILURES, max_size=5), max_size=5))
def test_whatever_reports_come_the_mark_tells_each_recipients_worst_once(reports: list[list[Failure]]) -> None:
    answer, mentions, text = SENT, 0, ""
    for number, failures in enumerate(reports):
        plan = planned(a_report(*failures, content=str(number)), answer, key=f"smtp:{number}")
        answer = replace(answer, reported=_merged(answer.reported, plan.reported))
        mentions += shows(plan).notify.people == (ANN,)
        text = marks(plan)[0].text if marks(plan) else text
        assert only_words(plan.effects)
    failed = {f.address for failures in reports for f in failures if f.action == "failed" and f.address in (ANNA, CARL)}
    assert mentions <= len(failed)
    for address in (ANNA, CARL):
        assert (f"❌ Not delivered to {address}:" in text) == (address in failed)
        assert text.count(address) <= 1


def _merged(before: tuple[Reported, ...], new: tuple[Reported, ...]) -> tuple[Reported, ...]:
    return tuple({each.address: each for each in (*before, *new)}.values())


def only_words(effects: tuple[Effect, ...]) -> bool:
    return all(isinstance(e, Show | Attach | Tell) for e in effects)


# The words


def test_every_reason_has_words_in_every_language() -> None:
    told = {reason for reason, _ in reasons.TABLE} | {"onhold", "undefined", "delivered", "feedback", "filtered"}
    assert told <= REASONS
    for language in CATALOGUE:
        assert all(why(reason, language) for reason in told)
    assert why("nonsense") == why("undefined")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "❌ Not delivered to uma@far.example: the mailbox is full."),
        ("de", "❌ Nicht zugestellt an uma@far.example: das Postfach ist voll."),
        ("fr", "❌ Non remis à uma@far.example : la boîte est pleine."),
        ("es", "❌ No entregado a uma@far.example: el buzón está lleno."),
    ],
)
def test_a_failure_is_one_plain_sentence(language: Language, words: str) -> None:
    assert sentence(Failure("uma@far.example", permanent=True, reason="mailboxfull"), language) == words


def test_a_crowd_is_cut_and_words_of_servers_are_one_line() -> None:
    crowd = tuple(Failure(f"u{n}@far.example", said="a\nb\u202ec") for n in range(30))
    lines = sentences(crowd, "en", said=True).splitlines()
    assert len(lines) == 22
    assert lines[20] == "… and 10 more"
    assert lines[21] == "The server said: a bc"


def test_the_desk_speaks_its_language() -> None:
    german = replace(DESK, looks=replace(DESK.looks, language="de"))
    view = MailView(conversation=TALK, joined=True, answer=SENT)
    plan = plan_mail(pending(), a_report(GONE), (Look(bridged(german), view),), SETUP)
    assert shows(plan).text.startswith(f"❌ Nicht zugestellt an {ANNA}: dieses Postfach gibt es nicht.")
