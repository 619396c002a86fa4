"""A rule that no mail can reach is warned of, with the rule before it that is why; in doubt nothing is said."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.core.decision import Standing
from bridge.core.mail import Envelope, Mail
from bridge.routing import Facts, compile_rules
from tests.unit.naive_rules import GROUPS, PEOPLE, SERVER, TIMES, mails, senders, standings, when


def warnings(folder: Path, *rules: object, before: tuple[object, ...] = (), **more: object) -> list[str]:
    """What is said of rules; each is its conditions, or the whole rule when it says a name."""
    inbox = {"address": "s@d", "room": {"for": "ann"}, "rules": [_rule("r", n, each) for n, each in enumerate(rules)]}
    text = {"domain": "d", "people": {name: name for name in PEOPLE}, "groups": GROUPS, "inboxes": {"s": inbox}, **more}
    text["times"] = TIMES
    text["before"] = [_rule("b", n, each) for n, each in enumerate(before)]
    (folder / "a.yaml").write_text(yaml.safe_dump(text))
    made = compile_rules(folder, facts=Facts(admins=("@ann:d",), authserv=frozenset({SERVER})))
    assert made.rulebook is not None, made.problems
    return [f"{each.path}: {each.what}: {each.cure}" for each in made.warnings if "reached" in each.what]


def _rule(stem: str, number: int, said: object) -> object:
    return said if isinstance(said, dict) and "name" in said else {"name": f"{stem}{number}", "when": said}


SUBSUMED = [
    ({"from": "kim@a.example"}, {"from": "KIM@A.example"}),
    ({"from": ["kim@a.example", "lee@b.example"]}, {"from": "lee@b.example"}),
    ({"from": "*@a.example"}, {"from": "kim@a.example"}),
    ({"from": ["*@a.example", "*@b.example"]}, {"from": ["*@b.example", "x@a.example"], "subject": "x"}),
    ({"from": "desk"}, {"from": "ann"}),
    ({"from": "desk"}, {"from": "bob@d", "to": "x@d"}),
    ({"correspondent": ["clients", "desk"]}, {"correspondent": "clients"}),
    ({"subject": "*order*"}, {"subject": "*Order*", "kind": "bulk"}),
    ({"subject": [{"regex": "^a"}, "b"]}, {"subject": {"regex": "^a"}}),
    ({"kind": ["bulk", "list"]}, {"kind": "list", "from": "kim@a.example"}),
    ({"conversation": "existing"}, {"conversation": "answered"}),
    ({"header": {"X-Prio": ["1", "2"]}}, {"header": {"x-prio": "2", "X-Other": "3"}}),
    ({"list": "a.example", "spam": "true"}, {"spam": "true", "list": "A.example", "size": {"over": "1MB"}}),
    ({"all": [{"from": "kim@a.example"}, {"kind": "bulk"}]}, {"kind": "bulk", "from": "kim@a.example"}),
    (
        {"any": [{"kind": "bulk"}, {"from": "kim@a.example"}]},
        {"any": [{"kind": "bulk"}, {"from": "kim@a.example"}], "subject": "x"},
    ),
    ({"not": {"kind": "bulk"}}, {"subject": "x", "not": {"kind": "bulk"}}),
    ({"time": {"hours": "9:00-17:00"}}, {"time": {"hours": "9:00-17:00"}, "kind": "bulk"}),
]

DOUBTFUL = [
    ({"from": "kim@a.example"}, {"from": "*@a.example"}),
    ({"from": "kim@a.example"}, {"to": "kim@a.example"}),
    ({"from": "kim@a.example", "subject": "x"}, {"from": "kim@a.example"}),
    ({"from": "*@a.example"}, {"from": "kim@sub.a.example"}),
    ({"from": "*@*.example"}, {"from": "*@a.example"}),
    ({"subject": {"regex": "^a"}}, {"subject": {"regex": "^A"}}),
    ({"conversation": "answered"}, {"conversation": "existing"}),
    ({"header": {"X-Prio": "1"}}, {"header": {"X-Other": "1"}}),
    ({"not": {"from": "kim@a.example"}}, {"not": {"from": "*@a.example"}}),
    ({"size": {"over": "1MB"}}, {"size": {"over": "2MB"}}),
    ({"spam": "true"}, {"spam": "false"}),
]


@pytest.mark.parametrize(("first", "second"), SUBSUMED)
def test_a_rule_behind_one_that_takes_all_of_it_is_never_reached(tmp_path: Path, first: Any, second: Any) -> None:
    (said,) = warnings(tmp_path, {"subject": "z"}, first, second)
    assert said.startswith("inboxes.s.rules.3: rule 'r2' is never reached: 'r1' before it ")
    assert said.endswith(("takes all that it would take", "asks the same"))


@pytest.mark.parametrize(("first", "second"), DOUBTFUL)
def test_where_it_cannot_be_proved_nothing_is_said(tmp_path: Path, first: Any, second: Any) -> None:
    assert warnings(tmp_path, first, second) == []


def test_equal_conditions_are_told_as_such_and_the_first_rule_is_named(tmp_path: Path) -> None:
    same = {"from": "kim@a.example", "kind": "bulk"}
    assert warnings(tmp_path, same, dict(reversed(same.items())), same) == [
        "inboxes.s.rules.2: rule 'r1' is never reached: 'r0' before it asks the same",
        "inboxes.s.rules.3: rule 'r2' is never reached: 'r0' before it asks the same",
    ]


def test_rules_of_before_count_for_every_inbox_and_are_told_of_once(tmp_path: Path) -> None:
    boxes = {name: {"address": f"{name}@d", "room": {"for": "ann"}} for name in "stu"}
    boxes["u"]["rules"] = [{"name": "mine", "when": {"from": "kim@a.example"}}]
    found = warnings(tmp_path, before=({"from": "*@a.example"}, {"from": "kim@a.example"}), inboxes=boxes)
    assert found == [
        "before.2: rule 'b1' is never reached: 'b0' before it takes all that it would take",
        "inboxes.u.rules.1: rule 'mine' is never reached: 'b0' before it takes all that it would take",
    ]


def test_a_rule_that_takes_everything_hides_all_behind_it(tmp_path: Path) -> None:
    found = warnings(tmp_path, {"name": "all"}, {"kind": "bulk"}, {"name": "rest"})
    assert [line.rpartition(": ")[2] for line in found] == ["'all' before it takes everything"] * 2


def test_what_expires_or_is_not_enabled_hides_nothing(tmp_path: Path) -> None:
    soon = {"name": "soon", "when": {"kind": "bulk"}, "expires": "2999-01-01"}
    off = {"name": "off", "when": {"kind": "bulk"}, "enabled": "false"}
    assert warnings(tmp_path, soon, off, {"kind": "bulk"}, before=(off | {"name": "o"},)) == []
    assert len(warnings(tmp_path, {"kind": "bulk"}, soon)) == 1


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(whens=st.lists(when, min_size=2, max_size=6), mail=mails, sender=senders, standing=standings, data=st.data())
def test_no_mail_reaches_a_rule_that_was_said_to_be_never_reached(
    tmp_path: Path, whens: list[Any], mail: Mail, sender: str, standing: Standing, data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(whens))  # something that may well be hidden
    rules = [*whens, {**again, "kind": "bulk"} if "kind" not in again else again]
    hidden = {line.split("'")[1] for line in warnings(tmp_path, *rules)}
    assert hidden
    made = compile_rules(tmp_path, facts=Facts(authserv=frozenset({SERVER})))
    assert made.rulebook is not None
    known = {"inbox:s": standing}
    for letter in (mail, Mail("c", 1, from_=mail.from_, kind="bulk", subject=mail.subject, list=mail.list)):
        (decision,) = made.rulebook.decide(Envelope("smtp", sender, ("s@d",)), letter, at=0.0, standings=known)
        assert decision.trace.rule not in hidden
