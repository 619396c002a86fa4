"""What the journal remembers of rulebooks is enough to go on with them."""

from pathlib import Path

import pytest

from bridge.app.enacted import compile_texts, last_in_force
from bridge.app.rulebooks import compile_for
from bridge.app.rules_at_start import rules_to_begin_with
from bridge.config import Settings, load_settings
from bridge.core.decision import Scope
from bridge.core.ports import Enacted
from bridge.routing import CompiledRulebook
from bridge.store.journal import Journal
from tests.unit.cli_world import RULES, Installation

BROKEN = RULES.replace("address", "addres")


@pytest.fixture
def at(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def settings_of(at: Installation) -> Settings:
    settings = load_settings(at.folder / "mailroom.yaml")
    assert isinstance(settings, Settings), settings
    return settings


def enact(at: Installation, **texts: str) -> None:
    async def work(journal: Journal) -> None:
        await journal.enact(Enacted("1" * 32, "start", {f"{name}.yaml": text for name, text in texts.items()}))

    at.journal(work)


def said(rulebook: CompiledRulebook | None) -> tuple[str, list[Scope]]:
    """What makes a rulebook the one it is: conditions are functions, which no two compilations share."""
    assert rulebook is not None
    return rulebook.digest, [ruled.base for ruled in (*rulebook.scopes.values(), rulebook.unmatched)]


def test_texts_compile_to_the_rulebook_that_they_were(at: Installation) -> None:
    now = compile_for(settings_of(at))
    again = compile_texts(settings_of(at), now.texts)
    assert said(again.rulebook) == said(now.rulebook)


def test_a_daemon_starts_with_the_rules_of_before_when_someone_broke_them(at: Installation) -> None:
    settings = settings_of(at)
    before, told = rules_to_begin_with(settings)
    assert told is None
    enact(at, rules=RULES)
    at.write_rules(BROKEN)
    begun, told = rules_to_begin_with(settings)
    assert said(begun.rulebook) == said(before.rulebook)
    assert told is not None
    assert (told.name, told.state) == ("rules", "failed")
    assert "rules.yaml:" in told.detail


def test_without_rules_of_before_broken_ones_are_refused(at: Installation) -> None:
    settings = settings_of(at)
    at.write_rules(BROKEN)
    assert rules_to_begin_with(settings)[0].rulebook is None
    enact(at, rules=BROKEN)
    assert last_in_force(settings) is None
    assert rules_to_begin_with(settings)[0].rulebook is None


def test_rules_without_problems_come_before_remembered_ones(at: Installation) -> None:
    enact(at, rules=RULES.replace("support", "info"))
    begun = rules_to_begin_with(settings_of(at))[0].rulebook
    assert begun is not None
    assert list(begun.scopes) == ["inbox:support"]
