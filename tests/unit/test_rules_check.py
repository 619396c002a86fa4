"""`mailroom rules check`: where keys belong, what words were meant, who would see what, and the forms it prints in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main
from bridge.routing import Facts, compile_rules

START = """\
domain: corp.example
people: {ann: Ann Berg, bob: Bob Iwu, dan: Dan Ito}
groups: {desk: [ann, bob]}
"""
INBOX = "inboxes:\n  s:\n    address: s@corp.example\n    room: {for: desk}\n"


def checked(folder: Path, text: str) -> tuple[list[str], list[str]]:
    """Problems and warnings, without the folder's name."""
    (folder / "a.yaml").write_text(START + text)
    compiled = compile_rules(folder, facts=Facts())
    found = [[str(each).removeprefix(f"{folder}/") for each in some] for some in (compiled.problems, compiled.warnings)]
    return found[0], found[1]


def test_rules_that_were_not_held_against_the_settings_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(START + INBOX)
    done = CliRunner().invoke(main, ["rules", "check", str(tmp_path)])
    assert done.output == "fine: inboxes and lists: 1 (the settings were not looked at: accounts, identities)\n"


MISPLACED = [
    (INBOX + "    rules: [{kind: bulk}]\n", "rules.1.kind: this key is unknown: it belongs below `when` of a rule"),
    (INBOX + "    who: ann\n", "s.who: this key is unknown: it belongs below `send`"),
    (INBOX + "    for: ann\n", "s.for: this key is unknown: it belongs below `room`"),
    (INBOX + "    signature: x\n", "s.signature: this key is unknown: it belongs below `send` or `show`"),
    (INBOX + "    rules: [{if: {kind: bulk}}]\n", "rules.1.if: this key is unknown: write the conditions below `when`"),
    (INBOX + "    rules: [{action: drop}]\n", "rules.1.action: this key is unknown: write `do`"),
    (INBOX + "    members: ann\n", "s.members: this key is unknown: write `for`, below `room`"),
    (INBOX + "    sned: none\n", "s.sned: this key is unknown: did you mean 'send'?"),
    ("inboxs: {}\n", "inboxs: this key is unknown: did you mean 'inboxes'?"),
]


@pytest.mark.parametrize(("text", "words"), MISPLACED)
def test_an_unknown_key_is_told_where_it_belongs(tmp_path: Path, text: str, words: str) -> None:
    (problem,), _ = checked(tmp_path, text)
    assert problem.endswith(words)


MISSPELT = [
    ("    send: nnone\n", "s.send: must be none, or a mapping: did you mean 'none'?"),
    ("    send: ann\n", "s.send: must be none, or a mapping: write send: {who: ann}"),
    ("    notify: al\n", "s.notify: must be all, none or {mention: …}: did you mean 'all'?"),
    ("    private: Yes\n", "s.private: must be true or false: write true"),
    ("    private: off\n", "s.private: must be true or false: write false"),
    ("    send: {who: ann, by: replies}\n", "s.send.by: must be one of reply, all, command: did you mean 'reply'?"),
    ("    rules: [{do: quarantaine}]\n", "reject, forward: did you mean 'quarantine'?"),
    ("    rules: [{when: {kind: [bulk, autoreply]}}]\n", "feedback, empty: did you mean 'auto-reply'?"),
]


@pytest.mark.parametrize(("text", "words"), MISSPELT)
def test_a_misspelt_word_is_suggested(tmp_path: Path, text: str, words: str) -> None:
    (problem,), _ = checked(tmp_path, INBOX + text)
    assert problem.endswith(words)


TWO = "inboxes:\n  s: {address: s@corp.example, room: {for: desk}}\n  t: {address: t@corp.example, room: {for: dan}}\n"
OPEN = [
    (
        TWO + "before: [{when: {kind: bulk}, room: {is: '#news', for: [ann, dan]}}]\n",
        [
            "a.yaml:7:10: before.1: shows mail of s to dan, whom `for` there does not name: "
            "let the inboxes that it is meant for have this rule",
            "a.yaml:7:10: before.1: shows mail of t to ann, whom `for` there does not name: "
            "let the inboxes that it is meant for have this rule",
        ],
    ),
    (
        TWO + "before: [{when: {kind: bulk}, do: triage}]\nunmatched: {room: {is: '#t', for: bob}}\n",
        [
            "a.yaml:7:10: before.1: holds mail of t before bob, whom `for` there does not name: "
            "write `do: quarantine`, or name them in `for`",
        ],
    ),
    (
        TWO.replace("desk}}", "desk}, copy: t}"),
        [
            "a.yaml:5:6: inboxes.s: passes mail of s on to t, and so to dan, whom `for` there does not name: "
            "name them in `for` when that is meant",
        ],
    ),
    (
        TWO.replace("desk}}", "desk}, rules: [{forward: t}]}"),
        [
            "a.yaml:5:59: inboxes.s.rules.1: passes mail of s on to t, and so to dan, whom `for` there does not name: "
            "name them in `for` when that is meant",
        ],
    ),
    # what a rule of the inbox itself says is said where everybody reads it
    (TWO.replace("desk}}", "desk}, rules: [{room: {for: dan}}]}"), []),
    (
        TWO + "before: [{when: {kind: bulk}, room: {is: '#news'}, do: quarantine}]\n",
        [
            "a.yaml:7:37: before.1.room: does nothing here: the mail is held, and shown in triage when it is released: "
            "remove it"
        ],
    ),
    (
        TWO.replace("desk}}", "desk}, notify: {mention: [ann, dan]}}"),
        ["a.yaml:5:59: inboxes.s.notify: dan is mentioned but is not a member: add dan to `for`"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), OPEN)
def test_who_could_see_mail_without_being_named_is_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    problems, warnings = checked(tmp_path, text)
    assert problems == []
    assert warnings == expected


def test_many_inboxes_are_one_warning(tmp_path: Path) -> None:
    boxes = "".join(f"  i{n}: {{address: i{n}@corp.example, room: {{for: ann}}}}\n" for n in range(9))
    _, (warning,) = checked(tmp_path, f"inboxes:\n{boxes}before: [{{room: {{per: conversation, for: [ann, bob]}}}}]\n")
    assert "shows mail of i0, i1, i2, i3, i4 and 4 more to bob" in warning


def run(folder: Path, *args: str, status: int) -> str:
    done = CliRunner().invoke(main, ["rules", "check", *args, str(folder)])
    assert done.exit_code == status, done.output
    return done.output


def test_github_marks_the_lines_of_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "rules, 100%"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    (folder / "a.yaml").write_text(START + "inboxes: {s: {adress: x}}\n")
    place = "file=rules%2C 100%25/a.yaml,line=4,col=15"
    words = "inboxes.s.adress: this key is unknown: did you mean 'address'?"
    assert run(folder, "--format", "github", status=1) == f"::error {place}::{words}\n"
    (folder / "a.yaml").write_text(START + INBOX + "    rules: [{name: 'all: 1%'}, {when: {kind: bulk}}]\n")
    said = run(folder, "--format", "github", status=0)
    assert said.startswith("::warning file=rules%2C 100%25/a.yaml,line=")
    assert "'all: 1%25' before it takes everything\n" in said


def test_json_has_two_names(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(START + "inboxes: {s: {adress: x}}\n")
    said = run(tmp_path, "--json", status=1)
    assert run(tmp_path, "--format", "json", status=1) == said
    (problem,) = json.loads(said)["problems"]
    assert (problem["line"], problem["column"], problem["cure"]) == (4, 15, "did you mean 'address'?")


def test_a_room_of_another_server_is_told_of(tmp_path: Path) -> None:
    text = "inboxes:\n  s: {address: s@corp.example, room: {is: '#news:other.example', for: desk}}\n"
    (tmp_path / "a.yaml").write_text(START + text)
    (warning,) = compile_rules(tmp_path, facts=Facts(server="corp.example")).warnings
    assert warning.what == "#news:other.example is a room of another server and cannot be made here"
    (tmp_path / "a.yaml").write_text(START + text.replace("other", "corp"))
    assert compile_rules(tmp_path, facts=Facts(server="corp.example")).warnings == ()
