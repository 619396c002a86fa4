"""What the reader promises of any octets: tests ask it of a few hundred mails, `make fuzz` for as long as one likes."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from bridge.core.mail import Mail
from bridge.mail import html as markup
from bridge.mail import limits
from bridge.mail.parse import read_mail, rescue, take_part

CALLS = 60_000
CALLS_AN_OCTET = 150
"""Calls of functions, Python's and C's, that reading may cost: so many, and so many for each octet."""


def check(raw: bytes) -> Mail:
    """Read it and see that all promises hold. Raises AssertionError."""
    mail = read_mail(raw)
    assert not [problem for problem in mail.problems if "failed" in problem], mail.problems
    for words in strings(mail):
        words.encode()  # no surrogates
        assert not [c for c in words if c < " " and c not in "\n\t"], words
    for line in (mail.subject, mail.message_id, *mail.references, *(part.name for part in mail.attachments)):
        assert "\n" not in line
    assert mail.size == len(raw)
    assert len(mail.content) == 64
    _bodies(mail)
    for part in mail.attachments[:20]:
        data = take_part(raw, part.index)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part.size, part.sha256)
    assert rescue(raw, "why").problems == ("why",)
    return mail


def _bodies(mail: Mail) -> None:
    assert len(mail.text) <= limits.TEXT
    assert sum(len(one.text) for one in mail.forwarded if one.part >= 0) <= limits.TEXT
    images = frozenset(part.content_id for part in mail.attachments if part.content_id)
    assert markup.sanitise(mail.html, images) == mail.html
    if mail.pieces:  # new, quoted, signature, disclaimer, forwarded: together they are the text, no line is lost
        assert "\n".join(piece.text for piece in mail.pieces) == mail.text


def strings(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for one in value:
            yield from strings(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings(getattr(value, field.name))


def calls(work: Callable[[], object]) -> int:
    """How many functions are called for it: a measure of work that is the same on every machine."""
    count = 0

    def called(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
