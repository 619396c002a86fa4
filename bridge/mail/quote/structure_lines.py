"""From what the elements of HTML are to what that means for each line, seen together: the hints of the classifier.

A quotation that is answered piece by piece is no history as a whole; a header block under nothing passes a mail on;
where nothing would be left as new, elements that hold more than they should say nothing. In doubt nothing is said.
Linear, pure.
"""

from collections.abc import Sequence
from typing import Protocol

from bridge.mail.html_marks import Sign
from bridge.mail.quote import headers, markers
from bridge.mail.quote.line import Hint, Line, line


class Row(Protocol):
    """A line of HTML as it was read."""

    @property
    def text(self) -> str: ...

    @property
    def depth(self) -> int: ...

    @property
    def sign(self) -> Sign: ...


_QUOTING = ("intro", "cite")


def hints(found: Sequence[Row], *, forward: bool = False) -> list[Line]:
    """The lines with their hints. `forward`: the subject says that the mail passes another one on."""
    plain = [line(row.text) for row in found]  # some programs write ">" in HTML too
    depths = [row.depth + one.depth for row, one in zip(found, plain, strict=True)]
    signs = _signs(found)
    told: list[Hint] = [sign if sign in ("history", "forward", "signature") else "" for sign in signs]
    new = [
        bool(one.text.strip()) and not sign and not deep for one, sign, deep in zip(plain, signs, depths, strict=True)
    ]
    _below(signs, new, told, forward=forward)
    _quotations(found, signs, new, told)
    if not any(new) and "forward" not in told:  # the words must stand somewhere: within the quotation, or signed
        told = ["" if sign in ("history", "signature") else hint for sign, hint in zip(signs, told, strict=True)]
    return [Line(one.text, deep, hint) for one, deep, hint in zip(plain, depths, told, strict=True)]


def _signs(found: Sequence[Row]) -> list[Sign]:
    """What each line is; rules and the line of a signature go with what stands below them, empty lines too."""
    signs: list[Sign] = [row.sign for row in found]
    below: Sign = ""
    for index in range(len(found) - 1, -1, -1):
        text = found[index].text.strip()
        parts = not signs[index] and (markers.rule(text) or (below == "signature" and text == "--"))
        if not text or parts:
            signs[index] = below
        below = signs[index]
    return signs


def _below(signs: Sequence[Sign], new: Sequence[bool], told: list[Hint], *, forward: bool) -> None:
    if "below" not in signs:
        return
    meant: Hint = "forward" if forward or not any(new[: signs.index("below")]) else "history"
    for index, sign in enumerate(signs):
        if sign == "below":
            told[index] = meant


def _quotations(found: Sequence[Row], signs: Sequence[Sign], new: Sequence[bool], told: list[Hint]) -> None:
    """Quotations with what brings them in: history when there is one, and new text does not go on around it."""
    runs: list[tuple[int, int]] = []
    last = -1
    for index, sign in enumerate(signs):
        if sign not in _QUOTING:
            continue
        if runs and not any(new[runs[-1][1] : index]):
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
        last = index
    if len(runs) > 1:  # answered one by one: what is quoted stays with its answers, who said it does not
        for start, stop in runs:
            for index in range(start, stop):
                if signs[index] == "intro" and "cite" in signs[start:stop]:
                    told[index] = "history"
    if len(runs) != 1:
        return
    start, stop = runs[0]
    inside = signs[start:stop]
    answered = any(new[last + 1 :])
    if "intro" not in inside or ("cite" not in inside and answered) or _passes_on(found, start, stop):
        return
    for index in range(start, stop):
        told[index] = "history"


def _passes_on(found: Sequence[Row], start: int, stop: int) -> bool:
    """Whether it begins as a mail that is passed on does: then its words say what it is."""
    bares = [row.text[:400].strip() for row in found[start : min(stop, start + 8)]]
    first = next((index for index, bare in enumerate(bares) if bare), 0)
    return any(markers.forward(bare) for bare in bares[first : first + 2]) or (
        bool(bares) and headers.block(bares, first) is not None
    )
