"""Subjects (DIR/subjects/*.json): whether what is left without the marks of replies and forwards is right."""

import json
from pathlib import Path

from bridge.core.subjects import base_subject


def score(corpora: Path) -> tuple[list[str], bool]:
    """How many are right, and each that is not; nothing here must hold."""
    lines: list[str] = []
    right = total = 0
    for path in sorted((corpora / "subjects").glob("*.json")):
        for item in json.loads(path.read_text()):
            total += 1
            found = base_subject(item["original"])
            if found == item["stripped"]:
                right += 1
            else:
                lines.append(f"  {item['original']!r}: {found!r}, not {item['stripped']!r}")
    return [*lines, f"{right} of {total} right"] if total else ["no samples"], True
