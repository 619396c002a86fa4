"""A stranger's HTML to the org.matrix.custom.html subset: what people see, without what acts, loads or pretends.

The tree is rewritten in one linear walk, and nh3 has the last word on what it wrote. Nothing remote is ever named as an
image; nothing may become a mention, a spoiler or a reply in Matrix. Callers check size and depth first (`limits`).
Never fetches anything.
"""

import re
import unicodedata
from collections.abc import Set as AbstractSet
from html import escape
from urllib.parse import unquote

import nh3
from lxml import etree

from bridge.mail import limits

_KEPT_TAGS = (
    "del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code hr br div table thead tbody tr th "
    "td caption pre img details summary"
)
_BOXES = (
    "center section article header footer main address form fieldset figure figcaption nav aside dl dt dd legend "
    "hgroup search tfoot"
)
_DROPPED_TAGS = (
    "script style head title template iframe object embed applet svg math canvas video audio map textarea select "
    "datalist noframes mx-reply meta link base"
)
_TABLE_TAGS = "table thead tbody tr th td caption"
_BLOCK_TAGS = "div p h1 h2 h3 h4 h5 h6 blockquote ul ol li pre table details summary hr"
_KEPT = frozenset(_KEPT_TAGS.split())
_AS = {
    **dict.fromkeys(
        _BOXES.split(),
        "div",
    ),
    **dict.fromkeys(["tt", "kbd", "samp", "var"], "code"),
    "strike": "s",
    "ins": "u",
    "dir": "ul",
    "menu": "ul",
    "listing": "pre",
    "xmp": "pre",
    "plaintext": "pre",
    "tfoot": "tbody",
}
_DROPPED = frozenset(_DROPPED_TAGS.split())
_TABLE = frozenset(_TABLE_TAGS.split())
_BLOCK = frozenset(_BLOCK_TAGS.split())
_HIDDEN = re.compile(
    r"(?:\A|;)(?:display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?=[;!]|\Z))"
    r"|(?:\A|;)(?:max-)?height:0(?:px)?(?=[;!]|\Z).*?overflow:hidden|overflow:hidden.*?;(?:max-)?height:0(?:px)?(?=[;!]|\Z)"
)
_LINK = re.compile(r"(?i)(https?://([^\s/?#\\]+)[^\s\\]*|mailto:[^\s\\]+)\Z")
_JUNK = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_NUMBER = re.compile(r"[0-9]{1,4}\Z")
_SPACES = re.compile("[ \t\n\r\f]+")
_BLANK = " \t\n\r\f\u00a0\u00ad\u034f\u200b\u200c\u200d\u2007\ufeff"

_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
}
_PASSES = 4
_DEPTH = limits.HTML_DEPTH - 10  # nh3 may add a tbody or two


def sanitise(html: str, images: AbstractSet[str] = frozenset()) -> str:
    """`html` as org.matrix.custom.html; a fixed point. `images`: content ids that an <img src="cid:…"> may name.

    Empty when nothing visible is in it.
    """
    shown = _once(html, images)
    for _ in range(_PASSES):  # two parsers repair broken nesting in two ways: until they agree
        again = _once(shown, images)
        if again == shown:
            return shown
        shown = again
    return "<br>".join(escape(text, quote=False) for text in nh3.clean(shown, tags=set()).split("\n") if text.strip())


def _once(html: str, images: AbstractSet[str]) -> str:
    root = parse(html)
    if root is None:
        return ""
    written = _Writer(images, hide=True).write(root)
    if not written:  # hiding everything cannot have been meant
        written = _Writer(images, hide=False).write(root)
    return nh3.clean(
        written,
        tags=set(_KEPT),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "cid"},
        link_rel=None,
        strip_comments=True,
    ).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src"):
        return value if value.startswith("cid:") else None
    if (tag, name) == ("a", "href"):
        return value if not value.startswith("cid:") else None
    return value


def parse(html: str) -> "etree._Element | None":
    """The tree as a forgiving parser sees it, comments removed; None when there is none."""
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root: etree._Element | None = etree.fromstring(html.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, etree.ParserError):
        return None
    return root


def link(href: str) -> str:
    """The target if people may follow it: http, https, mailto; nothing that Matrix clients turn into a mention."""
    target = _JUNK.sub("", href)
    match = _LINK.match(target)
    if match is None:
        return ""
    host = unicodedata.normalize("NFKC", unquote(match[2] or "")).rpartition("@")[2].lower()
    return "" if "matrix.to" in host.replace("\u3002", ".") else target


class _Writer:
    """Writes the tree anew. A tag is opened only when something visible follows, so that empty shells vanish."""

    def __init__(self, images: AbstractSet[str], *, hide: bool) -> None:
        self._images = images
        self._hide = hide
        self._out: list[str] = []
        self._open: list[tuple[str, str]] = []  # tag, and its opening as written
        self._written = 0  # how many of them stand in `_out`
        self._space = True  # the last thing written ends in white space: more of it means nothing

    def write(self, root: "etree._Element") -> str:
        layout = _layout_tables(root)
        walk = etree.iterwalk(root, events=("start", "end"))
        opened: list[bool] = []
        skipped: etree._Element | None = None
        for event, element in walk:
            name = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                if name in _DROPPED or (self._hide and _hidden(element)):
                    skipped = element
                    walk.skip_subtree()
                    continue
                opened.append(self._start(name, element, layout))
                self._text(element.text)
            else:
                if element is skipped:
                    skipped = None
                elif opened.pop():
                    self._end()
                self._text(element.tail)
        return "".join(self._out)

    def _start(self, name: str, element: "etree._Element", layout: "AbstractSet[etree._Element]") -> bool:
        tag = _AS.get(name, name)
        if (tag == "table" and element in layout) or (tag in _TABLE - {"table"} and not _in_table(element, layout)):
            tag = "div"
        if tag == "img":
            self._image(element)
            return False
        if tag in ("br", "hr"):
            self._flush()
            self._out.append(f"<{tag}>")
            self._space = True
            return False
        if tag not in _KEPT or len(self._open) >= _DEPTH:
            return False
        written = f"<{tag}>"
        if tag == "a":
            target = link(element.get("href") or "")
            if not target or any(tag == "a" for tag, _ in self._open):
                return False
            written = f'<a href="{escape(target)}">'
        elif tag == "ol" and _NUMBER.match(start := element.get("start") or ""):
            written = f'<ol start="{start}">'
        if tag in _BLOCK:
            self._space = True
        self._open.append((tag, written))
        if tag in ("td", "th"):  # a column must not shift
            self._flush()
        return True

    def _end(self) -> None:
        tag, _ = self._open.pop()
        if len(self._open) < self._written:
            self._written = len(self._open)
            self._out.append(f"</{tag}>")
        if tag in _BLOCK or tag in _TABLE:
            self._space = True

    def _flush(self) -> None:
        for _, written in self._open[self._written :]:
            self._out.append(written)
        self._written = len(self._open)

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if any(tag == "pre" for tag, _ in self._open):
            self._flush()
            self._out.append(escape(text, quote=False))
            return
        text = _SPACES.sub(" ", text)
        if self._space:
            text = text.lstrip(" ")
        if not text.strip(_BLANK):
            if text and not self._space and self._out:
                self._out.append(" ")
                self._space = True
            return
        self._flush()
        self._out.append(escape(text, quote=False))
        self._space = text.endswith(" ")

    def _image(self, element: "etree._Element") -> None:
        source = unquote((element.get("src") or "").strip())
        alt = " ".join((element.get("alt") or "").split())[:200]
        scheme, _, content_id = source.partition(":")
        if scheme.lower() == "cid" and content_id.strip("<>") in self._images:
            sizes = "".join(
                f' {side}="{value}"' for side in ("width", "height") if _NUMBER.match(value := element.get(side) or "")
            )
            self._flush()
            self._out.append(f'<img src="cid:{escape(content_id.strip("<>"))}" alt="{escape(alt)}"{sizes}>')
            self._space = False
        elif alt.strip(_BLANK):
            self._text(f"[{alt}]")


def _in_table(element: "etree._Element", layout: "AbstractSet[etree._Element]") -> bool:
    above = element.getparent()
    while above is not None and above.tag in ("tr", "tbody", "thead", "tfoot"):
        above = above.getparent()
    return above is not None and above.tag == "table" and above not in layout


def _hidden(element: "etree._Element") -> bool:
    style = element.get("style")
    if element.get("hidden") is not None:
        return True
    return bool(style) and bool(_HIDDEN.search(_JUNK.sub("", style[:500]).lower()))


def _layout_tables(root: "etree._Element") -> "set[etree._Element]":
    """Tables that only place things: with a table inside, or with no row of two cells."""
    tables = set(root.iter("table"))
    grids = set()
    for row in root.iter("tr"):
        cells = sum(1 for cell in row if cell.tag in ("td", "th"))
        above = row.getparent()
        if above is not None and above.tag != "table":
            above = above.getparent()
        if cells > 1 and above is not None:
            grids.add(above)
    for table in tables:
        above = table.getparent()
        while above is not None:
            if above.tag == "table":
                grids.discard(above)
                break
            above = above.getparent()
    return tables - grids
