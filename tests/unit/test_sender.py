"""People are warned of a sender where it matters, by our own server's word and by what they would see."""

from dataclasses import replace

import pytest

from bridge.core.addresses import Address
from bridge.core.effects import Show
from bridge.core.lookalikes import faces
from bridge.core.mail import Mail, Verdict
from bridge.core.placing import query
from bridge.core.plan import MailView
from bridge.core.sender import forged
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import CLIENT, DESK, LIST, SETUP, STRANGER, TALK, a_mail, bridged, pending

FAILED = (Verdict(0, "mx.corp.example", "dmarc", "fail"),)
OFFICE = replace(
    SETUP,
    authserv=frozenset({"mx.corp.example"}),
    faces=faces([("Ann Berg", Address("ann", "corp.example"))], ["corp.example"]),
)


def banner(mail: Mail, view: MailView | None = None, scope: object = DESK) -> str:
    made = plan_mail(pending(), mail, (Look(bridged(scope), view or MailView()),), OFFICE)
    return next(e.banner for e in made.effects if isinstance(e, Show))


def test_a_forged_colleague_is_told() -> None:
    mail = a_mail(from_=(Address("boss", "corp.example"),), verdicts=FAILED)
    assert "boss@corp.example did not write this" in banner(mail)


def test_a_forged_correspondent_is_told_where_they_are_known() -> None:
    mail = a_mail(verdicts=FAILED)
    assert banner(mail) == ""
    assert "did not write this" in banner(mail, MailView(known=True))
    talking = MailView(conversation=TALK, participants=frozenset({CLIENT.key}))
    assert "did not write this" in banner(mail, talking)


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(0, "mx.evil.example", "dmarc", "fail"),
        Verdict(0, "", "dmarc", "fail"),
        Verdict(0, "mx.corp.example", "spf", "fail"),
        Verdict(0, "mx.corp.example", "dmarc", "pass"),
        Verdict(0, "mx.corp.example", "dmarc", "temperror"),
    ],
)
def test_only_the_trusted_servers_word_counts(verdict: Verdict) -> None:
    mail = a_mail(from_=(Address("boss", "corp.example"),), verdicts=(verdict,))
    assert banner(mail) == ""


def test_the_journal_is_asked_who_is_known_only_for_a_forged_mail() -> None:
    assert query(DESK, a_mail(), forged=forged(a_mail(), OFFICE)).known == ""
    mail = a_mail(verdicts=FAILED)
    assert query(DESK, mail, forged=forged(mail, OFFICE)).known == CLIENT.key


def test_a_colleagues_name_is_told_with_the_real_address() -> None:
    mail = a_mail(from_=(Address("x1", "mail.example", "Ann Berg"),))
    assert "Ann Berg" in banner(mail)
    assert "x1@mail.example" in banner(mail)


def test_a_domain_like_ours_is_told_as_machines_write_it() -> None:
    mail = a_mail(from_=(Address("ann", "c\u043erp.example"),))
    assert banner(mail) == "xn--crp-sed.example is not corp.example: it only looks like it."


def test_another_address_in_the_name_is_told() -> None:
    assert "from eve@evil.example" in banner(a_mail(from_=(STRANGER.named("anna@client.example"),)))


def test_lists_put_names_on_their_own_address_and_are_left_alone() -> None:
    mail = a_mail(from_=(Address("users", "list.example", "Ann Berg"),), verdicts=FAILED, kind="list")
    assert banner(mail, scope=LIST) == ""


def test_an_honest_mail_bears_no_line() -> None:
    assert banner(a_mail()) == ""
