"""A mail may hold thousands of addresses, fields and files: rules find in all at once what they find in each."""

from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.mail import Envelope, Mail, Part
from bridge.routing import CompiledRulebook, Facts, compile_rules
from bridge.routing.address_conditions import INDEXED, held
from bridge.routing.patterns import Matcher, addresses, matcher
from bridge.routing.texts import Texts
from bridge.routing.tree import Case, Hit, meet
from bridge.routing.when_doc import PatternDoc

REGEXES = [
    "^a",
    "b$",
    "(?P<x>a+)b",
    "é",
    r"\Aa",
    r"b\z",
    "(?-m:^a)",
    "(?s)a.b$",
    r"[^b]+\s?b",
    r"\ba\b",
    r"a\Bb",
    "^$",
    "(?i)B",
    r"\\A",
    r"\Qa.b\E",
]
TEXTS = st.lists(st.text("abÉé. @ẞ\n\\\ud800", max_size=6), max_size=30)


def first_of_each(found: Matcher, values: list[str]) -> Hit | None:
    """What is found when each text is looked at by itself, in order."""
    return next((hit for value in values if (hit := found.hit([value])) is not None), None)


@settings(max_examples=400, deadline=None)
@given(
    globs=st.lists(st.text("ab?*é.@", min_size=1, max_size=5), max_size=4),
    regexes=st.lists(st.sampled_from(REGEXES), max_size=4),
    values=TEXTS,
)
def test_many_texts_at_once_meet_what_each_alone_meets(globs: list[str], regexes: list[str], values: list[str]) -> None:
    docs = [*(PatternDoc(text=text) for text in globs), *(PatternDoc(regex=regex) for regex in regexes)]
    for found in (matcher(docs), addresses([(text, text) for text in globs], docs[len(globs) :])):
        assert found.hit(Texts.of(values)) == first_of_each(found, values)
        if found.misses(Texts.of(values)):
            assert first_of_each(found, values) is None


def test_ten_thousand_addresses_that_no_pattern_wants_are_not_looked_at_one_by_one() -> None:
    many = Texts.of(f"{number:x}@b.example" for number in range(10_000))
    wanted = [PatternDoc(text=text) for text in ("*q*", "q*", "*.com", "q@y.z", "*q*y*")]
    wanted += [PatternDoc(regex=regex) for regex in ("q[0-9]+$", "^y", "(?P<n>q)")]
    assert matcher(wanted).misses(many)
    assert addresses([("team", "kim@c.example"), ("*@d.example", "*@d.example")], wanted).misses(many)
    assert not addresses([("*@b.example", "*@b.example")], ()).misses(many)


def book(tmp_path: Path, when: str) -> CompiledRulebook:
    text = f"inboxes: {{s: {{address: s@d.example, room: {{for: ann}}, rules: [{{when: {when}, do: drop}}]}}}}\n"
    (tmp_path / "a.yaml").write_text(f"domain: d.example\npeople: {{ann: Ann}}\n{text}")
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None, [str(problem) for problem in compiled.problems]
    return compiled.rulebook


def test_the_last_of_many_addresses_fields_and_files_is_found(tmp_path: Path) -> None:
    when = '{to: "*@last.example", header: {X-A: {regex: "^la(?P<rest>.*)$"}}, attachment: {name: "*.exe"}}'
    rules = book(tmp_path, when)
    mail = Mail(
        "c",
        1,
        to=(*(Address(f"a{n}", "b.example") for n in range(5000)), Address("x", "last.example")),
        headers=(*(("X-A", f"v{n}") for n in range(500)), ("x-a", "last")),
        attachments=(
            *(Part(n, f"{n}.pdf", "application/pdf", 1, "h") for n in range(500)),
            Part(501, "a.EXE", "a/b", 1, "h"),
        ),
    )
    (decision,) = rules.decide(Envelope("smtp", "a@b.example", ("s@d.example",)), mail, at=0.0)
    assert decision.action == "drop"
    assert decision.captures == (("rest", "st"),)


def test_texts_are_taken_out_of_a_mail_once_for_all_rules(tmp_path: Path) -> None:
    (rule,) = book(tmp_path, '{to: "*x*", not: {to: [a@b.example, "y*"]}}').scopes["inbox:s"].rules
    case = Case(Envelope("smtp"), Mail("c", 1, to=(Address("a", "b.example"),)), 0.0)
    assert held("to", case) is held("to", case)
    before = held("to", case)
    meet(rule.conditions, case)
    assert held("to", case) is before


def test_texts_are_taken_out_once_for_all_inboxes_that_a_mail_is_addressed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Case] = []

    def values(case: Case) -> list[str]:
        taken.append(case)
        return ["a@b.example"]

    monkeypatch.setitem(cast(dict[str, object], INDEXED), "to", values)
    boxes = "".join(f"  s{n}: {{address: s{n}@d.example, room: {{for: ann}}}}\n" for n in range(20))
    before = 'before: [{name: b, when: {to: "*x*"}, do: drop}]\n'
    (tmp_path / "a.yaml").write_text(f"domain: d.example\npeople: {{ann: Ann}}\n{before}inboxes:\n{boxes}")
    rules = compile_rules(tmp_path, facts=Facts()).rulebook
    assert rules is not None
    envelope = Envelope("smtp", "a@b.example", tuple(f"s{n}@d.example" for n in range(20)))
    assert len(rules.decide(envelope, Mail("c", 1), at=0.0)) == 20
    assert len(taken) == 1
