"""History without marks: what reaches to the end of a mail from a boundary that its program wrote.

A boundary is a delimiter, a header block, an attribution with unmarked text below it, or a help desk's "reply above".
"""

from bridge.core.body import PieceKind
from bridge.mail.quote import attribution, headers, labels, markers
from bridge.mail.quote.sorting import Sorting


def mark(body: Sorting) -> int:
    """Mark what reaches to the end from an unmarked boundary on; the line where that begins, or the last plus 1."""
    return _History(body).mark()


class _History:
    def __init__(self, body: Sorting) -> None:
        self._body = body
        self._asks_above = markers.asks_above(body.bares)
        self._own_above = False  # whether own words were seen on the way down
        self._marks: list[int] = []  # worked out when it is asked for

    def mark(self) -> int:
        bares, depths, kinds = self._body.bares, self._body.depths, self._body.kinds
        count = len(bares)
        open_ = self._body.first  # the earliest line that an attribution may take
        index = self._body.first
        while index < count:
            bare = bares[index]
            if not bare or depths[index] or kinds[index] is not None:
                index += 1
                if bare:
                    open_ = index
                    self._own_above = self._own_above or kinds[index - 1] is None
                continue
            # Most lines are clearly of a person's text: they need not be looked at in every way.
            if (
                len(bare) > labels.LABEL
                and bare[0].isalnum()
                and ":" not in bare
                and "：" not in bare
                and not self._asks_above
                and (bare[-1] in attribution.NO_ENDS or not attribution.ends_like_one(bare))
            ):
                self._own_above = True
                index += 1
                continue
            cut = self._boundary(index, open_)
            if cut is not None:
                start, kind, stop = cut
                start = self._with_rule(start)
                self._body.mark(start, stop, kind)
                if stop >= count:
                    return start
                index = open_ = stop
                continue
            self._own_above = self._own_above or not markers.rule(bare)
            index += 1
        return count

    def _boundary(self, index: int, open_: int) -> tuple[int, PieceKind, int] | None:
        """Where what begins at (or about) `index` starts, what it is, and the line after it."""
        bare, count = self._body.bares[index], len(self._body.bares)
        if markers.maybe(bare):
            if markers.forward(bare):
                return index, "forwarded", self._forwarded_to(index)
            if markers.original(bare):
                return index, self._passed_on(), count
        if self._asks_above and markers.reply_above(bare):
            if self._own_above:
                return index, "quoted", count
            return index, "disclaimer", index + 1
        if ":" in bare or "：" in bare:
            cut = self._block(index, open_)
            if cut is not None:
                return cut
            if self._own_above and attribution.head(bare):
                return index, "quoted", count
        noted = headers.notes(self._body.bares, index)
        if noted is not None and noted >= open_:
            return noted, self._passed_on(), count
        if attribution.ends_like_one(bare):
            below = self._body.next(index + 1)
            if below < count and not self._body.marked(below):
                start = self._body.attributions.start(index, open_, marked=False)
                if start is not None and not self._answers_below(index + 1):
                    # With nothing above it, what stands below is an answer without marks as likely as history.
                    return start, "quoted", count if self._own_above else index + 1
        return None

    def _block(self, index: int, open_: int) -> tuple[int, PieceKind, int] | None:
        """The same for a header block that begins at `index`."""
        count = len(self._body.bares)
        block = headers.block(self._body.bares, index)
        if block is not None:
            below = self._body.next(block.end)
            if below < count and self._body.depths[below]:  # it introduces what is marked, as an attribution would
                self._body.introduced.setdefault(below, index)
                return None
            top = headers.raw_start(self._body.texts, self._body.bares, index, open_)
            if top < index:  # fields of a raw mail above those that a person is shown
                self._own_above = any(
                    one and kind is None
                    for one, kind in zip(self._body.bares[:top], self._body.kinds[:top], strict=True)
                )
            return top, self._passed_on(), count
        if headers.inline(self._body.bares[index]):
            return index, self._passed_on(), count
        return None

    def _passed_on(self) -> PieceKind:
        """Mail below a header block is passed on when the subject says so or when nothing stands above it."""
        return "forwarded" if self._body.forward or not self._own_above else "quoted"

    def _forwarded_to(self, index: int) -> int:
        """The line after a forwarded mail: below it may stand new words if it is marked, or has an end of its own."""
        count = len(self._body.bares)
        below = self._body.next(index + 1)
        if below < count and self._body.depths[below]:
            while below < count and (self._body.depths[below] or not self._body.bares[below]):
                below += 1
            return self._body.back(below)
        for at in range(index + 1, count):
            if markers.forward_end(self._body.bares[at]):
                return at + 1
        return count

    def _answers_below(self, index: int) -> bool:
        """Whether quotations are marked below, without an attribution of their own: then unmarked lines are new."""
        if not self._marks:
            self._marks = self._next_marked()
        at = self._marks[index] if index < len(self._marks) else len(self._body.bares)
        if at == len(self._body.bares):
            return False
        above = self._body.back(at)
        return above <= index or self._body.attributions.start(above - 1, index, marked=True) is None

    def _with_rule(self, start: int) -> int:
        """The boundary with a rule that stands directly above it."""
        above = self._body.back(start)
        return above - 1 if above > self._body.first and markers.rule(self._body.bares[above - 1]) else start

    def _next_marked(self) -> list[int]:
        """For each line the first marked one from there on."""
        out = [0] * len(self._body.bares)
        at = len(self._body.bares)
        for index in range(len(self._body.bares) - 1, -1, -1):
            at = index if self._body.marked(index) else at
            out[index] = at
        return out
