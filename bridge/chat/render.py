"""A mail as Matrix messages: text and org.matrix.custom.html, within the size that a homeserver takes.

Pure. A mail over the event limit loses its HTML, then becomes several messages, then shows its head with the whole text
beside it as a file: it is never refused. Nothing in it notifies, links to a person or loads from outside.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.chat.contents import bold_name, mentions, profile, voice_type
from bridge.chat.limits import EVENT, PARTS, cut, fits, label, octets, split
from bridge.chat.names import KEY, Names, display_name, transaction
from bridge.core.addresses import Address
from bridge.core.effects import Show
from bridge.core.words import Words, words

Content = dict[str, Any]

_CID = re.compile(r'\bsrc="cid:([^"]*)"')
_PILL = re.compile(r'\bhref="\s*(?:https?:)?//(?:www\.)?matrix\.to[^"]*"|\bhref="\s*matrix:[^"]*"', re.IGNORECASE)
_LONGEST_HTML = EVENT
_HEAD = EVENT // 4


@dataclass(frozen=True, slots=True)
class Rendered:
    """`contents` in order, not yet related to a thread. `full`: the whole text, to be attached after them, or empty."""

    contents: tuple[Content, ...]
    full: str = ""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the text: the sender when the bot speaks for them (`name`, `who`), a banner, the subject."""

    base: Content
    who: Content
    says: Words
    name: str = ""
    banner: str = ""
    subject: str = ""
    headers: str = ""

    def message(self, text: str, formatted: str = "", *, first: bool = True) -> Content:
        """One content; the HTML only when something needs it."""
        name = f"{self.name}: " if self.name else ""
        above = "".join(f"{line}\n" for line in (self.banner, self.subject, self.headers) if line and first)
        body = above + ("\n" if above and (self.subject or self.headers) and first else "") + text
        content = {**self.base, **self.who, "body": name + (body.rstrip() or self.says.empty)}
        if formatted or (above and first):
            inner = formatted or _as_html(text)
            content |= {"format": "org.matrix.custom.html", "formatted_body": self._html(inner, first=first)}
        return content

    def _html(self, inner: str, *, first: bool) -> str:
        parts = [bold_name(self.name)] if self.name else []
        if first and self.banner:
            parts.append("<blockquote>" + _as_html(self.banner) + "</blockquote>")
        if first and self.subject:
            parts.append(f"<strong>{html.escape(self.subject)}</strong><br>")
        if first and self.headers:
            parts.append(f"<div><sub>{_as_html(self.headers)}</sub></div>")
        return "".join(parts) + inner


def render(show: Show, names: Names, named: Address | None, images: Mapping[str, str]) -> Rendered:
    """The messages of a mail. `named`: whose name the text must say; `images`: mxc URIs by content id."""
    frame = _frame(show, names, named)
    # Measured without the name: as many messages, whoever may speak.
    bare = replace(frame, who={}, name="") if named else frame
    text = show.text.strip("\r\n")
    if len(show.html) <= _LONGEST_HTML and len(text) <= EVENT:
        formatted = _safe(show.html, images) if show.html else ""
        whole = frame.message(text, formatted)
        if fits(bare.message(text, formatted) if named else whole):
            return _keyed([whole], show.key)
    if len(text) <= EVENT and fits(_without_html(bare.message(text))):
        return _keyed([_without_html(frame.message(text))], show.key, _lost_text(show, text))
    return _split(frame, octets(_without_html(bare.message(""))), show, text)


def _split(frame: _Frame, around: int, show: Show, text: str) -> Rendered:
    pieces, rest = split(text, EVENT - around - 100, PARTS) if len(text) <= EVENT * PARTS else ([], text)
    if rest:
        head, _ = split(text, _HEAD, 1)
        return _keyed([_without_html(frame.message(f"{head[0]}\n{frame.says.more_attached}"))], show.key, text)
    return _keyed(
        [_without_html(frame.message(piece, first=number == 0)) for number, piece in enumerate(pieces)], show.key
    )


def _lost_text(show: Show, text: str) -> str:
    """A mail whose HTML was too large and that has no text to speak of must not vanish."""
    return "" if text.strip() else re.sub(r"<[^<>]*>", "", show.html[: EVENT * 10])


def _frame(show: Show, names: Names, named: Address | None) -> _Frame:
    base: Content = {
        "msgtype": voice_type(show.notify),
        "m.mentions": mentions(show.notify.people if show.notify.mode == "mention" else ()),
    }
    banner = "\n".join(_marked(label(line, 600)) for line in show.banner.splitlines()[:12] if line.strip())
    return _Frame(
        base,
        profile(names, named, fallback=True) if named else {},
        words(show.language),
        name=display_name(named) if named else "",
        banner=cut(banner, 4_000),
        subject=label(show.subject, 600),
        headers=cut("\n".join(f"{label(name)}: {label(value, 600)}" for name, value in show.headers), 4_000),
    )


def _marked(line: str) -> str:
    """With a mark in front, unless it has one: what delivery reports say bears its own."""
    return line if line.startswith(("❌", "⏳")) else f"⚠ {line}"


def _keyed(contents: list[Content], key: str, full: str = "") -> Rendered:
    """Each with the name of its part; only the first one mentions."""
    made = [{**content, KEY: transaction(key, number)} for number, content in enumerate(contents)]
    return Rendered((made[0], *({**content, "m.mentions": {}} for content in made[1:])), full)


def _without_html(content: Content) -> Content:
    return {key: value for key, value in content.items() if key not in ("format", "formatted_body")}


def _safe(markup: str, images: Mapping[str, str]) -> str:
    """Sanitised HTML with inline images by their uploads, and without links that clients draw as a person."""
    placed = _CID.sub(lambda found: _image(html.unescape(found[1]), images), markup)
    return _PILL.sub("", placed)


def _image(cid: str, images: Mapping[str, str]) -> str:
    mxc = images.get(cid, "")
    return f'src="{html.escape(mxc)}"' if mxc.startswith("mxc://") else ""


def _as_html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")
