"""`mailroom rules check` warns of rules that took nothing for long, and says nothing where it cannot know."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from bridge.core.decision import Trace
from bridge.core.plan import Plan
from bridge.core.ports import Enacted
from bridge.routing import Facts, compile_rules
from bridge.store import matched
from bridge.store.journal import Journal
from tests.contract.journal_world import arrival
from tests.unit.cli_world import RULES, Installation

DAY = 86_400.0
FILE = "rules/rules.yaml"
TEXT = RULES.replace(
    "    send: none\n",
    """    send: none
    rules:
      - {name: noise, when: {kind: bulk}, notify: none}
      - {name: clients, when: {from: "*@client.example"}, notify: all}
""",
)


class Office(Installation):
    """An installation whose journal lived before."""

    def was(self, days: float, text: str) -> None:
        """So many days ago a rulebook came into force."""
        self.write_rules(text)
        compiled = compile_rules(self.folder / "rules", facts=Facts())
        assert compiled.rulebook is not None, compiled.problems

        async def work(journal: Journal) -> None:
            assert compiled.rulebook is not None
            await journal.enact(Enacted(compiled.rulebook.digest, "files", compiled.texts))

        self._at(days, work)

    def took(self, days: float, rule: str, count: int = 1, file: str = FILE) -> None:
        """So many days ago a rule took mail."""

        async def work(journal: Journal) -> None:
            for number in range(count):
                key = f"smtp:{days}:{rule}:{number}"
                await journal.accept([arrival(key)])
                await journal.settle(Plan(key, "dropped", "x", (Trace(rule, file, 9, "d", f"{file}:9 rule {rule!r}"),)))

        self._at(days, work)

    def _at(self, days: float, work: object) -> None:
        async def session() -> None:
            async with await Journal.open(self.state, clock=lambda: time.time() - days * DAY) as journal:
                await work(journal)

        asyncio.run(session())

    def warned(self, *args: str) -> list[str]:
        lines = self.says("rules", "check", *args).splitlines()
        return [line.partition("rules.yaml:")[2] for line in lines if "took nothing" in line]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.write_rules(TEXT)
    return made


def test_a_rule_that_took_nothing_for_ninety_days_is_a_warning_at_its_place(office: Office) -> None:
    office.was(200, TEXT)
    office.took(150, "clients")
    office.took(3, "noise")
    office.took(2, "")
    expected = "10:9: inboxes.support.rules.2: rule 'clients' took nothing in the last 90 days (warning)"
    assert office.warned() == [expected]
    assert office.warned("--unused-days", "160") == []
    assert office.warned("--unused-days", "0") == []
    assert len(office.warned("--unused-days", "3")) == 2
    printed = json.loads(office.says("rules", "check", "--json"))
    assert printed["ok"]
    assert [each["what"] for each in printed["problems"]] == ["rule 'clients' took nothing in the last 90 days"]


def test_nothing_is_said_where_the_journal_does_not_reach_back_so_far(office: Office) -> None:
    assert office.warned() == []
    assert not office.state.exists()
    office.was(30, TEXT)
    office.took(3, "noise")
    assert office.warned() == []
    assert len(office.warned("--unused-days", "20")) == 1


def test_nothing_is_said_when_no_mail_came_at_all(office: Office) -> None:
    office.was(200, TEXT)
    office.took(150, "noise")
    assert office.warned() == []


def test_a_rule_that_is_new_or_asks_something_else_since_then_is_given_its_time(office: Office) -> None:
    office.was(200, TEXT.replace("kind: bulk", "kind: list"))
    office.was(10, TEXT)
    office.took(3, "")
    assert [line.partition(": rule ")[2].split()[0] for line in office.warned()] == ["'clients'"]
    office.write_rules(TEXT.replace("name: clients", "name: renamed"))
    assert office.warned() == []


def test_rules_of_given_directories_are_held_against_no_journal(office: Office) -> None:
    office.was(200, TEXT)
    office.took(3, "noise")
    assert office.warned(str(office.folder / "rules")) == []


def test_what_waits_to_be_planned_hides_nothing_behind_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matched, "STEP", 3)
    office.was(200, TEXT)
    office.took(50, "clients")
    office.took(40, "noise", 4)

    async def waits(journal: Journal) -> None:
        await journal.accept([arrival(f"smtp:new{n}") for n in range(7)])

    office.journal(waits)
    assert office.warned() == []
    assert len(office.warned("--unused-days", "45")) == 1


def test_a_journal_that_cannot_be_read_is_said_and_the_rules_are_checked_all_the_same(office: Office) -> None:
    office.was(200, TEXT)
    (office.state / "journal.db").write_bytes(b"no database at all" * 1000)
    told = office.says("rules", "check")
    assert "which rules take nothing cannot be told, for the journal cannot be read: " in told
    assert "fine: inboxes and lists: 1" in told
