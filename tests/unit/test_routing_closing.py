"""`close` in rules: where conversations have rooms of their own, rule over inbox over defaults."""

from pathlib import Path

import pytest

from bridge.routing.compile import Compiled, Facts, compile_rules

RULES = """
domain: corp.example
people: {{ann: Ann Berg}}
defaults: {{{defaults}}}
inboxes:
  support:
    address: support@corp.example
    room: {{for: ann{room}}}
    {inbox}
    rules:
      - {{name: vip, when: {{from: vip@client.example}}{rule}}}
      - {{name: noise, when: {{kind: bulk}}, room: {{is: "#noise"}}}}
"""


def compiled(
    tmp_path: Path, *, defaults: str = "", inbox: str = "", rule: str = "", room: str = "", more: str = ""
) -> Compiled:
    text = RULES.format(defaults=defaults, inbox=inbox, rule=rule, room=room) + more
    (tmp_path / "rules.yaml").write_text(text)
    return compile_rules(tmp_path, facts=Facts())


def after(found: Compiled, rule: str = "") -> float:
    assert found.rulebook is not None, found.problems
    scope = found.rulebook.scope("inbox:support", rule)
    assert scope is not None
    return scope.close_after


def test_rule_over_inbox_over_defaults(tmp_path: Path) -> None:
    found = compiled(tmp_path, defaults="close: {after: 2w}", inbox="close: {after: 3d}", rule=", close: none")
    assert (after(found), after(found, "vip")) == (3 * 86_400, 0.0)
    assert after(found, "noise") == 0.0, "in a room of threads nothing is closed"
    assert found.warnings == ()
    assert found.rulebook is not None
    assert found.rulebook.patience == 3 * 86_400
    assert after(compiled(tmp_path, defaults="close: {after: 2w}")) == 14 * 86_400


def test_without_it_nothing_is_closed_by_itself(tmp_path: Path) -> None:
    found = compiled(tmp_path)
    assert after(found) == 0.0
    assert found.rulebook is not None
    assert found.rulebook.patience is None


def test_where_conversations_share_a_room_it_is_told_that_it_does_nothing(tmp_path: Path) -> None:
    found = compiled(tmp_path, room=', is: "#all"', inbox="close: {after: 1d}")
    (warning,) = [problem for problem in found.warnings if problem.path.endswith("close")]
    assert warning.what == "does nothing here: conversations share their room"
    assert after(found) == 0.0


def test_beside_an_action_that_shows_nothing_it_does_nothing(tmp_path: Path) -> None:
    found = compiled(tmp_path, rule=", do: drop, close: {after: 1d}")
    assert [problem.what for problem in found.warnings] == ["does nothing here: the mail is dropped"]


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("close: {after: 0s}", "write after: 14d, or close: none"),
        ("close: never", "write close: {after: 14d}"),
        ("close: 14", "write close: {after: 14d}"),
        ("close: non", "did you mean 'none'?"),
        ("keep: 2 years", 'write a number and a unit: "30d", "2y"'),
        ("keep: 730", 'write a number and a unit: "30d", "2y"'),
        ("keep: for ever", "did you mean 'forever'?"),
    ],
)
def test_what_cannot_be_is_a_problem_with_its_cure(tmp_path: Path, said: str, cure: str) -> None:
    (problem,) = compiled(tmp_path, inbox=said).problems
    assert problem.cure == cure


DAY = 86_400.0


def kept(found: Compiled, rule: str = "") -> float:
    assert found.rulebook is not None, found.problems
    scope = found.rulebook.scope("inbox:support", rule)
    assert scope is not None
    return scope.keep


def test_keep_too_is_rule_over_inbox_over_defaults_and_holds_in_rooms_of_threads(tmp_path: Path) -> None:
    found = compiled(tmp_path, defaults="keep: 2y", inbox="keep: 30d", rule=", keep: forever")
    assert (kept(found), kept(found, "vip"), kept(found, "noise")) == (30 * DAY, 0.0, 30 * DAY)
    assert found.rulebook is not None
    assert (found.rulebook.patience, found.rulebook.retention) == (30 * DAY, None)
    assert found.rulebook.unmatched.base.keep == 730 * DAY


def test_what_no_conversation_shows_is_kept_for_the_longest_time(tmp_path: Path) -> None:
    found = compiled(tmp_path, defaults="keep: 2y", inbox="keep: 30d")
    assert found.rulebook is not None
    assert found.rulebook.retention == 730 * DAY
    found = compiled(tmp_path, inbox="keep: 30d")
    assert found.rulebook is not None
    assert found.rulebook.retention is None, "what is addressed to nobody is kept"


def test_of_a_rule_that_is_gone_the_longest_time_holds(tmp_path: Path) -> None:
    assert kept(compiled(tmp_path, inbox="keep: 30d", rule=", keep: 60d"), "gone") == 60 * DAY
    assert kept(compiled(tmp_path, inbox="keep: 30d", rule=", keep: forever"), "gone") == 0.0


def test_a_slip_that_would_forget_mail_at_once_is_refused(tmp_path: Path) -> None:
    (problem,) = compiled(tmp_path, inbox="keep: 2h").problems
    assert (problem.what, problem.cure) == ("would forget mail within a day", "write keep: 2y, or keep: forever")
