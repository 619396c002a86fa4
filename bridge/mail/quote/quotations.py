"""Quotations that are marked line by line, and the writer's own lines between them with their signature and notices.

Answers between quotations keep them as context; what is quoted above or below all answers is history.
"""

from bridge.core.body import PieceKind
from bridge.mail.quote import disclaimer, headers, markers, signature
from bridge.mail.quote.sorting import Sorting


def mark(body: Sorting, end: int) -> None:
    """Sort what stands above line `end`."""
    _Quotations(body).mark(end)


class _Quotations:
    def __init__(self, body: Sorting) -> None:
        self._body = body
        self._new_before: list[int] = []

    def mark(self, end: int) -> None:
        blocks = self._blocks(end)
        edges = [0, *(edge for start, stop, _ in blocks for edge in (start, stop)), end]
        for at in range(0, len(edges), 2):
            self._own(edges[at], edges[at + 1])
        if not blocks:
            return
        self._count_new(blocks)
        answered = [self._is_new(stop, self._until(blocks, number, end)) for number, (_, stop, _) in enumerate(blocks)]
        between = sum(answered) > 1
        for number, (start, stop, introduced) in enumerate(blocks):
            kind = self._block_kind(start, stop)
            if kind == "quoted" and answered[number]:
                cited = not introduced and self._is_new(0, start)
                if between or cited:
                    continue  # context that an answer needs
            self._body.mark(start, stop, kind)

    def _block_kind(self, start: int, stop: int) -> PieceKind:
        index = self._body.next(start)
        if index < stop and markers.forward(self._body.bares[index]):
            return "forwarded"
        if index < stop and headers.block(self._body.bares, index) is not None:
            return "forwarded" if self._body.forward or not self._new_before[-1] else "quoted"
        return "quoted"

    def _until(self, blocks: list[tuple[int, int, bool]], number: int, end: int) -> int:
        return blocks[number + 1][0] if number + 1 < len(blocks) else end

    def _blocks(self, end: int) -> list[tuple[int, int, bool]]:
        """Marked stretches with what introduces them: start, the line after, whether something introduces it."""
        found: list[tuple[int, int, bool]] = []
        if not self._body.quotes:
            return found
        index = open_ = self._body.first
        while index < end:
            if not self._body.depths[index] or self._body.kinds[index] is not None:
                index += 1
                continue
            stop = self._run(index, end)
            above = self._body.back(index)
            start = self._body.introduced.get(index)
            if start is None and above > open_ and self._body.kinds[above - 1] is None:
                start = self._body.attributions.start(above - 1, open_, marked=True)
            if start is None and self._introduced_inside(index):
                found.append((index, stop, True))
            elif start is not None:
                found.append((start, stop, True))
            else:
                found.append((index, stop, False))
            if len(found) > 1 and found[-1][0] == self._body.next(found[-2][1]):
                last = found.pop()
                found[-1] = (found[-1][0], last[1], found[-1][2] or last[2])
            index = open_ = stop
        return found

    def _introduced_inside(self, index: int) -> bool:
        """Whether a marked stretch brings its own introduction, as some programs mark that too."""
        return any(
            self._body.bares[last] and self._body.attributions.start(last, index, marked=True) is not None
            for last in range(index, min(index + 3, len(self._body.bares)))
        )

    def _run(self, index: int, end: int) -> int:
        """The line after a marked stretch, lines included that a wrapping program broke out of it."""
        stop = index
        while index < end:
            if self._body.kinds[index] is not None:
                break
            if self._body.depths[index]:
                index += 1
                stop = index
            elif not self._body.bares[index] or (index == stop and self._broken_out(index, end)):
                index += 1
            else:
                break
        return stop

    def _broken_out(self, index: int, end: int) -> bool:
        """Whether an unmarked line is the rest of the marked one above: long, unfinished, and marks go on below."""
        above, bare = self._body.bares[index - 1], self._body.bares[index]
        if index + 1 >= end or not self._body.depths[index + 1] or len(above) < 56 or len(bare) >= len(above):
            return False
        return not bare[0].isupper() and above[-1] not in "?!:…"

    def _own(self, start: int, end: int) -> None:
        """Signature, notices and footers at the end of a stretch of own lines."""
        while start < end and self._body.kinds[start] is not None:
            start += 1
        stop = end
        while stop > start and (self._body.kinds[stop - 1] is not None or not self._body.bares[stop - 1]):
            stop -= 1
        if stop <= start:
            return
        bottom = stop
        for top, below in disclaimer.ranges(self._body.bares, start, stop, self._body.first):
            self._body.mark(top, below, "disclaimer")
            if self._body.back(bottom) <= below:
                bottom = top
        signed = signature.start(self._body.texts, self._body.bares, start, bottom)
        if signed is not None:
            self._body.mark(signed, bottom, "signature")

    def _count_new(self, blocks: list[tuple[int, int, bool]]) -> None:
        """How many own lines stand before each line, quotations and what introduces them aside."""
        quoted = bytearray(len(self._body.bares))
        for start, stop, _ in blocks:
            quoted[start:stop] = b"\1" * (stop - start)
        total = 0
        self._new_before = [0]
        for bare, kind, within in zip(self._body.bares, self._body.kinds, quoted, strict=True):
            total += bool(bare) and kind is None and not within
            self._new_before.append(total)

    def _is_new(self, start: int, end: int) -> bool:
        return self._new_before[end] > self._new_before[start]
