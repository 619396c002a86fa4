"""The import contracts of pyproject.toml hold, and would be noticed if they did not."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout
    assert " 0 broken" in told.stdout


def test_every_package_has_a_doorkeeper() -> None:
    """Whoever imports a foreign package first writes the contract that says who may."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    doors = {
        package
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "protected"
        for package in contract["protected_modules"]
    }
    ours = {"bridge", *sys.stdlib_module_names}
    assert {name for path in (ROOT / "bridge").rglob("*.py") for name in _imports(path)} - ours - doors == set()


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.split(".")[0]
