"""Carries what is known of one reading of a body over to another: from the lines of its HTML to those of its text.

Lines are found again by their letters and digits, in order, however they are wrapped. Linear: each search is bounded.
"""

from collections.abc import Sequence
from itertools import pairwise

from bridge.core.body import PieceKind

_WINDOW = 4_000
"""Letters ahead within which a line is looked for."""

_SURE = 8
"""Letters that a line has at least to be looked for by itself."""

_ENOUGH = 0.7
"""The part of all letters that must be found again."""

_LONGEST = 200


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text[:2000])).casefold()


def carried(
    lines: Sequence[str], own: Sequence[PieceKind], others: Sequence[str], kinds: Sequence[PieceKind]
) -> tuple[PieceKind, ...]:
    """The kinds of `lines`, as those of `others` say; `own` where not enough of them is found again."""
    stream: list[str] = []
    starts: list[int] = []
    size = 0
    for text in others:
        letters = _letters(text)
        stream.append(letters)
        starts.append(size)
        size += len(letters)
    whole = "".join(stream)
    found: list[PieceKind | None] = []
    at = row = matched = total = 0
    for one in lines:
        letters = _letters(one)
        total += len(letters)
        if len(letters) < _SURE:
            found.append(None)
            continue
        place = whole.find(letters[:_LONGEST], at, at + _WINDOW)
        if place < 0:
            found.append(None)
            continue
        while row + 1 < len(starts) and starts[row + 1] <= place:
            row += 1
        found.append(kinds[row])
        matched += len(letters)
        at = place + len(letters[:_LONGEST])
    if not total or matched < _ENOUGH * total:
        return tuple(own)
    return _filled(found, own)


def _filled(found: list[PieceKind | None], own: Sequence[PieceKind]) -> tuple[PieceKind, ...]:
    """Lines that were not found: as those around them where they agree, else as they are by themselves."""
    known = [index for index, kind in enumerate(found) if kind is not None]
    out: list[PieceKind] = [kind or own[index] for index, kind in enumerate(found)]
    for before, after in pairwise(known):
        kind = found[before]
        if kind is not None and kind == found[after]:
            out[before + 1 : after] = [kind] * (after - before - 1)
    return tuple(out)
