"""What introduces quoted history above it, judged by its form alone: an attribution, or a block of header fields.

Pure. It knows no language; the reader's splitter does. Used where other signs say already that history follows.
"""

import re
from collections.abc import Sequence

LINES = 8
"""Lines that may introduce history."""

ATTRIBUTION = 3
"""Lines of an attribution ("On Monday … Ann wrote:")."""

WRAPPED = 40
"""Characters that a line has at least, or a comma at its end, where a mail program went on in the next one."""

_MARK = re.compile(r"[>|\s]{0,40}>")
_FIELD = re.compile(r"[*_]{0,2}[^\s:]{1,20}(?: [^\s:]{1,20}){0,2}\s?[:：]")
_ENDED = re.compile(r":[^\S\n]*(?:\n|\Z)")
_RULE = re.compile(r"\s*[-_=*#─—]{4,}.{0,60}\Z")


def is_marked(line: str) -> bool:
    """Whether a line bears a mark of quotation."""
    return _MARK.match(line) is not None


def attributes(text: str) -> bool:
    """Whether a line of it ends as attributions do: where none does, nothing in it is attributed to anybody."""
    return "：" in text or _ENDED.search(text) is not None


def introduces(lines: Sequence[str]) -> bool:
    """Whether any of these lines looks as if history, or a signature, came below it."""
    return any(
        line.strip() == "--"
        or _RULE.match(line)
        or (_FIELD.match(line) and _FIELD.match(after))
        or _attribution([line.strip()])
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
    )


def introduction(lines: Sequence[str], floor: int, start: int, *, whole: bool) -> tuple[int, bool]:
    """Where begins what introduces the history at `start` (there, when nothing does), and whether it attributes it.

    Never above `floor`. `whole`: a mail begins at `start`, so that a block of header fields may stand above it.
    """
    last = start
    while last > floor and start - last < 3 and not lines[last - 1].strip():
        last -= 1
    top = last
    while top > floor and last - top < LINES and lines[top - 1].strip():
        top -= 1
    above = [line.strip() for line in lines[top:last]]
    if not above:
        return start, False
    if count := _attribution(above):
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
    if not above[-1].endswith((":", "：")):
        return 0
    for count in range(1, min(len(above), ATTRIBUTION) + 1):
        line = above[-count]
        if count > 1 and len(line) < WRAPPED and not line.endswith(","):
            break
        if any(c.isdigit() for word in line.split() if "@" not in word for c in word):
            return count
    return 1 if "@" in above[-1] else 0
