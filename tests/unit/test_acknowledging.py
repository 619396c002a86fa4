"""The automatic answer goes to persons alone, once in a while, and never meets another machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core import aftermath
from bridge.core.addresses import Address
from bridge.core.decision import Acknowledge, Decision
from bridge.core.doing import Task
from bridge.core.effects import ADMIN_ROOM, AutoMail, Tell
from bridge.core.mail import Envelope, ListInfo, Mail, Verdict
from bridge.core.plan import Conversation, MailView, Pending, Plan
from bridge.core.ports import Refusal, Submitted
from bridge.core.retry import MAIL
from bridge.core.setup import Setup
from bridge.core.showing import Look, plan_mail
from bridge.mail.compose import compose
from tests.unit.test_routing_problems import FACTS, book, problems
from tests.unit.worlds import CLIENT, DESK, NOW, SETUP, SUPPORT, TRACE, a_mail, pending

WEEK = 7 * 86_400.0
GREETING = "Hello {from.name|default:there},\n\nwe got your mail about {subject}.\n"
ANSWERING = replace(DESK, acknowledge=Acknowledge(GREETING), voice=SUPPORT.named("Corp support"))


def sent_by(path: str = CLIENT.spec, **more: object) -> Pending:
    return replace(pending(), envelope=Envelope("smtp", path, (SUPPORT.spec,)), **more)


def planned(
    mail: Mail | None = None, arrival: Pending | None = None, view: MailView | None = None, setup: Setup = SETUP
) -> Plan:
    looks = (Look(Decision(ANSWERING, "bridge", TRACE), view or MailView()),)
    return plan_mail(arrival or sent_by(), mail or a_mail(), looks, setup)


def answers(plan: Plan) -> list[AutoMail]:
    return [effect for effect in plan.effects if isinstance(effect, AutoMail)]


def test_a_persons_first_mail_is_answered() -> None:
    plan = planned(a_mail(references=("<m0@client.example>",)))
    (answer,) = answers(plan)
    draft = answer.draft
    assert answer.why == "acknowledge"
    assert draft.to == (CLIENT,)
    assert draft.mail_from == ""
    assert draft.from_ == ANSWERING.voice
    assert draft.subject == "Auto: Re: Order 7"
    assert draft.text == "Hello Anna Berg,\n\nwe got your mail about Order 7.\n"
    assert draft.in_reply_to == "<m1@client.example>"
    assert draft.references == ("<m0@client.example>", "<m1@client.example>")
    assert draft.auto == "auto-replied"
    octets = compose(draft)
    assert b"Auto-Submitted: auto-replied\r\n" in octets
    assert b"\r\nPrecedence" not in octets


def test_what_is_answered_to_it_lands_in_the_conversation() -> None:
    plan = planned()
    (answer,) = answers(plan)
    (conversation,) = plan.conversations
    assert (DESK.name, answer.draft.message_id, conversation.id) in {
        (a.scope, a.message_id, a.conversation) for a in plan.anchors
    }


def test_a_flood_of_forged_senders_is_not_answered_and_the_admins_hear_of_it_once_a_day() -> None:
    flooded = MailView(flood=NOW - 3599)
    told = {
        (effect.key, effect.text)
        for number in range(3)
        for effect in planned(sent_mail(number), view=flooded).effects
        if isinstance(effect, Tell) and effect.room == ADMIN_ROOM
    }
    ((_, text),) = told
    assert text.startswith("100 acknowledgements left within an hour: no more are sent until they are fewer.")
    plan = planned(view=flooded)
    assert answers(plan) == []
    assert plan.acknowledged == ()
    assert plan.outcome == "bridged"
    assert len(answers(planned(view=MailView(flood=NOW - 3600)))) == 1


def sent_mail(number: int) -> Mail:
    return a_mail(message_id=f"<m{number}@client.example>", content=f"c{number}")


def test_no_subject_makes_an_acknowledgement_that_cannot_leave() -> None:
    scope = replace(ANSWERING, acknowledge=Acknowledge(GREETING, "We got\n{subject}"))
    looks = (Look(Decision(scope, "bridge", TRACE), MailView()),)
    (answer,) = answers(plan_mail(sent_by(), a_mail(subject="=?utf-8?q?x=0ABcc:_eve@x.example?="), looks, SETUP))
    assert answer.draft.subject == "We got = ?utf-8?q?x=0ABcc:_eve@x.example?="
    assert b"\r\nBcc" not in compose(answer.draft)


def test_a_title_of_two_lines_is_a_name_of_one(tmp_path: Path) -> None:
    scope = book(tmp_path, RULES.replace("title: Service", 'title: "Service\\nBcc: eve@x.example"')).scope("inbox:s")
    assert scope is not None
    assert scope.voice is not None
    assert scope.voice.name == "Service Bcc: eve@x.example"


def test_templates_are_filled_and_never_evaluated() -> None:
    (answer,) = answers(planned(a_mail(subject="{from.name} {{7*7}} %(x)s")))
    assert "{from.name} {{7*7}} %(x)s" in answer.draft.text


@pytest.mark.parametrize(
    "mail",
    [
        a_mail(kind="list"),
        a_mail(kind="bulk"),
        a_mail(kind="auto-reply"),
        a_mail(kind="bounce"),
        a_mail(kind="calendar"),
        a_mail(list=ListInfo("x.example")),
        a_mail(unreadable=True),
        a_mail(from_=()),
        a_mail(from_=(CLIENT, Address("b", "x.example"))),
        a_mail(to=(Address("someone", "else.example"),)),
        a_mail(to=()),
        *(
            a_mail(headers=((name, "x"),))
            for name in ("List-Id", "Precedence", "X-Loop", "X-Mailroom-Loop", "list-unsubscribe")
        ),
        a_mail(headers=(("Auto-Submitted", "auto-generated"),)),
        a_mail(headers=(("auto-submitted", "auto-replied; x=y"),)),
        a_mail(headers=(("X-Auto-Response-Suppress", "All"),)),
    ],
)
def test_machines_and_lists_are_not_answered(mail: Mail) -> None:
    assert answers(planned(mail)) == []


NOBODYS = (
    "noreply no-reply NoReply do-not-reply donotreply+x owner-list list-owner list-request MAILER-DAEMON postmaster "
    "list-bounces bounce+abc=x SRS0=x=y prvs=1=a notifications"
)


@pytest.mark.parametrize("local", NOBODYS.split())
def test_addresses_that_nobody_reads_are_not_answered(local: str) -> None:
    address = Address(local, "client.example")
    assert answers(planned(a_mail(from_=(address,)), sent_by(address.spec))) == []


def test_saying_no_to_automatic_is_a_person() -> None:
    assert len(answers(planned(a_mail(headers=(("Auto-Submitted", "No"),))))) == 1
    renee = Address("renee.owner", "client.example")
    assert len(answers(planned(a_mail(from_=(renee,)), sent_by(renee.spec)))) == 1


@pytest.mark.parametrize("path", ["", "other@client.example", "bounces-12-anna=client.example@robot.example"])
def test_who_did_not_send_it_is_not_answered(path: str) -> None:
    assert answers(planned(arrival=sent_by(path))) == []


def test_in_a_mailbox_return_path_tells_and_without_it_nobody_is_answered() -> None:
    lying = replace(pending("imap:1"), envelope=Envelope("imap", account="desk"))
    for written, count in (("<anna@client.example>", 1), ("<>", 0), ("<eve@x.example>", 0), ("nonsense", 0)):
        assert len(answers(planned(a_mail(headers=(("Return-Path", written),)), lying))) == count
    assert answers(planned(arrival=lying)) == []


def test_ourselves_history_and_released_mail_are_not_answered() -> None:
    assert answers(planned(a_mail(from_=(SUPPORT,)), sent_by(SUPPORT.spec))) == []
    assert answers(planned(arrival=sent_by(quiet=True))) == []
    assert answers(planned(arrival=sent_by(released=True))) == []


def test_only_what_begins_a_conversation_is_answered() -> None:
    talk = Conversation("talk", DESK.name, "conv:talk", "Order 7")
    view = MailView(conversation=talk, joined=True, participants=frozenset({CLIENT.key}))
    assert answers(planned(view=view)) == []


def test_once_within_the_period() -> None:
    assert answers(planned(view=MailView(acknowledged=NOW - WEEK + 1))) == []
    (first,) = planned(view=MailView(acknowledged=NOW - WEEK)).acknowledged
    assert (first.address, first.at, first.once) == (CLIENT.key, NOW, WEEK)


def test_a_mail_to_two_inboxes_is_answered_once() -> None:
    sales = replace(ANSWERING, name="inbox:sales")
    looks = tuple(Look(Decision(scope, "bridge", TRACE), MailView()) for scope in (ANSWERING, sales))
    plan = plan_mail(sent_by(), a_mail(), looks, SETUP)
    assert len(answers(plan)) == len(plan.acknowledged) == 1


def test_while_observing_the_room_is_told() -> None:
    plan = planned(setup=replace(SETUP, outbound="observe"))
    assert answers(plan) == []
    assert plan.acknowledged == ()
    (told,) = [effect.text for effect in plan.effects if isinstance(effect, Tell)]
    assert told == "outbound is observe: an acknowledgement would have been sent to anna@client.example."


def test_the_room_hears_what_became_of_it() -> None:
    (answer,) = answers(planned())
    sent = aftermath.auto_submitted(Task(answer, 1, NOW), answer, Submitted((CLIENT.spec,), ()), MAIL, NOW)
    never = Submitted((), (Refusal(CLIENT.spec, "550 5.1.1", "unknown", True),))
    failed = aftermath.auto_submitted(Task(answer, 1, NOW), answer, never, MAIL, NOW)
    for verdict, words in (
        (sent, "✉ An acknowledgement was sent to anna@client.example."),
        (failed, "could not be sent"),
    ):
        (told,) = verdict.then
        assert isinstance(told, Tell)
        assert told.conversation == answer.conversation
        assert words in told.text


RULES = """\
defaults: {acknowledge: "Thank you, {from.name}."}
inboxes:
  s:
    address: s@corp.example
    title: Service
    room: {for: desk}
    acknowledge: {text: "Hello.", subject: "We got {subject}", once: 1h}
    rules:
      - {name: silent, when: {subject: "*silent*"}, acknowledge: none}
      - {name: held, when: {subject: "*held*"}, do: quarantine}
      - {name: passed, when: {subject: "*passed*"}, forward: t}
      - {name: copied, when: {subject: "*copied*"}, copy: t, acknowledge: none}
  t: {address: t@corp.example, room: {for: desk}}
"""


@pytest.mark.parametrize(
    ("subject", "spam", "texts"),
    [
        ("hello", "", ["Hello."]),
        ("hello", "Yes, score=9", [None]),
        ("silent", "", [None]),
        ("held", "", [None]),
        ("passed", "", [None, "Thank you, {from.name}."]),
        ("copied", "", [None, None]),
    ],
)
def test_rules_say_what_is_answered(tmp_path: Path, subject: str, spam: str, texts: list[str | None]) -> None:
    mail = a_mail(subject=subject, headers=(("X-Spam-Status", spam),) if spam else ())
    found = book(tmp_path, RULES).decide(Envelope("smtp", "a@x.example", ("s@corp.example",)), mail, at=0.0)
    assert [d.scope.acknowledge.text if d.scope.acknowledge else None for d in found] == texts


def test_the_period_and_subject_are_as_written(tmp_path: Path) -> None:
    scope = book(tmp_path, RULES).scope("inbox:s")
    assert scope is not None
    assert scope.acknowledge == Acknowledge("Hello.", "We got {subject}", 3600.0)


def test_mistakes_are_named(tmp_path: Path) -> None:
    inbox = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n"
    (unknown,) = problems(tmp_path, inbox + '    acknowledge: {text: "Hi {form.name}"}\n')
    assert "{form.name} is unknown here: did you mean 'from.name'?" in unknown
    (voiceless,) = problems(tmp_path, "inboxes:\n  s: {account: ann, room: {for: desk}, acknowledge: Hi}\n")
    assert "s has no address of its own to answer from" in voiceless


@pytest.mark.parametrize(
    ("said", "answered"),
    [("dmarc=pass", True), ("dmarc=fail", False), ("spf=fail", False), ("dkim=fail", True), ("", True)],
)
def test_a_forged_sender_is_not_answered_as_far_as_the_trusted_server_knows(
    tmp_path: Path, said: str, answered: bool
) -> None:
    made = book(tmp_path, RULES, replace(FACTS, authserv=frozenset({"mx.corp.example"})))
    method, _, result = said.partition("=")
    verdicts = (Verdict(0, "mx.corp.example", method, result),) if said else ()
    envelope = Envelope("smtp", "a@x.example", ("s@corp.example",))
    (found,) = made.decide(envelope, a_mail(verdicts=verdicts), at=0.0)
    assert (found.scope.acknowledge is not None) is answered
    (found,) = book(tmp_path, RULES).decide(envelope, a_mail(verdicts=verdicts), at=0.0)
    assert found.scope.acknowledge is not None
