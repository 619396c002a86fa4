"""What Authentication-Results fields say (RFC 8601): results by server and method, in the order of the header block.

It reads and believes nothing: anybody can write such a field. Whose word counts is for the settings to say. It reads
the raw field, never decoded words: a sender's address that stands in it must not be able to end a quoted text. Linear
in the size of the field; never raises for content.
"""

import re
from collections.abc import Iterator

from bridge.core.mail import Verdict
from bridge.mail.charset import header_text
from bridge.mail.mime import Node

MOST = 100
"""Results of one mail that are kept, from the top."""

_METHODS = frozenset({"dmarc", "dkim", "spf"})
_OUTSIDE = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)(?P<end>"?)|(?P<mark>[(;=/])|(?P<word>[^\s"(;=/]+)|\s+', re.DOTALL)
_COMMENT = re.compile(r"[^()\\]+|\\.?|[()]", re.DOTALL)
_QUOTED = "\0"
"""What a word begins with that was quoted: it is a value, and never a mark or a keyword."""


def verdicts(root: Node) -> tuple[Verdict, ...]:
    """The results of DMARC, DKIM and SPF that the header block states."""
    found: list[Verdict] = []
    for index, value in enumerate(root.every("authentication-results")):
        found.extend(_field(index, header_text(value)))
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


def _field(index: int, text: str) -> Iterator[Verdict]:
    """One field (RFC 8601 section 2.2). With an authserv-id that is written as no server writes it (in quotes, behind a
    comment, beyond ASCII) it says nothing: what strips forged fields at the border looks for the plain name. Microsoft
    365 writes none: then the name is empty.
    """
    first, *rest = _segments(text)
    if not first or not first[0].isascii() or not text.lstrip().startswith(first[0]):
        return
    server = first[0].lower()
    if first[1:2] == ["="]:
        if server not in _METHODS:
            return
        server, rest = "", [first, *rest]
    for words in rest:
        method = words[0].casefold() if words else ""
        if words[1:2] == ["/"]:  # the method's version
            words = [words[0], *words[3:]]
        if method in _METHODS and words[1:2] == ["="] and len(words) > 2 and not words[2].startswith(_QUOTED):
            yield Verdict(index, server, method, words[2].casefold())


def _segments(text: str) -> list[list[str]]:
    """The words between semicolons, comments left out."""
    segments: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        token = _OUTSIDE.match(text, at)
        assert token is not None, "every character begins a token"
        at = token.end()
        if token["mark"] == "(":
            at = _after_comment(text, at)
        elif token["mark"] == ";":
            segments.append([])
        elif token["mark"] or token["word"]:
            segments[-1].append(token["mark"] or token["word"])
        elif token["quoted"] is not None:
            segments[-1].append(_QUOTED + token["quoted"])
    return segments


def _after_comment(text: str, at: int) -> int:
    """Where a comment ends that began before `at`; they nest (RFC 5322 section 3.2.2)."""
    depth = 1
    while depth and (token := _COMMENT.match(text, at)):
        depth += (token[0] == "(") - (token[0] == ")")
        at = token.end()
    return at
