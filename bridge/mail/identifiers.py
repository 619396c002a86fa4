"""Message identifiers as mail programs really write them (RFC 5322 section 3.6.4, and the forms of RFC 822 before it).

It reads Message-ID, In-Reply-To and References: brackets missing on one side or both, commas, folding inside an
identifier, comments, phrases, encoded words. What people said around an identifier is never taken for one. Linear in
the size of the field; never raises for content.
"""

import re

from bridge.mail.charset import header_text
from bridge.mail.words import unfold_words

LONGEST = 990
"""Characters of a message identifier; longer ones are no identifiers (RFC 5322 section 2.1.1)."""

_TOKEN = re.compile(
    r"""<(?P<angle>[^<>]{0,4000})(?P<end>>?)
      | "(?P<quoted>(?:[^"\\]|\\.)*)(?P<closed>"?)
      | (?P<mark>[()])
      | (?P<word>[^\s<>"(),;]+)
      | .
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACKETED = re.compile(r"\s*<([^<>\s]+)>\s*\Z")
_PRINTABLE = re.compile(r"[!-;=?-~\u00a1-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+\Z")


def message_ids(value: bytes) -> tuple[str, ...]:
    """The identifiers of a field, with angle brackets, in the order written, each once.

    White space inside the brackets is folding and goes. An identifier without brackets counts only where nothing else
    stands outside of brackets: a phrase may name an address. Comments and quoted phrases say nothing.
    """
    text = header_text(value)
    if "=?" in text:
        text = unfold_words(text)
    if text.count('"') % 2 or '\\"' in text:
        text = text.replace('"', " ")  # a stray quote would swallow the rest
    found = _read(text, comments=True)
    if found is None:
        found = _read(text, comments=False) or []
    return tuple(dict.fromkeys(f"<{word}>" for word in found if len(word) <= LONGEST and _PRINTABLE.match(word)))


def _read(text: str, *, comments: bool) -> list[str] | None:
    """The identifiers in order; None when a comment is not closed."""
    found: list[tuple[str, bool]] = []
    depth, prose = 0, False
    for token in _TOKEN.finditer(text):
        if comments and token["mark"]:
            depth = depth + 1 if token["mark"] == "(" else max(0, depth - 1)
        elif depth:
            continue
        elif token["angle"] is not None:
            if inner := _inner(token["angle"], closed=bool(token["end"])):
                found.append((inner, True))
        elif token["quoted"] is not None:
            if alone := _BRACKETED.match(token["quoted"]):
                found.append((alone[1], True))
        elif word := token["word"]:
            prose = prose or "@" not in word
            found.append((word, False))
    if depth:
        return None
    return [word for word, sure in found if sure or not prose]


def _inner(angle: str, *, closed: bool) -> str:
    """What stands between the brackets. Where the second is missing, only what can be nothing but one identifier."""
    if closed:
        return "".join(angle.split())
    words = angle.strip(" \t\r\n,;").split()
    return words[0] if len(words) == 1 and "@" in words[0] else ""
