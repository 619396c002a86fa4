"""Cuts sanitised HTML into pieces that are well-formed each: what is open at a cut is closed and opened again.

Linear; never changes a text, and never meets HTML that was not sanitised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.mail.html_lines import TOKEN, VOID

_MOST = 9_999
"""The highest number at which a list may begin (`html`)."""


@dataclass(slots=True)
class _Open:
    name: str
    written: str
    number: int = 0  # of the item that is open, or was last


def cut(html: str, places: Sequence[int]) -> list[str]:
    """The pieces that begin at 0 and at each of `places`, which are where tags or texts begin, in order."""
    pieces: list[str] = []
    out: list[str] = []
    stack: list[_Open] = []
    due = iter(sorted(place for place in set(places) if 0 < place < len(html)))
    place = next(due, -1)
    for match in TOKEN.finditer(html):
        if match.start() == place:
            out.extend(f"</{one.name}>" for one in reversed(stack))
            pieces.append("".join(out))
            out = [_again(one, stack[index + 1 :]) for index, one in enumerate(stack)]
            place = next(due, -1)
        out.append(match[0])
        name = match[2]
        if name is None or name in VOID:
            continue
        if match[1]:
            if stack and stack[-1].name == name:
                stack.pop()
            continue
        if name == "li" and stack:
            stack[-1].number += 1
        stack.append(_Open(name, match[0], _first(match[0]) if name == "ol" else 0))
    pieces.append("".join(out))
    return pieces


def _first(written: str) -> int:
    """The number before a list's first."""
    start = written.partition('start="')[2].partition('"')[0]
    return int(start) - 1 if start.isdigit() else 0


def _again(one: _Open, within: Sequence[_Open]) -> str:
    """The tag that opens an element anew: a numbered list goes on where it was."""
    if one.name != "ol":
        return one.written
    number = one.number + (not within)
    return f'<ol start="{number}">' if number <= _MOST else "<ol>"
