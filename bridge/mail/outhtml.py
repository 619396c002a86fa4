"""The HTML of outgoing mail: a chat client's formatted_body, cut down to what any mail program shows.

Nothing that loads, runs, styles or names a Matrix user survives: no images, no classes, no matrix.to links.
"""

import html as _html
import re
from collections import Counter

import nh3

SIZE_MAX = 512 * 1024
"""Characters; more is not sanitised but refused."""
DEPTH_MAX = 100
"""Open elements at once, the bound of the Matrix spec too; nh3 takes quadratic time on deeper ones."""

# fmt: off
_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img",
    "li", "ol", "p", "pre", "s", "strike", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u",
    "ul",
}
# fmt: on
_ATTRIBUTES = {"a": {"href"}, "blockquote": {"type"}, "ol": {"start"}, "img": {"alt"}}
_GONE = {"script", "style", "mx-reply", "title", "textarea", "svg", "math"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_UNLINKED = re.compile(r"<a>(.*?)</a>", re.S)
_IMAGE = re.compile(r'<img(?: alt="([^"]*)")?>')
_MATRIX_LINK = re.compile(r"\s*(?:https?://(?:www\.)?matrix\.to/|matrix:)", re.I)
_USER_ID = re.compile(r"@([^\s:<>]{1,255}):[^\s<>]{1,255}")


def clean(html: str) -> str:
    """The safe subset of `html`; empty when nothing readable is left, or when it is too large or too deep.

    A picture leaves its alternative text (so custom emoji stay words); a link to a Matrix user leaves the name.
    """
    if len(html) > SIZE_MAX or _depth(html) > DEPTH_MAX:
        return ""
    safe = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        clean_content_tags=_GONE,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )
    # nh3's output is canonical: an element without attributes is exactly <a>, values are in double quotes.
    safe = _IMAGE.sub(lambda found: (found[1] or "").replace("&quot;", '"'), safe)
    safe = _UNLINKED.sub(lambda found: _USER_ID.sub(lambda user: user[1], found[1]), safe)
    return safe.strip() if _readable(safe) else ""


def _attribute(tag: str, name: str, value: str) -> str | None:
    match tag, name:
        case "a", "href":
            return None if _MATRIX_LINK.match(value) else value
        case "blockquote", "type":
            return value if value == "cite" else None
        case "ol", "start":
            return value if re.fullmatch(r"\d{1,6}", value) else None
        case _:
            return value


def _readable(html: str) -> bool:
    return bool(_html.unescape(re.sub(r"<[^>]*>", "", html)).strip())


def _depth(html: str) -> int:
    """An upper bound of how deep elements nest: a close tag counts only for an open one of its own name."""
    depth = deepest = 0
    opened: Counter[str] = Counter()
    for found in _TAG.finditer(html):
        name = found[2].lower()
        if name in _VOID:
            continue
        if not found[1]:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
    return deepest
