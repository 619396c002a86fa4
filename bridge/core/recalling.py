"""Which lines of a text stand in earlier texts, word for word, several in a row.

Pure, and linear in what it is given. How lines are broken, marks of quotation, punctuation, letter case and the targets
of links do not matter; every word of a line does. It decides nothing about what that means.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

RUN = 4
"""Words in a row that must stand in an earlier text."""

ENDS = 2
"""Words of an earlier text within which a copy of the whole of it begins, and ends."""

_LEFT_OUT = re.compile(r"<[^<>\s]{1,300}>|\[(?:cid:|image)[^\[\]\n]{0,200}\]|https?://[^\s<>]{1,2000}", re.I)
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
"""Scripts that part no words are taken letter by letter."""
_ASCII = str.maketrans({chr(n): chr(n).lower() if chr(n).isalnum() else " " for n in range(128)})
"""The same where nothing else stands, in a quarter of the time: what is no word becomes a blank."""
_SIGNS = ("<", "[", "://")
"""Where none of these stands, nothing is left out."""

_HEAD = 400
"""Characters in which the first words of a text are looked for first."""

_COVER = b"\1" * RUN

Run = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What earlier texts say: every `RUN` words in a row, those at the beginning of a text, those at its end."""

    runs: frozenset[Run]
    beginnings: frozenset[Run]
    endings: frozenset[Run]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Known lines `start` to `end` (exclusive), blank ones among them, with how many `words` and worded `lines`.

    `begins`, `ends`: where an earlier text begins, or ends.
    """

    start: int
    end: int
    words: int
    lines: int
    begins: bool
    ends: bool


def words(text: str) -> list[str]:
    """The words that are compared. Those of many lines at once are found many times faster than each line's."""
    if any(sign in text for sign in _SIGNS):
        text = _LEFT_OUT.sub(" ", text)
    return text.translate(_ASCII).split() if text.isascii() else _WORD.findall(text.casefold())


def facts(earlier: Sequence[str]) -> Facts:
    """What is known of earlier texts."""
    runs: set[Run] = set()
    beginnings: set[Run] = set()
    endings: set[Run] = set()
    for text in earlier:
        found = _runs(words(text))
        runs.update(found)
        beginnings.update(found[:ENDS])
        endings.update(found[-ENDS:])
    return Facts(frozenset(runs), frozenset(beginnings), frozenset(endings))


def _runs(said: Sequence[str]) -> list[Run]:
    return list(_each_run(said))


def _each_run(said: Sequence[str]) -> Iterator[Run]:
    return zip(*(said[at:] for at in range(RUN)), strict=False)


def repeats(text: str, known: Facts) -> bool:
    """Whether any `RUN` words of it are known: most mail repeats nothing."""
    return not known.runs.isdisjoint(_runs(words(text)))


def anything(text: str, earlier: Sequence[str], least: int) -> bool:
    """Whether `least` words of it in a row (`RUN` at least) stand in earlier texts: a look that comes before all else.

    One run in as many as so many words hold is asked for, since a copy of them holds it.
    """
    own = words(text)
    step = least - RUN + 1
    said = set(zip(*(own[at::step] for at in range(RUN)), strict=False))
    return any(not said.isdisjoint(_each_run(words(one))) for one in earlier)


def begun(text: str, earlier: Sequence[str]) -> bool:
    """Whether the words that an earlier text begins with stand in it, or some of them: those of `Facts.beginnings`."""
    folded = text.casefold()
    beginnings = [run for one in earlier for run in _runs(_first_words(one))[:ENDS]]
    if not any(all(word in folded for word in run) for run in beginnings):
        return False
    said = f" {' '.join(words(text))} "
    return any(f" {' '.join(run)} " in said for run in beginnings)


def _first_words(text: str) -> list[str]:
    """The first words of a text; of a long one no more than it takes."""
    head = text[:_HEAD]
    if len(head) == len(text) or any(sign in head for sign in _SIGNS):  # what is left out might be cut in two
        return words(text)
    found = words(head)[:-1]  # the last may be half a word
    return found if len(found) >= RUN + ENDS - 1 else words(text)


def stretches(said: Sequence[Sequence[str] | None], known: Facts) -> Iterator[Stretch]:
    """Known lines in a row, in order. `said`: the words of each line; None: a line that is not to be known."""
    runs = _runs([word for each in said for word in each or ()])
    covered = bytearray(len(runs) + RUN)
    for at, run in enumerate(runs):
        if run in known.runs:
            covered[at : at + RUN] = _COVER
    open_: list[tuple[int, int, int]] = []  # line, its first word, the word behind its last
    at = 0
    for number, each in enumerate(said):
        first, at = at, at + len(each or ())
        if each is not None and not each:
            continue
        if each is None or not all(covered[first:at]):
            yield from _closed(open_, runs, known)
            open_ = []
            continue
        if open_ and runs[first : first + 1] and runs[first] in known.beginnings:  # another text begins here
            yield from _closed(open_, runs, known)
            open_ = []
        open_.append((number, first, at))
    yield from _closed(open_, runs, known)


def _closed(open_: Sequence[tuple[int, int, int]], runs: Sequence[Run], known: Facts) -> Iterator[Stretch]:
    if not open_:
        return
    first, last = open_[0][1], open_[-1][2]
    if last - first < RUN:
        return
    yield Stretch(
        start=open_[0][0],
        end=open_[-1][0] + 1,
        words=last - first,
        lines=len(open_),
        begins=any(run in known.beginnings for run in runs[first : first + ENDS]),
        ends=any(run in known.endings for run in runs[max(last - RUN - ENDS + 1, 0) : last - RUN + 1]),
    )
