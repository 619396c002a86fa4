"""The sizes and characters that a homeserver takes, in one place.

Pure. It measures and cuts; it never decides what is said. Everything that is sent passes through `sound`, because a
lone surrogate is answered with a 500 that looks like an outage for ever.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

EVENT = 40_000
"""Octets of canonical JSON that one of our contents may have; the spec's 65,536 are for the event with its envelope."""

PARTS = 4
"""Messages that one mail may become before the rest is attached instead."""

NAME = 250
"""Octets of a display name, room name or file name: Synapse takes 256 characters, others count octets."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u3164\uffa0")


def sound(value: Any) -> Any:
    """The same JSON value with every lone surrogate replaced by U+FFFD, keys included."""
    match value:
        case str():
            return _SURROGATES.sub("\ufffd", value)
        case dict():
            return {sound(key): sound(item) for key, item in value.items()}
        case list() | tuple():
            return [sound(item) for item in value]
        case _:
            return value


def encoded(value: Any) -> bytes:
    """A JSON value as it is sent: every lone surrogate replaced by U+FFFD, keys included."""
    text = _encode(value)
    try:
        return text.encode()
    except UnicodeEncodeError:  # rare, and looking for them costs more than all the rest
        return _SURROGATES.sub("\ufffd", text).encode()


def storable(event: dict[str, Any]) -> dict[str, Any]:
    """A JSON object as a file takes it, empty where none does: pushed again and again it would stop all others."""
    try:
        made: dict[str, Any] = json.loads(encoded(event))
    except (ValueError, RecursionError):
        return {}
    return made


def octets(content: Any) -> int:
    """The length of a JSON value in canonical form (spec appendices, canonical JSON), surrogates counted as U+FFFD."""
    return len(encoded(content))


def fits(content: Mapping[str, Any]) -> bool:
    """Whether a content has EVENT octets at most; of a short one that is known without making its JSON."""
    texts = {key: value for key, value in content.items() if isinstance(value, str)}
    rest = {key: value for key, value in content.items() if key not in texts}
    most = sum(6 * len(key) + 6 * len(value) + 6 for key, value in texts.items())  # 6: a control character's escape
    return most + octets(rest) <= EVENT or octets(content) <= EVENT


def label(text: str, most: int = NAME) -> str:
    """One line for people: no control, format (bidi) or invisible characters, no line breaks, at most `most` octets."""
    if text.isascii() and text.isprintable():  # nearly all there is
        return cut(" ".join(text[: most * 4].split()), most)
    kept = "".join(
        " " if c.isspace() else c
        for c in text[: most * 4]
        if c.isspace() or (unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") and c not in _INVISIBLE)
    )
    return cut(unicodedata.normalize("NFC", " ".join(kept.split())), most)


def cut(text: str, most: int) -> str:
    """At most `most` octets of UTF-8, with an ellipsis where something was cut off."""
    data = text.encode("utf-8", "replace")
    return text if len(data) <= most else data[: most - 3].decode("utf-8", "ignore").rstrip() + "…"


def split(text: str, budget: int, most: int) -> tuple[list[str], str]:
    """Up to `most` pieces of at most `budget` octets of JSON each, cut at paragraphs, else lines, else words.

    Returns the pieces and what did not fit into them any more.
    """
    pieces: list[str] = []
    rest = text
    while rest and len(pieces) < most:
        end = _end(rest, budget)
        pieces.append(rest[:end].rstrip("\n") or "…")
        rest = rest[end:].lstrip("\n")
    return pieces, rest


def _end(text: str, budget: int) -> int:
    """Where the longest piece of `text` within `budget` ends; at least 1, so that there is always progress."""
    if len(text) <= budget and octets(text) <= budget:
        return len(text)
    low, high = 1, min(len(text), budget)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if octets(text[:middle]) <= budget else (low, middle - 1)
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, low // 2, low)
        if at > 0:
            return at + len(separator)
    return low
