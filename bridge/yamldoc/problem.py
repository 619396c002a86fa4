"""What is wrong in a file, where, and how to mend it. Problems are values: they are collected, never raised."""

import bisect
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way from the root of a document to a node: keys and indexes (from 0)."""

_NEIGHBOURS = 200

Complain = Callable[[Path, str, str], None]
"""Takes a problem: where, what, cure."""


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column of a node, both counted from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend. `path` is the dotted way to it, lists counted from 1, empty for the whole file; `cure` may be
    empty."""

    file: str
    line: int
    column: int
    path: str
    what: str
    cure: str = ""

    def __str__(self) -> str:
        words = [f"{self.file}:{self.line}:{self.column}", self.path, self.what, self.cure]
        return ": ".join(word for word in words if word)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted as a person mends them: by file, line and column."""
    return sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))


def clipped(words: str) -> str:
    """At most 500 characters: problems quote what files hold."""
    return words if len(words) <= 500 else f"{words[:499]}…"


def dotted(path: Path) -> str:
    """The path as people read it, what stands in lists counted from 1: inboxes.support.rules.1.when."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path)


def closest(word: str, known: Iterable[str]) -> str:
    """A cure for a misspelt word, or the choice there is; at most twelve words of it."""
    choice = sorted(known)
    around = choice
    if len(choice) > _NEIGHBOURS:  # to compare a word with tens of thousands takes a second
        at = bisect.bisect(choice, word)
        around = choice[max(0, at - _NEIGHBOURS // 2) : at + _NEIGHBOURS // 2]
    near = difflib.get_close_matches(word[:100], around, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not choice:
        return ""
    more = ", …" if len(choice) > 12 else ""
    return "known are " + ", ".join(choice[:12]) + more
