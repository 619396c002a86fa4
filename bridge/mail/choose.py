"""Which of two forms of the same text a person should get: the plain one or the one in HTML.

By what they say, not by their order: programs put stand-ins ("your program shows no HTML"), bare links, style sheets
or nothing at all into the plain one, and some put the words there and a picture into the HTML. Never sees HTML that
was not sanitised, and weighs only how much is said.
"""

import re

_URL = re.compile(r"(?i)\b(?:https?://|www\.|mailto:)[^\s<>]{1,4000}")
_TAG = re.compile(r"<[^>]*>")
_MARKUP = re.compile(
    r"(?i)</(?:p|div|span|table|tr|td|a|b|font|strong|html|body|head|style|center|h[1-6])\s{0,9}>|<br\s{0,9}/?>"
)
_STYLE = re.compile(r"[{;]\s{0,99}[a-z-]{3,40}\s{0,9}:[^;{}\n]{1,200}[;}]")
_WORD = re.compile(r"\w{2,40}")

_SHORT = 400
"""Characters up to which a plain text may be a stand-in that is as long as the HTML."""

_SLACK = 200
"""Characters that one form may say more than twice the other, and still be the same."""

_SHARED = 0.5
"""The share of a short text's words that the HTML must know, or it is not its text."""

_LOOKED_AT = 20_000


def prefers_html(text: str, html: str) -> bool:
    """Whether the plain form is a stand-in for the sanitised HTML beside it, so that the HTML's words are the text."""
    in_html = seen(html)
    if not in_html:
        return False
    said = weight(_URL.sub("", text))
    if not said or 2 * said + _SLACK < in_html or _is_markup(text):
        return True
    if said > _SHORT or not _speaks_of_something_else(text, html):
        return False
    return in_html >= said or ("html" in text.lower() and in_html * 4 > said)


def prefers_text(text: str, html: str) -> bool:
    """Whether the HTML says so much less than the plain form that showing it would hide words."""
    return 2 * seen(html) + _SLACK < weight(_URL.sub("", text)) and not _is_markup(text)


def seen(html: str) -> int:
    """Roughly how many characters of words sanitised HTML shows; links and images count nothing."""
    return weight(_URL.sub("", _TAG.sub(" ", html)))


def weight(text: str) -> int:
    """Characters that are no white space."""
    return len("".join(text.split()))


def _is_markup(text: str) -> bool:
    """Whether the plain form is itself HTML or begins with a style sheet: nobody wrote that to be read."""
    looked = text[:_LOOKED_AT]
    tags = len(_MARKUP.findall(looked))
    lines = 1 + looked.count("\n")
    return (tags >= 3 and tags * 4 > lines) or len(_STYLE.findall(looked[:2000])) >= 3


def _speaks_of_something_else(text: str, html: str) -> bool:
    words = {word.casefold() for word in _WORD.findall(_URL.sub("", text))}
    known = {word.casefold() for word in _WORD.findall(_TAG.sub(" ", html)[: 20 * _LOOKED_AT])}
    return bool(words) and len(words & known) < _SHARED * len(words)
