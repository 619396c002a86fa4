"""Tells new words from history in HTML, structure first, and brings the plain text beside it in line.

The lines of the HTML, each with what its element is, go through the one classifier of lines (`quote.splitting`); then
the HTML is cut where the kind changes. Pieces joined are the HTML, and each is a fixed point of the sanitiser; where
that cannot be, nothing is cut. Never loses or moves a visible word.
"""

from collections.abc import Sequence
from typing import NamedTuple

from bridge.core.body import Piece, PieceKind
from bridge.mail.html import settled
from bridge.mail.html_cut import cut
from bridge.mail.html_lines import Row, rows
from bridge.mail.html_marks import unmarked
from bridge.mail.quote import matching, splitting
from bridge.mail.quote.line import line
from bridge.mail.quote.structure_lines import hints

_NEW: frozenset[PieceKind] = frozenset({"new"})


class Split(NamedTuple):
    """A body told apart: `text` and `html` are their pieces joined."""

    pieces: tuple[Piece, ...]
    html: str
    html_pieces: tuple[Piece, ...]


def split(text: str, marked: str, *, forward: bool = False, whole: bool = False) -> Split:
    """Tell apart `text` and the HTML that was read beside it, or instead of it; what one knows, the other learns.

    `marked`: sanitised HTML with its marks, or empty. `forward`: the subject says that the mail passes another one on.
    `whole`: it is not to be told apart.
    """
    found = () if whole else rows(marked)
    if whole or len(found) > splitting.LINES:
        html = unmarked(marked)
        pieces = ((Piece("new", text),) if text else ()) if whole else splitting.pieces(text, forward=forward)
        return Split(pieces, html, (Piece("new", html),) if html else ())
    if not found:  # nothing to see
        return Split(splitting.pieces(text, forward=forward), "", ())
    told = hints(found, forward=forward)
    kinds = splitting.kinds(told, forward=forward)
    written = [row.written for row in found]
    if text == "\n".join(written):
        return Split(splitting.joined(written, kinds), *_cut(marked, found, kinds))
    lines = text.split("\n")
    bare = [line(one) for one in lines]
    own = splitting.kinds(bare, forward=forward)
    structured = any(one.hint for one in told)
    if structured or (set(own) <= _NEW and not set(kinds) <= _NEW):
        own = matching.carried([one.text for one in bare], own, [one.text for one in told], kinds)
    elif set(kinds) <= _NEW:
        kinds = matching.carried([one.text for one in told], kinds, [one.text for one in bare], own)
    return Split(splitting.joined(lines, own) if text else (), *_cut(marked, found, kinds))


def _cut(marked: str, found: Sequence[Row], kinds: Sequence[PieceKind]) -> tuple[str, tuple[Piece, ...]]:
    """The HTML and its pieces, cut at the first line of each kind that can be cut off."""
    whole = unmarked(marked)
    places: list[int] = []
    sorts: list[PieceKind] = []
    for row, kind in zip(found, kinds, strict=True):
        if not row.text or (sorts and (sorts[-1] == kind or row.start < 0)):
            continue
        if sorts:
            places.append(row.start)
        sorts.append(kind)
    if len(sorts) < 2:
        return whole, tuple(Piece(kind, whole) for kind in sorts)
    pieces = [unmarked(piece).strip() for piece in cut(marked, places)]
    joined = "".join(pieces)
    if len(pieces) != len(sorts) or not all(settled(piece) for piece in (*pieces, joined)):
        return whole, (Piece("new", whole),)
    return joined, tuple(Piece(kind, piece) for kind, piece in zip(sorts, pieces, strict=True))
