"""Rules ask what the trusted server found out about the sender; nobody else's word counts."""

from pathlib import Path

import pytest

from bridge.core.mail import Envelope, Mail, Verdict
from bridge.core.verdicts import outcome
from bridge.mail.parse import read_mail
from bridge.routing import Compiled, Facts, compile_rules

RULES = """\
domain: d.example
people: {{ann: Ann}}
inboxes:
  s:
    address: s@d.example
    room: {{for: ann}}
    rules: [{{name: r, when: {when}}}]
"""
TRUSTED = frozenset({"mx.d.example"})


def compiled(directory: Path, when: str, authserv: frozenset[str] | None = TRUSTED) -> Compiled:
    (directory / "a.yaml").write_text(RULES.format(when=when))
    return compile_rules(directory, facts=Facts(authserv=authserv))


def taken(directory: Path, when: str, mail: Mail, authserv: frozenset[str] | None = TRUSTED) -> str | None:
    found = compiled(directory, when, authserv)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    (decision,) = found.rulebook.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), mail, at=0.0)
    return decision.trace.words.partition("inbox s: ")[2] if decision.trace.rule else None


def mail(*fields: str) -> Mail:
    head = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return read_mail(f"From: a@b.example\r\n{head}\r\nx".encode())


UNNAMED = "spf=fail (sender IP is 192.0.2.7) smtp.mailfrom=b.example; dkim=none; dmarc=fail action=none"


def test_a_result_without_a_servers_name_counts_only_where_settings_say_so() -> None:
    assert outcome(mail(UNNAMED), "dmarc", TRUSTED) == "none"
    assert outcome(mail(UNNAMED), "dmarc", frozenset({""})) == "fail"


def test_of_results_without_a_servers_name_only_the_topmost_field_counts() -> None:
    """Microsoft's server puts its own on top; what a stranger wrote stands below it."""
    forged = "spf=pass smtp.mailfrom=b.example; dkim=pass header.d=b.example; dmarc=pass action=none"
    assert outcome(mail(UNNAMED, forged), "dkim", frozenset({""})) == "none"
    assert outcome(mail("spf=none", forged), "dmarc", frozenset({""})) == "none"
    assert outcome(mail("mx.evil.example; dmarc=pass", UNNAMED), "dmarc", frozenset({""})) == "fail"


@pytest.mark.parametrize(
    ("when", "fields", "why"),
    [
        ("{dmarc: pass}", ["mx.d.example; dmarc=pass"], "authentication dmarc is pass"),
        ("{dmarc: pass}", ["MX.D.Example; dmarc=PASS"], "authentication dmarc is pass"),
        ("{dmarc: pass}", ["mx.evil.example; dmarc=pass"], None),
        ("{dmarc: pass}", ["mx.d.example.evil.example; dmarc=pass"], None),
        ("{dmarc: none}", ["mx.evil.example; dmarc=pass"], "authentication dmarc is none"),
        ("{dmarc: none}", [], "authentication dmarc is none"),
        ("{dmarc: [fail, none]}", ["mx.d.example; dmarc=fail"], "authentication dmarc is fail"),
        # the topmost word of the trusted server counts, and each method for itself
        ("{dmarc: pass}", ["mx.d.example; dmarc=fail", "mx.d.example; dmarc=pass"], None),
        (
            "{dmarc: pass}",
            ["mx.evil.example; dmarc=fail", "mx.d.example; spf=none", "mx.d.example; dmarc=pass"],
            "authentication dmarc is pass",
        ),
        # of several signatures one is enough; SPF must not fail for one of its identities
        ("{dkim: pass}", ["mx.d.example; dkim=fail header.d=a; dkim=pass header.d=b"], "authentication dkim is pass"),
        (
            "{dkim: fail}",
            ["mx.d.example; dkim=fail header.d=a; dkim=neutral header.d=b"],
            "authentication dkim is fail",
        ),
        ("{spf: fail}", ["mx.d.example; spf=pass smtp.helo=a; spf=fail smtp.mailfrom=b"], "authentication spf is fail"),
        ("{spf: fail}", ["mx.d.example; spf=softfail"], "authentication spf is fail"),
        ("{spf: none}", ["mx.d.example; spf=temperror"], "authentication spf is none"),
        (
            "{dmarc: pass, spf: none}",
            ["mx.d.example; dmarc=pass"],
            "authentication dmarc is pass and authentication spf is none",
        ),
        (
            "{spf: none, dmarc: pass}",
            ["mx.d.example; dmarc=pass"],
            "authentication spf is none and authentication dmarc is pass",
        ),
    ],
)
def test_only_the_trusted_server_is_believed(tmp_path: Path, when: str, fields: list[str], why: str | None) -> None:
    assert taken(tmp_path, f"{{authentication: {when}}}", mail(*fields)) == why


def test_without_a_trusted_server_the_condition_is_a_problem(tmp_path: Path) -> None:
    (problem,) = compiled(tmp_path, "{authentication: {dmarc: fail}}", frozenset()).problems
    assert str(problem).endswith(
        "a.yaml:7:46: inboxes.s.rules.1.when.authentication: the settings trust no server's results, so that every "
        "mail would be `none`: name your mail server in the settings: authserv: [mx.corp.example]"
    )


def test_rules_that_are_tried_without_settings_believe_every_server(tmp_path: Path) -> None:
    assert taken(tmp_path, "{authentication: {dmarc: pass}}", mail("any.example; dmarc=pass"), None)


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("{authentication: {}}", "authentication: says nothing: write dmarc: pass, or dkim, or spf"),
        (
            "{authentication: {dmarc: passed}}",
            "authentication.dmarc: must be one of pass, fail, none: did you mean 'pass'?",
        ),
        ("{authentication: {dmrc: pass}}", "authentication.dmrc: this key is unknown: did you mean 'dmarc'?"),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, when: str, problem: str) -> None:
    (found,) = compiled(tmp_path, when).problems
    assert str(found).partition("rules.1.when.")[2] == problem


def test_the_outcome_of_nothing_is_none() -> None:
    assert outcome(Mail("c", 1), "dmarc", TRUSTED) == "none"
    assert (
        outcome(Mail("c", 1, verdicts=(Verdict(0, "mx.d.example", "dmarc", "bestguesspass"),)), "dmarc", TRUSTED)
        == "none"
    )


@pytest.mark.parametrize(("value", "marked"), [("YES", True), ("True, 9", True), ("no", False), ("", False)])
def test_the_settings_say_in_which_field_the_filter_speaks(tmp_path: Path, value: str, marked: bool) -> None:
    (tmp_path / "a.yaml").write_text(RULES.format(when="{spam: true}"))
    book = compile_rules(tmp_path, facts=Facts(spam_headers=("X-Filter",))).rulebook
    assert book is not None
    envelope = Envelope("smtp", rcpt_tos=("s@d.example",))
    for headers, expected in (((("x-filter", value),), marked), ((("X-Spam-Flag", "YES"),), False)):
        (decision,) = book.decide(envelope, Mail("c", 1, headers=headers), at=0.0)
        assert (decision.trace.rule == "r") is expected
