"""What a person reads of a mail, out of its MIME tree: the text, the HTML beside it, and what is attached.

Chooses as RFC 2046 section 5.1 and common practice want: the best of alternatives, text after attachments too,
signed content shown, encrypted content attached and never opened. Never decides what is new text and what is quoted.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field

from bridge.core.mail import Part
from bridge.mail import html as markup
from bridge.mail import limits, mime, plain
from bridge.mail.charset import clean, decode, one_line
from bridge.mail.content import Digest
from bridge.mail.mime import Node, Scan

_CID = re.compile(r"(?i)src=\"cid:([^\"]+)\"")
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


@dataclass(frozen=True, slots=True)
class Body:
    """The reading of a tree. `whole` False: text was cut or HTML could not be read."""

    text: str
    html: str
    attachments: tuple[Part, ...]
    problems: tuple[str, ...]
    whole: bool


@dataclass(slots=True)
class _Gathering:
    """Leaves sorted by what they are for, in reading order. A segment is (text or None, html or None)."""

    scan: Scan
    digest: Digest
    segments: list[tuple[str | None, str | None]] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def say(self, problem: str) -> None:
        if problem and problem not in self.problems:
            self.problems.append(problem)


def read(scan: Scan, root: Node, digest: Digest) -> Body:
    """Read every leaf once; `digest` is fed on the way."""
    found = _Gathering(scan, digest)
    _gather(found, root, shown=True)
    whole = True
    images = frozenset(part.content_id for part in found.attached if part.content_id)
    texts: list[str] = []
    rich: list[str] = []
    budget = limits.HTML
    any_html = False
    for text, source in found.segments:
        clean_html = ""
        if source is not None:
            budget -= len(source)
            if budget < 0 or not limits.readable_html(source):
                found.say("the HTML is too large or too deep to be shown as such")
                if not (text or "").strip():
                    text = _stripped(source)
                    whole = False
            else:
                clean_html = markup.sanitise(source, images)
                if not (text or "").strip():
                    text = plain.from_html(clean_html)
                if len(clean_html) > limits.HTML:
                    found.say("the HTML is too large or too deep to be shown as such")
                    clean_html = ""
                any_html = any_html or bool(clean_html)
        texts.append((text or "").strip("\n"))
        rich.append(clean_html or (plain.to_html(text) if text else ""))
    joined = "\n\n".join(text for text in texts if text.strip())
    if len(joined) > limits.TEXT:
        found.say("the text is cut")
        joined, whole = joined[: limits.TEXT], False
    html = "<br>".join(piece for piece in rich if piece) if any_html else ""
    shown = frozenset(match.replace("&amp;", "&") for match in _CID.findall(html))
    attachments = tuple(
        Part(p.index, p.name, p.type, p.size, p.sha256, bool(p.content_id) and p.content_id in shown, p.content_id)
        for p in found.attached
    )
    return Body(joined, html, attachments, tuple(found.problems), whole)


def _stripped(source: str) -> str:
    """Text of HTML that no parser should see: tags cut out, nothing understood."""
    without = re.sub(r"(?is)<(script|style|head|title)\b[^>]{0,2000}>.*?(?:</\1|\Z)", "", source[: 2 * limits.HTML])
    return re.sub(r"\s+", " ", re.sub(r"<[^>]{0,2000}>", " ", without)).strip()


def _gather(found: _Gathering, node: Node, *, shown: bool) -> None:
    """Sort `node` and what is below it; `shown` False: only attach."""
    kind = node.type
    if not kind.startswith("multipart/"):
        _leaf(found, node, shown=shown)
    elif kind == "multipart/alternative" and shown:
        _alternative(found, node)
    elif kind == "multipart/encrypted":
        found.say("encrypted: not opened")
        for child in node.children:
            _gather(found, child, shown=False)
    elif kind in ("multipart/related", "multipart/signed", "multipart/report"):
        start = node.params.get("start", "").strip("<> ")
        root = next((n for n, child in enumerate(node.children) if start and child.content_id == start), 0)
        for number, child in enumerate(node.children):
            _gather(found, child, shown=shown and number == root)
    else:
        for child in node.children:
            _gather(found, child, shown=shown)


def _alternative(found: _Gathering, node: Node) -> None:
    """The last of each sort is the best (RFC 2046 section 5.1.4); the text and the HTML go on side by side."""
    outer, found.segments = found.segments, []
    text: str | None = None
    source: str | None = None
    for child in node.children:
        _gather(found, child, shown=True)
        for plainly, richly in found.segments:
            pieces = plainly if plainly is not None and plainly.strip() else None
            if richly is not None:
                source = richly if source is None or child.type == "text/html" else source + "\n" + richly
            elif pieces is not None and (source is None or child.type == "text/plain"):
                text = pieces if text is None or child.type == "text/plain" else text + "\n\n" + pieces
        found.segments = []
    found.segments = outer
    if text is not None or source is not None:
        found.segments.append((text, source))


def _leaf(found: _Gathering, node: Node, *, shown: bool) -> None:
    data, problem = mime.payload(found.scan.raw, node)
    found.say(problem)
    found.digest.part(node.type, data)
    readable = node.type in ("text/plain", "text/html")
    named = bool(node.name) and (node.disposition != "inline" or bool(found.segments))
    if shown and readable and node.disposition != "attachment" and not named and len(data) <= 8 * limits.TEXT:
        text, problem = decode(data, node.params.get("charset", ""))
        found.say(problem)
        text = clean(text)
        if node.type == "text/html":
            found.segments.append((None, text))
        else:
            if node.params.get("format", "").lower() == "flowed":
                text = plain.unflow(text, delsp=node.params.get("delsp", "").lower() == "yes")
            found.segments.append((text, None))
        return
    if node.type in ("text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext") and not node.name:
        return  # another form of what is shown already
    if not data and not node.name:
        return
    name = label(node.name, node.type)
    digest = hashlib.sha256(data).hexdigest()
    content_id = node.content_id[:500]
    found.attached.append(Part(node.index, name, node.type, len(data), digest, False, content_id))


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
