"""Two rulebooks compared: the same one says nothing, and a mail is told of exactly when it is decided otherwise."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.comparing import Comparer, Finding, Side
from bridge.core.decision import Decision, Trace
from bridge.core.mail import Envelope, Mail
from bridge.routing import CompiledRulebook, changes
from tests.unit.test_routing_naive import book, mails
from tests.unit.test_routing_naive import compiled as written
from tests.unit.worlds import SETUP

INBOXES = ("s", "t", "u")
ALL = Envelope("smtp", rcpt_tos=tuple(f"{name}@d" for name in INBOXES))


def compiled(rules: dict[str, Any]) -> CompiledRulebook:
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder), {**rules})


def decided(rulebook: CompiledRulebook, mail: Mail) -> tuple[set[Decision], Side]:
    decisions = rulebook.decide(ALL, mail, at=0.0)
    nowhere = Trace("", "", 0, "", "")
    setup = replace(SETUP, own=frozenset(), triage=rulebook.unmatched.base)
    return {replace(each, trace=nowhere) for each in decisions}, Side(decisions, setup)


def everything(before: CompiledRulebook, after: CompiledRulebook) -> list[Finding]:
    rooms = [(f"conv:{n}", f"inbox:{name}", rule) for n, (name, rule) in enumerate(rules_of(before))]
    found = [finding for _, finding in changes.rooms(rooms, before, after)]
    return [*changes.doors(before, after), *(finding for _, finding in changes.options(before, after)), *found]


def rules_of(rulebook: CompiledRulebook) -> list[tuple[str, str]]:
    pairs = [(name, rule.id) for name, ruled in rulebook.scopes.items() for rule in ruled.rules]
    return [(name.partition(":")[2], rule) for name, rule in pairs] + [(name, "") for name in INBOXES]


@settings(max_examples=40, deadline=None)
@given(rules=book, mail=mails)
def test_the_plan_of_an_unchanged_rulebook_is_empty(rules: dict[str, Any], mail: Mail) -> None:
    one, same = compiled(rules), compiled(rules)
    assert everything(one, same) == []
    assert Comparer().findings(mail, decided(one, mail)[1], decided(same, mail)[1]) == ()


@settings(max_examples=40, deadline=None)
@given(before=book, after=book, received=st.lists(mails, min_size=1, max_size=4))
def test_a_mail_is_told_of_exactly_when_it_is_decided_otherwise(
    before: dict[str, Any], after: dict[str, Any], received: list[Mail]
) -> None:
    old, new, comparer = compiled(before), compiled(after), Comparer()
    for mail in received:
        (was, here), (now, there) = decided(old, mail), decided(new, mail)
        told = comparer.findings(mail, here, there)
        otherwise = was != now
        assert bool(told) == otherwise, (was, now)


def test_two_inboxes_that_send_a_mail_to_triage_are_told_apart() -> None:
    plain: dict[str, Any] = {"inboxes": {"t": ({"room": {"for": ["ann"]}}, [])}}
    ruled = plain | {"before": [{"when": {"subject": "x"}, "do": "triage"}]}
    mail = Mail("c", 1, subject="x")
    told = Comparer().findings(mail, decided(compiled(plain), mail)[1], decided(compiled(ruled), mail)[1])
    assert [(each.scope, each.what, each.before, each.after) for each in told] == [
        ("unmatched", "mail", "", "arrives here"),
        ("inbox:t", "mail", "arrives here", ""),
    ]


def book_of(**support: Any) -> CompiledRulebook:
    own = {"room": {"for": ["ann", "bob"]}, **support}
    return compiled({"inboxes": {"s": (own, []), "t": ({"room": {"for": ["cleo"]}}, [])}})


def test_who_leaves_an_inbox_loses_its_open_rooms_and_the_right_to_answer_there() -> None:
    before = book_of(send={"who": ["ann", "bob"]})
    after = book_of(room={"for": ["ann", "cleo"]}, send={"who": "ann"})
    rooms = [("conv:1", "inbox:s", ""), ("conv:2", "inbox:t", ""), ("conv:3", "inbox:gone", "")]
    assert list(changes.rooms(rooms, before, after)) == [
        ("conv:1", Finding("sight", "members of open rooms", "inbox:s", gained=("@cleo:d",), lost=("@bob:d",))),
        ("conv:1", Finding("answers", "who may answer in open rooms", "inbox:s", lost=("@bob:d",))),
    ]


def test_an_inbox_that_goes_keeps_its_people_and_loses_its_answers() -> None:
    before = book_of(send={"who": "ann"})
    after = compiled({"inboxes": {"t": ({"room": {"for": ["cleo"]}}, [])}})
    (told,) = changes.rooms([("conv:1", "inbox:s", "")], before, after)
    assert told[1] == Finding("answers", "who may answer in open rooms", "inbox:s", lost=("@ann:d",))
    assert {(each.what, each.lost) for each in changes.doors(before, after)} == {
        ("addresses that are taken", ("s@d",)),
        ("inboxes and lists", ("inbox:s",)),
    }
