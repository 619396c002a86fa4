"""How commands write for people: ages, moments, tables, findings. Control characters never reach the terminal."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bridge.app.peers import Finding

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"))
_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red", "failed": "red", "waiting": "yellow"}


def clean(text: str) -> str:
    """What a peer said, on one line and without control characters: an escape sequence could forge a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def age(seconds: float) -> str:
    """A span in its largest unit: 42s, 7m, 3h, 12d."""
    seconds = max(seconds, 0)
    for unit, word in _UNITS:
        if seconds >= unit:
            return f"{seconds // unit:.0f}{word}"
    return f"{seconds:.0f}s"


def ago(moment: float, now: float) -> str:
    """How long ago, or how far ahead."""
    return f"in {age(moment - now)}" if moment > now else f"{age(now - moment)} ago"


def moment(at: float) -> str:
    """A moment in local time, with its offset."""
    return time.strftime("%Y-%m-%d %H:%M:%S%z", time.localtime(at))


def coloured(word: str) -> str:
    """A level or state in its colour, where there is a terminal."""
    colour = _COLOURS.get(word)
    return click.style(word, fg=colour) if colour else word


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they need to be; the last is cut by nobody."""
    lines = [list(head), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for number, line in enumerate(lines):
        cells = [cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False)]
        text = "  ".join([*cells, line[-1]]).rstrip()
        click.echo(click.style(text, dim=True) if number == 0 else text)


def finding(found: "Finding") -> None:
    """One line: how it is, what, in which words, and the cure."""
    cure = f" — {clean(found.cure)}" if found.cure else ""
    pad = " " * (8 - len(found.level))
    click.echo(f"{coloured(found.level)}{pad} {clean(found.what)}: {clean(found.words)}{cure}")
