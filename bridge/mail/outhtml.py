"""The HTML of outgoing mail: a chat client's formatted_body, cut down to what any mail program shows.

Nothing that loads, runs, styles or names a Matrix user survives: no images, no classes, no matrix.to links.
"""

import re
from collections import Counter

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
_MATRIX_LINK = re.compile(r"\s*(?:https?://(?:www\.)?matrix\.to/|matrix:)", re.I)
_USER_ID = re.compile(r"@([^\s:<>]{1,255}):[^\s<>]{1,255}")


def clean(html: str) -> str:
    """The safe subset of `html`; empty when nothing readable is left, or when it is too large or too deep.

    A picture leaves its alternative text (so custom emoji stay words); a link to a Matrix user leaves the name.
    """
    if len(html) > SIZE_MAX or _depth(html) > DEPTH_MAX:
        return ""
    import nh3  # here, as most answers are plain text: the parsers would cost every idle daemon 6 MB
    from bs4 import BeautifulSoup

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
    soup = BeautifulSoup(safe, "html.parser")
    for image in soup.find_all("img"):
        image.replace_with(str(image.get("alt", "")))
    for link in soup.find_all("a", href=False):
        for words in link.find_all(string=_USER_ID):
            words.replace_with(_USER_ID.sub(r"\1", words))
        link.unwrap()
    return str(soup).strip() if soup.get_text().strip() else ""


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
