"""Tells history apart that bears no mark of quotation, by the earlier mails of the conversation that it stands in.

Pure, and linear in what it is given. Cautious: what is not clearly history stays as it is, and so does a mail in which
nothing new would remain. It also finds words that were taken for somebody's signature, or for history, though they
stand below the end of the earlier mail.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from bridge.core import markup, recalling
from bridge.core.body import Piece, PieceKind
from bridge.core.introducing import attributes, introduces, introduction, is_marked
from bridge.core.mail import Mail
from bridge.core.recalling import Facts, Stretch

MOST = 64_000
"""Characters of text above which nothing is looked for: nobody wrote that by hand."""

MARKUP = 4
"""How much longer HTML may be than its text."""

WORDS = 8
"""Words that a stretch of known lines has at least: fewer are a greeting or a name."""

LONG = 60
"""Characters of a line that is enough of a stretch by itself."""

CONTEXT = 15
"""Lines that stay as they are between new ones: what somebody answers to."""

BELOW = 30
"""Lines below the end of an earlier mail that somebody may have added: more are something else."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line, the piece that it is in, and whether it is marked as quoted."""

    text: str
    piece: int
    kind: PieceKind
    marked: bool


@dataclass(frozen=True, slots=True)
class _History:
    """A stretch with the line where what introduces it begins, and whether that attributes it to somebody."""

    stretch: Stretch
    top: int
    attributed: bool
    enough: bool


def beside(mail: Mail, earlier: Sequence[str]) -> Mail:
    """The mail with that of its new text told apart as history which stands in `earlier`, texts of earlier mails."""
    plain = mail.pieces or (Piece("new", mail.text),)
    if not earlier or not _worth(plain, MOST) or _all_new(plain, earlier):
        return mail
    facts = recalling.facts(earlier)
    found = _known(plain, facts)
    if found == plain:
        return mail
    rich = mail.html_pieces or ((Piece("new", mail.html),) if mail.html else ())
    return replace(mail, pieces=found, html_pieces=_known_html(rich, facts))


def known(pieces: tuple[Piece, ...], earlier: Sequence[str]) -> tuple[Piece, ...]:
    """The pieces of a text, with what stands in `earlier` told apart from the new. Joined they are the text still."""
    return _known(pieces, recalling.facts(earlier))


def known_html(pieces: tuple[Piece, ...], earlier: Sequence[str]) -> tuple[Piece, ...]:
    """The same for sanitised HTML. A piece in which an element would be torn that cannot be divided stays as it is."""
    return _known_html(pieces, recalling.facts(earlier))


def _worth(pieces: Sequence[Piece], most: int) -> bool:
    """Whether anything may be found: not in few words, and not in what is too large."""
    sizes = [len(piece.text) for piece in pieces if piece.kind != "forwarded"]
    return 2 * WORDS < sum(sizes) <= most


def _all_new(pieces: Sequence[Piece], earlier: Sequence[str]) -> bool:
    """Whether a text without any mark repeats nothing that could be history: known of most mail before its lines are
    looked at. History begins as an earlier mail does, or is attributed to somebody above it."""
    if any(piece.kind == "forwarded" or ">" in piece.text for piece in pieces):
        return False
    text = "\n".join(piece.text for piece in pieces)
    if not attributes(text) and not recalling.begun(text, earlier):
        return True
    return not recalling.anything(text, earlier, WORDS)


def _known(pieces: tuple[Piece, ...], facts: Facts) -> tuple[Piece, ...]:
    if not facts.runs or not _worth(pieces, MOST):
        return pieces
    lines = [
        _Line(text, number, piece.kind, is_marked(text))
        for number, piece in enumerate(pieces)
        for text in piece.text.split("\n")
    ]
    kinds = _kinds(lines, facts)
    if kinds is None:
        return pieces
    found: list[Piece] = []
    for (kind, _), group in groupby(zip(lines, kinds, strict=True), lambda pair: _belongs(*pair)):
        found.append(Piece(kind, "\n".join(line.text for line, _ in group)))
    return tuple(found)


def _known_html(pieces: tuple[Piece, ...], facts: Facts) -> tuple[Piece, ...]:
    if not facts.runs or not _worth(pieces, MARKUP * MOST):
        return pieces
    seen = [(number, line) for number, piece in enumerate(pieces) for line in markup.lines(piece.text)]
    kinds = _kinds([_Line(line.text, number, pieces[number].kind, line.quoted) for number, line in seen], facts)
    if kinds is None:
        return pieces
    within: dict[int, list[tuple[int, PieceKind]]] = {}
    for (number, line), kind in zip(seen, kinds, strict=True):
        within.setdefault(number, []).append((line.start, kind))
    found: list[Piece] = []
    for number, piece in enumerate(pieces):
        own = within.get(number, [])
        starts = [own[at] for at in range(len(own)) if at == 0 or own[at][1] != own[at - 1][1]]
        cut = markup.cut(piece.text, [start for start, _ in starts[1:]]) if starts else None
        if cut is None:
            found.append(piece)
        else:
            found += [Piece(kind, text) for (_, kind), text in zip(starts, cut, strict=True)]
    return tuple(found)


def _belongs(line: _Line, kind: PieceKind) -> tuple[PieceKind, int]:
    """What stands together: lines of a piece that keep their kind, and neighbours that changed to the same."""
    return kind, line.piece if kind == line.kind else -1


def _kinds(lines: Sequence[_Line], facts: Facts) -> list[PieceKind] | None:
    """The kind of each line now; None when nothing changes, or nothing new would remain."""
    asks = [not (line.marked or line.kind == "forwarded") for line in lines]
    if not recalling.repeats("\n".join(line.text for line, ask in zip(lines, asks, strict=True) if ask), facts):
        return None
    said = [recalling.words(line.text) for line in lines]
    asked = [each if ask else None for each, ask in zip(said, asks, strict=True)]
    stretches = list(recalling.stretches(asked, facts))
    if not stretches:
        return None
    texts = [line.text for line in lines]
    kinds = [line.kind for line in lines]
    floor = 0
    found: list[_History] = []
    for one in stretches:
        top, attributed = introduction(texts, floor, one.start, whole=one.begins)
        enough = one.words >= WORDS and (one.lines > 1 or len(texts[one.start]) >= LONG)
        found.append(_History(one, top, attributed, enough))
        floor = one.end
    for each, behind in zip(found, [*(later.top for later in found[1:]), len(lines)], strict=True):
        _add_below(each, behind, lines, said, kinds)
    for start, end in _history(found, _gaps(found, lines, said, kinds), lines):
        kinds[start:end] = [kind if kind == "forwarded" else "quoted" for kind in kinds[start:end]]
    new = any(kind in ("new", "forwarded") and each for kind, each in zip(kinds, said, strict=True))
    return kinds if new and kinds != [line.kind for line in lines] else None


def _add_below(
    one: _History, behind: int, lines: Sequence[_Line], said: Sequence[Sequence[str]], kinds: list[PieceKind]
) -> None:
    """Unmarked words below the end of an earlier mail are new, whatever the piece that began in it was taken for."""
    at = one.stretch.end
    last = lines[at - 1]
    if not (one.enough and one.stretch.ends and (one.attributed or one.stretch.begins)) or last.kind == "new":
        return
    end = at
    while end < behind and lines[end].piece == last.piece and not lines[end].marked:
        end += 1
    texts = [lines[number].text for number in range(at, end)]
    worded = [number for number in range(at, end) if said[number]]
    began_above = last.kind == "quoted" or lines[one.stretch.start].piece < last.piece
    reaches_on = end < len(lines) and lines[end].piece == last.piece
    if not worded or len(worded) > BELOW or reaches_on or not began_above or introduces(texts):
        return
    kinds[at:end] = ["new"] * (end - at)


def _gaps(
    found: Sequence[_History], lines: Sequence[_Line], said: Sequence[Sequence[str]], kinds: Sequence[PieceKind]
) -> list[bool]:
    """Whether something new stands before each stretch, and after the last."""
    bounds = [(0, 0), *((one.top, one.stretch.end) for one in found), (len(lines), len(lines))]
    spans = [(before[1], after[0]) for before, after in pairwise(bounds)]
    return [any(kinds[at] == "new" and said[at] for at in range(start, end)) for start, end in spans]


def _history(found: Sequence[_History], new: Sequence[bool], lines: Sequence[_Line]) -> Iterable[tuple[int, int]]:
    """Where lines are history."""
    context = any(line.marked and line.kind == "new" for line in lines)
    inline = context or sum(new[1:]) > 1
    began = False
    for number, one in enumerate(found):
        if not one.enough:
            continue
        if not any(new[number + 1 :]):
            if began or one.attributed or one.stretch.begins:
                began = True
                yield one.top, _with_blanks(one.stretch.end, lines)
            continue
        between = inline or any(new[: number + 1])
        whole = one.stretch.begins and one.stretch.ends and one.stretch.lines > 1 and not between  # answered below
        if whole or (one.attributed and not context and (one.stretch.lines > CONTEXT or not between)):
            yield one.top, one.stretch.end


def _with_blanks(end: int, lines: Sequence[_Line]) -> int:
    while end < len(lines) and lines[end].kind == "new" and not lines[end].text.strip():
        end += 1
    return end
