"""Structured header fields: addresses and dates (RFC 5322 sections 3.3, 3.4, 4); identifiers have a module of theirs.

An addr-spec comes from the raw field, strictly, never out of a decoded word; display names are decoded and tamed.
Linear in the size of the field. Never raises for content.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from bridge.core.addresses import Address, parse_spec
from bridge.mail.charset import header_text, one_line
from bridge.mail.identifiers import message_ids as message_ids
from bridge.mail.words import unfold_words

NAME = 200
"""Characters of a display name that are kept."""

_TOKEN = re.compile(
    r"""(?P<word>=\?[^?\s<>]{1,60}\?[bBqQ]\?[^?\s]{0,4000}\?=)
      | (?P<quoted>"(?:[^"\\]|\\.)*(?P<closed>"?))
      | (?P<angle><(?:"(?:[^"\\]|\\.)*"|[^<>"])*>?)
      | (?P<mark>[,;:()])
      | (?P<text>(?:(?!=\?)[^"<,;:()])+|=)
    """,
    re.VERBOSE | re.DOTALL,
)
_ROUTE = re.compile(r"@[^:]*:")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class _Mailbox:
    """What was gathered of one mailbox so far."""

    __slots__ = ("angle", "comment", "phrase", "spec")

    def __init__(self) -> None:
        self.phrase: list[str] = []
        self.spec: list[str] = []
        self.comment: list[str] = []
        self.angle: str | None = None

    def address(self) -> Address | None:
        if self.angle is not None:
            found = parse_spec(_ROUTE.sub("", self.angle.strip().removeprefix("mailto:"), count=1))
            name = "".join(self.phrase)
        else:
            found = parse_spec("".join(self.spec))
            name = "".join(self.comment)
        return found and found.named(display_name(name, found.spec))


def display_name(written: str, spec: str = "") -> str:
    """A phrase as people may see it: decoded, one line, without direction overrides, at most `NAME` characters."""
    name = one_line(unfold_words(written), NAME).strip("'\" ")
    return "" if name.casefold() == spec.casefold() else name


def addresses(value: bytes) -> tuple[Address, ...]:
    """Every mailbox of an address list, groups opened (RFC 6854), in order; what is no strict addr-spec is left out.

    A mailbox with two angle brackets gives both: whoever reads it as one author must see that it is not.
    """
    text = header_text(value)
    found = [box for box in (mailbox.address() for mailbox in _mailboxes(text)) if box]
    if not found and text.count('"') % 2 and "<" in text:  # a stray quote swallowed the rest
        found = [box for box in (mailbox.address() for mailbox in _mailboxes(text.replace('"', " "))) if box]
    return tuple(found)


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    box = _Mailbox()
    depth = 0
    for token in _TOKEN.finditer(text):
        written = token[0]
        if depth:  # inside a comment nothing else means anything
            depth += (written == "(") - (written == ")")
            if depth:
                box.comment.append(written)
        elif written == "(":
            depth = 1
        elif written == ":" and box.angle is None and "@" not in "".join(box.spec):
            box = _Mailbox()  # that was a group's name
        elif written in (",", ";"):
            yield box
            box = _Mailbox()
        elif token["angle"]:
            if box.angle is not None:
                yield box
                box = _Mailbox()
            box.angle = written.strip("<>")
        elif token["quoted"]:
            box.phrase.append(_ESCAPED.sub(r"\1", written[1 : -1 if token["closed"] else None]))
            box.spec.append(written)
        else:
            box.phrase.append(written)
            box.spec.append(written)
    yield box


def date(value: bytes) -> float | None:
    """Seconds since the epoch; None for what is no moment between 1970 and 9999 (RFC 5322 section 3.3)."""
    try:
        parsed = parsedate_tz(header_text(value[:200]))
        if parsed is None:
            return None
        year, month, day, hour, minute, second = parsed[:6]
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        seconds = (moment - timedelta(seconds=parsed[9] or 0)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return seconds if seconds >= 0 else None
