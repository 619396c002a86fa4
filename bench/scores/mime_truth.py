"""Agreement with other parsers on sample mail: what stalwart's mail-parser read of each, and enmime's own rewriting.

Compared are the fields, the words of the bodies (white space aside) and each attachment's octets, type and name. Where
we read otherwise on purpose, `mime_truth.txt` names the sample, the field and the reason; only what it does not
explain is printed, and none of that may be left. Never changes the samples.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge.core.mail import Mail
from bridge.mail import html as markup
from bridge.mail import plain
from bridge.mail.parse import read_mail, take_part

EXPLAINED = Path(__file__).with_suffix(".txt")
_ADDRESSED = (("from", "from_"), ("to", "to"), ("cc", "cc"), ("reply_to", "reply_to"))
Difference = tuple[str, str, str, str]
"""Sample, field, what they read, what we read."""


def score(corpora: Path) -> tuple[list[str], bool]:
    """A line for each field, then every unexplained difference. Whether none is left and all could be compared."""
    found = [*_stalwart(corpora / "mime" / "stalwart_mail_parser"), *_enmime(corpora / "mime" / "enmime")]
    reasons = explained()
    agreed: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    open_: list[Difference] = []
    used: set[tuple[str, str]] = set()
    for sample, field, theirs, ours in found:
        compared[field] += 1
        if theirs == ours:
            agreed[field] += 1
        elif (sample, field) in reasons:
            used.add((sample, field))
        else:
            open_.append((sample, field, theirs, ours))
    lines = [f"{field:12} {agreed[field]:4} of {count:4}" for field, count in compared.items()]
    total, same = sum(compared.values()), sum(agreed.values())
    share = same / total if total else 0.0
    lines.append(f"all          {same:4} of {total:4} ({share:.1%}), {len(used)} differ for a reason that is listed")
    lines += [f"  {sample}: {field}: they {theirs[:300]!r}, we {ours[:300]!r}" for sample, field, theirs, ours in open_]
    lines += [f"  {sample}: {field}: listed, but we agree" for sample, field in sorted(set(reasons) - used)]
    return lines, bool(total) and not open_


def explained() -> dict[tuple[str, str], str]:
    """Why we differ: for each (sample, field) its reason."""
    found = {}
    for line in EXPLAINED.read_text(encoding="utf-8").splitlines() if EXPLAINED.exists() else []:
        if line.strip() and not line.startswith("#"):
            sample, field, reason = (word.strip() for word in line.split("|"))
            found[sample, field] = reason
    return found


def _words(text: str) -> str:
    return "".join(text.replace("\ufeff", "").replace("\u00a0", " ").replace("\x00", "").split())


def _seen(html: str) -> str:
    """The words a person would see in their HTML: by our own cleaning, so that only the reading is compared."""
    return _words(plain.from_html(markup.sanitise(html)))


def _stalwart(folder: Path) -> Iterator[Difference]:
    for truth in sorted(folder.rglob("*.json")):
        sample = truth.with_suffix(".eml")
        if sample.exists():
            raw = sample.read_bytes()
            name = f"{sample.parent.name}/{sample.name}"
            for field, theirs, ours in _compare(json.loads(truth.read_text(encoding="utf-8")), raw):
                yield name, field, theirs, ours


def _field(message: dict[str, Any], name: str) -> Any:
    """The value of the last field of that name, without the word for its sort."""
    values = [
        next(iter(field["value"].values()))
        for field in message["parts"][0]["headers"]
        if field["name"] == name and isinstance(field["value"], dict)
    ]
    return values[-1] if values else None


def _compare(message: dict[str, Any], raw: bytes) -> Iterator[tuple[str, str, str]]:
    mail = read_mail(raw)
    for name, attribute in _ADDRESSED:
        theirs = _boxes(_field(message, name))
        if theirs is not None:
            yield name, theirs, " ".join(address.spec for address in getattr(mail, attribute))
    if (names := _names(_field(message, "from"))) is not None and len(mail.from_) == 1:
        yield "from's name", _words(names), _words(mail.from_[0].name)
    subject = _field(message, "subject")
    yield "subject", _words(subject or ""), _words(mail.subject)
    if isinstance(identifier := _field(message, "message_id"), str):
        yield "message-id", f"<{identifier}>", mail.message_id
    if isinstance(date := _field(message, "date"), dict):
        yield "date", _moment(date), "" if mail.date is None else f"{mail.date:.0f}"
    yield from _bodies(message, mail)
    yield from _attachments(message, mail, raw)


def _boxes(value: Any) -> str | None:
    """Their addr-specs; what is none is not counted."""
    if not isinstance(value, dict):
        return None
    boxes = list(value.get("List", []))
    for group in value.get("Group", []):
        boxes += group["addresses"]
    return " ".join(box["address"] for box in boxes if box["address"] and "@" in box["address"])


def _names(value: Any) -> str | None:
    boxes = value.get("List", []) if isinstance(value, dict) else []
    return (boxes[0]["name"] or "") if len(boxes) == 1 and boxes[0]["address"] else None


def _moment(date: dict[str, Any]) -> str:
    try:
        moment = datetime(*(date[unit] for unit in ("year", "month", "day", "hour", "minute", "second")), tzinfo=UTC)
    except ValueError:
        return ""
    zone = timedelta(hours=date["tz_hour"], minutes=date["tz_minute"])
    return f"{(moment + zone if date['tz_before_gmt'] else moment - zone).timestamp():.0f}"


def _sort(part: dict[str, Any]) -> tuple[str, Any]:
    body = part["body"]
    return next(iter(body.items())) if isinstance(body, dict) else (body, None)


def _bodies(message: dict[str, Any], mail: Mail) -> Iterator[tuple[str, str, str]]:
    """The words that they show, and those of their HTML."""
    parts = message["parts"]
    chosen = [_sort(parts[number]) for number in message["text_body"]]
    texts = [_words(body) if kind == "Text" else _seen(body) for kind, body in chosen if kind in ("Text", "Html")]
    yield "text", "".join(texts), _words(mail.text)
    chosen = [_sort(parts[number]) for number in message["html_body"]]
    if any(kind == "Html" for kind, _ in chosen):
        rich = [_seen(plain.to_html(body) if kind == "Text" else body) for kind, body in chosen if kind in _READ]
        yield "html", "".join(rich), _seen(mail.html)
    enclosed = [body for kind, body in map(_sort, parts) if kind == "Message"]
    outermost = {one.part: one for one in reversed(mail.forwarded) if one.part >= 0}
    for theirs, (_, ours) in zip(enclosed, sorted(outermost.items()), strict=False):
        yield "forwarded", _words(_field(theirs, "subject") or ""), _words(ours.subject)
    if enclosed:
        yield "forwarded", str(len(enclosed)), str(len(outermost))


_READ = ("Text", "Html")


def _attachments(message: dict[str, Any], mail: Mail, raw: bytes) -> Iterator[tuple[str, str, str]]:
    parts = message["parts"]
    shown = {number for kind in ("text_body", "html_body") for number in message[kind]}
    ours = {
        number: (part.name, part.type, _hash(take_part(raw, part.index)))
        for number, part in enumerate(mail.attachments)
    }
    left = dict(ours)
    for number in message["attachments"]:
        kind, body = _sort(parts[number])
        if kind == "Message" or (number in shown and kind in _READ):
            continue
        data = body.encode() if isinstance(body, str) else bytes(body or ())
        match = next((key for key, (_, _, digest) in left.items() if digest == _hash(data)), None)
        if match is None and kind in _READ:  # decoded text: theirs is characters, ours octets
            match = next((key for key in left if _same_text(take_part(raw, mail.attachments[key].index), body)), None)
        name, type_ = _label(parts[number])
        yield (
            "attachment",
            f"{type_} {len(data)} octets",
            f"{type_} {len(data)} octets"
            if match is not None
            else str([f"{part.type} {part.size} octets" for part in mail.attachments]),
        )
        if match is not None:
            our_name, our_type, _ = left.pop(match)
            yield "its type", type_, our_type
            if name:
                yield "its name", name, our_name


def _same_text(octets: bytes, text: str) -> bool:
    said = _words(text)
    return any(said == _words(octets.decode(charset, "replace")) for charset in ("utf-8", "latin-1", "cp1252"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data.replace(b"\r\n", b"\n").strip(b"\n")).hexdigest()


def _label(part: dict[str, Any]) -> tuple[str, str]:
    """Its file name and type, as they read them."""
    found: dict[str, Any] = {}
    for field in part["headers"]:
        if isinstance(field["value"], dict):
            found[field["name"] if isinstance(field["name"], str) else ""] = field["value"].get("ContentType")
    kind, disposition = found.get("content_type") or {}, found.get("content_disposition") or {}
    attribute = _attribute("filename", disposition) or _attribute("name", kind)
    main, sub = kind.get("c_type") or "text", kind.get("c_subtype")
    return attribute, f"{main}/{sub}".lower() if sub else "text/plain"


def _attribute(name: str, value: dict[str, Any]) -> str:
    return next((one["value"] for one in value.get("attributes") or () if one["name"] == name), "")


def _enmime(folder: Path) -> Iterator[Difference]:
    """A golden file is the sample as enmime wrote it anew: both must read alike."""
    for golden in sorted(folder.rglob("*.raw*.golden")):
        sample = golden.parent / (
            golden.name.partition(".raw")[0].removesuffix("-false").removesuffix("-true") + ".raw"
        )
        if sample.exists():
            theirs, ours = read_mail(golden.read_bytes()), read_mail(sample.read_bytes())
            for field in ("subject", "text", "html"):
                yield golden.name, field, _words(getattr(theirs, field)), _words(getattr(ours, field))
