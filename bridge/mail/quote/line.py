"""A line of a body as the splitter sees it, from plain text and from HTML alike."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

_CLOSES = 30
_ADDRESS = 330

Hint = Literal["", "history", "forward", "signature"]


class Line(NamedTuple):
    """`text` without its marks of quotation; `depth`: how many it has (">" or blockquote).

    `hint`: the structure of the HTML says that the line lies in such an element (Gmail's quote, Outlook's reply header
    and what is below it, a signature's block); empty where it says nothing, and always in plain text.
    """

    text: str
    depth: int = 0
    hint: Hint = ""


def line(written: str) -> Line:
    """A line of plain text: ">" with at most one space before each (RFC 3676 section 4.5 and what others write)."""
    if not written.startswith((">", " >")):
        return Line(written)
    depth, at, size = 0, 0, len(written)
    while at < size:
        mark = at + 1 if written[at] == " " and at + 1 < size else at
        if written[mark] != ">":
            break
        depth, at = depth + 1, mark + 1
    if written.startswith(">From ") and depth == 1:  # a mailbox's escape of its own separator, no quotation
        return Line(written)
    return Line(written[at + 1 :] if at < size and written[at] == " " else written[at:], depth)


def plain(written: Sequence[str]) -> list[Line]:
    """The lines of a plain text. Where an address was wrapped before its bracket (`<ann@yard.example` and below it
    `> wrote:`), the bracket is no mark of quotation."""
    found = [line(one) if one.startswith((">", " >")) else Line(one) for one in written]
    if not any(one.depth for one in found):
        return found
    for index in range(1, len(found)):
        if found[index].depth == 1 and len(written[index]) < _CLOSES and written[index].rstrip().endswith((":", "：")):
            above = [one for one in range(max(index - 3, 0), index) if not found[one].depth]
            text = " ".join(written[one][-_ADDRESS:] for one in above)
            if above and above[-1] == index - 1 and "@" in text and text.count("<") > text.count(">"):
                found[index] = Line(written[index])
    return found
