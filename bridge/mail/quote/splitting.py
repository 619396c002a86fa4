"""A body's lines sorted: new, quoted, signature, disclaimer, forwarded. The one classifier, for text and for HTML.

What HTML says in its structure comes as hints and outweighs what the words say. Line-wise with bounded looks ahead and
back; no line is lost or moved. In doubt a line is new: what is shown once too often costs less than what is hidden.
"""

from collections.abc import Sequence
from itertools import groupby

from bridge.core.body import Piece, PieceKind
from bridge.mail.quote import disclaimer, history, markers, quotations
from bridge.mail.quote.line import Line, plain
from bridge.mail.quote.meant import meant
from bridge.mail.quote.sorting import Sorting, bare

LINES = 10_000
"""Lines that are looked at; what follows goes on as the last of them is."""


_BANNER = 8
"""Lines of a gateway's banner."""


def pieces(text: str, *, forward: bool = False) -> tuple[Piece, ...]:
    """Plain text in its pieces; their texts joined by line breaks are the text again. Empty text has none.

    `forward`: the subject says that the mail passes another one on.
    """
    if not text:
        return ()
    written = text.split("\n")
    found: Sequence[PieceKind]
    if ">" in text:
        found = kinds(plain(written[: LINES + 1]), forward=forward)
    else:  # no line can be marked
        looked = written[:LINES]
        found = _sorted(Sorting(looked, [0] * len(looked), [""] * len(looked), forward=forward))
    if found.count(found[0]) == len(found):
        return (Piece(found[0], text),)
    return joined(written, found)


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
    hints = [one.hint for one in looked]
    if any(hints):
        looked = _believed(looked)
        hints = [one.hint for one in looked]
    body = Sorting([one.text for one in looked], [one.depth for one in looked], hints, forward=forward)
    found = _sorted(body)
    return (*found, *([found[-1]] * (len(lines) - len(looked))))


def _sorted(body: Sorting) -> list[PieceKind]:
    if any(body.hints):
        _hinted(body)
    _banners(body)
    quotations.mark(body, history.mark(body))
    return body.filled()


def _believed(lines: Sequence[Line]) -> Sequence[Line]:
    """The lines with what HTML says of them; where it calls every word history, only the words themselves are asked.

    People write into the element that their program made for what it quotes, or for their signature.
    """
    if any(one.hint == "signature" for one in lines):
        lines = [one for hint, run in groupby(lines, lambda one: one.hint) for one in _signing(hint, list(run))]
    if not any(one.hint == "history" for one in lines):
        return lines
    said = {one.hint for one in lines if bare(one.text)}
    if not said <= {"history", "signature"}:
        return lines
    return [Line(one.text, one.depth) if one.hint == "history" else one for one in lines]


def _signing(hint: str, run: list[Line]) -> list[Line]:
    """Lines that HTML calls a signature, unless they are meant to be read."""
    if hint != "signature" or not meant([bare(one.text) for one in run]):
        return run
    return [Line(one.text, one.depth) for one in run]


_MEANT: dict[str, PieceKind] = {"history": "quoted", "forward": "forwarded", "signature": "signature"}


def _hinted(body: Sorting) -> None:
    """What HTML says, and the attribution or rule right above history that it does not count to it."""
    for index, hint in enumerate(body.hints):
        if not hint:
            continue
        body.kinds[index] = _MEANT[hint]
        if hint != "history" or (index and body.hints[index - 1] == "history"):
            continue
        above = body.back(index)
        start = None if above == 0 else body.attributions.start(above - 1, body.first, marked=True)
        if start is not None:
            body.mark(start, above, "quoted")
        elif above > body.first + 1 and markers.rule(body.bares[above - 1]):
            body.mark(above - 1, above, "quoted")


def _banners(body: Sorting) -> None:
    """What gateways put above a mail from outside, one or two paragraphs with words below them."""
    for _ in range(2):
        stop = body.first
        while stop < len(body.bares) and body.bares[stop] and stop - body.first < _BANNER:
            stop += 1
        below = body.next(stop)
        marked = any(body.depths[at] or body.kinds[at] is not None for at in range(body.first, stop))
        if below == len(body.bares) or marked or not disclaimer.banner("\n".join(body.bares[body.first : stop])):
            return
        body.mark(body.first, stop, "disclaimer")
        body.first = below
