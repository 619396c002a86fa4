"""Mail that the rules pass on leaves once for each target, never in circles, and is shown where it cannot leave."""

from dataclasses import replace

import pytest

from bridge.core import aftermath
from bridge.core.addresses import Address
from bridge.core.aftermath import Bury, Fulfil, Postpone
from bridge.core.decision import Copy, Decision
from bridge.core.doing import Task
from bridge.core.effects import AutoMail, Effect, Show, Tell
from bridge.core.errors import Permanent, Transient
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import MailView, Pending, Plan
from bridge.core.ports import Refusal, Submitted
from bridge.core.retry import MAIL
from bridge.core.setup import Setup
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import DESK, NOW, SETUP, SUPPORT, TRACE, a_mail, pending

BOSS, ARCHIVE = Address("boss", "corp.example"), Address("archive", "vault.example")
VOICE = SUPPORT.named("Customer support")
PASSING = replace(DESK, copies=(Copy(address=BOSS), Copy(address=ARCHIVE)), voice=VOICE)


def planned(
    action: str = "bridge",
    mail: Mail | None = None,
    arrival: Pending | None = None,
    view: MailView | None = None,
    setup: Setup = SETUP,
) -> Plan:
    decision = Decision(PASSING, action, TRACE)
    return plan_mail(
        arrival or sent_by("anna@client.example"), mail or a_mail(), (Look(decision, view or MailView()),), setup
    )


def sent_by(path: str, key: str = "smtp:1") -> Pending:
    return replace(pending(key), envelope=Envelope("smtp", mail_from=path, rcpt_tos=(SUPPORT.spec,)))


def leaving(effects: tuple[Effect, ...]) -> list[AutoMail]:
    return [effect for effect in effects if isinstance(effect, AutoMail)]


def shown(effects: tuple[Effect, ...]) -> list[Show]:
    return [effect for effect in effects if isinstance(effect, Show)]


def told(effects: tuple[Effect, ...]) -> list[str]:
    return [effect.text for effect in effects if isinstance(effect, Tell)]


def test_a_forwarded_mail_leaves_for_each_target_and_is_not_shown() -> None:
    plan = planned("forward")
    assert plan.outcome == "forwarded"
    assert [mail.draft.to for mail in leaving(plan.effects)] == [(BOSS,), (ARCHIVE,)]
    assert len(plan.effects) == 2
    draft = leaving(plan.effects)[0].draft
    assert draft.from_ == VOICE
    assert draft.mail_from == VOICE.spec
    assert draft.subject == "Fwd: Order 7"
    assert draft.auto == "auto-generated"
    assert draft.loop == (SETUP.loop,)
    assert draft.original == "smtp:1"
    assert "Where is it?" not in draft.text


def test_a_copied_mail_is_shown_too_and_its_failures_are_told_in_that_room() -> None:
    plan = planned()
    (show,) = shown(plan.effects)
    assert {(mail.room, mail.conversation) for mail in leaving(plan.effects)} == {(show.room, show.conversation)}


def test_the_same_mail_through_another_door_leaves_under_the_same_name() -> None:
    through_smtp, through_imap = (
        leaving(planned("forward", arrival=pending(key)).effects) for key in ("smtp:1", "imap:9")
    )
    assert [mail.key for mail in through_smtp] == [mail.key for mail in through_imap]
    other = leaving(planned("forward", a_mail(content="c2")).effects)
    assert not {mail.key for mail in other} & {mail.key for mail in through_smtp}


def test_a_duplicate_leaves_no_more() -> None:
    assert planned(view=MailView(duplicate=True)).effects == ()


def test_what_answers_to_nobody_is_passed_on_with_a_null_path() -> None:
    assert {m.draft.mail_from for m in leaving(planned(arrival=sent_by("")).effects)} == {""}
    in_a_mailbox = replace(pending("imap:1"), envelope=Envelope("imap", account="desk"))
    for written, path in (("<>", ""), ("<MAILER-DAEMON>", ""), ("<a@x.example>", VOICE.spec)):
        mail = a_mail(headers=(("Return-Path", written),))
        assert {m.draft.mail_from for m in leaving(planned(mail=mail, arrival=in_a_mailbox).effects)} == {path}


@pytest.mark.parametrize(
    "mail",
    [
        a_mail(headers=(("X-Mailroom-Loop", SETUP.loop),)),
        a_mail(headers=(("x-mailroom-loop", f"other {SETUP.loop} more"),)),
        a_mail(headers=(("X-Mailroom-Loop", " ".join(f"m{n}" for n in range(9))),)),
        a_mail(hops=31),
    ],
)
def test_what_came_round_is_shown_and_goes_nowhere(mail: Mail) -> None:
    for action in ("forward", "bridge"):
        plan = planned(action, mail)
        assert leaving(plan.effects) == []
        assert len(shown(plan.effects)) == 1
    assert "not forwarded again" in shown(planned("forward", mail).effects)[0].banner


def test_a_forwarder_that_writes_every_mail_anew_makes_no_endless_circle() -> None:
    mail, rounds = a_mail(subject="Order 7"), 0
    while sent := leaving(planned("forward", mail).effects):
        rounds += 1
        assert rounds < 20
        # It comes back from there as a mail of theirs: no field of ours, and another Message-ID.
        mail = a_mail(subject=sent[0].draft.subject, message_id=f"<r{rounds}@boss.example>", content=f"r{rounds}")
    assert rounds == 8
    (back,) = shown(planned("forward", mail).effects)
    assert "came back" in back.banner


def test_the_marks_of_other_installations_go_with_the_mail() -> None:
    mail = a_mail(headers=(("X-Mailroom-Loop", "other"),))
    assert {m.draft.loop for m in leaving(planned("forward", mail).effects)} == {("other", SETUP.loop)}


def test_a_bounce_is_forwarded_and_shown() -> None:
    plan = planned("forward", a_mail(kind="bounce"), arrival=sent_by(""))
    assert len(leaving(plan.effects)) == 2
    assert "Bounces are forwarded" in shown(plan.effects)[0].banner


def test_history_is_shown_and_never_sent() -> None:
    for action in ("forward", "bridge"):
        plan = planned(action, arrival=pending(quiet=True))
        assert leaving(plan.effects) == []
        assert [show.banner for show in shown(plan.effects)] == [""]


def test_while_observing_a_forward_is_shown_and_says_to_whom_it_would_have_gone() -> None:
    plan = planned("forward", setup=replace(SETUP, outbound="observe"))
    assert leaving(plan.effects) == []
    assert "outbound is observe: it would have been forwarded to boss@corp.example, archive@vault.example" in (
        shown(plan.effects)[0].banner
    )


def test_within_the_house_the_others_are_held_back() -> None:
    plan = planned(setup=replace(SETUP, outbound="own-domains"))
    assert [mail.draft.to for mail in leaving(plan.effects)] == [(BOSS,)]
    assert told(plan.effects) == ["outbound is own-domains: a copy would have been sent to archive@vault.example."]


def test_a_dropped_mail_leaves_for_whom_the_rule_names_and_what_is_held_goes_nowhere() -> None:
    dropped = planned("drop")
    assert dropped.outcome == "dropped"
    assert len(leaving(dropped.effects)) == 2
    unsent = planned("drop", setup=replace(SETUP, outbound="observe"))
    assert len(told(unsent.effects)) == 2
    assert {effect.lane for effect in unsent.effects} == {"room:admin"}
    assert leaving(planned("quarantine").effects) == []


def test_a_hostile_subject_stays_one_line_that_can_be_written() -> None:
    subject = "=?utf-8?q?x=0ABcc:_e@x?=\u2028" + "y" * 3000
    (first, _) = leaving(planned("forward", a_mail(subject=subject)).effects)
    assert "\u2028" not in first.draft.subject
    assert "=?" not in first.draft.subject
    assert len(first.draft.subject) < 420


COPY = leaving(planned().effects)[0]
FORWARD = leaving(planned("forward").effects)[0]


def task(mail: AutoMail, attempts: int = 1) -> Task:
    return Task(mail, attempts, NOW)


def test_taken_is_done_and_nobody_is_told() -> None:
    verdict = aftermath.auto_submitted(task(COPY), COPY, Submitted((BOSS.spec,), (), "250 ok"), MAIL, NOW)
    assert isinstance(verdict, Fulfil)
    assert verdict.then == ()
    assert verdict.receipt.accepted == (BOSS.spec,)


def test_refused_for_now_is_tried_again_and_told_once() -> None:
    later = Submitted((), (Refusal(BOSS.spec, "450 4.2.0", "greylisted", False),))
    verdicts = [aftermath.auto_submitted(task(COPY, n), COPY, later, MAIL, NOW) for n in range(1, 8)]
    assert all(isinstance(verdict, Postpone) for verdict in verdicts)
    assert len(told(tuple(effect for verdict in verdicts for effect in verdict.then))) == 1


def test_refused_for_good_is_told_where_the_mail_is_else_to_the_admins() -> None:
    never = Submitted((), (Refusal(BOSS.spec, "552 5.3.4", "too big", True),))
    copied = aftermath.auto_submitted(task(COPY), COPY, never, MAIL, NOW)
    assert isinstance(copied, Bury)
    assert {effect.lane for effect in copied.then} == {f"conv:{COPY.conversation}"}
    forwarded = aftermath.failed(task(FORWARD), Permanent("the mail is 30 MB", code="552 5.3.4"), MAIL, NOW)
    assert isinstance(forwarded, Bury)
    (text,) = told(forwarded.then)
    assert {effect.lane for effect in forwarded.then} == {"room:admin"}
    assert "552 5.3.4 the mail is 30 MB" in text
    assert "queue retry" in text
    assert "queue show --raw smtp:1" in text
    assert "Order 7" not in text
    assert "anna" not in text


def test_a_mail_server_that_is_away_uses_up_no_attempts_until_the_time_is_up() -> None:
    away = Transient("away", peer_down=True, retry_after=60)
    verdict = aftermath.failed(task(FORWARD), away, MAIL, NOW)
    assert isinstance(verdict, Postpone)
    assert not verdict.counted
    assert isinstance(aftermath.failed(task(FORWARD), away, MAIL, NOW + MAIL.give_up), Bury)
