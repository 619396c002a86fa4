"""File names of attachments as people may see them: labels, never paths. Never raises for content."""

import re
import unicodedata

from bridge.mail.charset import one_line

_NAME_BAD = re.compile(r"[\"*:<>?|]")
_NAME = 120
_EXTENSION = {
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/plain": "txt",
    "text/html": "html",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-signature": "p7s",
    "application/pkcs7-mime": "p7m",
    "application/ms-tnef": "dat",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
}


def label(name: str, kind: str = "") -> str:
    """A file name for people, never a path: last component, NFC, no controls or direction overrides, at most 120.

    The last extension is kept when the name is cut. RFC 2183 section 2.3.
    """
    text = one_line(unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/ ").rpartition("/")[2])
    text = _NAME_BAD.sub("_", text).strip(". ")
    if not text:
        text = f"unnamed.{_EXTENSION.get(kind, 'bin')}"
    if len(text) > _NAME:
        stem, dot, extension = text.rpartition(".")
        tail = f".{extension}" if dot and len(extension) <= 20 else ""
        text = (stem if tail else text)[: _NAME - 1 - len(tail)] + "…" + tail
    return text
