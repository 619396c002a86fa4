"""Which text of a stranger's HTML nobody was meant to see: preheaders, white on white, type of no size.

Knows what mail programs honour: inline styles, the old attributes, and rules of <style> (`html_css`). What it cannot
judge is seen: a colour over a picture, a background that some other rule may set.
Linear in its input; never fetches a style sheet.
"""

import re
from typing import NamedTuple

from bridge.mail.html_colours import BLACK, LINK, WHITE, Colour, close, colour
from bridge.mail.html_css import (
    BACKGROUNDS,
    CLIPS,
    PADDING,
    SHADES,
    Element,
    Rules,
    Style,
    declarations,
    keys_of,
    plain,
)

_LENGTH = re.compile(r"(-?(?:[0-9]{1,6}(?:\.[0-9]{1,6})?|\.[0-9]{1,6}))(px|pt|em|rem|ex|ch|%|in|cm|mm|vw|vh|)\Z")
_AMOUNT = re.compile(r"-?(?:[0-9]{1,6}(?:\.[0-9]{1,6})?|\.[0-9]{1,6})%?\Z")
_NOTHING = re.compile(r"(?:0[a-z%]{0,3} ?){1,4}\Z")
_CLIPPED = re.compile(r"rect\((?:(?:0(?:px)?[, ]*){4}|(?:1px[, ]*){4})\)\Z|inset\((?:50|100)%\)\Z")
_BOX_NAMES = (
    "div p h1 h2 h3 h4 h5 h6 center section article header footer main aside nav form fieldset ul ol li dl dt dd "
    "blockquote pre address figure body"
)
_BOXES = frozenset(_BOX_NAMES.split())
"""Elements that have a height and a width, unless their style says otherwise: others take none, or grow."""
_BOXED = frozenset({"block", "inline-block", "flex", "inline-flex", "grid", "flow-root", "list-item"})
_TELLING_ATTRIBUTES = ("style", "class", "id", "bgcolor", "color", "text", "background", "hidden")


class Look(NamedTuple):
    """How text stands at a place. `ground` None: nobody knows; `ink` None: some colour, not the ground's.

    `inked` and `grounded`: the mail itself set them. `tiny`: type of at most one pixel. `veiled`: visibility. `clear`:
    transparent ink. `shaded`: it may be seen by its shadow or outline, whatever its ink.
    """

    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    inked: bool = False
    grounded: bool = False
    tiny: bool = False
    veiled: bool = False
    unseen: bool = False
    clear: bool = False
    shaded: bool = False


PLAIN = Look()


class Sheet:
    """How elements look by the mail's own style sheets. `doubtful`: sheets that may hold, and may not."""

    def __init__(self, *sheets: str, doubtful: tuple[str, ...] = ()) -> None:
        self._rules = Rules(*sheets)
        for sheet in doubtful:
            self._rules.doubt(sheet)
        self._known: dict[str, Style] = {}
        self._looks: dict[tuple[object, ...], Look] = {}

    def style(self, tag: str, element: Element) -> Style:
        """What applies to an element."""
        own = element.get("style") or ""
        parsed = self._known.get(own)
        if parsed is None:
            parsed = self._known[own] = declarations(own)
        return self._rules.style(tag, element, parsed)

    def ruled(self, tag: str) -> bool:
        """Whether an element without attributes may look other than what it stands in."""
        return self._rules.named(tag) or tag == "a"

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
            look = look._replace(ink=LINK, inked=False, clear=False)
        if (ink := element.get("text" if tag == "body" else "color")) is not None:
            look = look._replace(ink=colour(ink), inked=True, clear=False)
        if (painted := colour(element.get("bgcolor") or "")) is not None:
            look = look._replace(ground=painted, grounded=True)
        if element.get("background"):
            look = look._replace(ground=None)
        if self._rules.painted and any(key in self._rules.painted for _, key in keys_of(tag, element)):
            look = look._replace(ground=None)
        if style:
            look = _styled(look, style)
        hidden = element.get("hidden") is not None and "display" not in style
        return look._replace(unseen=True) if hidden or removed(style, tag) else look

    def silent(self, look: Look) -> bool:
        """Whether text that stands so cannot be read: no size, not visible, or of its ground's colour."""
        if look.tiny or look.veiled:
            return True
        if not look.inked or look.ground is None or look.shaded or not (look.grounded or not self._rules.paints):
            return False
        return look.clear or (look.ink is not None and close(look.ink, look.ground))


def _length(value: str) -> float | None:
    """A CSS length in about pixels; None for what is none. Percent and em count as what they are of 16 px."""
    match = _LENGTH.match(value)
    if match is None or (not match[2] and float(match[1])):  # only nothing has no unit
        return None
    scale = {"px": 1.0, "pt": 4 / 3, "%": 0.16, "in": 96, "cm": 37.8, "mm": 3.78, "": 1.0}.get(match[2], 16.0)
    return float(match[1]) * scale


def removed(style: Style, tag: str = "div") -> bool:
    """Whether an element so styled is gone with all that is in it.

    `mso-hide:all` alone is no sign: it hides from Word only what every other program shows, such as buttons. Nor is a
    text-indent, which moves one line of it away.
    """
    if not style or "animation" in style:
        return False
    if plain(style, "display") == "none":
        return True
    opacity = plain(style, "opacity")
    if _AMOUNT.match(opacity) and float(opacity.rstrip("%")) < (2 if opacity.endswith("%") else 0.02):
        return True
    shown = plain(style, "display")
    box = shown in _BOXED if shown else tag in _BOXES
    if box and (plain(style, "transform") in ("scale(0)", "scale(0,0)") or _clipped(style)):
        return True
    position = plain(style, "position")
    clip = plain(style, "clip-path") or (plain(style, "clip") if position in ("absolute", "fixed") else "")
    if clip and _CLIPPED.match(clip):
        return True
    return position in ("absolute", "fixed") and _aside(style)


def _clipped(style: Style) -> bool:
    """Whether a box has no room for its text, and cuts off what has none."""
    if plain(style, "overflow") not in ("hidden", "clip"):
        return False
    if any(not _NOTHING.match(plain(style, name) or "0") for name in ("min-height", "min-width", *PADDING)):
        return False
    for name in ("height", "max-height", "width", "max-width", "line-height"):
        written = plain(style, name)
        if name.endswith("height") and name != "line-height" and written.endswith("%"):
            continue  # of a height that nobody knows
        if (size := _length(written)) is not None and 0 <= size < 0.5:
            return True
    return False


def _aside(style: Style) -> bool:
    return any((place := _length(plain(style, side))) is not None and place <= -900 for side in ("left", "top"))


def _styled(look: Look, style: Style) -> Look:
    ink, ground, inked, grounded = look.ink, look.ground, look.inked, look.grounded
    tiny, veiled, clear, shaded = look.tiny, look.veiled, look.clear, look.shaded
    if (written := plain(style, "color")) and written not in ("inherit", "initial", "unset"):
        ink, inked, clear = colour(written), True, written == "transparent"
    if any(plain(style, name) not in ("", "none") for name in SHADES) or any(name in style for name in CLIPS):
        shaded = True
    for name in BACKGROUNDS:
        painted = plain(style, name)
        if not painted or painted in ("none", "transparent", "inherit", "initial"):
            continue
        if "url(" in painted or "gradient" in painted or "var(" in painted:
            ground = None
        elif name != "background-image":
            shades = [shade for word in _words(painted) if (shade := colour(word)) is not None]
            if shades:
                ground, grounded = shades[0], True
    if plain(style, "position") in ("absolute", "fixed", "relative"):
        ground = None  # it may stand on anything
    if size := plain(style, "font-size") or _first_length(plain(style, "font")):
        points = _length(size)
        relative = size.endswith(("em", "ex", "ch", "%")) and not size.endswith("rem")
        if points is not None and relative:  # of a size that nobody knows
            tiny = points == 0 or (tiny and points <= 24)
        elif points is not None and points >= 0:
            tiny = points <= 1.0
        elif size.endswith(("small", "medium", "large")):
            tiny = False
    if shown := plain(style, "visibility"):
        veiled = shown in ("hidden", "collapse")
    return Look(ink, ground, inked, grounded, tiny, veiled, look.unseen, clear, shaded)


def _words(value: str) -> list[str]:
    return [value] if value.startswith(("rgb", "hsl")) else value.split(" ")[:12]


def _first_length(font: str) -> str:
    for word in font.split(" ")[:8][:-1]:  # a family follows
        size = word.partition("/")[0]
        if size == "0" or (size[:1].isdigit() and not size.isdigit()):
            return size
    return ""
