"""Every example of the manual is a rulebook that compiles, and does what the manual says beside it."""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main
from bridge.core.addresses import Address
from bridge.core.mail import Envelope, Mail
from bridge.routing import CompiledRulebook, Facts, compile_rules
from bridge.routing.reference import BEGIN, END, reference

PATH = Path(__file__).parents[2] / "rules" / "README.md"
MANUAL = PATH.read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
EXAMPLES = [block for block in BLOCKS if not block.startswith("tests:")]
TESTS = [index for index, block in enumerate(BLOCKS) if block.startswith("tests:")]


def book(directory: Path, text: str) -> CompiledRulebook:
    (directory / "a.yaml").write_text(text)
    compiled = compile_rules(directory, facts=Facts(accounts=frozenset({"eva"}), server="corp.example"))
    assert compiled.warnings == ()
    assert compiled.rulebook is not None, [str(problem) for problem in compiled.problems]
    return compiled.rulebook


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_compiles(tmp_path: Path, number: int) -> None:
    assert book(tmp_path, EXAMPLES[number]).scopes


@pytest.mark.parametrize("index", TESTS)
def test_every_test_holds_for_the_rules_before_it(tmp_path: Path, index: int) -> None:
    rules = next(block for block in reversed(BLOCKS[:index]) if block in EXAMPLES)
    (tmp_path / "rules.yaml").write_text(rules)
    (tmp_path / "it.test.yaml").write_text(BLOCKS[index])
    done = CliRunner().invoke(main, ["rules", "test", str(tmp_path)])
    assert done.exit_code == 0, done.output


def test_the_smallest_rulebook_does_what_is_said(tmp_path: Path) -> None:
    rules = book(tmp_path, EXAMPLES[0])
    scope = rules.scope("inbox:support")
    assert scope is not None
    assert scope.sending is not None
    assert (scope.room.per, scope.room.members) == ("conversation", ("@ann:corp.example", "@bob:corp.example"))
    answerer = scope.sending.identity("@ann:corp.example")
    assert answerer is not None
    assert answerer.shown == "Ann Berg <support@corp.example>"


def test_an_outage_mentions_the_desk(tmp_path: Path) -> None:
    rules = book(tmp_path, EXAMPLES[1])
    letter = Mail("c", 1, from_=(Address("x", "y.example"),), subject="All is DOWN again")
    (decision,) = rules.decide(Envelope("smtp", rcpt_tos=("help@corp.example",)), letter, at=0.0)
    assert decision.trace.rule == "outage"
    assert decision.scope.notify.people == ("@ann:corp.example", "@iwu:corp.example")


def test_the_reference_says_what_the_types_say() -> None:
    """After a change of the types, run this file once with MAILROOM_UPDATE=1 in the environment."""
    before, _, rest = PATH.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    if os.environ.get("MAILROOM_UPDATE"):
        PATH.write_text(before + reference() + after)
    assert PATH.read_text() == before + reference() + after


def test_every_key_has_a_meaning() -> None:
    for line in reference().splitlines():
        assert not line.endswith("|  |"), line
