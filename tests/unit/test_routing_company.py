"""The company of rules/examples/company, executed: who sees which mail, who may answer it, and as whom.

The truth here is written by hand from the rule file's words, not taken from the compiler.
"""

from pathlib import Path

import pytest

from bridge.core.addresses import parse_spec
from bridge.core.decision import Decision
from bridge.core.mail import Envelope, Kind, ListInfo, Mail
from bridge.routing import CompiledRulebook, Facts, compile_rules

COMPANY = Path(__file__).parents[2] / "rules" / "examples" / "company"
FACTS = Facts(
    accounts=frozenset({"eva"}),
    identities=frozenset({"support@corp.example", "eva@corp.example"}),
    server="corp.example",
)
DESK = ("@ann:corp.example", "@bob:corp.example", "@cleo:corp.example")
EVERYONE = (*DESK, "@dan:corp.example", "@eva:corp.example")
DAN, EVA = "@dan:corp.example", "@eva:corp.example"


@pytest.fixture(scope="module")
def book() -> CompiledRulebook:
    compiled = compile_rules(COMPANY, facts=FACTS)
    assert compiled.problems == ()
    assert compiled.rulebook is not None
    return compiled.rulebook


def mail(
    sender: str = "kim@customer.example",
    subject: str = "Hello",
    kind: Kind = "personal",
    list_id: str = "",
    **more: str,
) -> Mail:
    author = parse_spec(sender)
    assert author is not None
    return Mail(
        content="c",
        size=1,
        from_=(author,),
        subject=subject,
        kind=kind,
        list=ListInfo(list_id) if list_id else None,
        headers=tuple((name.replace("_", "-"), value) for name, value in more.items()),
    )


def to(*recipients: str) -> Envelope:
    return Envelope("smtp", mail_from="kim@customer.example", rcpt_tos=recipients)


def said(decision: Decision) -> tuple[str, str, str]:
    return decision.scope.name, decision.action, decision.trace.rule


TABLE = [
    # recipients, mail, (scope, action, rule) of each decision
    (("support@corp.example",), mail(), [("inbox:support", "bridge", "")]),
    (("SUPPORT+case-7@Corp.Example",), mail(), [("inbox:support", "bridge", "")]),
    (("support@corp.example",), mail(kind="bulk"), [("inbox:support", "bridge", "noise")]),
    (("support@corp.example",), mail(kind="auto-reply"), [("inbox:support", "bridge", "noise")]),
    (("support@corp.example",), mail("Lee@BigClient.example"), [("inbox:support", "bridge", "big client")]),
    (("support@corp.example",), mail("lee@bigclient.example", kind="bulk"), [("inbox:support", "bridge", "noise")]),
    (("support@corp.example",), mail("lee@notbigclient.example"), [("inbox:support", "bridge", "")]),
    (("support@corp.example",), mail(X_Spam_Flag="YES"), [("inbox:support", "quarantine", "spam")]),
    (("support@corp.example",), mail(X_Spam_Status="No, score=1"), [("inbox:support", "bridge", "")]),
    (("alerts@corp.example",), mail(subject="CRIT disk full"), [("inbox:alerts", "bridge", "alerts#1")]),
    (("alerts@corp.example",), mail(subject="Re: CRIT disk full"), [("inbox:alerts", "bridge", "")]),
    (
        ("support@corp.example", "alerts@corp.example"),
        mail(),
        [("inbox:support", "bridge", ""), ("inbox:alerts", "bridge", "")],
    ),
    (("support@corp.example", "support+2@corp.example"), mail(), [("inbox:support", "bridge", "")]),
    (
        ("dan-lists@corp.example",),
        mail(kind="list", list_id="users.postfix.example"),
        [("list:postfix-users", "bridge", "")],
    ),
    # An id alone proves nothing, and the delivery address alone is not the list.
    (
        ("support@corp.example",),
        mail(kind="list", list_id="users.postfix.example"),
        [("inbox:support", "bridge", "")],
    ),
    (("dan-lists@corp.example",), mail(), [("unmatched", "triage", "")]),
    (("dan-lists@corp.example",), mail(kind="list", list_id="other.example"), [("unmatched", "triage", "")]),
    (("postmaster",), mail(), [("unmatched", "triage", "")]),
    (("postmaster@corp.example",), mail(X_Spam="yes"), [("unmatched", "quarantine", "spam")]),
    (("eva@corp.example",), mail(), [("unmatched", "triage", "")]),
    ((), mail(), [("unmatched", "triage", "")]),
]


@pytest.mark.parametrize(("recipients", "letter", "expected"), TABLE)
def test_each_addressed_inbox_decides_for_itself(
    book: CompiledRulebook, recipients: tuple[str, ...], letter: Mail, expected: list[tuple[str, str, str]]
) -> None:
    assert [said(decision) for decision in book.decide(to(*recipients), letter, at=0.0)] == expected


def test_to_and_cc_address_nobody(book: CompiledRulebook) -> None:
    support = parse_spec("support@corp.example")
    assert support is not None
    letter = Mail("c", 1, to=(support,), cc=(support,))
    assert [said(d) for d in book.decide(to("alerts@corp.example"), letter, at=0.0)] == [("inbox:alerts", "bridge", "")]


def test_an_imap_account_is_the_inbox_that_names_it(book: CompiledRulebook) -> None:
    lying = Envelope("imap", account="eva", folder="INBOX", rcpt_tos=("support@corp.example",))
    assert [said(d) for d in book.decide(lying, mail(), at=0.0)] == [("inbox:eva", "bridge", "")]
    other = Envelope("imap", account="shared", folder="INBOX", rcpt_tos=("support@corp.example",))
    assert [said(d) for d in book.decide(other, mail(), at=0.0)] == [("inbox:support", "bridge", "")]
    assert [said(d) for d in book.decide(Envelope("imap", account="shared"), mail(), at=0.0)] == [
        ("unmatched", "triage", "")
    ]


def test_the_desk_sees_support_and_answers_all_under_the_first_name(book: CompiledRulebook) -> None:
    scope = book.scope("inbox:support")
    assert scope is not None
    assert (scope.room.per, scope.room.target, scope.room.members) == ("conversation", "", DESK)
    assert scope.sending is not None
    shown = {user: address.shown for user, address in scope.sending.identities}
    assert shown == {
        "@ann:corp.example": "Ann at Corp <support@corp.example>",
        "@bob:corp.example": "Bob at Corp <support@corp.example>",
        "@cleo:corp.example": "Cleo at Corp <support@corp.example>",
    }
    assert (scope.sending.by, scope.sending.to, scope.sending.hold, scope.sending.quote) == (
        "reply",
        "all",
        15,
        "below",
    )
    assert [address.spec for address in scope.own] == ["support@corp.example"]
    assert scope.sending.identity(DAN) is None


def test_noise_moves_to_its_room_with_the_same_people_and_silently(book: CompiledRulebook) -> None:
    scope = book.scope("inbox:support", "noise")
    assert scope is not None
    assert (scope.room.per, scope.room.target, scope.room.members) == (None, "#support-noise", DESK)
    assert scope.notify.mode == "none"
    assert scope.sending == book.scope("inbox:support").sending


def test_the_big_client_mentions_ann_and_crit_mentions_dan(book: CompiledRulebook) -> None:
    big, crit = book.scope("inbox:support", "big client"), book.scope("inbox:alerts", "alerts#1")
    assert big is not None
    assert crit is not None
    assert (big.notify.mode, big.notify.people) == ("mention", ("@ann:corp.example",))
    assert (crit.notify.mode, crit.notify.people) == ("mention", (DAN,))
    assert big.room.per == "conversation"


def test_nobody_answers_alerts_and_they_are_threaded_by_subject(book: CompiledRulebook) -> None:
    scope = book.scope("inbox:alerts")
    assert scope is not None
    assert scope.sending is None
    assert (scope.room.target, scope.room.thread_by, scope.room.members) == ("#alerts", "subject", (DAN, EVA))


def test_evas_inbox_is_hers_alone(book: CompiledRulebook) -> None:
    scope = book.scope("inbox:eva")
    assert scope is not None
    assert scope.private
    assert (scope.room.members, scope.room.history) == ((EVA,), "invited")
    assert scope.sending is not None
    assert [(user, address.shown) for user, address in scope.sending.identities] == [
        (EVA, "Eva Lind <eva@corp.example>")
    ]
    assert (scope.sending.to, [address.spec for address in scope.own]) == ("sender", ["eva@corp.example"])


def test_everyone_reads_the_list_and_dan_alone_writes(book: CompiledRulebook) -> None:
    scope = book.scope("list:postfix-users")
    assert scope is not None
    assert (scope.room.target, scope.room.members, scope.notify.mode) == ("#postfix-users", EVERYONE, "none")
    assert scope.sending is not None
    assert [(user, address.shown) for user, address in scope.sending.identities] == [
        (DAN, "Dan Ito <dan@corp.example>")
    ]
    # The defaults of this company say `to: sender`, and neither list nor rule says otherwise.
    assert scope.sending.to == "sender"


def test_triage_is_dans(book: CompiledRulebook) -> None:
    scope = book.scope("unmatched")
    assert scope is not None
    assert (scope.room.target, scope.room.members, scope.sending) == ("#mail-triage", (DAN,), None)


def test_rcpt_takes_what_the_rules_name_and_nothing_else(book: CompiledRulebook) -> None:
    known = ["support@corp.example", "Support+x@CORP.example", "alerts@corp.example", "dan-lists@corp.example"]
    assert all(book.knows(recipient) for recipient in [*known, "Postmaster", "POSTMASTER@corp.example"])
    unknown = ["eva@corp.example", "ann@corp.example", "x@corp.example", "support@other.example", "support", ""]
    assert not any(book.knows(recipient) for recipient in [*unknown, "postmaster@other.example", "@corp.example"])
    assert book.recipients() == (
        "alerts@corp.example",
        "dan-lists@corp.example",
        "postmaster@corp.example",
        "support@corp.example",
    )


def test_staff_and_own_addresses(book: CompiledRulebook) -> None:
    assert book.people() == frozenset(EVERYONE)
    assert book.own() == {
        "support@corp.example",
        "alerts@corp.example",
        "eva@corp.example",
        "dan-lists@corp.example",
    }


def test_each_decision_says_where_it_came_from(book: CompiledRulebook) -> None:
    (decision,) = book.decide(to("support@corp.example"), mail(kind="bulk"), at=0.0)
    lines = (COMPANY / "company.yaml").read_text().splitlines()
    assert "name: noise" in lines[decision.trace.line - 1]
    assert decision.trace.words == (
        f"company/company.yaml:{decision.trace.line} rule 'noise' of inbox support: kind is bulk"
    )
    assert decision.trace.digest == book.digest


def test_what_is_not_obeyed_yet_is_named() -> None:
    warnings = [(problem.path, problem.what) for problem in compile_rules(COMPANY, facts=FACTS).warnings]
    assert sorted(warnings) == [
        ("lists.postfix-users.send", "no submission account may send as dan@corp.example"),
    ]


def test_a_scope_that_is_gone_lets_nobody_send(book: CompiledRulebook) -> None:
    assert book.scope("inbox:sales") is None
