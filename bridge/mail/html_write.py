"""Writes the tree of a stranger's HTML anew, as the subset that rooms show: one linear walk.

A tag is opened only when something visible follows, so that empty shells vanish. What is written is not trusted yet:
nh3 has the last word on it (`html`). Never meets a tree that was not measured (`limits`).
"""

import re
from collections.abc import Set as AbstractSet
from html import escape
from typing import Any, NamedTuple
from urllib.parse import unquote

from lxml import etree

from bridge.mail import bidi, html_images, html_tables, limits
from bridge.mail.html_hidden import PLAIN, Look, Sheet
from bridge.mail.html_links import bare, link, note
from bridge.mail.html_marks import MARK, Sign, unmarked
from bridge.mail.quote.structure import Structure

_KEPT_TAGS = (
    "del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code hr br div table thead tbody tr th "
    "td caption pre img details summary"
)
_BOXES = (
    "center section article header footer main address form fieldset figure figcaption nav aside dl dt dd legend "
    "hgroup search tfoot"
)
_DROPPED_TAGS = (
    "script style head title template iframe embed defs desc metadata datalist noframes mx-reply meta link base"
)
_TABLE_TAGS = "table thead tbody tr th td caption"
_BLOCK_TAGS = "div p h1 h2 h3 h4 h5 h6 blockquote ul ol li pre table details summary hr"
KEPT = frozenset(_KEPT_TAGS.split())
_AS = {
    **dict.fromkeys(_BOXES.split(), "div"),
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
_WITHIN_TABLE = _TABLE - {"table"}
_BLOCK = frozenset(_BLOCK_TAGS.split())
_NUMBER = re.compile(r"[0-9]{1,4}\Z")
_SPACES = re.compile("[ \t\n\r\f]+")
BLANK = " \t\n\r\f\u00a0\u00ad\u034f\u2003\u200b\u200c\u200d\u2007\ufeff"
_INDENT = re.compile(r"border(?:-left)?: ?(?:none|0|medium none)", re.IGNORECASE)
_GAP = "\u2003"
"""Ends each cell but a row's last, which ends in a line break: nobody sees it in a table, and without one it parts."""

_DEPTH = limits.HTML_DEPTH - 10  # nh3 may add a tbody or two


class Written(NamedTuple):
    """What a walk gave: the HTML, pictures that would have been loaded, and characters shown and not shown."""

    html: str
    remote: int = 0
    shown: int = 0
    silent: int = 0


class Writer:
    """One walk. The first over a mail gets its `sheet` and `structure`; a later one, over what was written, none."""

    def __init__(
        self,
        images: AbstractSet[str],
        *,
        sheet: Sheet | None = None,
        structure: Structure | None = None,
        first: bool = False,
        silencing: bool = True,
    ) -> None:
        self._images = images
        self._sheet = sheet
        self._structure = structure
        self._first = first
        self._silencing = silencing
        self._out: list[str] = []
        self._open: list[tuple[str, str]] = []  # tag, and its opening as written
        self._written = 0  # how many of them stand in `_out`
        self._space = True  # the last thing written ends in white space: more of it means nothing
        self._pre = 0
        self._target = ""  # of the link that is open
        self._named: list[str] = []  # its text
        self._pictured = False  # it holds a picture that is not shown and has no words
        self._linked: set[str] = set()  # targets of links that were written
        self._look = PLAIN
        self._rtl = False
        self._begun = False  # a strong character stands in this block
        self._turned = False
        self._sign: Sign = ""
        self._remote = self._shown = self._silent = 0

    def write(self, root: Any) -> Written:
        """The HTML of the tree below `root`."""
        layout = html_tables.layout(root)
        walk = etree.iterwalk(root, events=("start", "end"))
        stack: list[tuple[bool, Look, bool]] = []
        skipped: Any = None
        for event, element in walk:
            name = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                look = self._look
                attributed = self._first and len(element.attrib) > 0
                if self._sheet is not None and name not in _DROPPED and (attributed or self._sheet.ruled(name)):
                    look = self._sheet.look(self._look, name, element)
                if name in _DROPPED or look.unseen:
                    skipped = element
                    walk.skip_subtree()
                    continue
                if self._structure is not None:
                    self._structure.enter(name, element if attributed else None)
                above, self._look = self._look, look
                stack.append((self._start(name, element, layout), above, self._rtl))
                if attributed:
                    self._direction(name, element)
                if text := element.text:
                    self._text(text)
                self._turned = False
            else:
                if element is skipped:
                    skipped = None
                else:
                    opened, self._look, self._rtl = stack.pop()
                    if opened:
                        self._end(element)
                    if self._structure is not None:
                        self._structure.leave()
                if text := element.tail:
                    self._text(text)
        return Written("".join(self._out), self._remote, self._shown, self._silent)

    def _direction(self, name: str, element: Any) -> None:
        written = (element.get("dir") or "").strip().lower()
        if written in ("rtl", "ltr", "auto"):
            self._turned = name == "bdo" and written == "rtl" and len(element) == 0
            self._rtl = written == "rtl" and name != "bdo"

    def _start(self, name: str, element: Any, layout: AbstractSet[Any]) -> bool:
        tag = _AS.get(name, name)
        if (tag == "table" and element in layout) or (tag in _WITHIN_TABLE and not _in_table(element, layout)):
            if tag not in ("td", "th", "caption"):  # its cells are blocks already
                self._space = True
                return False
            tag = "div"
        if tag == "img":
            self._image(element)
            return False
        if tag in ("br", "hr"):
            self._flush()
            self._out.append(f"<{tag}>")
            self._space = True
            self._begun = False
            return False
        if tag not in KEPT or (tag in ("p", "div") and self._alone_in_cell(element)):
            return False
        if len(self._open) >= _DEPTH:
            self._parted(tag)
            return False
        written = f"<{tag}>"
        if tag == "a":
            target = link(element.get("href") or "")
            if not target or self._target:
                return False
            written = f'<a href="{escape(target)}">'
            self._target, self._named, self._pictured = target, [], False
        elif tag == "ol" and _NUMBER.match(start := element.get("start") or ""):
            written = f'<ol start="{start}">'
        elif tag == "blockquote" and _INDENT.search((element.get("style") or "")[:1000]) and not element.get("type"):
            tag, written = "div", "<div>"  # programs indent with it, which quotes nothing
        if tag in _BLOCK:
            self._space = True
            self._begun = False
        self._pre += tag == "pre"
        self._open.append((tag, written))
        if tag in ("td", "th"):  # a column must not shift
            self._flush()
            self._begun = False
        return True

    def _parted(self, tag: str) -> None:
        """A block too deep to be opened still begins a line."""
        if tag in _BLOCK and self._out and not self._out[-1].endswith(">"):
            self._out.append("<br>")
            self._space = True

    def _alone_in_cell(self, element: Any) -> bool:
        """Whether it is the one block of a cell: Word and others put each into a paragraph, which parts rows."""
        if not self._open or self._open[-1][0] not in ("td", "th") or (element.tail and element.tail.strip(BLANK)):
            return False
        above = element.getparent()
        return above is not None and len(above) == 1 and not (above.text or "").strip(BLANK)

    def _end(self, element: Any) -> None:
        tag = self._open[-1][0]
        if tag == "a" and self._pictured and len(self._open) > self._written and self._target not in self._linked:
            self._put(bare(self._target))
        if len(self._open) <= self._written:
            if tag == "a":
                self._linked.add(self._target)
                self._note()
            elif tag in ("td", "th"):
                self._gap(last=element.getnext() is None)
            self._out.append(f"</{tag}>")
            self._written -= 1
        self._open.pop()
        self._pre -= tag == "pre"
        if tag == "a":
            self._target = ""
        if tag in _BLOCK or tag in _TABLE:
            self._space = True
            self._begun = False

    def _note(self) -> None:
        told = note("".join(self._named), self._target)
        if told:
            self._out.append(escape(told.lstrip() if self._space else told, quote=False))
            self._space = False

    def _gap(self, *, last: bool) -> None:
        end = self._out[-1]
        if last and not end.endswith("<br>"):
            self._out.append("<br>")
        elif not last and end == " ":  # also what is left of a gap that was written before: it must come out the same
            self._out[-1] = _GAP
        elif not last and not end.endswith((_GAP, "<td>", "<th>", "</p>", "</div>", "</ul>", "</ol>", "<br>")):
            self._out.append(_GAP)

    def _flush(self) -> None:
        if self._written < len(self._open):
            self._out.extend([written for _, written in self._open[self._written :]])
            self._written = len(self._open)

    def _text(self, text: str) -> None:
        if self._first:
            text = bidi.contained(unmarked(text))
            if self._silencing and self._sheet is not None and self._sheet.silent(self._look):
                self._silent += len(text.strip(BLANK))
                return
        self._put(text)

    def _put(self, text: str) -> None:
        if not self._pre:
            if "  " in text or not text.isprintable():
                text = _SPACES.sub(" ", text)
            if self._space:
                text = text.lstrip(" ")
        said = text.strip(BLANK)
        if not said and not self._pre:
            if text and not self._space and self._out:
                self._out.append(" ")
                self._space = True
            return
        self._flush()
        if self._first and said:
            self._shown += len(said)
            text = self._marked(self._ruled(text))
        if self._target:
            self._named.append(text)
        self._out.append(escape(text, quote=False))
        self._space = text.endswith(" ") and not self._pre

    def _ruled(self, text: str) -> str:
        """The text as its direction makes people read it: Matrix knows no `dir`, and clients go by what comes first."""
        if self._turned:
            text = bidi.turned(text)
        if self._rtl and not self._begun and (leading := bidi.leading(text)):
            self._begun = True
            if leading == "L":
                at = len(text) - len(text.lstrip(BLANK))
                text = text[:at] + bidi.RLM + text[at:]
        return text

    def _marked(self, text: str) -> str:
        """The text with what the structure says of it, before its first visible character."""
        if self._structure is None:
            return text
        sign = self._structure.seen()
        if not sign and not self._sign:
            return text
        self._sign = sign
        at = len(text) - len(text.lstrip(BLANK))
        return text[:at] + MARK[sign] + text[at:]

    def _image(self, element: Any) -> None:
        if self._look.veiled:
            return
        alt = unmarked(" ".join((element.get("alt") or "").split())[:200])
        if self._first:
            style = self._sheet.style("img", element) if self._sheet is not None else {}
            match html_images.judge(element, style):
                case "pixel":
                    return
                case "remote":
                    self._remote += not html_images.is_sign(alt)
                case "part" | "none":
                    pass
        content_id = unquote((element.get("src") or "").strip()).partition(":")[2].strip("<>")
        if content_id in self._images and html_images.judge(element, {}) == "part":
            sizes = "".join(
                f' {side}="{value}"' for side in ("width", "height") if _NUMBER.match(value := element.get(side) or "")
            )
            self._flush()
            if self._first:
                self._out.append(self._marked(""))
            self._out.append(f'<img src="cid:{escape(content_id)}" alt="{escape(bidi.contained(alt))}"{sizes}>')
            self._space = False
        elif alt.strip(BLANK):
            self._text(alt if html_images.is_sign(alt) else f"[{alt}]")
        else:
            self._pictured = bool(element.get("src") or element.get("srcset"))


def _in_table(element: Any, layout: AbstractSet[Any]) -> bool:
    above = element.getparent()
    while above is not None and above.tag in ("tr", "tbody", "thead", "tfoot"):
        above = above.getparent()
    return above is not None and above.tag == "table" and above not in layout
