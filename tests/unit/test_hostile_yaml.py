"""Whatever lies in the rules directory: clear problems with their place, in bounded time, memory and output.

Each case runs in a process of its own whose CPU time and memory the kernel limits: going over ends it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.routing import Facts, compile_rules

CPU, MEMORY = 30, 1_000_000_000
"""Seconds and octets that no case may use up. Honest rules of that length need a fifth of it."""

PROGRAM = f"""
import json, pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({CPU}, {CPU}))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
from bridge.routing import Facts, compile_rules
made = compile_rules(pathlib.Path(sys.argv[1]), facts=Facts())
print(json.dumps([str(each) for each in (*made.problems, *made.warnings)]))
"""

HEAD = """domain: d.example
people: {ann: Ann}
inboxes:
  s:
    address: s@d.example
    room: {for: ann}
    rules:
"""


def told(directory: Path) -> list[str]:
    """The problems and warnings, cut to what follows the directory."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, directory], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{ran.returncode} {ran.stderr[-500:]}"
    assert len(ran.stdout) < 300_000
    lines: list[str] = json.loads(ran.stdout)
    return [line.removeprefix(f"{directory}").removeprefix("/") for line in lines]


def many(item: str, count: int) -> str:
    return "".join(item.format(n=n) for n in range(count))


PEOPLE = "people: {" + many("p{n}: P,", 20_000) + "}\n"
ONE_TEXT = {
    "directives": (many("%TAG !a{n}! x\n", 90_000) + "--- a\n", "a.yaml:1:1: holds a YAML directive"),
    "directives after the end": ("a: 1\n...\n%TAG ! x\n--- a\n", "a.yaml:3:1: holds a YAML directive"),
    "tags": (many("- !!python/object/apply:os.system [x{n}]\n", 40_000), "a.yaml:1:3: carries a tag"),
    "equal keys": ("{" + "a: b, " * 40_000 + "}", "a.yaml:1:8: the key 'a' is here twice (first in line 1)"),
    "keys that are maps": (many("? {{a: b}}\n: c{n}\n", 20_000), "a.yaml:1:3: this key is not a plain word"),
    "a long key": ("? " + "x" * 1_900_000 + "\n: y\n", "a.yaml:1:3: this key is longer than 200 characters"),
    "ten megabytes": ("a: " + "x" * 10_000_000, "a.yaml:1:1: is over 2 MB: split it"),
    "one long line": ("before: [" + "x," * 90_000 + "]", "a.yaml:1:10: before.1: must be a mapping"),
    "a long text many times": (
        "- &a " + "x" * 900_000 + "\n" + "- *a\n" * 90_000,
        "a.yaml:3:3: expands to more than 2 MB: use fewer aliases",
    ),
    "nodes without end": ("[" + "a," * 900_000 + "]", "a.yaml:1:200000: expands to more than 100,000 nodes"),
    "nesting": ("[" * 1_900_000, "a.yaml:1:51: is nested deeper than 50"),
    "nested maps": ("? " * 900_000, "a.yaml:1:101: is nested deeper than 50"),
    "an open quote": ('a: "' + "x\n\n" * 600_000, "a.yaml:1:4: is not YAML"),
    "unknown keys": (
        HEAD + many("      - {{whne{n}: x}}\n", 20_000),
        "a.yaml:8:10: inboxes.s.rules.1.whne0: this key is",
    ),
    "unknown people": (
        PEOPLE + "domain: d\ninboxes: {s: {address: s@d, room: {for: [" + many("q{n},", 20_000) + "]}}}\n",
        ":1:1: has more problems, which are not told yet",
    ),
    "groups in groups": (
        "domain: d\npeople: {ann: A}\ngroups:\n" + many("  g{n}: [h{n}, ann]\n", 1) + "  h0: [g0]\n"
        "inboxes: {s: {address: s@d, room: {for: g0}}}\n",
        "a.yaml:4:7: groups.g0: the group 'g0' is a member of itself",
    ),
    "a long regex": (
        HEAD + "      - {when: {subject: {regex: '((((((a{900}){9}" + "b" * 500_000 + ")'}}}\n",
        "a.yaml:8:26: inboxes.s.rules.1.when.subject: this regex cannot be read: ",
    ),
}


@pytest.mark.parametrize("name", ONE_TEXT)
def test_hostile_text_gets_clear_problems_in_bounded_time_memory_and_output(tmp_path: Path, name: str) -> None:
    text, expected = ONE_TEXT[name]
    (tmp_path / "a.yaml").write_text(text)
    found = told(tmp_path)
    assert found[0].startswith(expected), found[:3]
    assert 1 <= len(found) <= 501
    assert max(len(line) for line in found) < 2000


def test_a_chain_of_groups_is_bounded(tmp_path: Path) -> None:
    chain = "".join(f"  g{n}: [g{n + 1}]\n" for n in range(20_000))
    inbox = "inboxes: {s: {address: s@d, room: {for: ann}}}\n"
    (tmp_path / "a.yaml").write_text(f"domain: d\npeople: {{ann: A}}\ngroups:\n{chain}  g20000: [ann]\n{inbox}")
    (found,) = told(tmp_path)
    assert "groups within groups come to more than 300,000 names: put fewer groups into groups" in found


def test_a_large_group_is_compiled_once_however_many_rules_name_it(tmp_path: Path) -> None:
    group = "groups: {big: [" + many("k{n}@c.example,", 5000) + "]}\n"
    rules = many("      - {{when: {{from: big, subject: s{n}}}, notify: none}}\n", 150)
    (tmp_path / "a.yaml").write_text(group + HEAD + rules)
    assert told(tmp_path) == []
    (tmp_path / "a.yaml").write_text(group + HEAD + rules * 2)
    found = told(tmp_path)
    assert found[0].endswith("conditions come to more than 1,000,000 addresses: name large groups in fewer conditions")


def test_thousands_of_files_are_refused_unread_and_all_their_nodes_together_are_bounded(tmp_path: Path) -> None:
    for number in range(2_001):
        (tmp_path / f"{number:05}.yaml").write_text("!")
    assert told(tmp_path) == [":1:1: holds more than 2,000 *.yaml files: unite some"]
    for number in range(2_001):
        (tmp_path / f"{number:05}.yaml").unlink()
    for number in range(32):
        (tmp_path / f"{number:05}.yaml").write_text("people: {" + many(f"p{number}x{{n}}: P, ", 10_000) + "}")
    assert told(tmp_path) == [":1:1: holds more than 300,000 nodes or 20 MB: say it with fewer rules"]


def test_what_is_no_file_is_a_problem_and_nothing_waits_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    os.mkfifo(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").symlink_to("d.yaml")
    (tmp_path / "d.yaml").symlink_to("c.yaml")
    (tmp_path / "e.yaml").symlink_to("/dev/zero")
    (tmp_path / "f.yaml").symlink_to("nowhere")
    (tmp_path / "g.yml").write_text("a: b")
    (tmp_path / ".h.yaml").write_text("a: b")
    (tmp_path / ".#a.yaml").symlink_to("ann@host.4711")  # a lock of Emacs
    cure = "put a file there, or rename it so that it is not read"
    unread = "let the user that runs mailroom read it, or remove it"
    assert told(tmp_path) == [
        f"a.yaml:1:1: is no regular file: {cure}",
        f"b.yaml:1:1: is no regular file: {cure}",
        f"c.yaml:1:1: cannot be read: Too many levels of symbolic links: {unread}",
        f"d.yaml:1:1: cannot be read: Too many levels of symbolic links: {unread}",
        f"e.yaml:1:1: is no regular file: {cure}",
        f"f.yaml:1:1: cannot be read: No such file or directory: {unread}",
        ".h.yaml:1:1: is not read: rename it so that it does not begin with a dot",
        "g.yml:1:1: is not read: rename it to end in .yaml",
    ]


def test_every_file_is_told_of_until_there_are_five_hundred_problems(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.yaml").write_text(many("- !x y{n}\n", 200))
    found = told(tmp_path)
    assert found[0] == ":1:1: has more problems, which are not told yet: mend the others first"
    assert 500 <= len(found) <= 700
    assert found[-1].startswith("04.yaml:")


TRAPS = ["no", "NO", "yes", "on", "off", "y", "n", "null", "true", "0123", "0x1f", "0o17", "1_000", "1e3", "12:30:45"]


@pytest.mark.parametrize("trap", [*TRAPS, "2026-01-31", ".inf", ".nan", "Null", "=", "<<", "1."])
def test_words_that_yaml_takes_for_something_else_are_names_like_any_other(tmp_path: Path, trap: str) -> None:
    (tmp_path / "a.yaml").write_text(
        f"domain: d\npeople: {{{trap}: {{name: {trap}, matrix: '@x:d'}}}}\ngroups: {{g: [{trap}]}}\n"
        f"inboxes:\n  {trap}:\n    address: s@d\n    room: {{for: {trap}}}\n"
        f"    rules:\n      - {{name: {trap}, when: {{subject: {trap}}}, notify: none}}\n"
    )
    compiled = compile_rules(tmp_path, facts=Facts())
    assert compiled.rulebook is not None, compiled.problems
    ruled = compiled.rulebook.scopes[f"inbox:{trap}"]
    assert ruled.base.room.members == ("@x:d",)
    assert ruled.rules[0].id == trap
    assert ruled.rules[0].where.endswith(f"rule {trap!r} of inbox {trap}")


@pytest.mark.parametrize("trap", ["no", "off", "0", "~", "null", "yes", "1"])
def test_a_flag_is_true_or_false_and_no_other_word(tmp_path: Path, trap: str) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + f"      - {{name: x, when: {{spam: {trap}}}, notify: none}}\n")
    (problem,) = compile_rules(tmp_path, facts=Facts()).problems
    assert (problem.line, problem.path) == (8, "inboxes.s.rules.1.when.spam")
    assert "must be true or false" in problem.what


WORDS = [
    "domain",
    "people",
    "groups",
    "times",
    "inboxes",
    "lists",
    "before",
    "defaults",
    "unmatched",
    "s",
    "ann",
    "rules",
]
WORDS += ["when", "from", "not", "any", "all", "room", "for", "is", "per", "send", "who", "as", "do", "drop", "notify"]
WORDS += [
    "none",
    "address",
    "s@d.example",
    "#r",
    "*",
    "{regex",
    "regex",
    "(",
    "time",
    "hours",
    "9:00-8:00",
    "name",
    "to",
]
WORDS += [
    "attachment",
    "size",
    "5MB",
    "copy",
    "digest",
    "every",
    "1h",
    "assign",
    "mention",
    "",
    "~",
    "1",
    "conversation",
]
words = st.sampled_from(WORDS)
trees = st.recursive(
    words | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.dictionaries(st.sampled_from(WORDS[:9]), trees, max_size=6))
def test_no_tree_of_the_languages_words_makes_the_compiler_raise(tmp_path: Path, tree: object) -> None:
    (tmp_path / "a.yaml").write_text(json.dumps(tree))
    compiled = compile_rules(tmp_path, facts=Facts())
    assert (compiled.rulebook is None) == bool(compiled.problems)


KNOWN = {"domain": "d.example", "people": {"ann": "Ann"}}
parts = st.dictionaries(st.sampled_from(WORDS[11:]), trees, max_size=5)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rule=parts, inbox=parts)
def test_no_inbox_and_rule_of_the_languages_words_make_it_raise(
    tmp_path: Path, rule: object, inbox: dict[str, object]
) -> None:
    box = {"address": "s@d.example", "room": {"for": "ann"}, "rules": [rule], **inbox}
    (tmp_path / "a.yaml").write_text(json.dumps({**KNOWN, "inboxes": {"s": box}}))
    compiled = compile_rules(tmp_path, facts=Facts())
    assert (compiled.rulebook is None) == bool(compiled.problems)
