"""The compiled rulebook decides like a naive reading of the same rules, for any rules and any mail.

The naive reader works on the plain document: no sets, no indexes, no precomputed scopes.
"""

import fnmatch
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.decision import Standing
from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import CompiledRulebook, Facts, compile_rules
from bridge.routing.index import index_of
from bridge.routing.patterns import is_glob, matcher
from bridge.routing.tree import All, Case, Hit, Leaf, Needs
from bridge.routing.when_doc import PatternDoc
from tests.unit.naive_rules import GROUPS, PEOPLE, SERVER, TIMES, Naive, mails, moments, names, senders, standings, when

room = st.fixed_dictionaries({}, optional={"per": st.sampled_from(["conversation", "correspondent"]), "for": names})
send = st.one_of(
    st.just("none"),
    st.fixed_dictionaries({}, optional={"who": names, "to": st.sampled_from(["sender", "all"]), "hold": st.just("1m")}),
)
options = {"room": room, "send": send, "notify": st.sampled_from(["all", "none"])}
rule = st.fixed_dictionaries(
    {"when": when, "do": st.sampled_from(["bridge", "drop", "quarantine", "triage"])},
    optional={
        **options,
        "enabled": st.sampled_from(["true", "false"]),
        "expires": st.sampled_from(["2026-11-22", "2026-11-25", "2027-01-01"]),
    },
)
based = st.fixed_dictionaries({"room": st.fixed_dictionaries({"for": names})}, optional={"send": send})
book = st.fixed_dictionaries(
    {
        "defaults": st.fixed_dictionaries({}, optional=options),
        "before": st.lists(rule, max_size=2),
        "inboxes": st.dictionaries(
            st.sampled_from(["s", "t", "u"]), st.tuples(based, st.lists(rule, max_size=3)), max_size=3
        ),
    }
)


def laid(layers: list[dict[str, Any]]) -> tuple[list[str], str, list[str], str, str]:
    """Members, per, who, to, notify after laying each layer over the one before."""
    members: list[str] = []
    per, who, to, notify = "conversation", [], "sender", "all"
    for layer in layers:
        members = layer.get("room", {}).get("for", members)
        per = layer.get("room", {}).get("per", per)
        said = layer.get("send", {})
        who = [] if said == "none" else said.get("who", who)
        to = to if said == "none" else said.get("to", to)
        notify = layer.get("notify", notify)
    return sorted(f"@{m}:d" for m in members), per, sorted(f"@{w}:d" for w in who), to, notify


def naive(rules: dict[str, Any], inbox: str, case: Naive) -> tuple[str, str, object]:
    own = rules["inboxes"][inbox]
    for candidate in [*rules["before"], *own["rules"]]:
        if case.lives(candidate) and case.holds(candidate["when"]):
            if candidate["do"] == "triage":
                return "unmatched", "triage", None
            return f"inbox:{inbox}", candidate["do"], laid([rules["defaults"], own, candidate])
    return f"inbox:{inbox}", "bridge", laid([rules["defaults"], own])


def unmatched(rules: dict[str, Any], case: Naive) -> tuple[str, str, object]:
    taken = next(
        (candidate["do"] for candidate in rules["before"] if case.lives(candidate) and case.holds(candidate["when"])),
        "triage",
    )
    return "unmatched", "triage" if taken == "bridge" else taken, None


def compiled(folder: Path, rules: dict[str, Any]) -> CompiledRulebook:
    """The rulebook; inboxes become as they are written."""
    rules["inboxes"] = {
        name: {"address": f"{name}@d", "rules": own, **base} for name, (base, own) in rules["inboxes"].items()
    }
    (folder / "a.yaml").write_text(
        yaml.safe_dump(
            {"domain": "d", "people": {name: name for name in PEOPLE}, "groups": GROUPS, "times": TIMES, **rules}
        )
    )
    made = compile_rules(folder, facts=Facts(admins=("@ann:d",), authserv=frozenset({SERVER})))
    assert made.rulebook is not None, [str(problem) for problem in made.problems]
    return made.rulebook


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=book, mail=mails, sender=senders, standing=standings, at=moments, plus=st.sampled_from(["", "+x"]))
def test_compiled_decides_like_naive(
    tmp_path: Path, rules: dict[str, Any], mail: Mail, sender: str, standing: Standing, at: float, plus: str
) -> None:
    rulebook = compiled(tmp_path, rules)
    addressed = tuple(f"{name}{plus}@D" for name in rules["inboxes"])
    envelope = Envelope("smtp", sender, addressed)
    known = dict.fromkeys([*(f"inbox:{name}" for name in rules["inboxes"]), "unmatched"], standing)
    case = Naive(envelope, mail, standing, at)
    decisions = rulebook.decide(envelope, mail, at=at, standings=known)
    found = {}
    for decision in decisions:
        scope = decision.scope
        sending = scope.sending
        view = (
            list(scope.room.members),
            scope.room.per,
            [user for user, _ in sending.identities] if sending else [],
            sending.to if sending else None,
            scope.notify.mode,
        )
        found[(scope.name, decision.action, decision.trace.rule)] = view
        now = rulebook.scope(scope.name, scope.rule)
        assert now == scope
    expected = [naive(rules, name, case) for name in rules["inboxes"]] or [unmatched(rules, case)]
    assert {(name, action) for name, action, _ in expected} == {key[:2] for key in found}
    for name, action, view in expected:
        if isinstance(view, tuple):
            (got,) = [value for key, value in found.items() if key[:2] == (name, action)]
            assert (*got[:3], got[3] or view[3], got[4]) == view


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=book, edited=based, own=st.lists(rule, max_size=3), mail=mails, sender=senders, standing=standings)
def test_no_edit_of_one_inbox_changes_what_is_decided_in_another(
    tmp_path: Path,
    rules: dict[str, Any],
    edited: dict[str, Any],
    own: list[dict[str, Any]],
    mail: Mail,
    sender: str,
    standing: Standing,
) -> None:
    changed = {**rules, "inboxes": {**rules["inboxes"], "s": (edited, own)}}
    books = []
    for name, each in (("before", rules), ("after", changed)):
        (tmp_path / name).mkdir(exist_ok=True)
        books.append(compiled(tmp_path / name, dict(each)))
    for addressed in (("t@d",), ("u@d",), ("nobody@d",), ("u+x@d", "t@d")):
        envelope = Envelope("smtp", sender, addressed)
        before, after = (
            [
                replace(decision, trace=replace(decision.trace, line=0, digest="", words="", file=""))
                for decision in rulebook.decide(
                    envelope, mail, at=0.0, standings=dict.fromkeys((*rulebook.scopes, "unmatched"), standing)
                )
            ]
            for rulebook in books
        )
        assert after == before


CANDIDATES = ["from", "to", "cc", "to-or-cc", "recipient", "sender", "list"]


@pytest.mark.parametrize("field", CANDIDATES)
def test_of_a_thousand_rules_on_addresses_or_lists_a_decision_asks_those_that_can_hold(
    tmp_path: Path, field: str
) -> None:
    whens = [{field: f"x{n}@c{n}.example" if n % 2 else f"*@c{n}.example"} for n in range(1000)]
    if field == "list":
        whens = [{field: f"x{n}.c.example"} for n in range(1000)]
    whens[500] = {"any": [{field: "someone@else.example"}, whens[500]]}
    whens[600] = {**whens[600], "subject": "no"}
    whens[602] = {"not": {"subject": "*"}}
    rules = {"before": [], "inboxes": {"s": ({"room": {"for": ["ann"]}}, [{"when": when} for when in whens])}}
    rulebook = compiled(tmp_path, rules)
    met = Address("x600", "c600.example")
    mail = Mail("c", 1, from_=(met,), to=(met,), cc=(met,), subject="yes", list=ListInfo("X600.c.example"))
    envelope = Envelope("smtp", met.spec, ("s@d", met.spec))
    case = Case(envelope, mail, 0.0)
    asked = [first + n for first, index in rulebook.scopes["inbox:s"].indexes for n in index.candidates(case)]
    assert asked == [600, 602]
    empty = Case(Envelope("smtp", rcpt_tos=("s@d",)), Mail("c", 1), 0.0)
    asked = [first + n for first, index in rulebook.scopes["inbox:s"].indexes for n in index.candidates(empty)]
    assert asked == [602]


def test_rules_on_one_large_group_share_it_in_the_index() -> None:
    needs = Needs("from", frozenset({"a@x", "b@x"}), frozenset({"y"}))
    leaf = Leaf("from", "", (), lambda case: None, needs=needs)
    found = index_of([leaf, All((), ()), leaf, leaf])
    ((_, postings),) = found.fields
    assert found.always == (1,)
    assert {id(numbers) for each in postings.exact.values() for numbers in each} == {id(postings.domains["y"][0])}
    assert postings.domains["y"] == ((0, 2, 3),)


globs = st.lists(st.text("ab?*é.", min_size=1, max_size=5), min_size=1, max_size=60)


@settings(max_examples=100, deadline=None)
@given(
    patterns=globs,
    regexes=st.lists(st.sampled_from(["^a", "b$", "(?P<x>a+)b", "é"]), max_size=3),
    value=st.text("abÉé.\n"),
)
def test_many_patterns_at_once_find_what_each_alone_finds(patterns: list[str], regexes: list[str], value: str) -> None:
    docs = [*(PatternDoc(text=text) for text in patterns), *(PatternDoc(regex=regex) for regex in regexes)]
    alone = [matcher([doc]).hit([value]) for doc in docs]
    together = matcher(docs).hit([value])
    exact = [hit for doc, hit in zip(docs, alone, strict=True) if doc.text and not is_glob(doc.text)]
    assert together == next((hit for hit in (*exact, *alone) if hit is not None), None)
    for text, hit in zip(patterns, alone, strict=False):
        assert (hit is not None) == fnmatch.fnmatchcase(value.casefold(), text.casefold())


def test_a_sieve_that_ran_out_of_memory_leaves_out_nothing() -> None:
    heavy = [PatternDoc(regex=f"(x[^y]{{300}}{n}){{1,3}}") for n in range(150)]
    found = matcher([*heavy, PatternDoc(regex="b$")]).hit(["a" * 500 + "b"])
    assert found == Hit("/b$/")


def test_a_thousand_rules_compile_and_decide(tmp_path: Path) -> None:
    rules = "".join(f"      - {{name: r{n}, when: {{from: 'x{n}@c.example'}}, notify: none}}\n" for n in range(1000))
    (tmp_path / "a.yaml").write_text(
        "domain: d\npeople: {ann: Ann}\ninboxes:\n  s:\n    address: s@d\n    room: {for: ann}\n    rules:\n" + rules
    )
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None
    letter = Mail("c", 1, from_=(Address("x999", "c.example"),))
    (decision,) = compiled.rulebook.decide(Envelope("smtp", rcpt_tos=("s@d",)), letter, at=0.0)
    assert decision.trace.rule == "r999"
