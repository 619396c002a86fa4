"""A rule that is not enabled is as if it were not there, and one that expires is asked until its last day ends."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.core.mail import Envelope, Mail
from bridge.routing import Compiled, Facts, compile_rules

START = """\
domain: d.example
people: {ann: Ann, bob: Bob}
zone: America/New_York
inboxes:
  s:
    address: s@d.example
    room: {for: [ann, bob]}
    rules:
"""
NEW_YORK = ZoneInfo("America/New_York")


def compiled(directory: Path, rules: str, now: float | None = None, start: str = START) -> Compiled:
    (directory / "a.yaml").write_text(start + rules)
    return compile_rules(directory, facts=Facts(now=now))


def when(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=NEW_YORK).timestamp()


def rule(directory: Path, rules: str, at: float = 0.0) -> str:
    found = compiled(directory, rules)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    (decision,) = found.rulebook.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), Mail("c", 1), at=at)
    return decision.trace.rule


def test_a_rule_that_is_not_enabled_takes_nothing_and_hides_nothing(tmp_path: Path) -> None:
    rules = "      - {name: off, enabled: false, room: {for: ann}}\n      - {name: on}\n"
    assert rule(tmp_path, rules) == "on"
    found = compiled(tmp_path, rules)
    assert found.warnings == ()
    assert found.rulebook is not None
    scope = found.rulebook.scope("inbox:s", "off")
    assert scope is not None
    assert scope.room.members == ("@ann:d.example", "@bob:d.example")
    assert rule(tmp_path, "      - {name: on, enabled: true}\n") == "on"


def test_a_rule_of_before_that_is_not_enabled_is_asked_nowhere(tmp_path: Path) -> None:
    book = compiled(tmp_path, "      - {name: on}\nbefore: [{name: all, do: drop, enabled: false}]\n").rulebook
    assert book is not None
    for recipient in ("s@d.example", "stray@elsewhere.example"):
        (decision,) = book.decide(Envelope("smtp", rcpt_tos=(recipient,)), Mail("c", 1), at=0.0)
        assert decision.action != "drop"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("room: {for: nobody}", "nobody is called 'nobody' in people or groups"),
        ("when: {from: x}", "'x' is no address, person or group, and never matches"),
        ("when: {subjct: x}", "this key is unknown"),
        ("send: {who: carl}", "nobody is called 'carl' in people or groups"),
    ],
)
def test_a_rule_that_is_not_enabled_is_still_checked(tmp_path: Path, fields: str, problem: str) -> None:
    (found,) = compiled(tmp_path, f"      - {{name: off, enabled: false, {fields}}}\n").problems
    assert found.what == problem


def test_a_rule_is_asked_until_the_end_of_its_last_day_in_the_zone_of_the_top_level(tmp_path: Path) -> None:
    rules = "      - {name: campaign, expires: 2026-11-22}\n      - {name: rest}\n"
    assert rule(tmp_path, rules, when("2026-11-22 23:59:59")) == "campaign"
    assert rule(tmp_path, rules, when("2026-11-23 00:00")) == "rest"
    assert compiled(tmp_path, rules).warnings == ()  # the second one is reached in the end


def test_the_trace_says_that_a_rule_expires(tmp_path: Path) -> None:
    book = compiled(tmp_path, "      - {name: r, expires: 2026-11-22, when: {subject: '*', spam: false}}\n").rulebook
    assert book is not None
    (decision,) = book.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), Mail("c", 1), at=0.0)
    assert decision.trace.words.endswith("expires is 2026-11-22 and subject is * and spam is false")


def test_an_expired_rule_is_warned_of_where_the_day_is_known(tmp_path: Path) -> None:
    rules = "      - {name: r, expires: 2026-11-22}\n      - {name: off, enabled: false, expires: 2020-01-01}\n"
    assert compiled(tmp_path, rules).warnings == ()
    assert compiled(tmp_path, rules, when("2026-11-22 23:59")).warnings == ()
    (warning,) = compiled(tmp_path, rules, when("2026-11-23 00:00")).warnings
    assert str(warning).endswith(
        "a.yaml:9:28: inboxes.s.rules.1.expires: the rule has expired and takes nothing: "
        "remove it, or give it a later day"
    )


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ("expires: 22.11.2026", "expires: is no date: write year, month and day: 2027-03-31"),
        ("expires: 2026-02-29", "expires: is no date: write year, month and day: 2027-03-31"),
        ("enabled: off", "enabled: must be true or false: write false"),
        ("enabled: no", "enabled: must be true or false: write false"),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, fields: str, problem: str) -> None:
    (found,) = compiled(tmp_path, f"      - {{{fields}}}\n").problems
    assert str(found).partition("rules.1.")[2] == problem


def test_a_before_rule_without_an_action_does_not_show_stray_mail(tmp_path: Path) -> None:
    text = "unmatched: {do: quarantine}\nbefore: [{name: quiet, notify: none}]\n"
    book = compiled(tmp_path, text, start="domain: d.example\npeople: {ann: Ann}\n").rulebook
    assert book is not None
    (decision,) = book.decide(Envelope("smtp", rcpt_tos=("stray@d.example",)), Mail("c", 1), at=0.0)
    assert (decision.trace.rule, decision.action) == ("quiet", "quarantine")
