"""Every field of a decision is compared and has a name; no difference tells what a mail said."""

import dataclasses
import typing
from dataclasses import replace
from types import UnionType
from typing import Any

import pytest

from bridge.core.addresses import Address
from bridge.core.decision import Acknowledge, Copy, Decision, Digest, Fallback, RoomRule, Scope, Withheld
from bridge.core.differences import NAMES, TOPICS, UNTOLD, VEILED, WALKED, WHOLE, Topic, differences, said
from tests.unit.worlds import ANN, BOB, DESK, SENDING, TRACE

DECISION = Decision(DESK, "bridge", TRACE)


def _types(hint: Any) -> typing.Iterator[type]:
    if isinstance(hint, UnionType) or typing.get_origin(hint) is not None:
        for inner in typing.get_args(hint):
            yield from _types(inner)
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield hint


def reachable(kind: type) -> dict[type, dict[str, Any]]:
    """All dataclasses of a decision with their fields' types; those told as a whole are not looked into."""
    found: dict[type, dict[str, Any]] = {}
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        if one in found or one in WHOLE:
            continue
        found[one] = typing.get_type_hints(one)
        waiting += [inner for name, hint in found[one].items() if (one, name) not in UNTOLD for inner in _types(hint)]
    return found


def test_every_field_that_a_decision_is_made_of_has_a_name() -> None:
    shapes = reachable(Decision)
    assert set(shapes) == set(WALKED), "a new part of a decision is walked, or told as a whole"
    walked = {
        (kind, name)
        for kind, hints in shapes.items()
        for name, hint in hints.items()
        if hint in WALKED and (kind, name) != (Scope, "sending")
    }
    fields = {(kind, name) for kind, hints in shapes.items() for name in hints}
    assert fields - walked - UNTOLD == set(NAMES)
    assert {topic for topic, _ in NAMES.values()} <= set(typing.get_args(Topic))
    assert set(TOPICS) == set(typing.get_args(Topic))
    assert set(NAMES) >= VEILED


OTHER: dict[str, Any] = {
    "title": "desk",
    "own": (Address("x", "corp.example"),),
    "private": True,
    "rule": "noise",
    "copies": (Copy(scope="inbox:x"),),
    "close_after": 86_400.0,
    "keep": 86_400.0,
    "digest": Digest(every=1800.0),
    "acknowledge": Acknowledge("Thank you"),
    "fallback": Fallback(60.0, (Address("x", "corp.example"),)),
    "assign": (ANN,),
    "tags": ("vip",),
    "voice": Address("x", "corp.example"),
    "refusal": "Go away",
    "forwarders": ("ann@corp.example",),
}


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Scope) if f.name in OTHER])
def test_one_changed_option_is_one_difference(field: str) -> None:
    after = replace(DECISION, scope=replace(DESK, **{field: OTHER[field]}))
    (found,) = differences(DECISION, after)
    assert (found.topic, found.what) == NAMES[Scope, field]
    assert found.before != found.after


def test_the_table_above_misses_no_option() -> None:
    nested = {"name", "room", "sending", "notify", "looks", "marking"}
    assert {f.name for f in dataclasses.fields(Scope)} == set(OTHER) | nested


def test_the_difference_is_told_where_it_is() -> None:
    room = RoomRule(members=(ANN,), target="#noise")
    after = replace(DECISION, scope=replace(DESK, room=room, sending=replace(SENDING, to="all", hold=60.0)))
    told = [(each.what, each.before, each.after) for each in differences(DECISION, after)]
    assert told == [
        ("members of the room", f"{ANN}, {BOB}", ANN),
        ("a room for each", "conversation", "none"),
        ("room", "none", "#noise"),
        ("answers go to", "sender", "all"),
        ("hold", "15s", "1m"),
    ]


def test_spans_are_told_as_rules_write_them() -> None:
    after = replace(DESK, close_after=14 * 86_400.0, keep=2 * 31_536_000.0, digest=Digest(every=5400.0))
    found = {each.what: (each.before, each.after) for each in differences(replace(DESK, close_after=90.0), after)}
    assert found == {
        "closed after": ("90s", "14d"),
        "kept for": ("forever", "2y"),
        "digest": ("none", "every: 90m; zone: UTC"),
    }
    (never,) = differences(DESK, replace(DESK, close_after=90.0))
    assert (never.before, never.after) == ("never", "90s")


def test_where_a_rule_stands_is_no_difference() -> None:
    assert differences(DECISION, replace(DECISION, trace=replace(TRACE, line=99, digest="e", words="else"))) == ()


def test_the_right_to_send_that_goes_is_told_whole() -> None:
    (found,) = differences(DESK, replace(DESK, sending=None))
    assert (found.topic, found.what, found.after) == ("answers", "sending", "none")
    assert f"{ANN} as Ann at Corp <support@corp.example>" in found.before


def test_what_a_mail_said_is_not_told() -> None:
    secret = replace(DECISION, captures=(("order", "secret"),), withheld=(Withheld(1, "blocked", "secret*"),))
    found = differences(DECISION, secret)
    assert [each.what for each in found] == ["what templates are filled with", "attachments that are not shown"]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        ((), "none"),
        (True, "yes"),
        (False, "no"),
        (1800.0, "1800"),
        (("b", "a"), "b, a"),
        (Copy(Address("x", "corp.example", "X")), "address: X <x@corp.example>"),
        (Digest(at=(540, 1020), zone="Europe/Paris"), "every: 0s; at: 540, 1020; zone: Europe/Paris"),
    ],
)
def test_values_are_words(value: Any, words: str) -> None:
    assert said(value) == words
