"""Style sheets as mail programs honour them: the rules that name one tag, class or id, and which of them hold.

A rule that may hold, and may not (another selector, an @media that many screens fulfil), never hides anything: it only
makes unsure what the others say. Linear in its input; never fetches a style sheet, never raises for content.
"""

import re
from collections.abc import Iterator
from typing import Protocol

Style = dict[str, str]
"""Declarations by name, in small letters."""

SHEETS = 200_000
"""Characters of a style sheet that is looked at; of a longer one nothing is known."""

RULES = 4_000
STYLE = 4_000
CLASSES = 20

IMPORTANT = "!important"
BACKGROUNDS = ("background", "background-color", "background-image")
SHADES = ("text-shadow", "box-shadow", "filter", "-webkit-text-stroke", "-webkit-text-fill-color")
CLIPS = ("background-clip", "-webkit-background-clip")
PADDING = ("padding", "padding-top", "padding-right", "padding-bottom", "padding-left")
_TELLING_NAMES = (
    "display visibility opacity height max-height min-height width max-width min-width overflow font-size font "
    "line-height clip clip-path left top position transform color animation all"
)
_TELLING = frozenset((*_TELLING_NAMES.split(), *BACKGROUNDS, *SHADES, *CLIPS, *PADDING))
_SIGN = re.compile(r"/\*|[\"'\\]")
_STRINGS = {
    '"': re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"', re.S),
    "'": re.compile(r"'[^'\\\n]*(?:\\.[^'\\\n]*)*'", re.S),
}
_BEFORE = re.compile(r"(?:\s|<!--|-->|@(?:import|charset)\b[^;{}]*;)*", re.I)
_NAME = r"-?[A-Za-z_][\w-]*"
_SIMPLE = re.compile(rf"([A-Za-z][A-Za-z0-9]*)?([.#]{_NAME})?\Z")
_COMPOUND = rf"(?:\*|{_NAME}|[.#]{_NAME})(?:[.#]{_NAME})*"
_VALID = re.compile(rf"{_COMPOUND}(?:(?: [>+~]? ?|[>+~] ?){_COMPOUND})*\Z")
_JOINTS = re.compile(r"[\s>+~]+")
_WITHIN = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NAMES = re.compile(rf"[.#]{_NAME}")
_TAG = re.compile(r"[a-z][a-z0-9]{0,20}")
_PASSING = re.compile(r":(?:hover|active|focus|visited|before|after|selection)\b")
_NO_GROUP = re.compile(r"@(?:font-face|(?:-\w+-)?keyframes|page|counter-style|property)\b")
_WIDE = re.compile(r"max-(?:device-)?width\s*:\s*([0-9]{1,3})(?:px)?\s*\)")
_SPACES = re.compile(r"\s+")


class Element(Protocol):
    """What is asked of an element: its attributes."""

    def get(self, name: str, /) -> str | None: ...


def elsewhere(media: str) -> bool:
    """Whether a media query is of print, narrow screens or dark ones alone: what it says does not hold here."""
    asked = [each.strip() for each in media[:STYLE].lower().split(",")]
    return all(
        each.startswith(("print", "only print")) or _WIDE.search(each) or "prefers-color-scheme: dark" in each
        for each in (query.replace("scheme:dark", "scheme: dark") for query in asked)
        if not each.startswith("not")
    ) and not any(each.startswith("not") or not each for each in asked)


class Rules:
    """The rules of the mail's own style sheets, as far as they can be judged without a browser."""

    def __init__(self, *sheets: str) -> None:
        self.paints = False
        """Whether a background may be set that nobody knows of."""
        self.painted: set[str] = set()
        self._rules: dict[str, dict[str, tuple[int, str]]] = {}
        self._doubts: dict[str, dict[str, bool]] = {}
        self._count = 0
        for sheet in sheets:
            if len(sheet) > SHEETS or not self._read(_told(sheet)):
                self._nothing_is_sure()

    def named(self, tag: str) -> bool:
        """Whether a rule names every element of a tag."""
        return tag in self._rules or tag in self.painted

    def doubt(self, sheet: str) -> None:
        """Read a sheet of which nobody knows whether it holds."""
        if len(sheet) > SHEETS:
            self._nothing_is_sure()
        for piece in _told(sheet[:SHEETS]).split("}"):
            head, brace, body = piece.rpartition("{")
            if brace:
                self._doubt_all(head.rpartition("{")[2], declarations(body))

    def style(self, tag: str, element: Element, own: Style) -> Style:
        """What applies to an element: the rules for its tag, its classes, its id, and its `own` style."""
        ranked: dict[str, tuple[bool, int, int]] = {}
        found: Style = {}
        keys = keys_of(tag, element)
        if self._rules and keys:
            for weight, key in keys:
                for name, (order, value) in self._rules.get(key, {}).items():
                    rank = (value.endswith(IMPORTANT), weight, order)
                    if name not in ranked or rank > ranked[name]:
                        ranked[name], found[name] = rank, value
        for name, value in own.items():
            rank = (value.endswith(IMPORTANT), 1000, 0)
            if name not in ranked or rank > ranked[name]:
                ranked[name], found[name] = rank, value
        if not ranked:
            return found
        for whole, part in (("font", "font-size"), ("background", "background-color")):
            if whole in found and part in found and ranked[whole] > ranked[part]:
                del found[part]
        if self._doubts:
            for key in ("", *(key for _, key in keys)):
                for name, important in self._doubts.get(key, {}).items():
                    if important or (name in ranked and ranked[name][1] < 1000):
                        found.pop(name, None)
                    if name == "all":
                        return {} if important else own
        return {} if "all" in found else found

    def _nothing_is_sure(self) -> None:
        """More than is read, or what browsers read otherwise: no rule hides anything."""
        self.paints = True
        self._rules.clear()
        self._doubts[""] = dict.fromkeys(_TELLING, True)

    def _read(self, css: str) -> bool:
        """Whether all of it could be read."""
        at = 0
        for _ in range(RULES):
            opened = css.find("{", at)
            if opened < 0:
                return True
            before = _BEFORE.match(css, at, opened)
            head = css[before.end() if before else at : opened].strip()
            closed = css.find("}", opened)
            closed = len(css) if closed < 0 else closed
            if head.startswith("@"):
                if head.lower().startswith("@namespace"):
                    return False
                at = _past(css, opened)
                kind, _, media = head.lower().partition(" ")
                if not _NO_GROUP.match(head.lower()) and not (kind == "@media" and elsewhere(media)):
                    self.doubt(css[opened + 1 : at])
                continue
            body = css[opened + 1 : closed]
            if not _even(head) or not _even(body) or max(len(head), len(body)) > STYLE:
                return False
            if "{" in body:  # rules within a rule
                at = _past(css, opened)
                self._doubt_all(head, dict.fromkeys(_TELLING, ""))
                continue
            self._rule(head, body)
            at = closed + 1
        return css.find("{", at) < 0

    def _rule(self, selectors: str, body: str) -> None:
        style = declarations(body)
        if not style:
            return
        parts = [_SPACES.sub(" ", part.strip()) for part in selectors.split(",")]
        if not all(part and _VALID.match(part) for part in parts):  # browsers leave out a rule of which one is broken
            self._doubt_all(selectors, style)
            return
        self._count += 1
        for part in parts:
            match = _SIMPLE.match(part)
            if match is None or not (match[1] or match[2]):
                self._doubt(part, style)
                continue
            known = self._rules.setdefault((match[1] or "").lower() + (match[2] or ""), {})
            for name, value in style.items():
                if value.endswith(IMPORTANT) or not known.get(name, (0, ""))[1].endswith(IMPORTANT):
                    known[name] = (self._count, value)

    def _doubt_all(self, selectors: str, style: Style) -> None:
        if len(selectors) > STYLE:
            self._nothing_is_sure()
            return
        for _ in range(4):
            selectors, count = _WITHIN.subn(lambda found: ":x" if found[0][0] == "[" else ":y", selectors)
            if not count:
                break
        for selector in selectors.split(","):
            self._doubt(selector, style)

    def _doubt(self, selector: str, style: Style) -> None:
        """A rule that may hold: on what its last part names, nothing is sure of what it sets."""
        if not style or (_PASSING.search(selector) and ":y" not in selector):
            return  # while the pointer is there
        last = _JOINTS.split(selector.strip())[-1]
        named = _NAMES.search(last) or _TAG.match(last.lower())
        key = named[0] if named and not {"(", "[", ")", "]"} & set(last) else ""
        if any(name in style for name in BACKGROUNDS):
            if key:
                self.painted.add(key)
            else:
                self.paints = True
        doubts = self._doubts.setdefault(key, {})
        for name, value in style.items():
            if not _hides(name, value):
                doubts[name] = doubts.get(name, False) or value.endswith(IMPORTANT)


def keys_of(tag: str, element: Element) -> list[tuple[int, str]]:
    """The simple selectors that name an element, with their specificity; none where there are too many."""
    classes = (element.get("class") or "").split()
    if len(classes) > CLASSES:
        return []
    keys = [(1, tag)]
    for name in classes:
        keys += [(10, "." + name), (11, f"{tag}.{name}")]
    if (name := element.get("id") or "") and " " not in name:
        keys += [(100, "#" + name), (101, f"{tag}#{name}")]
    return keys


def declarations(text: str) -> Style:
    """The declarations that can hide something, or show it; the last of a name holds. None of what is too long."""
    found: Style = {}
    if len(text) > STYLE:
        return found
    text = _told(text)
    if "[" in text or "{" in text:
        return found
    for part in _parts(text):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if not colon or name not in _TELLING:
            continue
        value = _SPACES.sub(" ", value.strip().lower()).replace(" !", "!").replace("! ", "!")
        if found.get(name, "").endswith(IMPORTANT) and not value.endswith(IMPORTANT):
            continue
        found[name] = value
        part = {"font": "font-size", "background": "background-color"}.get(name, "")
        if part in found and (value.endswith(IMPORTANT) or not found[part].endswith(IMPORTANT)):
            del found[part]
    return found


def plain(style: Style, name: str) -> str:
    """A value without its mark of importance; empty when it is not set."""
    return style.get(name, "").removesuffix(IMPORTANT)


def _hides(name: str, value: str) -> bool:
    """Whether a declaration only hides: then it makes nothing unsure that others hide."""
    value = value.removesuffix(IMPORTANT)
    match name:
        case "display":
            return value == "none"
        case "visibility":
            return value in ("hidden", "collapse")
        case "overflow":
            return value == "hidden"
        case "opacity" | "height" | "max-height" | "width" | "max-width" | "font-size" | "line-height":
            return value in ("0", "0px")
        case _:
            return False


def _told(css: str) -> str:
    """Without comments, and without what strings and escapes hold: none of their signs means anything."""
    out: list[str] = []
    at = 0
    while (sign := _SIGN.search(css, at)) is not None:
        out.append(css[at : sign.start()])
        if sign[0] == "/*":
            end = css.find("*/", sign.end())
            out.append(" ")
            at = len(css) if end < 0 else end + 2
        elif sign[0] == "\\":
            out.append("__")
            at = sign.end() + 1
        else:
            string = _STRINGS[sign[0]].match(css, sign.start())
            out.append('""')
            at = string.end() if string else _line_end(css, sign.end())
    return "".join((*out, css[at:])) if out else css


def _line_end(css: str, at: int) -> int:
    end = css.find("\n", at)
    return len(css) if end < 0 else end


def _parts(text: str) -> Iterator[str]:
    """Declarations; a semicolon in brackets parts none."""
    held: list[str] = []
    depth = 0
    for part in text.split(";"):
        depth = max(depth + part.count("(") - part.count(")"), 0)
        held.append(part)
        if not depth:
            yield ";".join(held)
            held = []


def _even(css: str) -> bool:
    return css.count("(") == css.count(")") and css.count("[") == css.count("]")


def _past(css: str, at: int) -> int:
    """The end of a block that holds blocks."""
    depth = 0
    for brace in re.compile("[{}]").finditer(css, at):
        depth += 1 if brace[0] == "{" else -1
        if depth <= 0:
            return brace.end()
    return len(css)
