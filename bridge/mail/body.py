"""What a person reads of a mail, out of its MIME tree: the text, the HTML beside it, what was passed on within it, and
what is attached.

Chooses as RFC 2046 section 5.1 and common practice want: the best of alternatives by what they say, text after
attachments too, signed content shown, encrypted content attached and never opened. Never decides what is new text and
what is quoted.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace

from bridge.core import conditions
from bridge.core.body import Forwarded
from bridge.core.mail import Part
from bridge.mail import armour, bidi, choose, cms, enriched, fields, hints, limits, mime, plain, tnef, words
from bridge.mail import html as markup
from bridge.mail.charset import clean, decode
from bridge.mail.content import Digest
from bridge.mail.filenames import ENCLOSED, apart, label, of_subject
from bridge.mail.mime import Node, Scan

_CID = re.compile(r"(?i)src=\"cid:([^\"]+)\"")
_META = re.compile(rb"(?i)<meta\b[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([a-z0-9_:.-]{1,40})")
_HTML = re.compile(r"\s{0,2000}(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_READABLE = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"})
_OTHER_FORMS = frozenset({"text/x-amp-html", "text/watch-html"})
_ENVELOPED = ("enveloped-data", "authenveloped-data")
_TAG = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]{0,20}")
_UNSEEN = frozenset({"script", "style", "title"})
_HEAD = re.compile(rb"(?s).{0,%d}?\r?\n\r?\n" % limits.HEADER_BLOCK)
_SUBJECT = 500
_REPORTS = "multipart/report"


@dataclass(frozen=True, slots=True)
class Body:
    """The reading of a tree. `whole` False: text was cut or HTML could not be read.

    `html` still carries the marks of its structure (`html_marks`), for `html_split`.
    """

    text: str
    html: str
    attachments: tuple[Part, ...]
    problems: tuple[str, ...]
    whole: bool
    forwarded: tuple[Forwarded, ...] = ()
    marks: tuple[str, ...] = ()
    remote_images: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the body in its plain form, in HTML, or in both. `type`: of the part that gave it, if it was one."""

    text: str | None
    source: str | None
    type: str = ""


@dataclass(slots=True)
class _Budget:
    """What is left for a mail and all that is enclosed in it."""

    html: int = limits.HTML
    text: int = limits.TEXT
    enclosed: int = limits.ENCLOSED
    packages: int = tnef.PACKAGES


@dataclass(slots=True)
class _Gathering:
    """Leaves sorted by what they are for, in reading order. `outer`: the part that encloses this mail; -1 for none.

    `packed`: bodies out of Outlook's packages, for a mail that has no other.
    """

    scan: Scan
    digest: Digest | None
    budget: _Budget
    depth: int = 0
    outer: int = -1
    segments: list[Segment] = field(default_factory=list)
    packed: list[Segment] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)
    forwarded: list[Forwarded] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    whole: bool = True
    remote_images: int = 0

    def say(self, problem: str) -> None:
        if problem and problem not in self.problems:
            self.problems.append(problem)


def read(scan: Scan, root: Node, digest: Digest) -> Body:
    """Read every leaf once; `digest` is fed on the way."""
    found = _Gathering(scan, digest, _Budget())
    _gather(found, root, shown=True)
    if not any((segment.text or segment.source or "").strip() for segment in found.segments):
        found.segments.extend(found.packed)
    text, html = _shown(found)
    shown = frozenset(match.replace("&amp;", "&") for match in _CID.findall(html))
    attachments = tuple(
        replace(part, inline=bool(part.content_id) and part.content_id in shown) for part in apart(found.attached)
    )
    marks = hints.marks(segment.source for segment in found.segments if segment.source)
    return Body(
        text, html, attachments, tuple(found.problems), found.whole, tuple(found.forwarded), marks, found.remote_images
    )


def _shown(found: _Gathering) -> tuple[str, str]:
    """The text and the HTML of all segments."""
    images = frozenset(part.content_id for part in found.attached if part.content_id)
    texts: list[str] = []
    rich: list[str] = []
    any_html = False
    beside = any(segment.source is not None for segment in found.segments)
    for segment in found.segments:
        text, html = segment.text or "", ""
        if segment.source is not None:
            text, html = _with_html(found, text, segment.source, images)
            any_html = any_html or bool(html)
        texts.append(text.strip("\n"))
        rich.append(html or (markup.sanitise(plain.to_html(text)) if text and beside else ""))
    joined = "\n\n".join(text for text in texts if text.strip())
    if len(joined) > limits.TEXT:
        found.say("the text is cut")
        joined, found.whole = joined[: limits.TEXT], False
    return joined, "<br>".join(piece for piece in rich if piece) if any_html else ""


def _with_html(found: _Gathering, text: str, source: str, images: frozenset[str]) -> tuple[str, str]:
    """The better text of a segment that has HTML, and its sanitised HTML where that may be shown."""
    found.budget.html -= len(source)
    if found.budget.html < 0 or not limits.readable_html(source):
        found.say("the HTML is too large or too deep to be shown as such")
        if text.strip():
            return text, ""
        found.whole = False
        return _stripped(source), ""
    rich = markup.read(source, images)
    html = rich.html
    if not text.strip() or choose.prefers_html(text, html):
        text = plain.from_html(html) or text
    elif choose.prefers_text(text, html):
        return text, ""
    if len(html) > limits.HTML:
        found.say("the HTML is too large or too deep to be shown as such")
        return text, ""
    found.remote_images += rich.remote_images
    return text, rich.marked


def _stripped(source: str) -> str:
    """Text of HTML that no parser should see: tags cut out, nothing understood."""
    out: list[str] = []
    hidden = ""
    for number, piece in enumerate(source[: 2 * limits.HTML].split("<")):
        match = _TAG.match(piece) if number else None
        name = match[0].lower() if match else ""
        if hidden and name != "/" + hidden:
            continue
        hidden = name if name in _UNSEEN else ""
        if not hidden:
            out.append(piece.partition(">")[2] if match else piece if not number else f"<{piece}")
    return " ".join(" ".join(out).split())


def _gather(found: _Gathering, node: Node, *, shown: bool) -> None:
    """Sort `node` and what is below it; `shown` False: only attach."""
    kind = node.type
    if not kind.startswith("multipart/"):
        _leaf(found, node, shown=shown)
    elif kind == "multipart/alternative" and shown:
        _alternative(found, node)
    elif kind == "multipart/encrypted":
        found.say(conditions.ENCRYPTED)
        for child in node.children:
            _gather(found, child, shown=False)
    elif kind in ("multipart/related", "multipart/signed", _REPORTS):
        if kind == "multipart/signed":
            found.say(conditions.SIGNED)
        start = node.params.get("start", "").strip("<> ")
        root = next((n for n, child in enumerate(node.children) if start and child.content_id == start), 0)
        for number, child in enumerate(node.children):
            _gather(found, child, shown=shown and number == root)
    else:
        for child in node.children:
            _gather(found, child, shown=shown)


def _alternative(found: _Gathering, node: Node) -> None:
    """The text and the HTML go on side by side; of each the last that is there (RFC 2046 section 5.1.4).

    A form made of several parts is taken whole. Plain texts that say different things are all kept.
    """
    outer, found.segments = found.segments, []
    texts: list[str] = []
    rough: list[str] = []
    source: str | None = None
    for child in node.children:
        _gather(found, child, shown=True)
        if any(segment.source is not None for segment in found.segments):
            source = "<br>".join(
                segment.source if segment.source is not None else plain.to_html(segment.text or "")
                for segment in found.segments
            )
        elif text := "\n\n".join(text for segment in found.segments if (text := segment.text or "").strip()):
            (rough if child.type in ("text/enriched", "text/richtext") else texts).append(text)
        found.segments = []
    found.segments = outer
    text = _distinct(texts) or "\n\n".join(rough[-1:])
    if text or source is not None:
        found.segments.append(Segment(text or None, source))


def _distinct(texts: list[str]) -> str:
    """The last of several plain forms, before it those most of whose lines it does not hold."""
    if len(texts) < 2:
        return "".join(texts)
    known = {line.strip() for line in texts[-1].split("\n")}
    kept = []
    for text in texts[:-1][: limits.ENCLOSED]:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if 2 * sum(line in known for line in lines) < len(lines):
            kept.append(text)
            known.update(lines)
    return "\n\n".join((*kept, texts[-1]))


def _leaf(found: _Gathering, node: Node, *, shown: bool) -> None:
    if found.digest is None and node.type not in _READABLE | ENCLOSED | cms.TYPES:
        _label_sealed(found, node)
        return  # within an enclosed mail: it is taken out with that
    data, problem = mime.payload(found.scan.raw, node)
    found.say(problem)
    if found.digest is not None:
        found.digest.part(node.type, data)
    if shown and node.type in _READABLE and node.disposition != "attachment" and not (node.name and found.segments):
        _readable(found, node, data)
        return
    if shown and node.type in _OTHER_FORMS and not node.name:
        return  # another form of what is shown already
    if not data and not node.name:
        return
    if found.budget.packages > 0 and tnef.is_package(node.type, node.name, data):
        found.budget.packages -= 1
        if _unpacked(found, node, tnef.opened(data), shown=shown):
            return
    if node.type in ENCLOSED and shown:
        _enclosed(found, node, data)
    if node.type in cms.TYPES and (content := cms.signed_content(data)) is not None:
        found.say(conditions.SIGNED)
        _signed(found, node, content, shown=shown)
    else:
        _label_sealed(found, node)
    name = label(node.name or (of_subject(_subject(data)) if node.type in ENCLOSED else ""), node.type)
    digest = hashlib.sha256(data).hexdigest()
    found.attached.append(Part(node.index, name, node.type, len(data), digest, False, node.content_id[:500]))


def _readable(found: _Gathering, node: Node, data: bytes) -> None:
    """A part that is text to be read."""
    if len(data) > 8 * limits.TEXT:
        found.say("the text is cut")
        data, found.whole = data[: 8 * limits.TEXT], False
    charset = node.params.get("charset", "")
    if not charset and node.type == "text/html" and (meta := _META.search(data[:2048])):
        charset = meta[1].decode("ascii")
    text, problem = decode(data, charset)
    found.say(problem)
    text = clean(text)
    if node.type == "text/html" or (_HTML.match(text) and "</" in text):
        found.segments.append(Segment(None, text))
        return
    if node.type in ("text/enriched", "text/richtext"):
        text = enriched.plain(text, rich=node.type == "text/richtext")
    elif node.params.get("format", "").lower() == "flowed":
        text = plain.unflow(text, delsp=node.params.get("delsp", "").lower() == "yes")
    text, seal = armour.opened(text)
    found.say(seal)
    text = bidi.contained(text)
    found.segments.append(Segment(text, None))


def _unpacked(found: _Gathering, node: Node, opened: tnef.Opened | None, *, shown: bool) -> bool:
    """What Outlook packed into a part: its files beside the others, its body for a mail that has none. Whether that was
    all of it."""
    if opened is None:
        return False
    for number, file in enumerate(opened.files):
        name, digest = label(file.name, file.type), hashlib.sha256(file.data).hexdigest()
        index = tnef.index(node.index, number)
        found.attached.append(Part(index, name, file.type, len(file.data), digest, False, file.content_id))
    if shown and opened.html:
        found.packed.append(Segment(None, opened.html))
    elif shown and opened.text:
        found.packed.append(Segment(bidi.contained(opened.text), None))
    return opened.whole and bool(opened.files or opened.text or opened.html)


def _subject(data: bytes) -> str:
    """Of a mail within the mail, cut: as much as a file name holds. Its head alone is looked at."""
    head = _HEAD.match(data)
    return words.text(mime.tree(head[0] if head else data[: limits.HEADER_BLOCK])[0].first("subject")[:_SUBJECT])


def _enclosed(found: _Gathering, node: Node, data: bytes) -> None:
    """A mail within the mail: what it says is told beside the text, and it is attached whole."""
    if found.depth >= limits.ENCLOSED_DEPTH or found.budget.enclosed <= 0:
        found.say("more mail is enclosed than is shown")
        return
    found.budget.enclosed -= 1
    root, scan = mime.tree(data)
    index = found.outer if found.outer >= 0 else node.index
    inner = _Gathering(scan, None, found.budget, found.depth + 1, index)
    _gather(inner, root, shown=True)
    text, _ = _shown(inner)
    if len(text) > found.budget.text:
        inner.say("the text is cut")
        text, inner.whole = text[: found.budget.text], False
    found.budget.text -= len(text)
    authors = tuple(address for value in root.every("from") for address in fields.addresses(value))
    date, subject = words.text(root.first("date")), words.text(root.first("subject"))
    identifier = next(iter(fields.message_ids(root.first("message-id"))), "")
    found.forwarded.append(Forwarded(authors, date, subject, text, index, identifier))
    found.forwarded.extend(inner.forwarded)
    found.whole = found.whole and inner.whole
    for problem in inner.problems:
        found.say(problem)


def _signed(found: _Gathering, node: Node, content: bytes, *, shown: bool) -> None:
    """What an opaque signature encloses is the mail: its text is shown, its parts are attached beside the signature."""
    if found.depth >= limits.ENCLOSED_DEPTH:
        found.say("more mail is enclosed than is shown")
        return
    root, scan = mime.tree(content)
    inner = _Gathering(scan, found.digest and Digest("", "", ""), found.budget, found.depth + 1, found.outer)
    _gather(inner, root, shown=shown)
    found.segments.extend(inner.segments)
    if found.depth == 0:
        indexed = ((part, tnef.index(node.index, part.index)) for part in inner.attached if part.index < limits.PARTS)
        found.attached.extend(replace(part, index=index) for part, index in indexed)
    found.forwarded.extend(replace(one, part=node.index) for one in inner.forwarded)
    found.whole = found.whole and inner.whole and scan.whole
    for problem in (*scan.problems, *inner.problems):
        found.say(problem)


def _label_sealed(found: _Gathering, node: Node) -> None:
    """Say of a part that it is sealed, or not there as a whole."""
    match node.type:
        case "application/pkcs7-mime" | "application/x-pkcs7-mime":
            sort = node.params.get("smime-type", "").lower()
            if sort.startswith("signed"):
                found.say(conditions.SIGNED)
            elif sort in _ENVELOPED or not sort:
                found.say(conditions.ENCRYPTED)
        case "message/partial":
            number, total = (node.params.get(name, "?")[:9] for name in ("number", "total"))
            found.say(f"this is part {number} of {total} {conditions.IN_PARTS}")
        case "message/external-body":
            found.say(conditions.ELSEWHERE)
        case _:
            pass
