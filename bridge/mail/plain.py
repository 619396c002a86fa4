"""Plain text: from sanitised HTML, from format=flowed (RFC 3676), and to HTML where a mail mixes both.

Linear walks; output depth and size stay bounded by the input's. Never sees HTML that was not sanitised.
"""

import re
from html import escape

from lxml import etree

from bridge.mail.html import parse

_SPACES = re.compile("[ \t\n\r\f]+")
_NEWLINES = re.compile(r"\n{3,}")
_APART_TAGS = "p h1 h2 h3 h4 h5 h6 blockquote ul ol pre table"
_LINE_TAGS = "div li tr caption details summary"
_APART = frozenset(_APART_TAGS.split())
_LINE = frozenset(_LINE_TAGS.split())
_QUOTES = 10
"""Levels of "> " that are written; deeper quotes stay at this one."""


def from_html(html: str) -> str:
    """What a person would read in sanitised HTML, as text: lists, quotes, rows and link targets kept."""
    root = parse(html)
    return _Reading().read(root) if root is not None else ""


class _Reading:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._pre = 0
        self._lists: list[int] = []  # the next number; 0 for bullets
        self._marked = 0  # pieces of the line that are only a list mark

    def read(self, root: "etree._Element") -> str:
        for event, element in etree.iterwalk(root, events=("start", "end")):
            name = str(element.tag)
            if event == "start":
                self._start(name, element)
                self._text(element.text)
            else:
                self._end(name, element)
                self._text(element.tail)
        self._break()
        return _NEWLINES.sub("\n\n", "\n".join(self._lines)).strip("\n")

    def _start(self, name: str, element: "etree._Element") -> None:
        if name in ("td", "th") and self._line:
            self._line.append(" | ")
        if (name in _APART or name in _LINE) and not _lone_in_cell(element):
            if len(self._line) > self._marked:
                self._break()
            if name in _APART and not (name in ("ul", "ol") and self._lists) and not self._marked:
                self._blank()
        match name:
            case "blockquote":
                self._quotes += 1
            case "pre":
                self._pre += 1
            case "ul":
                self._lists.append(0)
            case "ol":
                self._lists.append(int(element.get("start") or 1) or 1)
            case "li":
                self._item()
            case "br":
                self._break(always=True)
            case "hr":
                self._break()
                self._line.append("---")
                self._break()
            case "img":
                self._text(f"[{element.get('alt') or 'image'}]")
            case _:
                pass

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] = number + 1
        indent = "  " * min(max(len(self._lists) - 1, 0), 10)
        self._line.append(f"{indent}{number}. " if number else f"{indent}- ")
        self._marked = len(self._line)

    def _end(self, name: str, element: "etree._Element") -> None:
        match name:
            case "a":
                target = element.get("href") or ""
                shown = "".join(self._line).rstrip()
                bare = target.removeprefix("mailto:").rstrip("/")
                if target and not shown.endswith((target, bare)):
                    self._line.append(f" <{target.removeprefix('mailto:')}>")
            case "ul" | "ol":
                if self._lists:
                    self._lists.pop()
            case "pre":
                self._break()
                self._pre = max(self._pre - 1, 0)
            case _:
                pass
        if (name in _APART or name in _LINE) and not _lone_in_cell(element):
            self._break()
            if name == "blockquote":
                self._quotes = max(self._quotes - 1, 0)
            if name in _APART and not (name in ("ul", "ol") and self._lists):
                self._blank()

    def _text(self, text: str | None) -> None:
        if not text:
            return
        if self._pre:
            first, *rest = text.split("\n")
            self._line.append(first)
            for line in rest:
                self._break(always=True)
                self._line.append(line)
            return
        text = _SPACES.sub(" ", text)
        if not self._line or self._line[-1].endswith(" "):
            text = text.lstrip(" ")
        if text := text.rstrip("\u2003"):  # what parts cells where no table is drawn
            self._line.append(text)

    def _break(self, *, always: bool = False) -> None:
        line = "".join(self._line).rstrip()
        if line or always:
            self._lines.append("> " * min(self._quotes, _QUOTES) + line)
        self._line = []
        self._marked = 0

    def _blank(self) -> None:
        self._break()
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(("> " * min(self._quotes, _QUOTES)).rstrip())


def _lone_in_cell(element: "etree._Element") -> bool:
    """Whether it is the one paragraph of a table's cell: then it breaks no line, so that a row stays a row."""
    cell = element.getparent()
    return element.tag in ("p", "div") and cell is not None and cell.tag in ("td", "th") and len(cell) == 1


def unflow(text: str, *, delsp: bool) -> str:
    """format=flowed joined into paragraphs (RFC 3676 section 4): each quote depth its own, "-- " never joined."""
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        quotes = len(line) - len(content)
        content = content.removeprefix(" ")
        signature = content == "-- "
        if paragraph and (quotes != depth or signature):
            out.append(_quoted(depth, "".join(paragraph)))
            paragraph = []
        depth = quotes
        if content.endswith(" ") and not signature:
            paragraph.append(content[:-1] if delsp else content)
        else:
            out.append(_quoted(depth, "".join((*paragraph, content))))
            paragraph = []
    if paragraph:
        out.append(_quoted(depth, "".join(paragraph)))
    return "\n".join(out)


def _quoted(depth: int, text: str) -> str:
    return f"{'>' * depth} {text}" if depth else text


def to_html(text: str) -> str:
    """Plain text as HTML that looks the same; only where it must stand beside HTML."""
    return escape(text.strip("\n"), quote=False).replace("\n", "<br>")
