"""Colours as mail writes them, as far as telling text from its ground needs them. Never raises for content."""

import re

Colour = tuple[int, int, int]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
LINK: Colour = (0, 0, 238)

_NEAR = 12
"""The largest difference of a channel at which nobody can tell two colours apart on an ordinary screen."""

_HEX = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\Z")
_RGB = re.compile(r"rgba?\(([0-9.]{1,8})(%?)[, ]+([0-9.]{1,8})%?[, ]+([0-9.]{1,8})%?(?:[, /]+([0-9.]{1,8})%?)?\)\Z")
_NAMED: dict[str, Colour] = {
    "white": WHITE,
    "black": BLACK,
    "window": WHITE,
    "windowtext": BLACK,
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "ghostwhite": (248, 248, 255),
    "whitesmoke": (245, 245, 245),
    "gainsboro": (220, 220, 220),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "silver": (192, 192, 192),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "maroon": (128, 0, 0),
    "yellow": (255, 255, 0),
    "orange": (255, 165, 0),
    "olive": (128, 128, 0),
    "lime": (0, 255, 0),
    "green": (0, 128, 0),
    "aqua": (0, 255, 255),
    "cyan": (0, 255, 255),
    "teal": (0, 128, 128),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "fuchsia": (255, 0, 255),
    "magenta": (255, 0, 255),
    "purple": (128, 0, 128),
}


def colour(written: str) -> Colour | None:
    """The colour, opaque; None for what is no colour, is not known here, or shows what lies below."""
    text = written.strip().lower()
    if (named := _NAMED.get(text)) is not None:
        return named
    if match := _HEX.match(text):
        digits = match[1]
        if len(digits) in (3, 4):
            digits = "".join(digit * 2 for digit in digits)
        if len(digits) == 8 and digits[6:] != "ff":
            return None
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if match := _RGB.match(text):
        scale = 2.55 if match[2] else 1.0
        try:
            if match[5] is not None and float(match[5]) not in (1.0, 100.0):
                return None
            red, green, blue = (min(round(float(part) * scale), 255) for part in (match[1], match[3], match[4]))
        except ValueError:
            return None
        return red, green, blue
    return None


def close(one: Colour, other: Colour) -> bool:
    """Whether nobody could read text of the one on the other."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _NEAR
