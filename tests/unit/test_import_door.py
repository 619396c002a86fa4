"""Who imported mail was addressed to is said by a person, and refused when it leads nowhere."""

from pathlib import Path

import pytest

from bridge.app.import_door import envelope
from bridge.core.errors import Permanent
from bridge.core.mail import Envelope
from bridge.routing import CompiledRulebook, Facts, compile_rules

ONE = """
domain: corp.example
people: {ann: Ann Berg}
inboxes:
  support: {address: support@corp.example, room: {per: conversation, for: ann}, send: none}
"""
TWO = ONE + "  desk: {account: desk, room: {per: conversation, for: ann}, send: none}\n"


def rules(folder: Path, text: str) -> CompiledRulebook:
    (folder / "rules.yaml").write_text(text)
    compiled = compile_rules(folder, facts=Facts(accounts=frozenset({"desk"}), identities=None))
    assert compiled.rulebook is not None, compiled.problems
    return compiled.rulebook


def test_the_only_inbox_needs_no_word(tmp_path: Path) -> None:
    assert envelope(rules(tmp_path, ONE), (), "", "") == Envelope("import", rcpt_tos=("support@corp.example",))


def test_among_several_one_must_be_named(tmp_path: Path) -> None:
    book = rules(tmp_path, TWO)
    with pytest.raises(Permanent, match="--to ADDRESS"):
        envelope(book, (), "", "")
    to = ("support+old@corp.example",)
    assert envelope(book, to, "", "") == Envelope("import", rcpt_tos=to)
    assert envelope(book, (), "desk", "") == Envelope("import", account="desk", folder="INBOX")
    assert envelope(book, (), "desk", "Old") == Envelope("import", account="desk", folder="Old")


@pytest.mark.parametrize(
    ("to", "account"), [(("nobody@corp.example",), ""), ((), "other"), (("support@corp.example",), "desk")]
)
def test_what_leads_nowhere_is_refused(tmp_path: Path, to: tuple[str, ...], account: str) -> None:
    with pytest.raises(Permanent):
        envelope(rules(tmp_path, TWO), to, account, "")
