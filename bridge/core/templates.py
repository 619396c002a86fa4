"""Texts with fields, as rules hold them: `{subject}`, `{from.name|lower|cut:20}`. Filled in, never evaluated.

Only the admin's text is read for fields. What a mail says is put in as it stands, cleaned to one line: a subject of
"{{7*7}}" or "{from.name}" appears verbatim (I7). A literal brace is written twice.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bridge.core.addresses import Address
from bridge.core.mail import Letter, Mail
from bridge.core.subjects import base_subject

VALUE = 200
"""Characters of one value that are used."""

MAIL_FIELDS = ("subject", "from.name", "from.first", "from.address", "from.domain", "list.name", "list.id", "inbox")
"""What every mail offers. `inbox` is the title of the inbox or list; `subject` is without Re:."""

LETTER_FIELDS = tuple(name for name in MAIL_FIELDS if not name.startswith("list."))
"""What an answered mail offers to the templates of an answer."""

ME_FIELDS = ("me.name", "me.first", "me.address")
"""What an answer offers: its author by name, first name, and the address it leaves as."""

FILTERS = {
    "lower": "in lower case",
    "upper": "in upper case",
    "first": "the first word",
    "cut:N": "at most N characters",
    "default:TEXT": "TEXT when there is nothing",
    "slug": "letters, digits and hyphens alone, in lower case",
}
"""The filters by name, with what they make."""

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Field:
    """A place to fill: the value's name and what is done to it, each filter with its argument."""

    name: str
    filters: tuple[tuple[str, str], ...]


@lru_cache(4096)
def _parts(text: str) -> tuple[str | Field, ...]:
    parts: list[str | Field] = []
    at = 0
    for found in _FIELD.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[1] is None:
            parts.append(found[0][0])
            continue
        name, *filters = found[1].split("|")
        cut = [one.partition(":") for one in filters]
        parts.append(Field(name.strip(), tuple((word.strip(), argument) for word, _, argument in cut)))
    parts.append(text[at:])
    return tuple(part for part in parts if part)


def has_fields(text: str) -> bool:
    """Whether anything in it is to be filled."""
    return any(isinstance(part, Field) for part in _parts(text))


def beginning(text: str) -> str:
    """What it says before its first field: that much of what is filled in is the admin's word."""
    first = next(iter(_parts(text)), "")
    return first if isinstance(first, str) else ""


def faults(text: str, known: Iterable[str]) -> list[str]:
    """What cannot be filled, in words: names that are not `known`, filters that there are not."""
    names = set(known)
    wrong: list[str] = []
    for part in _parts(text):
        if not isinstance(part, Field):
            continue
        if part.name not in names:
            wrong.append(f"{{{part.name}}} is unknown here")
        for word, argument in part.filters:
            if not _is_filter(word, argument):
                wrong.append(f"there is no filter {word!r}" if word not in ("cut", "default") else _needs(word))
    return wrong


def _is_filter(word: str, argument: str) -> bool:
    match word:
        case "cut":
            return argument.isascii() and argument.isdecimal() and 0 < int(argument[:9]) <= VALUE
        case "default":
            return bool(argument)
        case _:
            return word in FILTERS and not argument


def _needs(word: str) -> str:
    return (
        f"`cut` needs a number from 1 to {VALUE}: cut:20" if word == "cut" else "`default` needs a text: default:none"
    )


def fill(text: str, values: Mapping[str, str], limit: int) -> str:
    """The text with its fields filled, at most `limit` characters. A value that is not there is empty. Never raises."""
    filled = "".join(part if isinstance(part, str) else _value(part, values) for part in _parts(text))
    return filled if len(filled) <= limit else filled[: limit - 1].rstrip() + "…"


def _value(field: Field, values: Mapping[str, str]) -> str:
    value = one_line(values.get(field.name, ""), VALUE)
    for word, argument in field.filters:
        value = _filtered(word, argument, value)
    return value


def _filtered(word: str, argument: str, value: str) -> str:
    match word:
        case "lower":
            return value.lower()
        case "upper":
            return value.upper()
        case "first":
            return value.split()[0] if value.split() else ""
        case "cut":
            return value[: int(argument)].rstrip() if _is_filter(word, argument) else value
        case "default":
            return value or argument
        case "slug":
            return slug(value)
        case _:
            return value


def one_line(text: str, limit: int) -> str:
    """A stranger's text fit for a name: one line, no control, bidi or invisible characters, at most `limit` long."""
    seen = "".join(" " if c.isspace() else c for c in text[: limit * 4] if c.isspace() or _visible(c))
    joined = " ".join(seen.split())
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def _visible(character: str) -> bool:
    # Joiners (Cf) are kept: emoji and several scripts need U+200C and U+200D.
    if character in "\u200c\u200d":
        return True
    return character not in _BIDI and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def slug(text: str) -> str:
    """The letters and digits of a text, in ASCII and lower case, with single hyphens between them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def mail_values(mail: Mail, inbox: str, captures: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """What a mail offers to templates. `captures`: named groups of the regexes that matched; they replace nothing."""
    author = mail.author or next(iter(mail.from_), None)
    named = {"list.name": _list_name(mail), "list.id": mail.list.id if mail.list else ""}
    return {**dict(captures), **_values(author, mail.subject, inbox), **named}


def letter_values(letter: Letter, inbox: str) -> dict[str, str]:
    """What an answered mail offers to the templates of an answer."""
    return _values(letter.from_[0] if letter.from_ else None, letter.subject, inbox)


def _values(author: Address | None, subject: str, inbox: str) -> dict[str, str]:
    name = (author.name or author.local) if author else ""
    return {
        "subject": base_subject(subject),
        "from.name": name,
        "from.first": name.split()[0] if name.split() else "",
        "from.address": author.spec if author else "",
        "from.domain": author.domain if author else "",
        "inbox": inbox,
    }


def _list_name(mail: Mail) -> str:
    """The phrase before the identifier (RFC 2919 section 2), else the identifier's first label."""
    if mail.list is None:
        return ""
    phrase = next(iter(mail.header("List-Id")), "").partition("<")[0].strip().strip('"').strip()
    return phrase or mail.list.id.partition(".")[0]
