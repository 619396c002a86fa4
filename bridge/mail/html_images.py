"""What an image in a stranger's HTML is: a part of the mail, a picture elsewhere, or a means to watch the reader.

Nothing remote is ever fetched or named; pictures that would have been are counted, tracking pixels are not.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal, Protocol

Image = Literal["none", "part", "remote", "pixel"]

_REMOTE = re.compile(r"(?i)\s{0,20}(?:https?:|//)")
_SIZE = re.compile(r"\s{0,10}([0-9]{1,5})(?:\.[0-9]{0,5})?\s{0,5}(?:px|pt)?(?:!important)?\s{0,10}\Z")
_WATCHING = re.compile(
    r"(?:\A|[/_.=?&-])(?:(?:tracking|track|open|count|web|email|mail)?[_-]?(?:pixel|beacon|tracker)s?(?=[/_.?&=-]|\Z)"
    r"|(?:spacer|blank|clear|cleardot|transparent|trans|1x1|dot|shim)\.(?:gif|png)|wf/open|track/open|trk/open|opens?(?=[?.]|/?\Z)"
    r"|e/o/|emimp/|openrate|read[_-]?receipt)"
)


_SIGN = 12
"""Code points of one emoji, its colours and joiners included."""


class Element(Protocol):
    """What is asked of an element: its attributes."""

    def get(self, name: str, /) -> str | None: ...


def judge(element: Element, style: Mapping[str, str]) -> Image:
    """What the image is, by its source, its size as written and the style that applies to it."""
    source = (element.get("src") or "")[:4000]
    if source.lstrip()[:4].lower() == "cid:":
        return "part"
    if not _REMOTE.match(source or element.get("srcset") or ""):
        return "none"
    width, height = (_size(element.get(side), style.get(side, "")) for side in ("width", "height"))
    if (width is not None and width <= 1) or (height is not None and height <= 1):
        return "pixel"  # a line or a dot: nothing to see
    if (width is not None and width <= 3) and (height is not None and height <= 3):
        return "pixel"
    told = (element.get("alt") or "").strip() or (width or 0) > 3 or (height or 0) > 3
    if not told and _WATCHING.search(source.lower()[:500]):
        return "pixel"
    return "remote"


def is_sign(alt: str) -> bool:
    """Whether the words for an image are the very sign that it draws: programs send emoji as pictures."""
    return (
        0 < len(alt) <= _SIGN and all(unicodedata.category(letter)[0] in "SMC" for letter in alt) and not alt.isascii()
    )


def _size(attribute: str | None, style: str) -> int | None:
    """Pixels as written; None when none are."""
    for written in (style, attribute or ""):
        if match := _SIZE.match(written):
            return int(match[1])
    return None
