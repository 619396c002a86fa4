"""What the rules say about answers: who always gets a copy, what stands below, where to, how many, how large."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.amending import plan_edited, plan_reacted
from bridge.core.answering import plan_said
from bridge.core.decision import Domains, Rate, Scope
from bridge.core.doing import Task
from bridge.core.effects import Release, Replace, SendMail, Tell
from bridge.core.errors import Permanent
from bridge.core.mail import Media
from bridge.core.plan import Answer, EventView, Plan
from bridge.core.post import Edited, Reacted, Said
from bridge.core.recipients import forbidden
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.rules import Rules
from bridge.routing import Facts, compile_rules
from bridge.routing.narrow import narrowest
from tests.unit.worlds import ANN, BOB, CLIENT, COLLEAGUE, DESK, MALLORY, NOW, SENDING, SETUP, a_view, posted, said

BOSS, ARCHIVE = Address("boss", "corp.example"), Address("archive", "corp.example")


def desk(**options: object) -> Scope:
    return replace(DESK, sending=replace(SENDING, **options))


def plan(scope: Scope, message: Said | None = None, view: EventView | None = None) -> Plan:
    return plan_said(posted(), message or said(), view or a_view(), scope, SETUP)


def the_mail(made: Plan) -> SendMail:
    (send,) = [e for e in made.effects if isinstance(e, SendMail)]
    return send


def refusal(made: Plan) -> str:
    assert not [e for e in made.effects if isinstance(e, SendMail)]
    (told,) = [e for e in made.effects if isinstance(e, Tell)]
    return told.text


def test_those_whom_the_rules_always_add_get_a_copy_and_the_author_sees_it() -> None:
    made = plan(desk(cc=(BOSS,), bcc=(ARCHIVE,)))
    draft = the_mail(made).draft
    assert (draft.to, draft.cc, draft.bcc) == ((CLIENT,), (BOSS,), (ARCHIVE,))
    assert draft.recipients == (CLIENT, BOSS, ARCHIVE)
    (mark,) = [e for e in made.effects if isinstance(e, Tell)]
    assert "Cc boss@corp.example" in mark.text
    assert "Bcc archive@corp.example" in mark.text


def test_nobody_gets_two_copies() -> None:
    draft = the_mail(plan(desk(cc=(CLIENT, BOSS), bcc=(BOSS, CLIENT)))).draft
    assert (draft.to, draft.cc, draft.bcc) == ((CLIENT,), (BOSS,), ())


def test_an_unseen_copy_makes_nobody_a_participant() -> None:
    known = {address for _, address in plan(desk(cc=(BOSS,), bcc=(ARCHIVE,))).participants}
    assert known == {CLIENT.key, BOSS.key}


def test_the_signature_knows_its_author_and_the_one_answered() -> None:
    scope = desk(signature="{me.name}, {me.address}\nfor {from.first}", names=((ANN, "Ann Berg"),))
    assert the_mail(plan(scope)).draft.signature == "Ann Berg, support@corp.example\nfor Anna"


def test_an_answer_to_a_forbidden_domain_stays_and_says_where_it_may_not_go() -> None:
    text = refusal(plan(desk(domains=Domains(forbid=("client.example",)))))
    assert "do not let answers from here go to" in text
    assert CLIENT.spec in text


def test_the_log_of_a_forbidden_answer_names_nobody() -> None:
    assert CLIENT.spec not in plan(desk(domains=Domains(forbid=("client.example",)))).words


def test_a_copy_that_the_rules_add_is_bound_by_the_domains_too() -> None:
    assert "boss@corp.example" in refusal(plan(desk(cc=(BOSS,), domains=Domains(allow=("client.example",)))))


@pytest.mark.parametrize(
    ("domains", "wrong"),
    [
        (Domains(), ()),
        (Domains(allow=("client.example",)), (BOSS,)),
        (Domains(allow=("*.example",)), ()),
        (Domains(allow=("*.client.example",)), (CLIENT, COLLEAGUE, BOSS)),
        (Domains(forbid=("*.example",)), (CLIENT, COLLEAGUE, BOSS)),
        (Domains(allow=("client.example", "corp.example"), forbid=("corp.example",)), (BOSS,)),
    ],
)
def test_domains_are_whole_names_or_what_is_below(domains: Domains, wrong: tuple[Address, ...]) -> None:
    assert forbidden(domains, (CLIENT, COLLEAGUE, BOSS)) == wrong


@given(st.text(alphabet="abc.", max_size=12))
def test_a_name_that_only_ends_alike_is_another_domain(prefix: str) -> None:
    found = forbidden(Domains(allow=("corp.example",)), (Address("x", f"{prefix}corp.example"),))
    assert bool(found) is bool(prefix)


def test_over_the_rate_an_answer_stays_and_says_when_again() -> None:
    scope = desk(rate=Rate(20, 3600.0))
    full = replace(a_view(), full_until=NOW + 600)
    text = refusal(plan(scope, view=full))
    assert "No more than 20 may leave from here within 60 min" in text
    assert "in 10 min" in text
    assert the_mail(plan(scope, view=replace(a_view(), full_until=NOW)))


def test_over_the_size_an_answer_stays() -> None:
    film = said(type="media", body="film.mp4", media=Media("mxc://x/y", "film.mp4", "video/mp4", 9_000_000))
    assert "larger than the 10 MB" in refusal(plan(desk(size=10_000_000), film))
    assert the_mail(plan(desk(size=20_000_000), film))


HEAD = (
    "domain: corp.example\npeople: {ann: Ann Berg, bob: Bob Iwu}\n"
    "groups: {desk: [ann, bob], suppliers: [client.example, '*@*.corp.example'], mixed: [kim@else.example]}\n"
)


def compiled(folder: Path, send: str) -> Scope | list[str]:
    text = f"{HEAD}inboxes: {{s: {{address: s@corp.example, room: {{for: desk}}, send: {{who: desk, {send}}}}}}}\n"
    (folder / "a.yaml").write_text(text)
    made = compile_rules(folder, facts=Facts())
    if made.rulebook is None:
        return [f"{problem.path}: {problem.what}: {problem.cure}" for problem in made.problems]
    scope = made.rulebook.scope("inbox:s")
    assert scope is not None
    return scope


def test_the_options_are_read(tmp_path: Path) -> None:
    scope = compiled(
        tmp_path,
        "cc: ann, bcc: [archive@else.example, desk], signature: 'Yours, {me.first}', size: 5MB,"
        " rate: {mails: 3, per: 1h}, domains: {allow: [client.example, '*.corp.example'], forbid: evil.example}",
    )
    assert isinstance(scope, Scope)
    assert scope.sending is not None
    assert [a.spec for a in scope.sending.cc] == ["ann@corp.example"]
    assert [a.spec for a in scope.sending.bcc] == ["archive@else.example", "ann@corp.example", "bob@corp.example"]
    assert scope.sending.signature == "Yours, {me.first}"
    assert (scope.sending.size, scope.sending.rate) == (5_000_000, Rate(3, 3600.0))
    assert scope.sending.domains == Domains(("client.example", "*.corp.example"), ("evil.example",))
    assert dict(scope.sending.names)["@ann:corp.example"] == "Ann Berg"


RATED = "rate: {mails: 3, per: 1h}"


@pytest.mark.parametrize(("inbox", "rule", "rated"), [("", "", False), (RATED, "", True), ("", RATED, True)])
def test_the_rules_tell_whether_answers_are_counted(tmp_path: Path, inbox: str, rule: str, rated: bool) -> None:
    rules = f"rules: [{{when: {{subject: x}}, send: {{to: all, {rule}}}}}]"
    options = f"address: s@corp.example, room: {{for: desk}}, send: {{who: desk, {inbox}}}, {rules}"
    (tmp_path / "a.yaml").write_text(f"{HEAD}inboxes: {{s: {{{options}}}}}\n")
    made = compile_rules(tmp_path, facts=Facts())
    assert made.rulebook is not None, made.problems
    assert made.rulebook.rated is rated


def test_a_group_of_domains_stands_for_them(tmp_path: Path) -> None:
    scope = compiled(tmp_path, "domains: {allow: [partner.example, suppliers], forbid: evil.example}")
    assert isinstance(scope, Scope)
    assert scope.sending is not None
    assert set(scope.sending.domains.allow) == {"partner.example", "client.example", "*.corp.example"}


@pytest.mark.parametrize(
    ("send", "problem"),
    [
        ("cc: anne", "inboxes.s.send.cc: nobody is called 'anne' in people or groups: did you mean 'ann'?"),
        ("bcc: a@", "inboxes.s.send.bcc: 'a@' is no mail address: write local@domain, a person or a group"),
        ("signature: '{me.nam}'", "inboxes.s.send.signature: {me.nam} is unknown here: did you mean 'me.name'?"),
        (
            "domains: {allow: 'x@corp.example'}",
            "inboxes.s.send.domains.allow: 'x@corp.example' is no domain: "
            "write corp.example, *.corp.example for what is below it, or a group of domains",
        ),
        (
            "domains: {forbid: mixed}",
            "inboxes.s.send.domains.forbid: the group 'mixed' holds kim@else.example, and only domains can be named "
            "here: make a group of the domains alone",
        ),
        (
            "rate: {mails: 3, per: 5y}",
            "inboxes.s.send.rate: is no rate that could be counted: at most 10000 mails, at most 31d",
        ),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, send: str, problem: str) -> None:
    assert compiled(tmp_path, send) == [problem]


BOB_ALONE = ((BOB, "Bob Iwu"),)


def test_with_approvers_an_answer_waits_and_they_are_asked_by_name() -> None:
    made = plan(desk(approvers=((ANN, "Ann Berg"), *BOB_ALONE)))
    assert the_mail(made).held
    (asked,) = [e for e in made.effects if isinstance(e, Tell)]
    assert asked.mention == (BOB,)
    assert "when Bob Iwu reacts with ✅" in asked.text
    assert made.participants == ()


def reaction(scope: Scope, by: str, state: str = "held") -> Plan:
    send = the_mail(plan(scope))
    seen = replace(a_view(), answer=Answer(send.key, send, state))
    return plan_reacted(posted("$r"), Reacted("$r", "!r", by, NOW, "$mark", "✅"), seen, scope, SETUP)


def test_the_authors_own_word_does_not_let_it_go() -> None:
    scope = desk(approvers=((ANN, "Ann Berg"), *BOB_ALONE))
    assert reaction(scope, ANN).amendments == ()
    assert reaction(scope, MALLORY).amendments == ()
    (release,) = reaction(scope, BOB).amendments
    assert isinstance(release, Release)


async def test_an_answer_written_before_the_rules_wanted_an_agreement_does_not_leave_without() -> None:
    send = the_mail(plan(desk()))
    assert not send.held
    now = desk(approvers=BOB_ALONE)
    rules = SimpleNamespace(now=SimpleNamespace(setup=SETUP), scope=lambda name, rule: now)
    delivery = Delivery(cast(Peers, SimpleNamespace(journal=None, chat=None)), cast(Rules, rules), lambda: NOW)
    with pytest.raises(Permanent, match="the rules want somebody to agree to it now"):
        await delivery.do(Task(send, 1, NOW))


def test_an_approver_need_not_be_one_who_may_send() -> None:
    scope = desk(identities=SENDING.identities[:1], approvers=BOB_ALONE)
    assert reaction(scope, BOB).amendments


def test_an_edit_after_the_agreement_needs_it_anew() -> None:
    scope = desk(approvers=BOB_ALONE)
    send = the_mail(plan(scope))
    seen = replace(a_view(), answer=Answer(send.key, send, "waiting"))
    made = plan_edited(posted("$x"), Edited("$e1", said(event="$x", body="Something else")), seen, scope, SETUP)
    (change,) = made.amendments
    assert isinstance(change, Replace)
    assert change.effect.held
    (told,) = [e for e in made.effects if isinstance(e, Tell)]
    assert (told.meaning, "needs the ✅ anew" in told.text) == ("confirm", True)


@pytest.mark.parametrize(
    ("who", "approve", "problem"),
    [
        ("ann", "ann", "nobody else can agree to what ann answers: name another person"),
        ("desk", "cleo", "cleo does not see what to agree to: add cleo to `for`"),
    ],
)
def test_an_agreement_that_cannot_come_is_a_problem(tmp_path: Path, who: str, approve: str, problem: str) -> None:
    text = HEAD.replace("bob: Bob Iwu}", "bob: Bob Iwu, cleo: Cleo Roy}") + (
        f"inboxes: {{s: {{address: s@corp.example, room: {{for: desk}}, send: {{who: {who}, approve: {approve}}}}}}}\n"
    )
    (tmp_path / "a.yaml").write_text(text)
    (found,) = compile_rules(tmp_path, facts=Facts()).problems
    assert (found.path, f"{found.what}: {found.cure}") == ("inboxes.s.send.approve", problem)


def test_a_rule_that_is_gone_leaves_no_more_than_all_the_others_allow() -> None:
    strict = desk(
        identities=SENDING.identities[:1], approvers=BOB_ALONE, size=5, domains=Domains(("a.example",), ("b.example",))
    )
    left = narrowest([desk(size=9, domains=Domains((), ("c.example",))), strict]).sending
    assert left is not None
    assert (left.identities, left.approvers, left.size) == (SENDING.identities[:1], BOB_ALONE, 5)
    assert left.domains == Domains(("a.example",), ("b.example", "c.example"))
    assert narrowest([strict, desk(approvers=((ANN, "Ann Berg"),))]).sending is None
    assert narrowest([strict, replace(DESK, sending=None)]).sending is None
