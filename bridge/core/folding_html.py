"""The same as `folding` for HTML that the reader sanitised: the last blockquote, and what follows a line of `--`.

Pure. It reads tags and never repairs them: the pieces are cut where whole elements begin and end, and joined they are
the HTML again. Never meets HTML that was not sanitised.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from bridge.core.folding import FEW, Kind, Piece

_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9-]*)((?:[^<>"]|"[^"]*")*)>|[^<]+|<')
_IMAGE = re.compile(r'<img\b(?:[^<>"]|"[^"]*")*>')
_CID = re.compile(r'\bsrc="cid:([^"]*)"')
_ALT = re.compile(r'\balt="([^"]*)"')
_VOID = frozenset({"br", "hr", "img"})
_INLINE = frozenset(["a", "b", "i", "u", "s", "em", "strong", "code", "del", "sup", "sub", "span", "font"])
_INTRODUCTION = 300
"""Characters that may introduce a quotation."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A tag or a text. `tag` is empty for text; `pair`: the index of the other end, or its own."""

    start: int
    end: int
    tag: str = ""
    closes: bool = False
    pair: int = -1
    parent: int = -1


def pieces(html: str) -> tuple[Piece, ...]:
    """The HTML in order; joined, the pieces are the HTML again."""
    tokens = _tokens(html)
    if tokens is None:
        return (Piece("own", html),)
    found: list[tuple[Kind, int, int]] = []
    limit = len(tokens)
    quoted = _quotes(html, tokens)
    if quoted is not None:
        limit = quoted
        found.append(("quotes", tokens[quoted].start, tokens[tokens[quoted].pair].end))
    signed = _signature(html, tokens, limit)
    if signed is not None:
        found.insert(0, ("signature", *signed))
    out: list[Piece] = []
    at = 0
    for kind, start, end in found:
        if start > at:
            out.append(Piece("own", html[at:start]))
        out.append(Piece(kind, html[start:end], len(_lines(html[start:end]))))
        at = end
    if at < len(html) or not out:
        out.append(Piece("own", html[at:]))
    return tuple(out)


def without_images(html: str, kept: frozenset[str]) -> str:
    """The HTML with only those inline images whose content id is `kept`; of the others what their text says."""

    def image(found: re.Match[str]) -> str:
        cid, alt = _CID.search(found[0]), _ALT.search(found[0])
        if cid is None or unescape(cid[1]) in kept:
            return found[0]
        return f"[{alt[1]}]" if alt and alt[1].strip() else ""

    return _IMAGE.sub(image, html)


def _tokens(html: str) -> list[_Token] | None:
    """Tags and texts with their elements; None when tags do not match: then nothing is known of it."""
    tokens: list[_Token] = []
    open_: list[int] = []
    for found in _TOKEN.finditer(html):
        parent = open_[-1] if open_ else -1
        tag, closes = found[2] or "", bool(found[1])
        index = len(tokens)
        if closes:
            if not open_ or tokens[open_[-1]].tag != tag:
                return None
            start = open_.pop()
            opening = tokens[start]
            tokens[start] = _Token(opening.start, opening.end, tag, False, index, opening.parent)
            tokens.append(_Token(found.start(), found.end(), tag, True, start, opening.parent))
            continue
        tokens.append(_Token(found.start(), found.end(), tag, False, index, parent))
        if tag and tag not in _VOID:
            open_.append(index)
    return None if open_ else tokens


def _visible(html: str, tokens: Sequence[_Token]) -> bool:
    """Whether a person sees anything of these tokens."""
    return any(t.tag in ("img", "hr") or (not t.tag and _said(html, t)) for t in tokens)


def _said(html: str, token: _Token) -> str:
    return unescape(html[token.start : token.end]).replace("\xa0", " ").strip()


def _lines(html: str) -> list[str]:
    """The lines that a person would see."""
    text = re.sub(r"<(?:br|/?(?:p|div|li|tr|h[1-6]|blockquote|pre|ul|ol|table))\b[^<>]*>", "\n", html)
    plain = unescape(re.sub(r"<[^<>]*>", "", text)).replace("\xa0", " ")
    return [line.strip() for line in plain.split("\n") if line.strip()]


def _quotes(html: str, tokens: list[_Token]) -> int | None:
    """The token that opens the one blockquote, which stands below own words with nothing after it."""
    outer: list[int] = []
    until = -1
    for index, token in enumerate(tokens):
        if token.tag == "blockquote" and not token.closes and index > until:
            outer.append(index)
            until = token.pair
    if len(outer) != 1 or not _visible(html, tokens[outer[0] : until]) or _visible(html, tokens[until:]):
        return None
    own = _lines(html[: tokens[outer[0]].start])
    if own and own[-1].endswith(":") and len(own[-1]) <= _INTRODUCTION:
        own = own[:-1]
    pictures = any(token.tag == "img" for token in tokens[: outer[0]])
    return outer[0] if own or pictures else None


def _signature(html: str, tokens: list[_Token], limit: int) -> tuple[int, int] | None:
    """The span from a line of `--` to the end of its element, when only an introduction follows before `limit`."""
    for index in range(limit - 1, 0, -1):
        token = tokens[index]
        if token.tag or _said(html, token) != "--" or not _alone(tokens, index):
            continue
        start, parent = index, token.parent
        while True:
            end = tokens[parent].pair if parent >= 0 else len(tokens)
            end = min(end, limit) if parent < 0 or tokens[parent].pair > limit else end
            if _visible(html, tokens[index + 1 : end]) or parent < 0:
                break
            start, parent = parent, tokens[parent].parent
        return _fit(html, tokens, (start, end, limit), spaced=html[token.start : token.end].endswith(" "))
    return None


def _fit(html: str, tokens: list[_Token], bounds: tuple[int, int, int], *, spaced: bool) -> tuple[int, int] | None:
    start, end, limit = bounds
    first, last = tokens[start].start, tokens[end].start if end < len(tokens) else len(html)
    inside, after = (
        _lines(html[first:last]),
        _lines(html[last : tokens[limit].start if limit < len(tokens) else len(html)]),
    )
    whole = all(start <= token.pair < end and token.tag != "blockquote" for token in tokens[start:end])
    introduced = not after or (len(after) == 1 and after[0].endswith(":") and len(after[0]) <= _INTRODUCTION)
    # An introduction within the same element would be folded with it: then the signature stays.
    swallowed = limit < len(tokens) and end == limit and inside[-1:] and inside[-1].endswith(":")
    if not whole or not introduced or swallowed or len(inside) < 2 or (not spaced and len(inside) - 1 > FEW):
        return None
    return (first, last) if _lines(html[:first]) or "<img" in html[:first] else None


def _alone(tokens: list[_Token], index: int) -> bool:
    """Whether the text stands on a line of its own."""
    before, after = tokens[index - 1], tokens[index + 1] if index + 1 < len(tokens) else None
    return all(t is None or (t.tag and t.tag not in _INLINE and t.tag != "img") for t in (before, after))
