"""Direction of writing in a stranger's text: it may turn its own words, never what stands beside them.

Linear, pure. Overrides are left out: they serve to disguise. Embeddings and isolates (UAX 9) end where their line ends.
"""

import re
import unicodedata

_ANY = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ENDED_BY = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
_DEEP = 60
"""Levels that are kept; UAX 9 knows 125."""

RLM = "\u200f"


def contained(text: str) -> str:
    """The text with every control of direction closed in its own line; a fixed point."""
    if text.isascii() or not _ANY.search(text):
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    out: list[str] = []
    open_: list[str] = []
    at = 0
    for match in _ANY.finditer(line):
        out.append(line[at : match.start()])
        at = match.end()
        control = match[0]
        if end := _ENDED_BY.get(control):
            if len(open_) < _DEEP:
                open_.append(end)
                out.append(control)
        elif open_ and open_[-1] == control:
            open_.pop()
            out.append(control)
        elif control == "\u2069" and control in open_:  # it ends the embeddings within, too (UAX 9, X6a)
            while (end := open_.pop()) != control:
                out.append(end)
            out.append(control)
        # what is left: overrides, and ends of nothing
    out.append(line[at:])
    return "".join((*out, *reversed(open_)))


def leading(text: str) -> str:
    """The direction of the first strong character: "L", "R", or empty when there is none."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "L":
                return "L"
            case "R" | "AL":
                return "R"
            case _:
                pass
    return ""


def turned(text: str) -> str:
    """What people read where a text is forced from right to left (`<bdo dir=rtl>`): the other letters turn.

    Text that already runs so stays; combining marks stay with their letters.
    """
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return text
    clusters: list[str] = []
    for letter in text:
        if clusters and (unicodedata.combining(letter) or letter in "\u200d\ufe0f"):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return "".join(reversed(clusters))
