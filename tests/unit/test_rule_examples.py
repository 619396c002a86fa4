"""Every set-up in rules/examples compiles without problems, has tests, and keeps them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import main

EXAMPLES = sorted(path for path in (Path(__file__).parents[2] / "rules" / "examples").iterdir() if path.is_dir())
MANUAL = (Path(__file__).parents[2] / "rules" / "README.md").read_text()


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_keeps_its_own_tests(folder: Path) -> None:
    checked = CliRunner().invoke(main, ["rules", "check", str(folder)])
    assert checked.exit_code == 0, checked.output
    tried = CliRunner().invoke(main, ["rules", "test", str(folder)])
    assert tried.exit_code == 0, tried.output
    assert " passed" in tried.output


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_the_manual_names_it(folder: Path) -> None:
    assert f"(examples/{folder.name})" in MANUAL


def test_the_manual_names_no_other() -> None:
    assert MANUAL.count("(examples/") == len(EXAMPLES)
