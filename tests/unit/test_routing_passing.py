"""`forward` and `copy` name whom they mean; a private inbox passes nothing on; no rule sends mail round in circles."""

from pathlib import Path

import pytest

from bridge.core.decision import Copy
from bridge.core.mail import Envelope
from bridge.routing import Facts
from tests.unit.test_routing_problems import FACTS, book, compiled, problems
from tests.unit.worlds import a_mail

TWO = """\
inboxes:
  info:
    address: info@corp.example
    room: {for: desk}
    rules: [{name: sales, when: {subject: "*offer*"}, forward: sales}]
  sales:
    address: sales@corp.example
    title: Sales desk
    room: {for: desk}
    copy: boss@other.example
    rules:
      - {name: round, when: {subject: "*round*"}, forward: info}
      - {name: held, when: {subject: "*held*"}, do: quarantine}
      - {name: gone, when: {subject: "*gone*"}, do: drop}
      - {name: kept, when: {subject: "*kept*"}, do: drop, copy: [vault@other.example, boss@other.example]}
      - {name: out, when: {subject: "*out*"}, forward: dan@other.example}
"""


def decided(directory: Path, subject: str, to: str = "info@corp.example") -> list[tuple[str, str, list[str]]]:
    envelope = Envelope("smtp", "anna@client.example", (to,))
    found = book(directory, TWO).decide(envelope, a_mail(subject=subject), at=0.0)
    return [
        (d.scope.name, d.action, [c.scope or c.address.spec for c in d.scope.copies if c.scope or c.address])
        for d in found
    ]


def test_another_inbox_decides_anew_and_passes_nothing_on(tmp_path: Path) -> None:
    info = ("inbox:info", "forward", ["inbox:sales"])
    assert decided(tmp_path, "an offer") == [info, ("inbox:sales", "bridge", [])]
    assert decided(tmp_path, "an offer, all round") == [info, ("inbox:sales", "bridge", [])]
    assert decided(tmp_path, "an offer, held") == [info, ("inbox:sales", "quarantine", [])]
    assert decided(tmp_path, "an offer, gone") == [info, ("inbox:sales", "drop", [])]


def test_what_an_inbox_says_goes_with_the_mail_that_is_shown(tmp_path: Path) -> None:
    boss, vault, dan = "boss@other.example", "vault@other.example", "dan@other.example"
    for subject, action, targets in (
        ("hello", "bridge", [boss]),
        ("held", "quarantine", []),
        ("gone", "drop", []),
        ("kept", "drop", [vault, boss]),
        ("out", "forward", [dan, boss]),
    ):
        assert decided(tmp_path, subject, "sales@corp.example") == [("inbox:sales", action, targets)], subject


def test_mail_leaves_under_the_first_address_and_the_title(tmp_path: Path) -> None:
    scope = book(tmp_path, TWO).scope("inbox:sales")
    assert scope is not None
    assert scope.voice is not None
    assert scope.voice.shown == "Sales desk <sales@corp.example>"


def test_one_addressed_to_both_decides_once_for_each(tmp_path: Path) -> None:
    envelope = Envelope("smtp", "a@x.example", ("info@corp.example", "sales@corp.example"))
    found = book(tmp_path, TWO).decide(envelope, a_mail(subject="offer"), at=0.0)
    assert [d.scope.name for d in found] == ["inbox:info", "inbox:sales"]


def test_inboxes_that_pass_a_mail_to_each_other_do_not_lose_it(tmp_path: Path) -> None:
    envelope = Envelope("smtp", "a@x.example", ("info@corp.example", "sales@corp.example"))
    rules = book(tmp_path, TWO)
    found = rules.decide(envelope, a_mail(subject="offer, all round"), at=0.0)
    assert [(d.scope.name, d.action) for d in found] == [("inbox:info", "bridge"), ("inbox:sales", "forward")]
    assert found[0].trace.words.endswith("shown here: it would come back")


def test_a_longer_circle_is_shown_once_and_a_way_out_of_it_is_taken(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    boxes = "".join(
        f"  {name}:\n    address: {name}@corp.example\n    room: {{for: desk}}\n"
        f"    rules: [{{name: on, when: {{subject: '*{name}*'}}, forward: {onward}}}]\n"
        for name, onward in zip(names, ("b", "c", "a"), strict=True)
    )
    envelope = Envelope("smtp", "x@x.example", tuple(f"{name}@corp.example" for name in names))
    rules = book(tmp_path, f"inboxes:\n{boxes}")

    def actions(subject: str) -> list[str]:
        return [d.action for d in rules.decide(envelope, a_mail(subject=subject), at=0.0)]

    assert actions("abc") == ["bridge", "forward", "forward"]
    assert actions("ab") == ["forward", "forward", "bridge"]
    assert actions("c") == ["bridge", "bridge", "forward"]


def test_a_rule_for_all_that_forwards_to_the_inbox_itself_shows_it_there_whoever_gets_copies(tmp_path: Path) -> None:
    rules = book(tmp_path, "before: [{name: b, forward: s}]\n" + INBOX + "    copy: log@x.example\n")
    (decision,) = rules.decide(Envelope("smtp", "a@y.example", ("s@corp.example",)), a_mail(), at=0.0)
    assert decision.action == "bridge"
    assert [copy.address.spec for copy in decision.scope.copies if copy.address] == ["log@x.example"]


def test_unmatched_mail_can_be_passed_to_an_inbox(tmp_path: Path) -> None:
    rules = (
        "before: [{name: b, when: {subject: '*sale*'}, forward: s}]\n" + INBOX + "unmatched: {catch-all: x.example}\n"
    )
    found = book(tmp_path, rules).decide(
        Envelope("smtp", "a@y.example", ("q@x.example",)), a_mail(subject="sale"), at=0.0
    )
    assert [(d.scope.name, d.action) for d in found] == [("unmatched", "forward"), ("inbox:s", "bridge")]


INBOX = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n"
PRIVATE = INBOX + "    private: true\n"

TABLE = [
    (
        INBOX + "    copy: slaes\n  sales: {address: b@corp.example, room: {for: desk}}\n",
        "a.yaml:8:11: inboxes.s.copy: no inbox is called 'slaes': did you mean 'sales'?",
    ),
    (INBOX + "    copy: s\n", "a.yaml:8:11: inboxes.s.copy: s would pass mail on to itself: name another inbox"),
    (
        INBOX + "    copy: s+x@corp.example\n",
        "a.yaml:8:11: inboxes.s.copy: s+x@corp.example is the inbox s: write its name: s",
    ),
    (
        INBOX + "    copy: boss@@x\n",
        "a.yaml:8:11: inboxes.s.copy: 'boss@@x' is no mail address: write local@domain",
    ),
    (
        PRIVATE + "    copy: boss@x.example\n",
        "a.yaml:9:11: inboxes.s.copy: would pass on mail of s, which is private: remove it",
    ),
    (
        PRIVATE + "    rules: [{forward: boss@x.example}]\n",
        "a.yaml:9:23: inboxes.s.rules.1.forward: would pass on mail of s, which is private: remove it",
    ),
    (
        "defaults: {copy: boss@x.example}\n" + PRIVATE,
        "a.yaml:4:18: defaults.copy: would pass on mail of s, which is private: say `copy: []` in s",
    ),
    (
        "inboxes:\n  s: {account: ann, room: {for: desk}, copy: boss@x.example}\n",
        "a.yaml:5:46: inboxes.s.copy: s has no address of its own to send it from: "
        "give it an `address`, or name an inbox instead",
    ),
    (
        INBOX + "    rules: [{do: quarantine, copy: boss@x.example}]\n",
        "a.yaml:8:13: inboxes.s.rules.1: `copy` and `quarantine` contradict each other: that mail goes nowhere: "
        "keep one of them",
    ),
]


@pytest.mark.parametrize(("text", "line"), TABLE)
def test_each_mistake_is_named_with_its_place_and_cure(tmp_path: Path, text: str, line: str) -> None:
    assert problems(tmp_path, text) == [line]


def test_defaults_can_be_taken_back_for_a_private_inbox(tmp_path: Path) -> None:
    rules = book(tmp_path, "defaults: {copy: boss@x.example}\n" + PRIVATE + "    copy: []\n")
    scope = rules.scope("inbox:s")
    assert scope is not None
    assert scope.copies == ()


def test_a_rule_for_all_shows_private_mail_at_home(tmp_path: Path) -> None:
    found = compiled(tmp_path, "before: [{name: b, forward: boss@x.example}]\n" + PRIVATE)
    assert found.rulebook is not None
    assert "is not done with mail of s, which is private" in str(found.warnings[0])
    (decision,) = found.rulebook.decide(Envelope("smtp", "a@y.example", ("s@corp.example",)), a_mail(), at=0.0)
    assert decision.action == "bridge"
    assert decision.scope.copies == ()
    assert "shown here" in decision.trace.words


def test_a_voice_that_no_account_may_use_is_a_warning(tmp_path: Path) -> None:
    facts = Facts(accounts=FACTS.accounts, identities=frozenset({"x@corp.example"}), server="corp.example")
    found = compiled(tmp_path, INBOX + "    rules: [{forward: boss@x.example}]\n", facts)
    assert any("no submission account may send as s@corp.example" in str(warning) for warning in found.warnings)
    assert compiled(tmp_path, INBOX, facts).warnings == ()


def test_a_copy_names_one_target_once(tmp_path: Path) -> None:
    scope = book(tmp_path, INBOX + "    copy: [b@x.example, b@x.example]\n").scope("inbox:s")
    assert scope is not None
    assert len(scope.copies) == 1
    assert isinstance(scope.copies[0], Copy)
