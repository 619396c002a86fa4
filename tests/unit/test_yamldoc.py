"""Whatever a YAML file holds, reading it gives plain values or problems with their place, in bounded time."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.yamldoc import Place, Problem, load


def problems(text: str) -> list[str]:
    return [str(problem) for problem in load(textwrap.dedent(text), file="a.yaml")[1]]


def test_scalars_stay_text() -> None:
    document, found = load("a: no\nb: 012\nc: 1:30\nd: 1e3\ne: null\nf: ~\ng: 2026-01-31\nh: ''\ni:\n")
    assert found == []
    assert document.value == {
        "a": "no",
        "b": "012",
        "c": "1:30",
        "d": "1e3",
        "e": "null",
        "f": "~",
        "g": "2026-01-31",
        "h": "",
        "i": None,
    }


def test_every_node_and_key_has_its_place() -> None:
    document, _ = load("inboxes:\n  support:\n    rules:\n      - {name: x, when: {from: y}}\n")
    path = ("inboxes", "support", "rules", 0, "when", "from")
    assert document.place(path, key=True) == Place(4, 26)
    assert document.place(path) == Place(4, 32)
    assert document.place((*path, "not", "there")) == Place(4, 32)


def test_a_problem_prints_place_path_what_and_cure() -> None:
    document, _ = load("a:\n  b: 1\n", file="x.yaml")
    assert str(document.problem(("a", "b"), "is wrong", "mend it")) == "x.yaml:2:6: a.b: is wrong: mend it"
    assert str(Problem("x", 1, 1, "", "is wrong")) == "x:1:1: is wrong"


def test_equal_keys_tags_and_odd_keys_are_all_reported_at_once() -> None:
    assert problems("a: 1\na: 2\nb: !!python/object:os.system x\n? [c]\n: d\n") == [
        "a.yaml:3:4: carries a tag, and tags are refused: remove it; quote a text that starts with '!'",
        "a.yaml:2:1: the key 'a' is here twice (first in line 1): keep one of them",
        "a.yaml:4:3: this key is not a plain word: write a word as the key",
    ]


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("a: b: c", (1, 5), "is not YAML"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("a: x\0y\n", (1, 5), "U+0000"),
        ("a: \ud800\n", (1, 4), "U+D800"),
        ("a: *b\n", (1, 4), "anchor"),
        ("a: &a [*a]\n", (1, 8), "anchor"),
        ("[" * 60, (1, 51), "nested deeper"),
        ("a: " + "x" * 2_000_001, (1, 1), "over 2 MB"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(text: str, where: tuple[int, int], what: str) -> None:
    document, found = load(text)
    assert document.value == {}
    assert [(problem.line, problem.column) for problem in found] == [where]
    assert what in found[0].what


FLOW = 'and quote a text that begins with "#" or holds one of ,:[]{}'
KEYS = "indent keys that belong together equally; quote a text "


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ('a: {regex: "NB-\\d"}\n', (1, 16), "in double quotes write each backslash twice, or use single quotes"),
        ("a: Sorry: too large\n", (1, 9), KEYS + 'with ": " in it'),
        ("ü: 1\n\tb: 2\n", (2, 1), "indent with blanks, never with tabs"),
        ("ü: 1\nb:\n\tc: 2\n", (3, 1), "indent with blanks, never with tabs"),
        ("ü: ö\nb: @ann\n", (2, 4), "quote a text that begins with '@'"),
        ("a: *urgent*\n", (1, 11), 'quote a text that begins with "*" or "&"'),
        ("a: 1\nb: {is: #x, for: y}\nc: 1\n", (2, 4), f'close the "{{" with "}}", {FLOW}'),
        ("a: 1\nb: [x, #y]\nc: 1\n", (2, 4), f'close the "[" with "]", {FLOW}'),
        ("a: {me.first} <x>\nb: 1\n", (1, 15), KEYS + 'that begins with "{" or "["'),
        ("a:\n    b: 1\n   c: 2\n", (3, 4), KEYS + 'that begins with "{" or "["'),
        ('a: 1\nb: "x\nc: 1\n', (2, 4), "close the quotes"),
        ("a: >b\n", (1, 5), "check indentation and quotes"),
    ],
)
def test_what_is_no_yaml_says_what_was_forgotten_and_where(text: str, where: tuple[int, int], cure: str) -> None:
    (found,) = load(text)[1]
    assert (found.line, found.column) == where
    assert found.what.startswith("is not YAML: ")
    assert found.cure == cure


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"a: 1\nb: caf\xe9\n", (2, 7), "is not UTF-8"),
        (b"\xef\xbb\xbfa: 1\n", (1, 1), "byte order mark"),
        ("a: 1\n".encode("utf-16"), (1, 1), "byte order mark"),
        (b"a: \xed\xa0\x80\n", (1, 4), "is not UTF-8"),
    ],
)
def test_files_in_other_encodings_say_so(tmp_path: Path, data: bytes, where: tuple[int, int], what: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    (found,) = load(path)[1]
    assert (found.line, found.column) == where
    assert what in found.what


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    (found,) = load(tmp_path / "none.yaml")[1]
    assert "cannot be read" in found.what


def test_an_alias_bomb_is_refused_before_it_is_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    document, found = load("\n".join(lines))
    assert document.value == {}
    assert "expands to more than" in found[0].what


def test_depth_through_aliases_counts_too() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "depth 50" in load("\n".join(lines))[1][0].what


def test_an_honest_alias_is_expanded() -> None:
    document, found = load("a: &x {k: v}\nb: *x\n")
    assert (document.value, found) == ({"a": {"k": "v"}, "b": {"k": "v"}}, [])


def test_an_empty_file_is_an_empty_mapping() -> None:
    document, found = load("# nothing\n")
    assert (document.value, found) == ({}, [])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!?|>'\"#,\n \t%@`\\", max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    document, found = load(text)
    assert found or isinstance(document.value, dict | list | str | None)
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)
