"""File names of attachments as people may see them: labels, never paths. Never raises for content."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bridge.core.mail import Part
from bridge.mail.charset import one_line

_NAME_BAD = re.compile(r"[\"*:<>?|]")
_NOT_IN_NAMES = re.compile(r"[\\/\"*:<>?|]+\s*")
_NAME = 120
ENCLOSED = frozenset({"message/rfc822", "message/global", "message/news"})
"""The types of mails within a mail."""

_UNNAMED = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/news": "message.eml",
    "text/rfc822-headers": "headers.txt",
    "message/global-headers": "headers.txt",
    "message/delivery-status": "delivery-report.txt",
    "message/global-delivery-status": "delivery-report.txt",
    "message/disposition-notification": "receipt.txt",
    "message/global-disposition-notification": "receipt.txt",
    "message/feedback-report": "feedback-report.txt",
    "text/calendar": "invitation.ics",
    "text/plain": "unnamed.txt",
    "text/html": "unnamed.html",
    "application/pdf": "unnamed.pdf",
    "application/pgp-signature": "signature.asc",
    "application/pgp-encrypted": "version.txt",
    "application/pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/ms-tnef": "winmail.dat",
    "image/jpeg": "unnamed.jpg",
    "image/png": "unnamed.png",
    "image/gif": "unnamed.gif",
}


def label(name: str, kind: str = "") -> str:
    """A file name for people, never a path: last component, NFC, no controls or direction overrides, at most 120.

    The last extension is kept when the name is cut. RFC 2183 section 2.3.
    """
    text = one_line(unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/ ").rpartition("/")[2])
    text = _NAME_BAD.sub("_", text).strip(". ")
    if not text:
        text = _UNNAMED.get(kind, "unnamed.bin")
    if len(text) > _NAME:
        stem, dot, extension = text.rpartition(".")
        tail = f".{extension}" if dot and len(extension) <= 20 else ""
        text = (stem if tail else text)[: _NAME - 1 - len(tail)] + "…" + tail
    return text


def of_subject(subject: str) -> str:
    """A file name for a mail without one, by its subject; empty where that says nothing."""
    words = one_line(_NOT_IN_NAMES.sub(" ", subject)).strip(". ")
    return label(f"{words}.eml") if words else ""


def apart(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, enclosed mails of one name numbered after the first: mails of one talk share their subject."""
    parts = tuple(parts)
    taken = {part.name.casefold() for part in parts if part.type not in ENCLOSED}
    count: dict[str, int] = {}
    for part in parts:
        if part.type not in ENCLOSED:
            yield part
            continue
        stem, dot, extension = part.name.rpartition(".")
        stem, tail = (stem, f".{extension}") if dot and len(extension) <= 20 else (part.name, "")
        name, key = part.name, part.name.casefold()
        while name.casefold() in taken:
            count[key] = count.get(key, 1) + 1
            mark = f" ({count[key]})"
            name = stem[: _NAME - len(mark) - len(tail)].rstrip() + mark + tail
        taken.add(name.casefold())
        yield part if name == part.name else replace(part, name=name)
