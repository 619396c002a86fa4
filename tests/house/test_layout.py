"""What every file of the source tree owes its readers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "bridge").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _lengths(*folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tools/lengths.py", *folders]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_file_is_too_long() -> None:
    told = _lengths(ROOT / "bridge", ROOT / "tests")
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(("lines", "status", "word"), [(300, 0, ""), (301, 0, "long"), (401, 1, "split")])
def test_long_files_are_named_and_longer_ones_refused(tmp_path: Path, lines: int, status: int, word: str) -> None:
    (tmp_path / "room.py").write_text("x = 1\n" * lines)
    told = _lengths(tmp_path)
    assert told.returncode == status
    assert word in told.stdout


def test_every_module_opens_with_a_docstring() -> None:
    trees = {path: ast.parse(path.read_text()) for path in MODULES}
    silent = [_name(path) for path, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_nothing_is_skipped() -> None:
    words = {"skip", "skipif", "skipIf", "skipUnless", "SkipTest", "xfail", "importorskip"}
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in words) or (isinstance(node, ast.Name) and node.id in words)
    ]
    assert found == []


def test_no_function_rebinds_a_global() -> None:
    """Modules hold constants, not state: no `global` statement anywhere."""
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Global)
    ]
    assert found == []


def test_the_core_reads_no_clock_and_draws_no_lots() -> None:
    """Import contracts cannot see `datetime.now`; this can."""
    clocks = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
    found = [
        f"{_name(path)}:{node.lineno}"
        for path in MODULES
        if path.is_relative_to(ROOT / "bridge/core")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (
            (node.value.id in {"datetime", "date", "dt", "time"} and node.attr in clocks)
            or node.value.id in {"random", "secrets", "uuid"}
        )
    ]
    assert found == []


def test_the_daemon_loads_no_parser_of_mail_and_no_migrations() -> None:
    """They belong to the workers, to answers in HTML and to a start with an old journal: megabytes for the rest."""
    heavy = "{'bs4', 'lxml', 'nh3', 'alembic', 'synapse'}"
    looks = f"import sys, bridge.cli.main, bridge.cli.run, bridge.app.daemon; sys.exit(str({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", looks], capture_output=True, text=True).stderr.strip() == "set()"
