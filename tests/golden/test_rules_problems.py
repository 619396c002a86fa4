"""A rule file with the mistakes that people make, and exactly what `rules check` says of them.

After a change of words on purpose, run this file once with MAILROOM_UPDATE=1 and read what changed before committing.
"""

import os
from pathlib import Path

import pytest

from bridge.routing import Facts, compile_rules

RULES = Path(__file__).parent / "rules"
FACTS = Facts(accounts=frozenset({"eva"}), identities=frozenset({"support@corp.example"}), server="corp.example")


@pytest.mark.parametrize("case", ["shape", "meaning"])
def test_what_is_said_of_a_broken_file(case: str) -> None:
    compiled = compile_rules(RULES / case, facts=FACTS)
    assert compiled.rulebook is None
    lines = [f"{p}".removeprefix(f"{RULES}/") for p in compiled.problems]
    lines += [f"warning: {p}".replace(f"{RULES}/", "") for p in compiled.warnings]
    golden = RULES / f"{case}.txt"
    if os.environ.get("MAILROOM_UPDATE"):
        golden.write_text("\n".join(lines) + "\n")
    assert golden.read_text().splitlines() == lines
