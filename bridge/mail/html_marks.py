"""Marks in sanitised HTML while it is being read: what its structure says of a text stands before it as one character.

Noncharacters (Unicode, chapter 23.7) that the reader takes out of every mail first; none leaves the reader.
"""

import re
from typing import Literal

Sign = Literal["", "intro", "cite", "history", "below", "forward", "signature"]
"""What an element is in a mail: "intro" brings in a quotation, "cite" is one that may be answered line by line,
"history" is one as a whole, "below" lies under a header block that replies and forwards share, "forward" is passed on,
"signature" is one."""

MARK: dict[Sign, str] = {
    "": "\ufdd0",
    "intro": "\ufdd1",
    "cite": "\ufdd2",
    "history": "\ufdd3",
    "below": "\ufdd4",
    "forward": "\ufdd5",
    "signature": "\ufdd6",
}
SIGN: dict[str, Sign] = {mark: sign for sign, mark in MARK.items()}

ANY = re.compile("[\ufdd0-\ufdef]")


def unmarked(text: str) -> str:
    """Without marks."""
    return text if text.isascii() else ANY.sub("", text)
