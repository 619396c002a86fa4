"""Marks in sanitised HTML while it is being read: what its structure says of a text stands before it as one character.

Noncharacters (Unicode, chapter 23.7) that the reader takes out of every mail first; none leaves the reader.
"""

import re

from bridge.mail.quote.line import Hint

MARK: dict[Hint, str] = {"": "\ufdd0", "history": "\ufdd1", "forward": "\ufdd2", "signature": "\ufdd3"}
HINT: dict[str, Hint] = {mark: hint for hint, mark in MARK.items()}

_ANY = re.compile("[\ufdd0-\ufdef]")


def unmarked(text: str) -> str:
    """Without marks."""
    return text if text.isascii() else _ANY.sub("", text)
