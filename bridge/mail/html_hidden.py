"""Which text of a stranger's HTML nobody was meant to see: preheaders, white on white, type of no size.

Knows what mail programs honour: inline styles, the old attributes, and rules of <style> that name one tag, class or id
outside any @media. What it cannot judge is seen: a colour over a picture, a background that some other rule may set.
Linear in its input; never fetches a style sheet.
"""

import re
from typing import NamedTuple, Protocol

from bridge.mail.html_colours import BLACK, LINK, WHITE, Colour, close, colour

_SHEETS = 200_000
"""Characters of style sheets that are looked at."""

_RULES = 4_000
_STYLE = 4_000
_COMMENT = re.compile(r"/\*[^*]{0,4000}\*/|<!--|-->")
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][\w-]+)?\Z")
_JOINTS = re.compile(r"[\s>+~]+")
_NAMES = re.compile(r"[.#][\w-]{1,200}")
_TAG = re.compile(r"[a-z][a-z0-9]{0,20}")
_PASSING = re.compile(r":(?:hover|active|focus|visited|before|after|selection)")
_LENGTH = re.compile(r"(-?[0-9]{0,6}\.?[0-9]{0,6})(px|pt|em|rem|ex|ch|%|in|cm|mm|vw|vh|)\Z")
_SPACES = re.compile(r"\s+")
_CLIPPED = re.compile(r"rect\(0(?:px)?[, ]|rect\(1px[, ]+1px[, ]+1px|inset\((?:50|100)%")
_BACKGROUNDS = ("background", "background-color", "background-image")
_TELLING_NAMES = (
    "display visibility opacity height max-height width max-width overflow font-size font line-height text-indent "
    "clip clip-path left top position transform color background background-color background-image"
)
_TELLING = frozenset(_TELLING_NAMES.split())
_TELLING_ATTRIBUTES = ("style", "class", "id", "bgcolor", "color", "text", "background", "hidden")

Style = dict[str, str]


class Element(Protocol):
    """What is asked of an element: its attributes."""

    def get(self, name: str, /) -> str | None: ...


class Look(NamedTuple):
    """How text stands at a place. `ground` None: nobody knows; `ink` None: some colour, not the ground's.

    `inked` and `grounded`: the mail itself set them. `tiny`: type of at most one pixel. `veiled`: visibility.
    """

    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    inked: bool = False
    grounded: bool = False
    tiny: bool = False
    veiled: bool = False
    unseen: bool = False


PLAIN = Look()


class Sheet:
    """The rules of the mail's own style sheets, as far as they can be judged without a browser."""

    def __init__(self, sheets: str = "") -> None:
        self.paints = False  # a rule that is not understood sets a background somewhere
        self._rules: dict[str, Style] = {}
        self._painted: set[str] = set()
        self._known: dict[str, Style] = {}
        self._looks: dict[tuple[object, ...], Look] = {}
        self._read(_COMMENT.sub(" ", sheets[:_SHEETS]))

    def _read(self, css: str) -> None:
        at = 0
        for _ in range(_RULES):
            opened = css.find("{", at)
            if opened < 0:
                return
            head = css[at:opened].rpartition(";")[2].strip().lower()  # after @import and @charset
            if head.startswith("@"):
                at = self._past(css, opened)
                continue
            closed = css.find("}", opened)
            closed = len(css) if closed < 0 else closed
            self._rule(head, css[opened + 1 : closed])
            at = closed + 1
        self.paints = True  # more than is read: nothing is sure

    @staticmethod
    def _past(css: str, at: int) -> int:
        """The end of a block that holds blocks. What it says holds only for some: it hides nothing here."""
        depth = 0
        for brace in re.finditer("[{}]", css[at:]):
            depth += 1 if brace[0] == "{" else -1
            if depth <= 0:
                return at + brace.end()
        return len(css)

    def _rule(self, selectors: str, body: str) -> None:
        style = declarations(body)
        if not style:
            return
        for selector in selectors[:_STYLE].split(","):
            match = _SELECTOR.match(selector.strip())
            if match is None or not (match[1] or match[2]):
                if any(name in style for name in _BACKGROUNDS):
                    self._may_paint(selector)
                continue
            key = (match[1] or "") + (match[2] or "")
            self._rules[key] = _over(self._rules.get(key, {}), style)

    def _may_paint(self, selector: str) -> None:
        """A rule that is not understood sets a background: on what its last part names nothing is sure of it."""
        if _PASSING.search(selector):
            return  # while the pointer is there
        last = _JOINTS.split(selector.strip())[-1]
        named = _NAMES.search(last) or _TAG.match(last)
        if named:
            self._painted.add(named[0])
        else:
            self.paints = True

    def style(self, tag: str, element: Element) -> Style:
        """What applies to an element: rules for its tag, its classes, its id, then its own style."""
        found: Style = {}
        if self._rules:
            for key in _keys(tag, element):
                if (rule := self._rules.get(key)) is not None:
                    found = _over(found, rule)
        own = element.get("style")
        if own:
            parsed = self._known.get(own)
            if parsed is None:
                parsed = self._known[own] = declarations(own)
            found = _over(found, parsed) if found else parsed
        return found

    def ruled(self, tag: str) -> bool:
        """Whether an element without attributes may look other than what it stands in."""
        return tag in self._rules or tag in self._painted or tag == "a"

    def look(self, above: Look, tag: str, element: Element) -> Look:
        """The look of an element below one that looks like `above`."""
        key = (above, tag, *map(element.get, _TELLING_ATTRIBUTES))
        if (known := self._looks.get(key)) is None:
            known = self._looks[key] = self._changed(above, tag, element)
        return known

    def _changed(self, above: Look, tag: str, element: Element) -> Look:
        style = self.style(tag, element)
        look = above
        if tag == "a":  # browsers give links a colour of their own
            look = look._replace(ink=LINK, inked=False)
        if (ink := element.get("text" if tag == "body" else "color")) is not None:
            look = look._replace(ink=colour(ink), inked=True)
        if (painted := colour(element.get("bgcolor") or "")) is not None:
            look = look._replace(ground=painted, grounded=True)
        if element.get("background"):
            look = look._replace(ground=None)
        if self._painted and not self._painted.isdisjoint(_keys(tag, element)):
            look = look._replace(ground=None)
        if style:
            look = _styled(look, style)
        return look._replace(unseen=True) if element.get("hidden") is not None or removed(style) else look

    def silent(self, look: Look) -> bool:
        """Whether text that stands so cannot be read: no size, not visible, or of its ground's colour."""
        if look.tiny or look.veiled:
            return True
        if not look.inked or look.ink is None or look.ground is None or not (look.grounded or not self.paints):
            return False
        return close(look.ink, look.ground)


def _keys(tag: str, element: Element) -> list[str]:
    """The simple selectors that name an element."""
    keys = [tag]
    for name in (element.get("class") or "").lower().split()[:20]:
        keys += ["." + name, f"{tag}.{name}"]
    if (name := (element.get("id") or "").lower()) and " " not in name:
        keys += ["#" + name, f"{tag}#{name}"]
    return keys


def _over(below: Style, above: Style) -> Style:
    """Declarations one over the other; what is marked important gives way to nothing but the same."""
    if not below:
        return above
    kept = {k: v for k, v in below.items() if v.endswith("!important") and not above.get(k, "").endswith("!important")}
    return {**below, **above, **kept}


def declarations(text: str) -> Style:
    """The declarations that can hide something, names and values in small letters; the last of a name holds."""
    found: Style = {}
    if "/*" in text:
        text = _COMMENT.sub("", text)
    for part in text[:_STYLE].split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if colon and name in _TELLING:
            value = _SPACES.sub(" ", value.strip().lower()).replace(" !", "!").replace("! ", "!")
            if not found.get(name, "").endswith("!important") or value.endswith("!important"):
                found[name] = value
    return found


def _plain(style: Style, name: str) -> str:
    return style.get(name, "").removesuffix("!important")


def _length(value: str) -> float | None:
    """A CSS length in about pixels; None for what is none. Percent and em count as what they are of 16 px."""
    match = _LENGTH.match(value)
    if match is None or match[1] in ("", "-", ".", "-."):
        return None
    scale = {"px": 1.0, "pt": 4 / 3, "%": 0.16, "in": 96, "cm": 37.8, "mm": 3.78, "": 1.0}.get(match[2], 16.0)
    return float(match[1]) * scale


def removed(style: Style) -> bool:
    """Whether an element so styled is gone with all that is in it.

    `mso-hide:all` alone is no sign: it hides from Word only what every other program shows, such as buttons.
    """
    if _plain(style, "display") == "none":
        return True
    opacity = _plain(style, "opacity")
    if opacity and (amount := _length(opacity)) is not None and amount < 0.02:
        return True
    if (indent := _length(_plain(style, "text-indent"))) is not None and indent <= -900:
        return True
    if _length(_plain(style, "max-height")) == 0 or _plain(style, "transform") in ("scale(0)", "scale(0,0)"):
        return True
    if _clipped(style):
        return True
    return _plain(style, "position") in ("absolute", "fixed") and _aside(style)


def _clipped(style: Style) -> bool:
    if _plain(style, "overflow").startswith(("hidden", "clip")):
        for name in ("height", "width", "max-width", "line-height"):
            if (size := _length(_plain(style, name))) is not None and size < 0.5:
                return True
    clip = _plain(style, "clip-path") or (_plain(style, "clip") if "position" in style else "")
    return bool(clip) and _CLIPPED.match(clip) is not None


def _aside(style: Style) -> bool:
    return any((place := _length(_plain(style, side))) is not None and place <= -900 for side in ("left", "top"))


def _styled(look: Look, style: Style) -> Look:
    ink, ground, inked, grounded = look.ink, look.ground, look.inked, look.grounded
    tiny, veiled = look.tiny, look.veiled
    if (written := _plain(style, "color")) and written not in ("inherit", "initial", "unset"):
        ink, inked = colour(written), True
        if written == "transparent":
            veiled = True
    for name in _BACKGROUNDS:
        painted = _plain(style, name)
        if not painted or painted in ("none", "transparent", "inherit", "initial"):
            continue
        if "url(" in painted or "gradient" in painted or "var(" in painted:
            ground = None
        elif name != "background-image":
            shades = [shade for word in _words(painted) if (shade := colour(word)) is not None]
            if shades:
                ground, grounded = shades[0], True
    if size := _plain(style, "font-size") or _first_length(_plain(style, "font")):
        points = _length(size)
        if points is not None and not (tiny and size.endswith(("em", "%")) and not size.endswith("rem")):
            tiny = points <= 1.0
        elif size.endswith(("small", "medium", "large")):
            tiny = False
    if shown := _plain(style, "visibility"):
        veiled = shown in ("hidden", "collapse")
    return Look(ink, ground, inked, grounded, tiny, veiled, look.unseen)


def _words(value: str) -> list[str]:
    return [value] if value.startswith(("rgb", "hsl")) else value.split(" ")[:12]


def _first_length(font: str) -> str:
    for word in font.split(" ")[:8]:
        size = word.partition("/")[0]
        if size == "0" or (size[:1].isdigit() and not size.isdigit()):
            return size
    return ""
