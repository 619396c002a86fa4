"""The bounds within which mail is read, and what may be said of a header block before anything decodes it.

All are checked on raw octets, in time linear in the size, so that no decoder ever meets a bomb. A mail beyond a bound
still becomes a `Mail`: the reader stops there, says so in words, and marks it unreadable. Never raises.
"""

import re

DEPTH = 50
"""Nested multiparts; the outermost is 1."""

PARTS = 1000
"""MIME parts in one mail, containers included."""

ENCLOSED = 50
"""Mails enclosed in one mail that are read, at all depths together."""

ENCLOSED_DEPTH = 5
"""Mails enclosed in each other that are read."""

HEADERS = 1000
"""Fields in one header block."""

HEADER_BLOCK = 100_000
"""Octets of one header block that are looked at."""

HEADER = 64_000
"""Octets of one field, folded lines included."""

ENCODED_WORDS = 200
"""Encoded words (RFC 2047) in one field."""

PARAMETERS = 100
"""Parameters (RFC 2231 continuations included) of one structured field."""

HTML = 512 * 1024
"""Characters of HTML in one mail that are read as HTML."""

HTML_DEPTH = 100
"""Nested HTML elements that are shown, as Matrix bounds it. Deeper ones are left out, not their text."""

HTML_NESTED = 400
"""Nested HTML elements that are read: an exchange of fifty answers has hundreds."""

HTML_TAGS = 20_000
"""Tags in one HTML text: no letter has as many, and each costs time."""

HTML_ATTRIBUTES = 500
"""Attributes of one HTML tag: parsers compare each with all before it."""

TEXT = 512 * 1024
"""Characters of plain text that are kept; the rest is in the original."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_FLAT_TAGS = (
    "area base basefont br col embed frame hr img input isindex keygen link meta param source track wbr p li dt dd "
    "td th tr tbody thead tfoot colgroup option optgroup html head body"
)
_FLAT = frozenset(_FLAT_TAGS.split())
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=>/][^\s=>/]{0,2000})(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?")
_LONG = 4_000
"""Characters without another tag within which no tag has `HTML_ATTRIBUTES` that could hurt."""


def readable_html(html: str) -> bool:
    """Whether HTML is within `HTML`, `HTML_TAGS`, `HTML_NESTED` and `HTML_ATTRIBUTES`, without building a tree.

    Elements that are void or whose end tag is implied do not count as nesting: they cannot without one that does.
    """
    if len(html) > HTML:
        return False
    depth = end = 0
    for count, match in enumerate(_TAG.finditer(html)):
        if count >= HTML_TAGS or (match.start() - end > _LONG and _crowded(html, end)):
            return False
        end = match.end()
        if match[2].lower() in _FLAT:
            continue
        depth = max(depth - 1, 0) if match[1] else depth + 1
        if depth > HTML_NESTED:
            return False
    return not _crowded(html, end)


def _crowded(html: str, at: int) -> bool:
    """Whether the tag whose name ends at `at` has more attributes than are read."""
    for _ in range(HTML_ATTRIBUTES):
        match = _ATTRIBUTE.match(html, at)
        if match is None:
            return False
        at = match.end()
    return True
