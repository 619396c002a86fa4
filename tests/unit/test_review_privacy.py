"""Of private mail neither logs nor queues say who wrote to whom."""

from dataclasses import replace
from pathlib import Path

from bridge.core.answering import plan_said
from bridge.core.mail import Envelope
from bridge.routing import Facts, compile_rules
from tests.unit.worlds import CLIENT, DESK, SETUP, a_mail, a_view, posted, said

RULES = """
domain: corp.example
people: {eva: Eva Lind, ann: Ann Berg}
inboxes:
  eva:
    address: eva@corp.example
    private: true
    room: {per: conversation, for: eva}
    send: none
    rules:
      - {name: known, when: {from: "anna@client.example", subject: "Order*"}, notify: none}
  support:
    address: support@corp.example
    room: {per: conversation, for: ann}
    send: none
    rules:
      - {name: known, when: {from: "anna@client.example"}, notify: none}
unmatched: {do: triage, room: {is: "#triage", for: ann}}
"""


def test_the_trace_of_private_mail_names_the_rule_and_nothing_of_the_mail(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULES)
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None, compiled.problems
    envelope = Envelope("smtp", rcpt_tos=("eva@corp.example", "support@corp.example"))
    private, team = compiled.rulebook.decide(envelope, a_mail(), at=0.0)
    assert "known" in private.trace.words
    assert "client.example" not in private.trace.words
    assert "client.example" in team.trace.words


def test_the_words_of_a_private_answer_name_nobody() -> None:
    private = replace(DESK, private=True)
    for setup in (SETUP, replace(SETUP, outbound="observe")):
        made = plan_said(posted(), said(), a_view(), private, setup)
        assert made.effects
        assert CLIENT.spec not in made.words
