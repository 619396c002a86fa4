"""A stranger's HTML to the org.matrix.custom.html subset: what people see, without what acts, loads or pretends.

The tree is rewritten in one linear walk, and nh3 has the last word on what it wrote. Nothing remote is ever named as an
image; nothing may become a mention, a spoiler or a reply in Matrix. Callers check size and depth first (`limits`).
Never fetches anything.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import nh3
from lxml import etree

from bridge.mail.html_css import elsewhere
from bridge.mail.html_hidden import Sheet
from bridge.mail.html_links import link as link
from bridge.mail.html_marks import unmarked
from bridge.mail.html_write import BLANK, KEPT, Writer, Written
from bridge.mail.quote.structure import Structure

_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
}
_CID = re.compile(r'src="cid:([^"]*)"')
_TAG = re.compile("<[^>]*>")
_NO_MARKUP = frozenset(["template", "xmp", "textarea", "iframe", "noembed", "noframes", "title", "select", "plaintext"])
"""Elements in which browsers see no style sheet."""
_SHORT = 2_000
_PASSES = 4
_MORE_HIDDEN = 400
"""Characters: where more than these, and more than is shown, would be hidden by colour or size, that was not meant."""


@dataclass(frozen=True, slots=True)
class Markup:
    """HTML as it was read. `marked` is `html` with marks of its structure (`html_marks`), for those that cut it.

    `remote_images`: pictures that would have been loaded from elsewhere.
    """

    html: str
    marked: str
    remote_images: int = 0


def sanitise(html: str, images: AbstractSet[str] = frozenset()) -> str:
    """`html` as org.matrix.custom.html; a fixed point. `images`: content ids that an <img src="cid:…"> may name.

    Empty when nothing visible is in it.
    """
    return read(html, images).html


def read(html: str, images: AbstractSet[str] = frozenset()) -> Markup:
    """The same, with what its structure tells."""
    root = parse(html)
    if root is None:
        return Markup("", "")
    written = _seen(root, images)
    shown = _cleaned(written.html)
    for _ in range(_PASSES):  # two parsers repair broken nesting in two ways: until they agree
        again = again_sanitised(shown, images)
        if again == shown:
            html = unmarked(shown)
            return Markup(html, shown, written.remote) if _visible(html) else Markup("", "", written.remote)
        shown = again
    flat = nh3.clean(unmarked(shown), tags=set()).split("\n")
    shown = "<br>".join(escape(text, quote=False) for text in flat if text.strip())
    return Markup(shown, shown, written.remote)


def _visible(html: str) -> bool:
    """Whether there is more than line breaks and empty cells."""
    return len(html) > _SHORT or "<img" in html or "<hr>" in html or bool(_TAG.sub("", html).strip(BLANK))


def again_sanitised(html: str, images: AbstractSet[str]) -> str:
    """What sanitising makes of HTML that was written here: the same, if the parsers agree on it."""
    root = parse(html)
    return "" if root is None else _cleaned(Writer(images).write(root).html)


def settled(html: str) -> bool:
    """Whether HTML that was written here is a fixed point of the sanitiser."""
    return again_sanitised(html, frozenset(unescape(found) for found in _CID.findall(html))) == html


def _seen(root: Any, images: AbstractSet[str]) -> Written:
    """What people see of the tree. Hiding everything cannot have been meant, nor hiding most of it."""
    sheet = _sheet(root)
    written = Writer(images, sheet=sheet, structure=Structure(), first=True).write(root)
    if written.silent > max(_MORE_HIDDEN, written.shown):
        written = Writer(images, sheet=sheet, structure=Structure(), first=True, silencing=False).write(root)
    if not written.html:
        written = Writer(images, structure=Structure(), first=True).write(root)
    return written


def _sheet(root: Any) -> Sheet:
    """The mail's own style sheets, without those that hold for printers, narrow screens or nobody."""
    sure: list[str] = []
    doubtful: list[str] = []
    for style in root.iter("style"):
        kind, media = (style.get("type") or "text/css").strip().lower(), (style.get("media") or "").strip().lower()
        if kind != "text/css" or any(above.tag in _NO_MARKUP for above in style.iterancestors()) or elsewhere(media):
            continue
        (sure if media in ("", "all", "screen") else doubtful).append(style.text or "")
    return Sheet(*sure, doubtful=tuple(doubtful))


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if value.startswith("cid:") else None
    if (tag, name) == ("a", "href"):
        return value if not value.startswith("cid:") else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(KEPT),
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes={"http", "https", "mailto", "cid"},
    link_rel=None,
    strip_comments=True,
)


def _cleaned(written: str) -> str:
    return _CLEANER.clean(written).strip()


def parse(html: str) -> "etree._Element | None":
    """The tree as a forgiving parser sees it, comments removed; None when there is none."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root: etree._Element | None = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, etree.ParserError):
        return None
    return root
