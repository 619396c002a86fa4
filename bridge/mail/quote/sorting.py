"""A body's lines while they are being sorted: what is known of each so far, and the looks around a line.

State of one body, made and dropped within one call. Knows nothing of what makes a line history or a signature.
"""

from collections.abc import Sequence

from bridge.core.body import PieceKind
from bridge.mail.quote.attribution import Finder
from bridge.mail.quote.line import Hint

_WIDE = 400
"""Characters of a line that are looked at."""

_HIDDEN = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


class Sorting:
    """One body being sorted. `kinds` starts all empty; whatever stays so is new.

    `texts`, `depths`, `hints`: of each line what `Line` says. `quotes`: whether any is marked. `bares`: the lines'
    text, cut, without what is not seen and white space around. `first`: the first line that is not blank (nor a
    gateway's banner). `introduced`: marked lines, and where the header block above them begins.
    """

    def __init__(self, texts: Sequence[str], depths: Sequence[int], hints: Sequence[Hint], *, forward: bool) -> None:
        self.forward = forward
        self.texts = texts
        self.depths = depths
        self.hints = hints
        self.quotes = any(depths)
        self.bares = _bares(texts)
        self.kinds: list[PieceKind | None] = [None] * len(texts)
        self.first = self.next(0)
        self.introduced: dict[int, int] = {}
        self.attributions = Finder(self.bares)

    def marked(self, index: int) -> bool:
        """Whether a line is marked as quoted, or HTML says that it is history."""
        return self.depths[index] > 0 or self.hints[index] == "history"

    def next(self, index: int) -> int:
        """The first line from `index` on that is not blank."""
        while index < len(self.bares) and not self.bares[index]:
            index += 1
        return index

    def back(self, index: int) -> int:
        """The line after the last one before `index` that is not blank."""
        while index > 0 and not self.bares[index - 1]:
            index -= 1
        return index

    def mark(self, start: int, stop: int, kind: PieceKind) -> None:
        """Say what lines are; what is said first stands."""
        for index in range(start, stop):
            if self.kinds[index] is None:
                self.kinds[index] = kind

    def filled(self) -> list[PieceKind]:
        """Every line its kind; blank lines go with what stands above them, the first with what stands below."""
        if not any(self.kinds):
            return ["new"] * len(self.kinds)
        out: list[PieceKind] = []
        last: PieceKind = "new"
        if self.first < len(self.kinds):
            last = self.kinds[self.first] or "new"
        for bare, kind in zip(self.bares, self.kinds, strict=True):
            last = (kind or "new") if bare else last
            out.append(last)
        return out


def _bares(texts: Sequence[str]) -> list[str]:
    if all(map(str.isascii, texts)):
        return [text[:_WIDE].strip() for text in texts]
    return [bare(text) for text in texts]


def bare(text: str) -> str:
    """What is seen of a line, cut and without white space around it."""
    cut = text[:_WIDE]
    return (cut if cut.isascii() else cut.translate(_HIDDEN)).strip()
