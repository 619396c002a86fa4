"""`mailroom rules test`: what a test may say, and how a broken promise is told."""

import json
import os
import textwrap
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival
from bridge.store.journal import Journal
from tests.unit.cli_world import Installation

RULES = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu, dan: Dan Ito}
groups: {desk: [ann, bob]}
inboxes:
  support:
    address: support@corp.example
    room: {for: desk}
    send: {who: ann, to: all}
    rules:
      - {name: noise, when: {kind: bulk}, room: {is: "#noise"}, notify: none, do: show}
      - {name: pictures, when: {subject: "*picture*"}, notify: {mention: dan}}
  sales: {address: sales@corp.example, room: {for: dan}, send: {who: dan}}
lists:
  users: {id: users.example, via: lists@corp.example, room: {per: list, for: desk}, send: {who: ann}}
unmatched: {room: {is: "#triage", for: dan}}
"""
MAIL = "mail: {from: Kim <kim@customer.example>, to: support@corp.example, subject: Hello}"


def tried(folder: Path, tests: str, *args: str, status: int = 0, rules: str = RULES) -> str:
    """What the command prints of one test, given the part below its name; paths are relative to the folder."""
    (folder / "rules.yaml").write_text(rules)
    text = "tests:\n- name: it\n" + textwrap.indent(textwrap.dedent(tests), "  ")
    (folder / "a.test.yaml").write_text(text)
    return run(folder, *args, status=status)


def run(folder: Path, *args: str, status: int = 0) -> str:
    done = CliRunner().invoke(main, ["rules", "test", *args, str(folder)])
    assert done.exit_code == status, done.output + repr(done.exception)
    return done.output.replace(f"{folder}/", "")


def test_a_test_reads_no_pipe_no_link_away_no_endless_file_and_no_impossible_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    (tmp_path / "link.eml").symlink_to("/etc/passwd")
    with (tmp_path / "large.eml").open("wb") as large:
        large.truncate(2**40)
    for name, why in (
        ("pipe.eml", "there is no file 'pipe.eml' beside this one"),
        ("link.eml", "'link.eml' is not beside this file"),
        ("large.eml", "'large.eml' is over 64 MiB"),
        ("a" * 5000, "there is no file"),
    ):
        assert why in tried(tmp_path, f"eml: {name}\nto: support@corp.example\nexpect: {{inbox: support}}", status=1)


def test_a_file_is_as_large_in_a_test_as_in_the_mail_that_would_come(tmp_path: Path) -> None:
    rules = RULES.replace(
        "- {name: noise, ", "- {name: large, when: {size: {over: 15MB}}, do: drop}\n      - {name: noise, "
    )
    for size, rule in (("14MB", "large"), ("10MB", "none")):  # base64 and its line ends: 19.2 and 13.7 MB
        mail = f"mail: {{from: kim@customer.example, attachments: [{{name: a.jpg, size: {size}}}]}}"
        said = tried(tmp_path, f"{mail}\nto: support@corp.example\nexpect: {{rule: {rule}}}\n", rules=rules)
        assert said == ".\n1 passed\n"


def test_settings_that_cannot_be_used_fail_the_tests_that_need_the_journal_alone(tmp_path: Path) -> None:
    one = f"- {{name: one, {MAIL}, to: support@corp.example, expect: {{sees: desk}}}}\n"
    kept = "- {name: kept, message-id: <a@b.example>, expect: {sees: desk}}\n"
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "a.test.yaml").write_text(f"tests:\n{kept}{one}")
    done = CliRunner().invoke(main, ["--config", str(tmp_path / "none.yaml"), "rules", "test", str(tmp_path)])
    assert done.exit_code == 1
    assert done.output.startswith("E.\n")
    assert "    a mail of the journal is found by the settings, and these cannot be used: " in done.output
    assert done.output.endswith("1 passed, 1 failed\n")


def test_why_nobody_is_answered_is_told(tmp_path: Path) -> None:
    rules = RULES.replace("send: {who: ann, to: all}", "acknowledge: Thank you", 1)
    test = "\nto: support@corp.example\nexpect: {acknowledged: true}\n"
    assert tried(tmp_path, MAIL + test, rules=rules) == ".\n1 passed\n"
    said = tried(tmp_path, MAIL.replace(", to: support@corp.example", "") + test, rules=rules, status=1)
    assert "got       false (only a person's first mail is answered, " in said


PASSES = [
    "inbox: support, action: bridge, rule: none, room: new, name: Hello",
    "sees: desk, not-sees: dan, may-answer: ann, notify: all",
    "answer: {by: ann, to: KIM@Customer.Example, cc: [], as: Ann Berg <support@corp.example>, confirmed: false}",
    "answer: [{as: support@corp.example}]",
    "unmatched: false, copies: none, tags: [], assigned: none, withheld: [], acknowledged: false, digest: false",
    "captures: {}, refusal: none, mailbox: {seen: false, flag: false, move: none}",
]


@pytest.mark.parametrize("expect", PASSES)
def test_a_kept_promise_passes(tmp_path: Path, expect: str) -> None:
    said = tried(tmp_path, f"{MAIL}\nto: support@corp.example\nexpect: {{{expect}}}\n")
    assert said == ".\n1 passed\n"


FAILS = [
    ("inbox: sales", "inbox", "sales", "inbox:support"),
    ("unmatched: true", "unmatched", "true", "inbox:support"),
    ("action: drop", "action", "drop", "bridge"),
    ("action: show", "action", "show", "bridge"),
    ("rule: noise", "rule", "noise", "none"),
    ("room: '#noise'", "room", "#noise", "new"),
    ("name: Hi", "name", "Hi", "Hello"),
    ("sees: [ann, dan]", "sees", "ann, dan", "ann, bob"),
    ("sees: none", "sees", "none", "ann, bob"),
    ("not-sees: [bob, dan]", "not-sees", "bob, dan", "bob"),
    ("may-answer: desk", "may-answer", "ann, bob", "ann"),
    ("answer: {by: bob}", "answer by bob", "bob", "only ann may answer"),
    ("answer: {to: lee@x.example}", "answer, to", "lee@x.example", "kim@customer.example"),
    ("answer: {cc: lee@x.example}", "answer, cc", "lee@x.example", "none"),
    ("answer: {as: Ann <support@corp.example>}", "answer, as", "Ann <…>", "Ann Berg <support@corp.example>"),
    ("answer: {confirmed: true}", "answer, confirmed", "true", "false"),
    ("notify: none", "notify", "none", "all"),
    ("notify: {mention: desk}", "notify", "mention ann, bob", "all"),
    ("copies: boss@corp.example", "copies", "boss@corp.example", "none"),
    ("tags: [vip, urgent]", "tags", "urgent, vip", "none"),
    ("assigned: ann", "assigned", "ann", "none"),
    ("withheld: a.exe", "withheld", "a.exe", "none"),
    ("captures: {order: '7'}", "captures", "order=7", "none"),
    ("acknowledged: true", "acknowledged", "true", "false"),
    ("digest: true", "digest", "true", "false"),
    ("mailbox: {seen: true}", "mailbox.seen", "true", "false"),
    ("mailbox: {move: Done}", "mailbox.move", "Done", "none"),
    ("refusal: Go away", "refusal", "Go away", "none"),
]


@pytest.mark.parametrize(("expect", "key", "wanted", "actual"), FAILS)
def test_a_broken_promise_is_told_with_both_sides_and_what_took_the_mail(
    tmp_path: Path, expect: str, key: str, wanted: str, actual: str
) -> None:
    said = tried(tmp_path, f"{MAIL}\nto: support@corp.example\nexpect: {{{expect}}}\n", status=1)
    wanted = wanted.replace("<…>", "<support@corp.example>")
    first, head, place, expected, got, taken, last = said.splitlines()
    assert (first, head, last) == ("F", "a.test.yaml:2: it", "0 passed, 1 failed")
    assert place.startswith("    a.test.yaml:5:")
    assert place.endswith(f": {key}")
    assert (expected, got) == (f"        expected  {wanted}", f"        got       {actual}")
    assert taken == f"    taken by {tmp_path.name}/rules.yaml:5 inbox support: no rule took it"


def test_the_real_reader_sorts_the_mail_that_a_test_writes_down(tmp_path: Path) -> None:
    tests = """\
        mail: {from: "Jürgen Groß <j@x.example>", subject: Größe, headers: {Precedence: bulk},
               html: <p>Hi</p>, text: Hi, attachments: [{name: größe.pdf, type: application/pdf, size: 9MB}]}
        to: support@corp.example
        expect: {rule: noise, action: show, room: "#noise", sees: desk, may-answer: none, notify: none}
    """
    assert tried(tmp_path, tests) == ".\n1 passed\n"


def test_several_inboxes_are_a_list_and_none_may_be_missing(tmp_path: Path) -> None:
    both = "to: [support@corp.example, sales@corp.example]\n"
    whole = "expect: [{inbox: sales, sees: dan}, {inbox: support, sees: desk}]\n"
    assert tried(tmp_path, f"{MAIL}\n{both}{whole}") == ".\n1 passed\n"
    assert "1 passed" in tried(tmp_path, f"{MAIL}\n{both}expect: {{inbox: sales, sees: dan}}\n")
    said = tried(tmp_path, f"{MAIL}\n{both}expect: {{sees: dan}}\n", status=1)
    assert "expected  one, as the test names none\n        got       inbox:support, inbox:sales" in said
    said = tried(tmp_path, f"{MAIL}\n{both}expect: [{{inbox: sales}}, {{list: users}}]\n", status=1)
    assert "list\n        expected  users" in said
    assert "expected  no other one\n        got       inbox:support" in said


def test_a_conversation_that_goes_on_keeps_its_room_and_its_people(tmp_path: Path) -> None:
    tests = """\
        mail: {from: kim@customer.example, to: [support@corp.example, lee@x.example], subject: "Re: Hello"}
        to: support@corp.example
        conversation: existing
        expect: {room: conversation, name: none, answer: {to: [kim@customer.example, lee@x.example]}}
    """
    assert tried(tmp_path, tests) == ".\n1 passed\n"
    said = tried(tmp_path, tests.replace("room: conversation", "room: new"), status=1)
    assert "expected  new\n        got       conversation" in said


def test_what_rules_send_by_themselves_and_who_must_agree_can_be_expected(tmp_path: Path) -> None:
    more = """
  box:
    address: box@corp.example
    room: {for: [ann, bob]}
    send: {who: ann, approve: desk, cc: boss@corp.example}
    acknowledge: We have it.
    copy: [archive@corp.example, sales]
    tags: [paper]
    rules: [{when: {subject: "*elsewhere*"}, forward: partner@other.example}]
lists:"""
    tests = """\
        mail: {from: kim@customer.example, to: box@corp.example, subject: Hello}
        to: box@corp.example
        expect:
          - inbox: box
            copies: [archive@corp.example, sales]
            acknowledged: true
            tags: paper
            answer: {by: ann, cc: boss@corp.example, confirmed: false, approvers: bob}
          - {inbox: sales, sees: dan}
    """
    rules = RULES.replace("\nlists:", more)
    assert tried(tmp_path, tests, rules=rules) == ".\n1 passed\n"
    said = tried(tmp_path, tests.replace("approvers: bob", "approvers: desk"), rules=rules, status=1)
    assert "answer by ann, approvers\n        expected  ann, bob\n        got       bob" in said
    tests = """\
        mail: {from: kim@customer.example, subject: This goes elsewhere, headers: {Auto-Submitted: auto-generated}}
        to: box@corp.example
        expect:
          - {inbox: box, action: forward, copies: [archive@corp.example, partner@other.example, sales], sees: none,
             acknowledged: false}
          - {inbox: sales}
    """
    assert tried(tmp_path, tests, rules=rules) == ".\n1 passed\n"


def test_a_mail_may_lie_in_a_file_or_come_by_a_list(tmp_path: Path) -> None:
    head = "From: l@x.example\r\nList-Id: <users.example>\r\nList-Post: <mailto:users@users.example>\r\nSubject: Q\r\n"
    (tmp_path / "list.eml").write_bytes((head + "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\nHi\r\n").encode())
    tests = """\
        eml: list.eml
        to: lists@corp.example
        expect: {list: users, room: list, sees: desk, answer: {by: ann, to: users@users.example}}
    """
    assert tried(tmp_path, tests) == ".\n1 passed\n"


MISTAKES = [
    ("to: a@b.example", "2:3: tests.1: needs one mail", "write mail: {…}, eml: file.eml, or message-id: <…>"),
    ("mial: {}", "3:3: tests.1.mial: this key is unknown", "did you mean 'mail'?"),
    ("mail: {sbject: x}\nto: a@b.example", "tests.1.mail.sbject: this key is unknown", "did you mean 'subject'?"),
    ("mail: {X-Spam-Flag: x}\nto: a@b.example", "this key is unknown", "write it below headers: headers: {X-Spam-Flag"),
    (MAIL, "does not say how the mail came", "write to: support@corp.example, or account:"),
    ("eml: gone.eml\nto: a@b.example", "3:8: tests.1.eml: there is no file 'gone.eml' beside this one", ""),
    (
        "eml: ../../etc/passwd\nto: a@b.example",
        "3:8: tests.1.eml: '../../etc/passwd' is not beside this file",
        "put the mail into this directory, or one below it",
    ),
    (
        "eml: /etc/passwd\nto: a@b.example",
        "3:8: tests.1.eml: '/etc/passwd' is not beside this file",
        "put the mail into this directory, or one below it",
    ),
    (f"{MAIL}\nto: a@b.example\nat: soon", "5:7: tests.1.at: is no moment", 'write "2026-11-23 10:00"'),
]


@pytest.mark.parametrize(("text", "what", "cure"), MISTAKES)
def test_a_mistake_in_a_test_is_named_and_nothing_is_tried(tmp_path: Path, text: str, what: str, cure: str) -> None:
    said = tried(tmp_path, f"{text}\nexpect: {{rule: none}}\n", status=1)
    (line,) = [line for line in said.splitlines() if what in line]
    assert line.startswith("a.test.yaml:")
    assert cure in line
    assert said.splitlines()[-1].startswith("not tried: problems: ")


NAMES = [
    ("sees: dsek", "5:18: tests.1.expect.sees: nobody is called 'dsek' in people or groups: did you mean 'desk'?"),
    ("answer: {by: annn}", "5:25: tests.1.expect.answer.by: nobody is called 'annn' in people: did you mean 'ann'?"),
    ("answer: [{to: kim}]", "5:26: tests.1.expect.answer.1.to: 'kim' is no mail address: write local@domain"),
    ("notify: {mention: x}", "nobody is called 'x' in people or groups: known are ann, bob, dan, desk"),
    ("inbox: suport", "5:19: tests.1.expect.inbox: the rules have no inbox 'suport': did you mean 'support'?"),
    ("rule: nose", "5:18: tests.1.expect.rule: no rule is called 'nose' there: did you mean 'noise'?"),
    ("inbox: sales, rule: noise", "no rule is called 'noise' there"),
    ("action: dorp", "must be one of bridge, show, drop, quarantine, triage, reject, forward: did you mean 'drop'?"),
]


@pytest.mark.parametrize(("expect", "words"), NAMES)
def test_a_name_that_the_rules_do_not_have_is_a_mistake_and_no_failure(tmp_path: Path, expect: str, words: str) -> None:
    said = tried(tmp_path, f"{MAIL}\nto: support@corp.example\nexpect: {{{expect}}}\n", status=1)
    assert words in said
    assert said.splitlines()[-1] == "not tried: problems: 1"


def test_broken_rules_are_told_and_nothing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("inboxes: {x: {adress: a@b.example}}\n")
    said = tried(tmp_path, f"{MAIL}\nto: support@corp.example\nexpect: {{rule: none}}\n", status=1)
    assert "b.yaml:1:15: inboxes.x.adress: this key is unknown: did you mean 'address'?" in said


def test_only_the_wanted_tests_run_and_none_at_all_is_no_success(tmp_path: Path) -> None:
    test = f"\n  {MAIL}\n  to: support@corp.example\n  expect: {{rule: none}}\n"
    (tmp_path / "rules.yaml").write_text(RULES)
    assert "no tests in" in run(tmp_path, status=1)
    (tmp_path / "a.test.yaml").write_text(f"tests:\n- name: One{test}- name: Two{test}")
    assert run(tmp_path, "-k", "one", "-v") == "ok     a.test.yaml:2: One\n1 passed, 1 left out\n"
    assert run(tmp_path, "-k", "three", status=1) == "no test is called so; there are 2\n"
    (tmp_path / "b.test.yaml").write_text(f"tests:\n- name: Three{test}")
    assert "1 passed\n" in run(tmp_path / "b.test.yaml")
    assert "3 passed\n" in run(tmp_path)


def test_the_report_for_build_servers_names_failures_with_their_places(tmp_path: Path) -> None:
    junit = tmp_path / "out.xml"
    tests = f"{MAIL}\nto: support@corp.example\nexpect: {{rule: noise, sees: none}}\n"
    tried(tmp_path, tests, "--junit", str(junit), status=1)
    (suite,) = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    (case,) = suite
    assert (case.get("name"), case.get("line")) == ("it", "2")
    (failure,) = case
    assert failure.get("message") == "rule: expected noise, got none"
    assert "a.test.yaml:5:31: sees: expected none, got ann, bob" in (failure.text or "")

    made = json.loads(tried(tmp_path, tests, "--json", status=1))
    (test,) = made["tests"]
    assert (made["ok"], test["outcome"], [miss["key"] for miss in test["misses"]]) == (
        False,
        "failed",
        ["rule", "sees"],
    )


def test_a_mail_of_the_journal_comes_with_its_envelope(tmp_path: Path) -> None:
    world = Installation(tmp_path)
    raw = b"From: kim@customer.example\r\nMessage-ID: <one@customer.example>\r\nSubject: Hello\r\n\r\nHi\r\n"

    async def keep(journal: Journal) -> None:
        envelope = Envelope("smtp", "kim@customer.example", ("support@corp.example",))
        await journal.accept([Arrival("smtp:1", "mail", raw, 400.0, envelope)])

    world.journal(keep)
    test = 'tests: [{name: it, message-id: "<ID@customer.example>", expect: {inbox: support, sees: ann}}]\n'
    (tmp_path / "rules" / "a.test.yaml").write_text(test.replace("ID", "one"))
    assert world.says("rules", "test") == ".\n1 passed\n"
    (tmp_path / "rules" / "a.test.yaml").write_text(test.replace("ID", "two"))
    said = world.says("rules", "test", status=1)
    assert "the journal knows no mail <two@customer.example>" in said


def test_a_mail_in_a_mailbox_that_rules_mark_can_be_tried(tmp_path: Path) -> None:
    rules = RULES.replace(
        "lists:", "  box: {account: box, room: {for: ann}, mailbox: {seen: true, move: Done}}\nlists:", 1
    )
    test = f"{MAIL}\naccount: box\nexpect: {{inbox: box, mailbox: {{seen: true, flag: false, move: Done}}}}\n"
    assert tried(tmp_path, test, rules=rules) == ".\n1 passed\n"


def test_a_mail_in_a_mailbox_has_the_return_path_that_delivery_writes(tmp_path: Path) -> None:
    boxed = (
        "  box: {account: box, address: box@corp.example, room: {for: ann}, send: {who: ann}, acknowledge: Yes}\nlists:"
    )
    mail = "mail: {from: Kim <kim@customer.example>, to: box@corp.example, subject: Hello}\naccount: box\n"
    rules = RULES.replace("lists:", boxed)
    assert "1 passed" in tried(tmp_path, f"{mail}expect: {{acknowledged: true}}\n", rules=rules)
    assert "1 passed" in tried(tmp_path, f"{mail}from-envelope: ''\nexpect: {{acknowledged: false}}\n", rules=rules)
