"""What `/health` says: one line a condition, and whether mail flows as it should. Pure; it asks nobody.

The words name parts, accounts and states. What went wrong there in detail is for `mailroom status`, which strangers
cannot ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.web.latest import Latest

PATIENCE = 120.0
"""Seconds for which a peer may be away before that counts as a problem: it comes back by itself mostly."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that was looked at. A warning is told and changes nothing else."""

    name: str
    level: Literal["ok", "warning", "problem"]
    words: str


def answer(conditions: Sequence[Condition]) -> tuple[int, str]:
    """The status, 200 or 503 (with a problem), and the text."""
    worst = "problem" if any(each.level == "problem" for each in conditions) else "ok"
    lines = [f"{each.level:8} {each.name}: {each.words}" for each in conditions]
    return (503 if worst == "problem" else 200), "\n".join((worst, *lines, ""))


def peer(name: str, part: str, latest: Latest, now: float) -> Condition:
    """A peer by what the part that deals with it said last."""
    state = latest.state(part)
    if state in ("", "ok"):
        return Condition(name, "ok" if state else "warning", state or "not tried yet")
    since = latest.unwell_since(part)
    away = max(0.0, now - since) if since is not None else 0.0
    words = f"{state} for {away:.0f} s, `mailroom status` says why"
    return Condition(name, "problem" if state == "failed" or away > PATIENCE else "warning", words)


def rules(latest: Latest) -> Condition:
    """Files with problems keep no mail from flowing: the rules that were in force go on."""
    words = f"in force: {latest.digest[:12]}"
    if latest.state("rules") == "failed":
        return Condition("rules", "warning", f"{words}; the files have problems, `mailroom rules check` lists them")
    return Condition("rules", "ok", words)
