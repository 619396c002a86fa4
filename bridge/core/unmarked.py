"""Recognises history that bears no mark of quotation: lines that stand in earlier mails of the conversation.

Pure, and linear in what it is given. Cautious: a line is known only when all its words stand there in the same order,
several in a row; how the lines are broken does not matter. What is not clearly history stays new, and so does a mail in
which nothing new would remain. Never looks at anything but words.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from bridge.core import markup
from bridge.core.body import Piece
from bridge.core.mail import Mail

MOST = 128_000
"""Characters of text above which nothing is looked for: nobody wrote that by hand."""

MARKUP = 4
"""How much longer HTML may be than its text."""

RUN = 4
"""Words in a row that must stand in an earlier mail."""

WORDS = 8
"""Words that a stretch of known lines has at least: fewer are a greeting or a name."""

LONG = 60
"""Characters of a line that is enough of a stretch by itself."""

BEGINNING = 2
"""Words of an earlier mail within which a copy of the whole of it begins."""

ATTRIBUTION = 3
"""Lines of an attribution ("On Monday … Ann wrote:")."""

WRAPPED = 40
"""Characters that a line has at least, or a comma at its end, where a mail program went on in the next one."""

CONTEXT = 15
"""Lines that stay as they are between new ones: what somebody answers to."""

INTRODUCTION = 8
"""Lines, blank ones among them, that may introduce history: a header block or an attribution."""

_MARK = re.compile(r"[>|\s]{0,40}>")
_LEFT_OUT = re.compile(r"<[^<>\s]{1,300}>|\[(?:cid:|image)[^\[\]\n]{0,200}\]|https?://[^\s<>]{1,2000}", re.I)
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
"""Scripts that part no words are taken letter by letter."""
_FIELD = re.compile(r"[*_]{0,2}[^\s:]{1,20}(?: [^\s:]{1,20}){0,2}\s?[:：]")
_COVER = b"\1" * RUN
_RULE = re.compile(r"\s*[-_=*#─—]{4,}.{0,60}\Z")


@dataclass(frozen=True, slots=True)
class _Known:
    """What earlier mails say: every `RUN` words in a row, and those near the beginning of a mail."""

    runs: frozenset[tuple[str, ...]]
    beginnings: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Known lines `start` to `end` (exclusive). `whole`: it begins where an earlier mail begins.

    `top`: where it begins with what introduces it. `attributed`: that says when or who, and ends with a colon.
    `enough`: it is long enough to mean something by itself.
    """

    start: int
    end: int
    whole: bool
    top: int
    attributed: bool
    enough: bool


def beside(mail: Mail, earlier: Sequence[str]) -> Mail:
    """The mail with that of its new text told apart as history which stands in `earlier`, texts of earlier mails."""
    plain = mail.pieces or (Piece("new", mail.text),)
    if not earlier or not _worth(plain, MOST):
        return mail
    facts = _facts(earlier)
    found = _known(plain, facts)
    if found == plain:
        return mail
    rich = mail.html_pieces or ((Piece("new", mail.html),) if mail.html else ())
    return replace(mail, pieces=found, html_pieces=_known_html(rich, facts))


def known(pieces: tuple[Piece, ...], earlier: Sequence[str]) -> tuple[Piece, ...]:
    """The pieces of a text, with what stands in `earlier` told apart from the new. Joined they are the text still."""
    return _known(pieces, _facts(earlier))


def known_html(pieces: tuple[Piece, ...], earlier: Sequence[str]) -> tuple[Piece, ...]:
    """The same for sanitised HTML. Where an element would be torn that cannot be divided, all stays as it is."""
    return _known_html(pieces, _facts(earlier))


def _worth(pieces: Sequence[Piece], most: int) -> bool:
    """Whether anything may be found: not in few words, and not in what is too large."""
    new = [len(piece.text) for piece in pieces if piece.kind == "new"]
    return sum(new) <= most and max(new, default=0) > 2 * WORDS


def _known(pieces: tuple[Piece, ...], facts: _Known) -> tuple[Piece, ...]:
    if not facts.runs or not _worth(pieces, MOST):
        return pieces
    found: list[Piece] = []
    for piece in pieces:
        lines = piece.text.split("\n") if piece.kind == "new" else []
        marked = [bool(_MARK.match(line)) for line in lines]
        own = "\n".join(line for line, mark in zip(lines, marked, strict=True) if not mark)
        if facts.runs.isdisjoint(_runs(_words(own))):  # as most mail is
            found.append(piece)
            continue
        for quoted, start, end in _parted(lines, marked, facts):
            found.append(Piece("quoted" if quoted else "new", "\n".join(lines[start:end])))
    return tuple(found) if any(_content(piece, said=_says(piece.text)) for piece in found) else pieces


def _known_html(pieces: tuple[Piece, ...], facts: _Known) -> tuple[Piece, ...]:
    if not facts.runs or not _worth(pieces, MARKUP * MOST):
        return pieces
    found: list[Piece] = []
    for piece in pieces:
        lines = markup.lines(piece.text) if piece.kind == "new" else ()
        parted = _parted([line.text for line in lines], [line.quoted for line in lines], facts)
        texts = markup.cut(piece.text, [lines[start].start for _, start, _ in parted[1:]]) if len(parted) > 1 else None
        if texts is None:
            found.append(piece)
            continue
        for (quoted, _, _), text in zip(parted, texts, strict=True):
            found.append(Piece("quoted" if quoted else "new", text))
    return tuple(found) if any(_content(piece, said=markup.visible(piece.text)) for piece in found) else pieces


def _content(piece: Piece, *, said: bool) -> bool:
    """Whether it is something that a person would miss."""
    return said and piece.kind in ("new", "forwarded")


def _words(text: str) -> list[str]:
    """All at once, which is many times faster than each: what is left out, and a word, ends with its line."""
    return _WORD.findall(_LEFT_OUT.sub(" ", text).casefold())


def _says(text: str) -> bool:
    return _WORD.search(_LEFT_OUT.sub(" ", text)) is not None


def _facts(earlier: Sequence[str]) -> _Known:
    runs: set[tuple[str, ...]] = set()
    beginnings: set[tuple[str, ...]] = set()
    for text in earlier:
        found = _runs(_words(text))
        runs.update(found)
        beginnings.update(found[:BEGINNING])
    return _Known(frozenset(runs), frozenset(beginnings))


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(words[at:] for at in range(RUN)), strict=False))


def _parted(lines: Sequence[str], marked: Sequence[bool], facts: _Known) -> list[tuple[bool, int, int]]:
    """The lines as stretches: whether they are history, their start and their end. They leave no line out."""
    stretches = list(_stretches(lines, marked, facts))
    bounds = [(-1, 0), *((one.top, one.end) for one in stretches), (len(lines), len(lines))]
    new = [any(map(_says, lines[before[1] : after[0]])) for before, after in pairwise(bounds)]  # and after the last
    inline = any(marked) or sum(new[1:]) > 1
    history: list[tuple[int, int]] = []
    for number, one in enumerate(stretches):
        if not one.enough:
            continue
        if not any(new[number + 1 :]):
            if one.attributed or one.whole or (history and history[-1][1] >= one.top):
                history.append((one.top, len(lines)))
                break
        elif one.attributed and not any(marked):
            long = sum(1 for line in lines[one.start : one.end] if line.strip()) > CONTEXT
            if long or not (inline or any(new[: number + 1])):
                history.append((one.top, one.end))
    return _laid_out(len(lines), history)


def _laid_out(count: int, history: Iterable[tuple[int, int]]) -> list[tuple[bool, int, int]]:
    found: list[tuple[bool, int, int]] = []
    at = 0
    for start, end in history:
        if start > at:
            found.append((False, at, start))
        found.append((True, start, end))
        at = end
    if at < count or not found:
        found.append((False, at, count))
    return found


def _stretches(lines: Sequence[str], marked: Sequence[bool], facts: _Known) -> Iterator[_Stretch]:
    """Known lines in a row, blank ones between them."""
    said = [[] if mark else _words(line) for line, mark in zip(lines, marked, strict=True)]
    runs = _runs(list(chain.from_iterable(said)))
    covered = bytearray(len(runs) + RUN)
    for at, run in enumerate(runs):
        if run in facts.runs:
            covered[at : at + RUN] = _COVER
    first = end = -1
    begins = count = at = seen = floor = 0
    for number, each in enumerate([*said, [""]]):
        past = number == len(said)
        standing = not past and (marked[number] or bool(each))
        if standing and not marked[number] and all(covered[at : at + len(each)]):
            if first < 0:
                first, begins, count, seen = number, at, 0, 0
            end = number + 1
            count += len(each)
            seen += 2 if len(lines[number]) >= LONG else 1
        elif (standing or past) and first >= 0:
            if count >= RUN:
                near = runs[max(begins - RUN + 1, 0) : begins + RUN]
                whole = any(run in facts.beginnings for run in near)
                top, attributed = _introduction(lines, floor, first, whole=whole)
                yield _Stretch(first, end, whole, top, attributed, enough=count >= WORDS and seen > 1)
                floor = end
            first = -1
        at += len(each)


def _introduction(lines: Sequence[str], floor: int, start: int, *, whole: bool) -> tuple[int, bool]:
    """Where begins what introduces the history at `start` (there, when nothing does), and whether it attributes it."""
    last = start
    while last > floor and start - last < 3 and not lines[last - 1].strip():
        last -= 1
    top = last
    while top > floor and last - top < INTRODUCTION and lines[top - 1].strip():
        top -= 1
    above = [line.strip() for line in lines[top:last]]
    if not above:
        return start, False
    if above[-1].endswith((":", "：")) and (count := _attribution(above)):
        return last - count, True
    if not whole:
        return start, False
    fields = 0
    while fields < len(above) and _FIELD.match(above[-1 - fields]):
        fields += 1
    top = last - fields if fields > 1 else last
    if top > floor and _RULE.match(lines[top - 1]):
        top -= 1
    return (top if top < last else start), False


def _attribution(above: Sequence[str]) -> int:
    """How many of the last lines say when or who: as many as it takes to a date, where the lines were wrapped."""
    for count in range(1, min(len(above), ATTRIBUTION) + 1):
        line = above[-count]
        if count > 1 and len(line) < WRAPPED and not line.endswith(","):
            break
        if any(c.isdigit() for word in line.split() if "@" not in word for c in word):
            return count
    return 1 if "@" in above[-1] else 0
