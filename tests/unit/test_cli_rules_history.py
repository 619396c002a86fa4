"""`mailroom rules history`: what it says of rulebooks that the daemon noted."""

from pathlib import Path

import pytest

from bridge.cli.printed import RulesHistoryJson
from bridge.core.ports import Enacted
from bridge.store.journal import Journal
from tests.unit.cli_world import Installation

BEFORE = "domain: corp.example\npeople: {ann: Ann}\n"
AFTER = "domain: corp.example\npeople: {ann: Ann, bob: Bob}\n"


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)

    async def work(journal: Journal) -> None:
        await journal.enact(Enacted("1111aaaa" * 4, "start", {"a.yaml": BEFORE, "b.yaml": "x: 1\n"}))
        await journal.enact(Enacted("2222bbbb" * 4, "admin", {"a.yaml": AFTER, "c.yaml": "y: \x1b[2J\n"}, "@ann:c"))

    made.journal(work)
    return made


def test_before_the_first_start_there_is_none(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    assert "no rulebook was in force yet" in made.says("rules", "history")
    assert not made.state.exists()


def test_the_table_names_moment_cause_and_files(at: Installation) -> None:
    head, new, old = at.says("rules", "history").splitlines()
    assert head.split() == ["IN", "FORCE", "SINCE", "FOR", "DIGEST", "CAUSE", "WHO", "CHANGED"]
    assert "2222bbbb2222" in new
    assert new.endswith("admin room    @ann:c  a.yaml +1 -1, b.yaml +0 -1, c.yaml +1 -0")
    assert "at the start" in old
    assert old.endswith("nothing to compare with")


def test_the_differences_are_unified_and_reach_the_terminal_clean(at: Installation) -> None:
    told = at.says("rules", "history", "--diff")
    assert "-people: {ann: Ann}\n  +people: {ann: Ann, bob: Bob}" in told
    assert "--- a/b.yaml\n  +++ /dev/null" in told
    assert "--- /dev/null\n  +++ b/c.yaml" in told
    assert "\x1b" not in told


def test_a_rulebook_is_shown_whole_by_its_first_digits(at: Installation) -> None:
    assert at.says("rules", "history", "--show", "1111") == f"# a.yaml\n{BEFORE}\n# b.yaml\nx: 1\n\n"
    assert "no rulebook begins with '3'" in at.says("rules", "history", "--show", "3", status=1)
    assert "no rulebook begins with ''" in at.says("rules", "history", "--show", "", status=1)


def test_json_has_the_same_and_diffs_when_asked_for(at: Installation) -> None:
    plain = RulesHistoryJson.model_validate_json(at.says("rules", "history", "--json", "--limit", "1"))
    assert plain.more
    (newest,) = plain.rulebooks
    assert (newest.cause, newest.who, newest.until, newest.compared) == ("admin", "@ann:c", None, True)
    seen = [(file.file, file.added, file.removed, file.diff) for file in newest.files]
    assert seen == [("a.yaml", 1, 1, ""), ("b.yaml", 0, 1, ""), ("c.yaml", 1, 0, "")]
    whole = RulesHistoryJson.model_validate_json(at.says("rules", "history", "--json", "--diff"))
    assert "+people: {ann: Ann, bob: Bob}" in whole.rulebooks[0].files[0].diff
    shown = RulesHistoryJson.model_validate_json(at.says("rules", "history", "--json", "--show", "1"))
    assert [file.text for file in shown.rulebooks[0].files] == [BEFORE, "x: 1\n"]
