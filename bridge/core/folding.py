"""Tells a mail's own words from the quoted history below them and from its signature, in plain text.

Pure, linear, and cautious: in doubt everything is the writer's own and is shown. Only lines marked as quoted (">") at
the end of a mail are history; answers between quotations, forwarded text and mail that is nothing but a quotation stay.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["own", "signature", "quotes"]

FEW = 10
"""Lines below a `--` without its space: more are hardly a signature."""

INTRODUCTION = 3
"""Lines that may introduce a quotation ("On Monday Ann wrote:"). They stay with the writer's own words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a mail. `lines`: how many of it a person would see."""

    kind: Kind
    text: str
    lines: int = 0


def pieces(text: str) -> tuple[Piece, ...]:
    """The text in order; joined by line breaks, the pieces are the text again."""
    lines = text.split("\n")
    end = _trimmed(lines, len(lines))
    bounds: list[tuple[Kind, int, int]] = []
    below = _signature(lines, 0, end)
    if below is not None:
        bounds.append(("signature", below, end))
        end = _trimmed(lines, below)
    quoted = _quotes(lines, end)
    if quoted is not None:
        bounds.append(("quotes", quoted, end))
        top = _introduction(lines, quoted)
        above = _signature(lines, 0, top) if below is None else None
        if above is not None:
            bounds.append(("signature", above, _trimmed(lines, top)))
    return _cut(lines, sorted(bounds, key=lambda bound: bound[1]))


def answers_between(text: str) -> bool:
    """Whether it quotes in a way that is no history below the words: then nothing of it may be folded."""
    quoted = any(line.startswith(">") for line in text.split("\n"))
    return quoted and not any(piece.kind == "quotes" for piece in pieces(text))


def _cut(lines: list[str], bounds: list[tuple[Kind, int, int]]) -> tuple[Piece, ...]:
    found: list[Piece] = []
    at = 0
    for kind, start, end in bounds:
        if start > at:
            found.append(_piece("own", lines[at:start]))
        found.append(_piece(kind, lines[start:end]))
        at = end
    if at < len(lines) or not found:
        found.append(_piece("own", lines[at:]))
    return tuple(found)


def _piece(kind: Kind, lines: list[str]) -> Piece:
    return Piece(kind, "\n".join(lines), sum(1 for line in lines if line.strip()))


def _trimmed(lines: list[str], end: int) -> int:
    """`end` without the blank lines before it."""
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    return end


def _signature(lines: list[str], start: int, end: int) -> int | None:
    """Where the signature (RFC 3676 section 4.3) begins that reaches to `end`, below words and without quotations."""
    for index in range(end - 1, start, -1):
        if lines[index].startswith(">"):
            return None
        if lines[index] in ("-- ", "--"):
            below = sum(1 for line in lines[index + 1 : end] if line.strip())
            meant = below > 0 and (lines[index] == "-- " or below <= FEW)
            return index if meant and _trimmed(lines, index) > start else None
    return None


def _quotes(lines: list[str], end: int) -> int | None:
    """Where the quotation begins that reaches to `end`: below own words, and the only one."""
    start = end
    while start > 0 and (lines[start - 1].startswith(">") or not lines[start - 1].strip()):
        start -= 1
    while start < end and not lines[start].strip():
        start += 1
    if start == end or any(line.startswith(">") for line in lines[:start]):
        return None
    own = _introduction(lines, start)
    return start if _trimmed(lines, own) > 0 else None


def _introduction(lines: list[str], quoted: int) -> int:
    """Where the lines begin that introduce the quotation at `quoted`; `quoted` when none do."""
    last = _trimmed(lines, quoted) - 1
    if last < 0 or not lines[last].rstrip().endswith(":"):
        return quoted
    start = last
    while start > 0 and last - start < INTRODUCTION - 1 and lines[start - 1].strip() and lines[start - 1] != "-- ":
        start -= 1
    return start
