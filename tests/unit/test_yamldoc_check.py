"""A document held against its types: every violation at once, at its own place, with a cure."""

from typing import Literal

from pydantic import Field

from bridge.yamldoc import check, closest, load
from bridge.yamldoc.types import Count, Doc, Duration, Flag, Many, Size, Word


class Inner(Doc):
    wait: Duration = 1.0
    size: Size = 1
    on: Flag = False
    names: Many[Word] = ()


class Outer(Doc):
    inner: Inner | None = None
    by_name: dict[str, Inner] = Field(default={}, alias="by-name")
    several: tuple[Inner, ...] = ()
    either: Inner | Literal["none"] = "none"
    number: Count = 0
    needed: Word


def problems(text: str, **hints: str) -> list[str]:
    document, found = load(text, file="a")
    assert found == []
    return [str(problem) for problem in check(document, Outer, hints=hints)[1]]


def test_what_is_right_is_read_by_one_notation_each() -> None:
    document, _ = load("inner: {wait: 15s, size: 25MB, on: true, names: ann}\nnumber: 012\nneeded: x\n")
    value, found = check(document, Outer)
    assert found == []
    assert value is not None
    assert value.inner == Inner.model_validate({"wait": "15s", "size": "25MB", "on": "true", "names": ["ann"]})
    assert (value.inner.wait, value.inner.size, value.inner.on, value.inner.names) == (15, 25_000_000, True, ("ann",))
    assert value.number == 12


def test_all_violations_come_at_once_each_at_its_place() -> None:
    text = "inner:\n  wait: 15\n  size: big\n  on: yes\nby-name:\n  a: {wiat: 1s}\nseveral:\n  - {names: [x, '']}\n"
    assert problems(text) == [
        "a:1:1: needed: is missing: add it",
        'a:2:9: inner.wait: is no duration: write a number and a unit: "15s", "10m", "2h", "14d", "1w", "2y"',
        'a:3:9: inner.size: is no size: write a number and a unit: "500kB", "25MB"',
        "a:4:7: inner.on: must be true or false: write true",
        "a:6:7: by-name.a.wiat: this key is unknown: did you mean 'wait'?",
        "a:8:17: several.1.names.2: must be a text: write one text",
    ]


def test_a_key_without_value_is_never_taken_as_not_said() -> None:
    # `is: #alerts` reads as an empty value and a comment.
    (found,) = problems("needed: #alerts\n")
    assert found.startswith("a:1:8: needed: has no value")


def test_wrong_shapes() -> None:
    assert problems("needed: [x]\nseveral: 3\ninner: x\nnumber: -1\n") == [
        "a:1:9: needed: must be a text: write one text",
        "a:2:10: several: must be a list: write [a, b] or one '- ' a line",
        "a:3:8: inner: must be a mapping: write keys and values; the keys are names, on, size, wait",
        "a:4:9: number: must be a whole number",
    ]
    (whole,) = problems("- x\n")
    assert whole == (
        "a:1:1: must be a mapping: write keys and values; the keys are by-name, either, inner, needed, number, several"
    )


def test_where_a_word_or_a_mapping_may_stand_the_complaint_is_of_the_one_that_was_written() -> None:
    shape = "write keys and values; the keys are names, on, size, wait"
    assert problems("needed: x\neither: 8:00\n") == [f"a:2:9: either: must be none, or a mapping: {shape}"]
    assert problems("needed: x\neither: nonne\n") == ["a:2:9: either: must be none, or a mapping: did you mean 'none'?"]
    assert problems("needed: x\neither: {on: yes}\n") == ["a:2:14: either.on: must be true or false: write true"]
    assert problems("needed: x\neither: [x]\n") == [f"a:2:9: either: must be a mapping: {shape}"]


def test_a_hint_is_the_cure_of_a_key_people_write() -> None:
    assert problems("needed: x\npassword: hunter2\n", password="use a file") == [
        "a:2:1: password: this key is unknown: use a file"
    ]


def test_a_text_that_a_comma_cuts_is_to_be_quoted() -> None:
    quote = "if it belongs to the text before the comma, quote that text"
    assert problems("{needed: Too large, sorry}\n") == [f"a:1:21: sorry: this key is unknown: {quote}"]
    assert problems("needed: x\nnumbr:\n") == ["a:2:1: numbr: this key is unknown: did you mean 'number'?"]


def test_no_problem_shows_a_value() -> None:
    text = "inner: hunter2\nneeded: {hunter2: 1}\nnumber: hunter2\nseveral: hunter2\n"
    assert "hunter2" not in "".join(line.replace("needed.hunter2", "") for line in problems(text))


def test_a_word_far_from_all_is_answered_with_the_choice() -> None:
    assert closest("subjct", ["subject", "from"]) == "did you mean 'subject'?"
    assert closest("zzz", ["subject", "from"]) == "known are from, subject"
    assert closest("zzz", []) == ""
