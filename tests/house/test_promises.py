"""The list of promises in tests/README.md names tests that exist, and at least one for each promise."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|\n ").split("|")]
    for line in (TESTS / "README.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| promise")
]
NAMED = re.compile(r"`([^`]+)::([^`]+)`")


def test_every_test_that_a_promise_names_exists() -> None:
    missing = []
    for _, kept_by in ROWS:
        for file, name in NAMED.findall(kept_by):
            path = TESTS / file
            tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
            if name not in {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}:
                missing.append(f"{file}::{name}")
    assert missing == []


def test_no_promise_is_without_a_test() -> None:
    assert [promise for promise, kept_by in ROWS if not NAMED.search(kept_by)] == []
    numbers = [found[1] for promise, _ in ROWS if (found := re.match(r"I(\d+) ", promise))]
    assert numbers == [str(number) for number in range(1, 13)]
