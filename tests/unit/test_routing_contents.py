"""Conditions on the envelope's sender, on the text, the size, the attachments and the filter's word."""

import time
from pathlib import Path

import pytest

from bridge.core.addresses import Address
from bridge.core.decision import Decision
from bridge.core.mail import Envelope, Mail, Part
from bridge.mail.parse import read_mail
from bridge.routing import Compiled, Facts, compile_rules

RULES = """\
domain: d.example
people: {{ann: Ann}}
groups: {{partners: [p.example, kim@c.example]}}
inboxes:
  s:
    address: s@d.example
    account: box
    room: {{for: ann}}
    rules: [{{name: r, when: {when}}}]
"""
SMTP = Envelope("smtp", mail_from="Kim+x@c.example", rcpt_tos=("s@d.example",))


def compiled(directory: Path, when: str) -> Compiled:
    (directory / "a.yaml").write_text(RULES.format(when=when))
    return compile_rules(directory, facts=Facts())


def decide(directory: Path, when: str, mail: Mail, envelope: Envelope = SMTP) -> Decision:
    found = compiled(directory, when)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    (decision,) = found.rulebook.decide(envelope, mail, at=0.0)
    return decision


def taken(directory: Path, when: str, mail: Mail, envelope: Envelope = SMTP) -> str | None:
    decision = decide(directory, when, mail, envelope)
    return decision.trace.words.partition("inbox s: ")[2] if decision.trace.rule else None


def mail(**more: object) -> Mail:
    return Mail(**{"content": "c", "size": 1, "from_": (Address("kim", "c.example"),), **more})


@pytest.mark.parametrize(
    ("when", "envelope", "headers", "why"),
    [
        ("{sender: kim+x@c.example}", SMTP, (), "sender is kim+x@c.example"),
        ("{sender: '*@c.example'}", SMTP, (), "sender is *@c.example"),
        ("{sender: kim@c.example}", SMTP, (), None),
        ("{sender: '<>'}", Envelope("lmtp", rcpt_tos=("s@d.example",)), (), "sender is <>"),
        ("{sender: '<>'}", SMTP, (), None),
        ("{not: {sender: ['*@*']}}", Envelope("smtp", rcpt_tos=("s@d.example",)), (), "not (sender is *@*)"),
        (
            "{sender: partners}",
            Envelope("smtp", mail_from="x@p.example", rcpt_tos=("s@d.example",)),
            (),
            "sender is partners",
        ),
        # in a mailbox the delivering server noted it, above whatever the sender wrote below
        (
            "{sender: a@b.example}",
            Envelope("imap", account="box"),
            (("Return-Path", "<a@b.example>"),),
            "sender is a@b.example",
        ),
        ("{sender: '<>'}", Envelope("imap", account="box"), (("return-path", "<>"),), "sender is <>"),
        ("{sender: '*'}", Envelope("imap", account="box"), (), None),
        (
            "{sender: forged@b.example}",
            Envelope("imap", account="box"),
            (("Return-Path", "<a@b.example>"), ("Return-Path", "<forged@b.example>")),
            None,
        ),
        # over SMTP the envelope alone counts
        ("{sender: a@b.example}", SMTP, (("Return-Path", "<a@b.example>"),), None),
    ],
)
def test_the_envelope_sender(
    tmp_path: Path, when: str, envelope: Envelope, headers: tuple[tuple[str, str], ...], why: str | None
) -> None:
    assert taken(tmp_path, when, mail(headers=headers), envelope) == why


def test_to_or_cc_looks_at_both(tmp_path: Path) -> None:
    one, two = Address("one", "x.example"), Address("two", "x.example")
    letter = mail(to=(one,), cc=(two,))
    assert taken(tmp_path, "{to-or-cc: one@x.example}", letter)
    assert taken(tmp_path, "{to-or-cc: two@x.example}", letter) == "to-or-cc is two@x.example"
    assert taken(tmp_path, "{to-or-cc: kim@c.example}", letter) is None


TEXT = "Hello,\n  Order 77 is LATE  \nStraße 5 [x]\n\nregards\r\nKim"


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("'order 77 is late'", "order 77 is late"),
        ("order 77", None),
        ("'order*'", "order*"),
        ("'*late'", "*late"),
        ("'hello,*late'", None),
        ("'stra?e 5 [x]'", "stra?e 5 [x]"),
        ("'STRASSE 5'", None),
        ("'*.*'", None),
        ("'*'", "*"),
        ("[nothing, regards]", "regards"),
        ("{regex: '^Straße'}", "/^Straße/"),
        ("{regex: '^straße'}", None),
        ("{regex: 'LATE  $'}", "/LATE  $/"),
        ("{regex: 'Hello.*Order'}", None),
    ],
)
def test_a_line_of_the_text(tmp_path: Path, when: str, why: str | None) -> None:
    assert taken(tmp_path, f"{{body: {when}}}", mail(text=TEXT)) == (why and f"body is {why}")


def test_what_a_regex_captures_in_the_text_reaches_the_decision(tmp_path: Path) -> None:
    decision = decide(tmp_path, r"{body: {regex: 'Order (?P<order>\d+)|(?P<street>Straße)'}}", mail(text=TEXT))
    assert decision.captures == (("order", "77"), ("street", ""))
    decision = decide(tmp_path, "{body: {regex: '(?P<street>Straße)'}}", mail(text=TEXT))
    assert decision.captures == (("street", "Straße"),)


def test_of_a_long_text_the_beginning_is_looked_at(tmp_path: Path) -> None:
    assert taken(tmp_path, "{body: here}", mail(text="x" * 19_995 + "\nhere"))
    assert taken(tmp_path, "{body: here}", mail(text="x" * 20_000 + "\nhere")) is None


def test_hostile_texts_cost_little_and_raise_nothing(tmp_path: Path) -> None:
    when = "{any: [{body: '*a*a*a*a*a*b'}, {body: {regex: '(a*)*c$'}}, {body: '?'}]}"
    for text in ("a" * 1_000_000, "\n" * 1_000_000, "a\n" * 500_000, "\udc80" * 1000, "", "\x00"):
        started = time.process_time()
        decide(tmp_path, when, mail(text=text))
        # A backtracking engine needs longer than the age of the universe: the bound only has to be finite.
        assert time.process_time() - started < 30


@pytest.mark.parametrize(
    ("when", "size", "why"),
    [
        ("{over: 5MB}", 5_000_001, "size is over 5MB"),
        ("{over: 5MB}", 5_000_000, None),
        ("{under: 500kB}", 499_999, "size is under 500kB"),
        ("{under: 500kB}", 500_000, None),
        ("{over: 10B, under: 1GB}", 1500, "size is over 10B and under 1GB"),
    ],
)
def test_the_size_of_the_whole_mail(tmp_path: Path, when: str, size: int, why: str | None) -> None:
    assert taken(tmp_path, f"{{size: {when}}}", mail(size=size)) == why


PDF = Part(2, "Invoice 17.PDF", "application/pdf", 40_000, "h")
ZIP = Part(3, "evil.zip", "application/zip", 9_000_000, "h")
LOGO = Part(4, "logo.png", "image/png", 3000, "h", inline=True, content_id="logo")


@pytest.mark.parametrize(
    ("when", "parts", "why"),
    [
        ("true", (PDF,), "at least 1"),
        ("true", (LOGO,), None),
        ("true", (), None),
        ("false", (LOGO,), "none"),
        ("false", (PDF,), None),
        ("{name: '*.pdf'}", (ZIP, PDF), "name *.pdf"),
        ("{name: '*.pdf', size: {over: 1MB}}", (ZIP, PDF), None),
        ("{type: [application/zip, 'image/*']}", (LOGO, PDF), None),
        ("{type: [application/zip, 'image/*']}", (ZIP,), "type application/zip or image/*"),
        ("{size: {over: 1MB}, at-least: 2}", (ZIP, ZIP, PDF), "at least 2 with size over 1MB"),
        ("{size: {over: 1MB}, at-least: 2}", (ZIP, PDF), None),
        ("{at-most: 1}", (ZIP,), "at least 1 and at most 1"),
        ("{at-most: 1}", (ZIP, PDF), None),
        ("{at-most: 1}", (), None),
        ("{name: '*.zip', at-most: 0}", (PDF,), "none with name *.zip"),
        ("{name: '*.zip', at-most: 0}", (PDF, ZIP), None),
    ],
)
def test_attachments(tmp_path: Path, when: str, parts: tuple[Part, ...], why: str | None) -> None:
    assert taken(tmp_path, f"{{attachment: {when}}}", mail(attachments=parts)) == (why and f"attachment is {why}")


def test_a_regex_on_an_attachment_captures(tmp_path: Path) -> None:
    when = r"{attachment: {name: {regex: '(?i)invoice (?P<number>\d+)'}}}"
    decision = decide(tmp_path, when, mail(attachments=(ZIP, PDF)))
    assert decision.captures == (("number", "17"),)
    assert "17" not in decision.trace.words


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("{size: {}}", "size: says no size: write over: 5MB, or under: 5MB"),
        ("{size: {over: 5MB, under: 4MB}}", "size: never matches: `over` is not below `under`: exchange them"),
        ("{size: {over: 5}}", 'size.over: is no size: write a number and a unit: "500kB", "25MB"'),
        (
            "{attachment: {at-least: 3, at-most: 2}}",
            "attachment: never matches: `at-least` is above `at-most`: exchange them",
        ),
        ("{attachment: {at-least: 0}}", "attachment.at-least: must be at least 1"),
        (
            "{attachment: yes}",
            "attachment: must be true, false or keys: write true, false, or for example {name: '*.pdf'}",
        ),
        (
            "{attachment: {name: {regex: '['}}}",
            "attachment.name: this regex cannot be read: missing ]: [: see the syntax of RE2",
        ),
        (
            "{body: {regex: '(?<=x)y'}}",
            "body: this regex cannot be read: invalid perl operator: (?<=: RE2 looks neither ahead nor behind: no (?=, "
            "(?!, (?<=, (?<!; a condition below `not` may do",
        ),
        (
            r"{subject: {regex: '(a)\1'}}",
            r"subject: this regex cannot be read: invalid escape sequence: \1: "
            "see the syntax of RE2, which has no references to groups",
        ),
        (
            r'{subject: {regex: "\b(CRIT|FAILED)\b"}}',
            "subject: holds the control character U+0008, which a backslash makes in double quotes: "
            "use single quotes, or write each backslash twice",
        ),
        (
            "{kind: recipt}",
            "kind: must be one of personal, list, bulk, auto-reply, bounce, receipt, calendar, reaction, feedback, "
            "empty: did you mean 'receipt'?",
        ),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, when: str, problem: str) -> None:
    (found,) = compiled(tmp_path, when).problems
    assert str(found).partition("rules.1.when.")[2] == problem


@pytest.mark.parametrize("kind", ["receipt", "calendar", "reaction"])
def test_the_new_kinds_can_be_asked_for(tmp_path: Path, kind: str) -> None:
    assert taken(tmp_path, f"{{kind: [{kind}, bounce]}}", mail(kind=kind)) == f"kind is {kind}"
    assert taken(tmp_path, f"{{kind: {kind}}}", mail()) is None


def test_whole_mails_meet_the_conditions_that_they_should(tmp_path: Path) -> None:
    raw = (
        b"From: Kim <kim@c.example>\r\nSubject: Bill\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nDear all,\r\nsee the caf\xc3\xa9 bill\r\n"
        b'--b\r\nContent-Type: application/pdf; name="bill.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
    )
    letter = read_mail(raw)
    assert taken(tmp_path, "{body: '*CAFÉ bill', attachment: {name: '*.pdf', size: {under: 1kB}}}", letter) == (
        "body is *CAFÉ bill and attachment is name *.pdf, size under 1kB"
    )
