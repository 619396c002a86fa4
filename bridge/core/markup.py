"""Looks at HTML that the reader sanitised: its visible lines, its inline images, and where it may be cut in two.

Pure and linear. It reads tags and never repairs them. Never meets HTML that was not sanitised.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9-]*)((?:[^<>"]|"[^"]*")*)>|[^<]+|<')
_IMAGE = re.compile(r'<img\b(?:[^<>"]|"[^"]*")*>')
_CID = re.compile(r'\bsrc="cid:([^"]*)"')
_ALT = re.compile(r'\balt="([^"]*)"')
_BARE_LINK = re.compile(r'(<a href="[a-z]{1,6}:/*+([^"/?#]*+)[^"]*+">)</a>')
_VOID = frozenset({"br", "hr", "img"})
_WITHIN = frozenset(["a", "b", "i", "u", "s", "em", "strong", "code", "del", "sup", "sub", "span", "font"])
"""Elements that stand within a line; all others begin and end one."""
_DIVISIBLE = frozenset({"div", "p", "blockquote", "pre", "b", "i", "u", "s", "em", "strong", "span", "font"})
"""Elements that are the same when they end and begin anew in their midst: no cell, no item, no link."""

_BLOCK = "p|div|blockquote|pre|ul|ol|table|h[1-6]"
_OPENS = re.compile(rf"<(?:{_BLOCK})[ >]")
_CLOSES = re.compile(rf"</(?:{_BLOCK})>\Z")


@dataclass(frozen=True, slots=True)
class HtmlLine:
    """A line that a person sees. `start`: where it may be cut off from what is before. `quoted`: in a blockquote."""

    text: str
    start: int
    quoted: bool


def lines(html: str) -> tuple[HtmlLine, ...]:
    """The visible lines in order; one that only holds an image or a rule has no text."""
    return tuple(_lines(html))


def block(html: str) -> str:
    """The HTML so that it begins and ends a line."""
    return html if not html or (_OPENS.match(html) and _CLOSES.search(html)) else f"<div>{html}</div>"


def visible(html: str) -> bool:
    """Whether a person sees anything of it."""
    return next(_lines(html), None) is not None


def _lines(html: str) -> Iterator[HtmlLine]:
    said: list[str] = []
    seen = False
    start = fresh = depth = 0
    quoted = False
    for token in _TOKEN.finditer(html):
        closes, tag = bool(token[1]), token[2] or ""
        breaks = bool(tag) and tag not in _WITHIN and tag != "img"
        if breaks and seen:
            yield HtmlLine(_spaced("".join(said)), start, quoted)
            seen = False
        if breaks:
            said = []
        if tag == "blockquote":
            depth += -1 if closes else 1
        visible = tag in ("img", "hr") or (not tag and bool(_plain(token[0]).strip()))
        if visible and not seen:
            start, quoted, seen = fresh, depth > 0, True
        if not tag:
            said.append(_plain(token[0]))
        if visible or closes or tag == "br":
            fresh = token.end()
    if seen:
        yield HtmlLine(_spaced("".join(said)), start, quoted)


def _plain(text: str) -> str:
    return unescape(text).replace("\xa0", " ")


def _spaced(text: str) -> str:
    return " ".join(text.split())


def cut(html: str, offsets: Sequence[int]) -> list[str] | None:
    """The HTML in pieces that begin at `offsets` (ascending, each before a token), every piece whole by itself.

    Elements that are open there end in one piece and begin again in the next. None when one of them may not be divided
    so, or when tags do not match: then nothing is known of the HTML.
    """
    open_: list[tuple[str, str]] = []
    cuts: list[tuple[int, list[tuple[str, str]]]] = []
    wanted = iter([*offsets, -1])
    at = next(wanted)
    for token in _TOKEN.finditer(html):
        if token.start() == at:
            cuts.append((at, open_.copy()))
            at = next(wanted)
        tag = token[2] or ""
        if not tag or tag in _VOID:
            continue
        if not token[1]:
            open_.append((tag, token[0]))
        elif not open_ or open_.pop()[0] != tag:
            return None
    if open_ or at != -1 or any(tag not in _DIVISIBLE for _, within in cuts for tag, _ in within):
        return None
    pieces: list[str] = []
    before, within = 0, list[tuple[str, str]]()
    for offset, inner in (*cuts, (len(html), [])):
        opening = "".join(written for _, written in within)
        closing = "".join(f"</{tag}>" for tag, _ in reversed(inner))
        pieces.append(f"{opening}{html[before:offset]}{closing}")
        before, within = offset, inner
    return pieces


def images(html: str) -> frozenset[str]:
    """The content ids of the inline images that it names."""
    found = (_CID.search(tag) for tag in _IMAGE.findall(html))
    return frozenset(unescape(cid[1]) for cid in found if cid is not None)


def without_images(html: str, kept: frozenset[str]) -> str:
    """The HTML with only those inline images whose content id is `kept`; of the others what their text says.

    A link that held nothing else names its host."""

    def image(found: re.Match[str]) -> str:
        cid, alt = _CID.search(found[0]), _ALT.search(found[0])
        if cid is None or unescape(cid[1]) in kept:
            return found[0]
        return f"[{alt[1]}]" if alt and alt[1].strip() else ""

    return _BARE_LINK.sub(r"\1[\2]</a>", _IMAGE.sub(image, html))
