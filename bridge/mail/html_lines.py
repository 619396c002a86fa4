"""Sanitised HTML as the lines that a person reads, each with its place in the HTML and what its structure said of it.

One linear scan of tags: it relies on what nh3 wrote being well-formed, and never repairs it. Lists, quotations, rows
and link targets are kept in words; never sees HTML that was not sanitised.
"""

import re
from dataclasses import dataclass
from html import unescape

from bridge.mail.html_links import NOTE_END
from bridge.mail.html_marks import ANY, SIGN, Sign

TOKEN = re.compile(r'<(/?)([a-z][a-z0-9]*)([^<>"]*(?:"[^"]*"[^<>"]*)*)>|[^<]+|<')
VOID = frozenset({"br", "hr", "img"})

_HREF = re.compile(r'\bhref="([^"]*)"')
_ALT = re.compile(r'\balt="([^"]*)"')
_START = re.compile(r'\bstart="([0-9]{1,4})"')
_SPACES = re.compile("[ \t\n\r\f]+")
_APART_TAGS = "p h1 h2 h3 h4 h5 h6 blockquote ul ol pre table"
_LINE_TAGS = "div li tr caption details summary"
_APART = frozenset(_APART_TAGS.split())
_LINE = frozenset(_LINE_TAGS.split())
_CELLS = ("td", "th")
_GAP = "\u2003"
_INDENTS = 10
QUOTES = 10
"""Levels of "> " that are written; deeper quotations stay at this one."""


@dataclass(slots=True)
class Row:
    """One line. `text` without marks of quotation, `depth` how many it has.

    `start`: where it begins in the HTML, before the tags that open for it; -1 where the HTML cannot be cut (within a
    row of a table, a link, or a heading of details), and for empty lines.
    """

    text: str
    depth: int
    sign: Sign = ""
    start: int = -1

    @property
    def written(self) -> str:
        """As plain text."""
        marks = "> " * min(self.depth, QUOTES)
        return (marks + self.text).rstrip() if marks else self.text


def rows(html: str) -> list[Row]:
    """The lines in order; never two empty ones together, none at the beginning or the end."""
    return _Reading().read(html)


class _Reading:
    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._line: list[str] = []
        self._start = -1
        self._sign: Sign | None = None  # of the line's first text; None while it has none
        self._now: Sign = ""
        self._said: Sign = ""
        self._depth = 0
        self._pre = 0
        self._uncut = 0  # open elements that hold together
        self._lists: list[int] = []  # the next number; 0 for bullets
        self._marked = 0  # pieces of the line that are only a list mark
        self._cell = False  # nothing was read in this cell yet
        self._targets: list[tuple[str, int, int]] = []  # address, and the rows and pieces that were there before
        self._last = ""  # the address that was written last, while only links follow
        self._run = 0  # where the tags begin that open directly before what comes
        self._run_uncut = 0  # what held together there
        self._opening = False

    def read(self, html: str) -> list[Row]:
        for match in TOKEN.finditer(html):
            name = match[2]
            if name is None:
                if not (match[0].isascii() or ANY.sub("", match[0])):
                    self._now = SIGN.get(match[0][-1], "")  # of an image that follows
                    continue
                self._texts(match[0], self._place(match.start()))
            elif match[1]:
                self._opening = False
                self._now = ""
                self._end(name)
            elif name in VOID:
                self._void(name, match[3], self._place(match.start()))
            else:
                if not self._opening:
                    self._run, self._run_uncut = match.start(), self._uncut
                self._opening = True
                self._now = ""
                self._open(name, match[3])
        self._break()
        return _tidy(self._rows)

    def _place(self, at: int) -> int:
        """Where a line that begins with what stands at `at` can be cut off; -1 where it cannot."""
        at, uncut = (self._run, self._run_uncut) if self._opening else (at, self._uncut)
        self._opening = False
        return -1 if uncut else at

    def _open(self, name: str, attributes: str) -> None:
        if name in _CELLS:
            if self._line:
                self._line[-1] = self._line[-1].rstrip(_GAP)
                self._line.append(" | ")
            self._cell = True
        elif name in _APART or name in _LINE:
            if not self._cell:
                if len(self._line) > self._marked:
                    self._break()
                if name in _APART and not (name in ("ul", "ol") and self._lists) and not self._marked:
                    self._blank()
            self._block(name, attributes)
        elif name == "a":
            found = _HREF.search(attributes)
            self._targets.append((unescape(found[1]) if found else "", len(self._rows), len(self._line)))
            self._uncut += 1

    def _block(self, name: str, attributes: str) -> None:
        match name:
            case "blockquote":
                self._depth += 1
            case "pre":
                self._pre += 1
            case "ul":
                self._lists.append(0)
            case "ol":
                found = _START.search(attributes)
                self._lists.append(int(found[1]) if found and int(found[1]) else 1)
            case "li":
                self._item()
            case "tr" | "summary" | "caption":
                self._uncut += 1
            case _:
                pass

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else 0
        if number:
            self._lists[-1] = number + 1
        indent = "  " * min(max(len(self._lists) - 1, 0), _INDENTS)
        self._line.append(f"{indent}{number}. " if number else f"{indent}- ")
        self._marked = len(self._line)

    def _end(self, name: str) -> None:
        if name == "a" and self._targets:
            self._uncut -= 1
            self._target(*self._targets.pop())
        elif name in ("ul", "ol") and self._lists:
            self._lists.pop()
        elif name == "pre":
            self._break()
            self._pre = max(self._pre - 1, 0)
        if name in ("tr", "summary", "caption"):
            self._break()
            self._uncut = max(self._uncut - 1, 0)
        if name in _CELLS:
            self._cell = False
        elif name in _APART or name in _LINE:
            self._break()
            if name == "blockquote":
                self._depth = max(self._depth - 1, 0)
                if self._rows and not self._rows[-1].text:
                    self._rows[-1].depth = min(self._rows[-1].depth, self._depth)
            if name in _APART and not self._lists:
                self._blank()

    def _target(self, target: str, since: int, line: int) -> None:
        """A link ends: its address, unless its text is that already, or it was the address of the link before."""
        within = len(self._rows) == since
        shown = "".join(self._line[line if within else 0 :]).rstrip()
        said = NOTE_END.sub("", shown) if "→" in shown else shown
        bare = target.removeprefix("mailto:")
        if not target or said.strip() in (target, bare, bare.rstrip("/"), bare.partition("://")[2].rstrip("/")):
            return
        if said != shown:  # the address follows in full
            self._line[line if within else 0 :] = [said]
        if target == self._last:
            return
        self._last = target
        above = next((row for row in reversed(self._rows[since:]) if row.text), None)
        if above is not None and not "".join(self._line).strip():
            above.text = f"{NOTE_END.sub('', above.text)} <{bare}>"
        else:
            self._sign = self._said if self._sign is None else self._sign
            self._line.append(f" <{bare}>")

    def _void(self, name: str, attributes: str, at: int) -> None:
        match name:
            case "br":
                self._break(always=True)
            case "hr":
                self._break()
                self._put("---", at)
                self._break()
            case _:
                found = _ALT.search(attributes)
                alt = ANY.sub("", unescape(found[1])) if found else ""
                self._put(f"[{alt or 'image'}]", at)

    def _texts(self, written: str, at: int) -> None:
        """A text, which may be several where marks stand in it."""
        if written.isascii() or not (found := list(ANY.finditer(written))):
            self._text(unescape(written), at)
            return
        self._text(unescape(written[: found[0].start()]), at)
        for number, mark in enumerate(found):
            end = found[number + 1].start() if number + 1 < len(found) else len(written)
            self._now = SIGN.get(mark[0], "")
            self._text(unescape(written[mark.end() : end]), at)

    def _text(self, text: str, at: int) -> None:
        if not text:
            return
        if self._pre:
            first, *rest = text.split("\n")
            self._put(first, at)
            for line in rest:
                self._break(always=True)
                self._put(line, -1)
            return
        if "  " in text or not text.isprintable():
            text = _SPACES.sub(" ", text).replace("\u00a0", " ")
        if not self._line or self._line[-1].endswith(" "):
            text = text.lstrip(" ")
        if text:
            self._put(text, at)

    def _put(self, text: str, at: int) -> None:
        self._line.append(text)
        self._cell = False
        if text.strip():
            if not self._targets:
                self._last = ""
            if self._sign is None:
                self._sign = self._said = self._now
                self._start = at

    def _break(self, *, always: bool = False) -> None:
        line = "".join(self._line).rstrip()
        if line or always:
            self._rows.append(Row(line, self._depth, self._sign or "", self._start if line else -1))
        self._line = []
        self._marked = 0
        self._sign = None
        self._start = -1

    def _blank(self) -> None:
        self._break()
        if self._rows and self._rows[-1].text:
            self._rows.append(Row("", self._depth))


def _tidy(found: list[Row]) -> list[Row]:
    out: list[Row] = []
    for row in found:
        if row.text or (out and out[-1].text):
            out.append(row)
    while out and not out[-1].text:
        out.pop()
    return out
