"""Conditions are a tree that is evaluated and explained by the same words; `all`, `any`, `not` mean what they say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.decision import Decision
from bridge.core.mail import Envelope, ListInfo, Mail
from bridge.routing import Facts, compile_rules
from bridge.routing.tree import All, Case, Either, Hit, Leaf, Needs, Node, Not, Result, explain, leaves, meet, words

RULES = """\
domain: d.example
people: {{ann: Ann}}
inboxes:
  s:
    address: s@d.example
    room: {{for: ann}}
    rules: [{{name: r, when: {when}}}]
"""


def compiled(directory: Path, when: str) -> tuple[Node, Decision, Case]:
    (directory / "a.yaml").write_text(RULES.format(when=when))
    found = compile_rules(directory, facts=Facts())
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    mail = Mail("c", 1, from_=(Address("Kim", "c.example"),), subject="Order 123 [ABC]", kind="bulk")
    envelope = Envelope("smtp", rcpt_tos=("s@d.example",))
    (decision,) = found.rulebook.decide(envelope, mail, at=0.0)
    return found.rulebook.scopes["inbox:s"].rules[0].conditions, decision, Case(envelope, mail, 0.0)


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("{all: [{kind: bulk}, {from: kim@c.example}]}", "kind is bulk and from is kim@c.example"),
        ("{all: [{kind: bulk}, {from: lee@c.example}]}", None),
        ("{any: [{kind: list}, {from: '*@c.example'}]}", "from is *@c.example"),
        ("{any: [{kind: list}, {from: '*@b.example'}]}", None),
        ("{not: {kind: list}}", "not (kind is list)"),
        ("{not: {kind: bulk}}", None),
        ("{not: {kind: bulk, from: lee@c.example}}", "not (kind is bulk and from is lee@c.example)"),
        (
            "{kind: bulk, not: {any: [{spam: true}, {kind: list}]}}",
            "kind is bulk and not ((spam is true or kind is list))",
        ),
        ("{not: {not: {kind: bulk}}}", "not (not (kind is bulk))"),
        ("{any: [{kind: list, subject: '*'}, {all: [{kind: bulk}]}]}", "kind is bulk"),
    ],
)
def test_all_any_and_not_mean_what_they_say(tmp_path: Path, when: str, why: str | None) -> None:
    _, decision, _ = compiled(tmp_path, when)
    assert (decision.trace.rule == "r") is (why is not None)
    assert decision.trace.words.endswith(f": {why or 'no rule took it'}")


def test_conditions_are_asked_and_named_in_the_order_written(tmp_path: Path) -> None:
    node, decision, _ = compiled(tmp_path, "{subject: 'order*', spam: false, kind: bulk, from: kim@C.example}")
    assert [leaf.label for leaf in leaves(node)] == ["subject", "spam", "kind", "from"]
    assert decision.trace.words.endswith(
        "subject is order* and spam is false and kind is bulk and from is kim@C.example"
    )


def test_every_leaf_knows_where_it_stands(tmp_path: Path) -> None:
    when = "{header: {X-A: x}, any: [{kind: bulk}, {not: {from: a@b.example, subject: y}}]}"
    node, _, _ = compiled(tmp_path, when)
    root = ("inboxes", "s", "rules", 0, "when")
    assert [leaf.path for leaf in leaves(node)] == [
        (*root, "header", "X-A"),
        (*root, "any", 0, "kind"),
        (*root, "any", 1, "not", "from"),
        (*root, "any", 1, "not", "subject"),
    ]


def test_named_groups_of_the_conditions_that_held_reach_the_decision(tmp_path: Path) -> None:
    when = (
        r"{subject: {regex: 'Order (?P<order>\d+) \[(?P<shop>[A-Z]+)\](?P<rest>!)?'},"
        r" any: [{subject: {regex: '(?P<never>zzz)'}}, {from: {regex: '(?i)^(?P<who>kim)@'}}],"
        r" not: {subject: {regex: '(?P<no>nothing)'}}}"
    )
    _, decision, _ = compiled(tmp_path, when)
    assert dict(decision.captures) == {"order": "123", "shop": "ABC", "rest": "", "who": "Kim"}
    assert "123" not in decision.trace.words
    assert "Kim" not in decision.trace.words


def test_the_first_regex_that_captures_a_name_keeps_it(tmp_path: Path) -> None:
    _, decision, _ = compiled(tmp_path, "{subject: {regex: '(?P<x>Order)'}, from: {regex: '(?P<x>Kim)'}}")
    assert decision.captures == (("x", "Order"),)


def test_address_and_list_conditions_say_what_a_mail_needs(tmp_path: Path) -> None:
    node, _, _ = compiled(tmp_path, "{from: [Kim@c.example, lee@C.example], list: users.c.example, recipient: '*@x.*'}")
    needs = [leaf.needs for leaf in leaves(node)]
    assert needs == [
        Needs("from", frozenset({"kim@c.example", "lee@c.example"}), frozenset()),
        Needs("list", frozenset({"users.c.example"}), frozenset()),
        None,
    ]


@pytest.mark.parametrize(
    ("when", "path", "what"),
    [
        ("{any: []}", "when.any", "is empty"),
        ("{any: [{}]}", "when.any.1", "has no condition"),
        ("{not: {}}", "when.not", "has no condition"),
        ("{not: {knd: bulk}}", "when.not.knd", "this key is unknown"),
        ("{any: [{kind: bulk}, {knd: bulk}]}", "when.any.2.knd", "this key is unknown"),
        ("{from: [{regex: ''}]}", "when.from.1.regex", "must be a text"),
        ("{all: [{subject: {regex: '('}}]}", "when.all.1.subject", "this regex cannot be read: missing ): ("),
    ],
)
def test_mistakes_inside_all_any_and_not_are_named_at_their_place(
    tmp_path: Path, when: str, path: str, what: str
) -> None:
    (tmp_path / "a.yaml").write_text(RULES.format(when=when))
    (problem,) = compile_rules(tmp_path, facts=Facts()).problems
    assert (problem.path, problem.what) == (f"inboxes.s.rules.1.{path}", what)


def leaf(name: str) -> Leaf:
    return Leaf(
        name, "x", (name,), lambda case: Hit(f"{name} is x", ((name, "1"),)) if name in case.mail.subject else None
    )


nodes = st.recursive(
    st.sampled_from("abcd").map(leaf),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda below: All(tuple(below), ())),
        st.lists(inner, min_size=1, max_size=3).map(lambda below: Either(tuple(below), ())),
        inner.map(lambda below: Not(below, ())),
    ),
    max_leaves=12,
)


def naive(node: Node, mail: Mail) -> bool:
    match node:
        case Leaf():
            return node.label in mail.subject
        case All():
            return all(naive(child, mail) for child in node.below)
        case Either():
            return any(naive(child, mail) for child in node.below)
        case Not():
            return not naive(node.below, mail)


def results(result: Result) -> list[Result]:
    return [result, *(found for child in result.below for found in results(child))]


@given(node=nodes, subject=st.text("abcd", max_size=4))
def test_explaining_agrees_with_deciding_and_both_with_a_naive_reading(node: Node, subject: str) -> None:
    mail = Mail("c", 1, subject=subject, list=ListInfo("l"))
    case = Case(Envelope("smtp"), mail, 0.0)
    told = explain(node, case)
    assert told.hit == meet(node, case)
    for result in results(told):
        assert (result.hit is not None) is naive(result.node, mail)
        assert result.hit == meet(result.node, case)
    assert len(results(told)) == words(node).count(" is ") + sum(
        not isinstance(result.node, Leaf) for result in results(told)
    )
