"""A body's lines sorted: new, quoted, signature, disclaimer, forwarded. The one classifier, for text and for HTML.

What HTML says in its structure comes as hints and outweighs what the words say. Line-wise with bounded looks ahead and
back; no line is lost or moved. In doubt a line is new: what is shown once too often costs less than what is hidden.
"""

from collections.abc import Sequence
from itertools import groupby

from bridge.core.body import Piece, PieceKind
from bridge.mail.quote import attribution, disclaimer, headers, markers, signature
from bridge.mail.quote.line import Line, plain

LINES = 10_000
"""Lines that are looked at; what follows goes on as the last of them is."""

_WIDE = 400
"""Characters of a line that are looked at."""

_HIDDEN = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)


def pieces(text: str, *, forward: bool = False) -> tuple[Piece, ...]:
    """Plain text in its pieces; their texts joined by line breaks are the text again. Empty text has none.

    `forward`: the subject says that the mail passes another one on.
    """
    if not text:
        return ()
    written = text.split("\n")
    return joined(written, kinds(plain(written[: LINES + 1]), forward=forward))


def joined(written: Sequence[str], found: Sequence[PieceKind]) -> tuple[Piece, ...]:
    """Lines as written put together by kind; lines beyond those that have one go with the last."""
    made: list[Piece] = []
    at = 0
    for kind, run in groupby(found):
        count = sum(1 for _ in run)
        stop = at + count if at + count < len(found) else len(written)
        made.append(Piece(kind, "\n".join(written[at:stop])))
        at = stop
    return tuple(made)


def kinds(lines: Sequence[Line], *, forward: bool = False) -> tuple[PieceKind, ...]:
    """One kind for each line, in order. `forward`: the subject says that the mail passes another one on."""
    if not lines:
        return ()
    looked = lines[:LINES]
    found = _Splitter(looked, forward=forward).split()
    return (*found, *([found[-1]] * (len(lines) - len(looked))))


def _bare(text: str) -> str:
    cut = text[:_WIDE]
    return (cut if cut.isascii() else cut.translate(_HIDDEN)).strip()


class _Splitter:
    """One body being sorted. `_kinds` starts all empty; whatever stays so is new."""

    def __init__(self, lines: Sequence[Line], *, forward: bool) -> None:
        self._lines = lines
        self._forward = forward
        self._texts = [one.text for one in lines]
        self._bares = [_bare(one.text) for one in lines]
        self._kinds: list[PieceKind | None] = [None] * len(lines)
        self._first = next((n for n, bare in enumerate(self._bares) if bare), len(lines))
        self._asks_above = markers.asks_above("\n".join(self._bares))
        self._introduced: dict[int, int] = {}  # marked lines, and where the header block above them begins
        self._own_above = False  # whether own words were seen on the way down
        self._new_before: list[int] = []
        self._marks = self._next_marked()
        self._attributions = attribution.Finder(self._bares)

    def split(self) -> list[PieceKind]:
        self._hinted()
        self._banners()
        end = self._history()
        self._quotations(end)
        return self._filled()

    # -- what HTML says -------------------------------------------------------------------------------------------

    def _hinted(self) -> None:
        meant: dict[str, PieceKind] = {"history": "quoted", "forward": "forwarded", "signature": "signature"}
        for index, one in enumerate(self._lines):
            if one.hint:
                self._kinds[index] = meant[one.hint]

    def _banners(self) -> None:
        """What gateways put above a mail from outside, one or two paragraphs with words below them."""
        for _ in range(2):
            stop = self._first
            while stop < len(self._bares) and self._bares[stop] and stop - self._first < 8:
                stop += 1
            below = self._next(stop)
            marked = any(self._lines[at].depth or self._kinds[at] is not None for at in range(self._first, stop))
            if below == len(self._bares) or marked or not disclaimer.banner("\n".join(self._bares[self._first : stop])):
                return
            self._mark(self._first, stop, "disclaimer")
            self._first = below

    # -- history without marks, to the end ------------------------------------------------------------------------

    def _history(self) -> int:
        """Mark what reaches to the end from an unmarked boundary on; the line where that begins, or the last plus 1."""
        count = len(self._lines)
        open_ = self._first  # the earliest line that an attribution may take
        index = self._first
        while index < count:
            bare = self._bares[index]
            if not bare or self._lines[index].depth or self._kinds[index] is not None:
                index += 1
                if bare:
                    open_ = index
                    self._own_above = self._own_above or self._kinds[index - 1] is None
                continue
            cut = self._boundary(index, open_)
            if cut is not None:
                start, kind, stop = cut
                start = self._with_rule(start)
                self._mark(start, stop, kind)
                if stop >= count:
                    return start
                index = open_ = stop
                continue
            self._own_above = self._own_above or not markers.rule(bare)
            index += 1
        return count

    def _boundary(self, index: int, open_: int) -> tuple[int, PieceKind, int] | None:
        """Where what begins at (or about) `index` starts, what it is, and the line after it."""
        bare, count = self._bares[index], len(self._lines)
        if markers.maybe(bare):
            if markers.forward(bare):
                return index, "forwarded", self._forwarded_to(index)
            if markers.original(bare):
                return index, self._passed_on(), count
        if self._asks_above and markers.reply_above(bare):
            if self._own_above:
                return index, "quoted", count
            return index, "disclaimer", index + 1
        block = headers.block(self._bares, index)
        if block is not None:
            below = self._next(block.end)
            if below < count and self._lines[below].depth:  # it introduces what is marked, as an attribution would
                self._introduced.setdefault(below, index)
                return None
            top = headers.raw_start(self._texts, self._bares, index, open_)
            if top < index:  # fields of a raw mail above those that a person is shown
                self._own_above = any(
                    one and kind is None for one, kind in zip(self._bares[:top], self._kinds[:top], strict=True)
                )
            return top, self._passed_on(), count
        if headers.inline(bare):
            return index, self._passed_on(), count
        noted = headers.notes(self._bares, index)
        if noted is not None and noted >= open_:
            return noted, self._passed_on(), count
        if attribution.ends_like_one(bare):
            below = self._next(index + 1)
            if below < count and not self._marked(below):
                start = self._attributions.start(index, open_, marked=False)
                if start is not None and not self._answers_below(index + 1):
                    # With nothing above it, what stands below is an answer without marks as likely as history.
                    return start, "quoted", count if self._own_above else index + 1
        return None

    def _passed_on(self) -> PieceKind:
        """Mail below a header block is passed on when the subject says so or when nothing stands above it."""
        return "forwarded" if self._forward or not self._own_above else "quoted"

    def _forwarded_to(self, index: int) -> int:
        """The line after a forwarded mail: below it may stand new words if it is marked, or has an end of its own."""
        count = len(self._lines)
        below = self._next(index + 1)
        if below < count and self._lines[below].depth:
            while below < count and (self._lines[below].depth or not self._bares[below]):
                below += 1
            return self._back(below)
        for at in range(index + 1, count):
            if markers.forward_end(self._bares[at]):
                return at + 1
        return count

    def _answers_below(self, index: int) -> bool:
        """Whether quotations are marked below, without an attribution of their own: then unmarked lines are new."""
        at = self._marks[index] if index < len(self._marks) else len(self._lines)
        if at == len(self._lines):
            return False
        above = self._back(at)
        return above <= index or self._attributions.start(above - 1, index, marked=True) is None

    def _with_rule(self, start: int) -> int:
        """The boundary with a rule that stands directly above it."""
        above = self._back(start)
        return above - 1 if above > self._first and markers.rule(self._bares[above - 1]) else start

    # -- quotations marked line by line ---------------------------------------------------------------------------

    def _quotations(self, end: int) -> None:
        """Sort what stands above `end`: marked quotations and the writer's own lines between them."""
        blocks = self._blocks(end)
        edges = [0, *(edge for start, stop, _ in blocks for edge in (start, stop)), end]
        for at in range(0, len(edges), 2):
            self._own(edges[at], edges[at + 1])
        self._count_new(blocks)
        answered = [self._is_new(stop, self._until(blocks, number, end)) for number, (_, stop, _) in enumerate(blocks)]
        between = sum(answered) > 1
        for number, (start, stop, introduced) in enumerate(blocks):
            kind = self._block_kind(start, stop)
            if kind == "quoted" and answered[number]:
                cited = not introduced and self._is_new(0, start)
                if between or cited:
                    continue  # context that an answer needs
            self._mark(start, stop, kind)

    def _block_kind(self, start: int, stop: int) -> PieceKind:
        index = self._next(start)
        if index < stop and markers.forward(self._bares[index]):
            return "forwarded"
        if index < stop and headers.block(self._bares, index) is not None:
            return "forwarded" if self._forward or not self._new_before[-1] else "quoted"
        return "quoted"

    def _until(self, blocks: list[tuple[int, int, bool]], number: int, end: int) -> int:
        return blocks[number + 1][0] if number + 1 < len(blocks) else end

    def _blocks(self, end: int) -> list[tuple[int, int, bool]]:
        """Marked stretches with what introduces them: start, the line after, whether something introduces it."""
        found: list[tuple[int, int, bool]] = []
        index = open_ = self._first
        while index < end:
            if not self._lines[index].depth or self._kinds[index] is not None:
                index += 1
                continue
            stop = self._run(index, end)
            above = self._back(index)
            start = self._introduced.get(index)
            if start is None and above > open_ and self._kinds[above - 1] is None:
                start = self._attributions.start(above - 1, open_, marked=True)
            if start is None and self._introduced_inside(index):
                found.append((index, stop, True))
            elif start is not None:
                found.append((start, stop, True))
            else:
                found.append((index, stop, False))
            if len(found) > 1 and found[-1][0] == self._next(found[-2][1]):
                last = found.pop()
                found[-1] = (found[-1][0], last[1], found[-1][2] or last[2])
            index = open_ = stop
        return found

    def _introduced_inside(self, index: int) -> bool:
        """Whether a marked stretch brings its own introduction, as some programs mark that too."""
        return any(
            self._bares[last] and self._attributions.start(last, index, marked=True) is not None
            for last in range(index, min(index + 3, len(self._bares)))
        )

    def _run(self, index: int, end: int) -> int:
        """The line after a marked stretch, lines included that a wrapping program broke out of it."""
        stop = index
        while index < end:
            if self._kinds[index] is not None:
                break
            if self._lines[index].depth:
                index += 1
                stop = index
            elif not self._bares[index] or (index == stop and self._broken_out(index, end)):
                index += 1
            else:
                break
        return stop

    def _broken_out(self, index: int, end: int) -> bool:
        """Whether an unmarked line is the rest of the marked one above: long, unfinished, and marks go on below."""
        above, bare = self._bares[index - 1], self._bares[index]
        if index + 1 >= end or not self._lines[index + 1].depth or len(above) < 56 or len(bare) >= len(above):
            return False
        return not bare[0].isupper() and above[-1] not in "?!:…"

    # -- the writer's own lines -----------------------------------------------------------------------------------

    def _own(self, start: int, end: int) -> None:
        """Signature, notices and footers at the end of a stretch of own lines."""
        while start < end and self._kinds[start] is not None:
            start += 1
        stop = end
        while stop > start and (self._kinds[stop - 1] is not None or not self._bares[stop - 1]):
            stop -= 1
        if stop <= start:
            return
        bottom = stop
        for top, below in disclaimer.ranges(self._bares, start, stop):
            if top <= self._first:
                break  # a mail that says nothing else says this
            self._mark(top, below, "disclaimer")
            if self._back(bottom) <= below:
                bottom = top
        signed = signature.start(self._texts, self._bares, start, bottom)
        if signed is not None:
            self._mark(signed, bottom, "signature")

    # -- small things ---------------------------------------------------------------------------------------------

    def _marked(self, index: int) -> bool:
        return self._lines[index].depth > 0 or self._lines[index].hint == "history"

    def _next_marked(self) -> list[int]:
        """For each line the first marked one from there on."""
        out = [0] * len(self._lines)
        at = len(self._lines)
        for index in range(len(self._lines) - 1, -1, -1):
            at = index if self._marked(index) else at
            out[index] = at
        return out

    def _count_new(self, blocks: list[tuple[int, int, bool]]) -> None:
        """How many own lines stand before each line, quotations and what introduces them aside."""
        quoted = bytearray(len(self._lines))
        for start, stop, _ in blocks:
            quoted[start:stop] = b"\1" * (stop - start)
        total = 0
        self._new_before = [0]
        for bare, kind, within in zip(self._bares, self._kinds, quoted, strict=True):
            total += bool(bare) and kind is None and not within
            self._new_before.append(total)

    def _is_new(self, start: int, end: int) -> bool:
        return self._new_before[end] > self._new_before[start]

    def _next(self, index: int) -> int:
        """The first line from `index` on that is not blank."""
        while index < len(self._bares) and not self._bares[index]:
            index += 1
        return index

    def _back(self, index: int) -> int:
        """The line after the last one before `index` that is not blank."""
        while index > 0 and not self._bares[index - 1]:
            index -= 1
        return index

    def _mark(self, start: int, stop: int, kind: PieceKind) -> None:
        for index in range(start, stop):
            if self._kinds[index] is None:
                self._kinds[index] = kind

    def _filled(self) -> list[PieceKind]:
        """Every line its kind; blank lines go with what stands above them, the first with what stands below."""
        out: list[PieceKind] = []
        last: PieceKind = "new"
        if self._first < len(self._lines):
            last = self._kinds[self._first] or "new"
        for bare, kind in zip(self._bares, self._kinds, strict=True):
            last = (kind or "new") if bare else last
            out.append(last)
        return out
