"""Octets to a `Mail`: the one entrance for hostile bytes.

`read_mail` never raises for content, and whatever cannot be read still becomes a `Mail`, with its problems in words.
It is pure: no clock, no network, no files. The pool runs it where it can be killed.
"""

import hashlib
import re

from bridge.core.addresses import Address
from bridge.core.body import of_kind
from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.mail import (
    authentication,
    body,
    bounce,
    calendar,
    classify,
    cms,
    feedback,
    fields,
    hints,
    html_split,
    language,
    lists,
    mime,
    reaction,
    receipt,
    tnef,
    words,
)
from bridge.mail.content import Digest
from bridge.mail.mime import Node
from bridge.mail.quote import forwarding

_HEAD = 64 * 1024
_SIMPLE = re.compile(rb"(?im)^(from|subject|message-id|date):[ \t]*([^\r\n]{0,998})")


def read_mail(raw: bytes) -> Mail:
    """The mail as it is understood. Never raises; beyond the bounds of `limits` it is marked unreadable."""
    try:
        return _read(raw)
    except Exception as error:  # a fault of the reader must not lose a mail: it is shown with its original
        return rescue(raw, f"the reader failed: {type(error).__name__}")


def _read(raw: bytes) -> Mail:
    root, scan = mime.tree(raw)
    authors = _addresses(root, "from")
    subject = words.text(root.first("subject"))
    date = fields.date(root.first("date"))
    written = words.text(root.first("date")) if date is None else f"{date:.0f}"
    # What cannot be read as an address tells mails apart too: else all that have no Message-ID would be copies of one.
    author = ",".join(address.key for address in authors) or words.text(root.first("from"))
    digest = Digest(author, written, subject)
    read = body.read(scan, root, digest)
    header = classify.header(root)
    report = bounce.read(scan.raw, root, header, authors, subject, read.text)
    emoji, emoji_type = reaction.read(scan.raw, root)
    kind, why = classify.kind(scan.raw, root, header, authors, subject, report, reaction=emoji_type, empty=_empty(read))
    # What a machine reports is not answered: what it cites is its news.
    reports = kind in ("bounce", "receipt", "feedback")
    told = html_split.split(read.text, read.html, forward=forwarding.passes_on(subject), whole=reports)
    identifiers = fields.message_ids(root.first("message-id"))
    senders, to, cc = _addresses(root, "sender"), _addresses(root, "to"), _addresses(root, "cc")
    reply_to = _addresses(root, "reply-to")
    people = frozenset(f"<{each.key}>" for each in (*authors, *senders, *to, *cc, *reply_to))
    problems = [*scan.problems, *_field_problems(root, authors, identifiers, date), *read.problems]
    return Mail(
        content=digest.hexdigest(),
        size=len(raw),
        message_id=identifiers[0] if identifiers else "",
        in_reply_to=_identifiers(root, "in-reply-to", people),
        references=_identifiers(root, "references", people),
        from_=authors,
        sender=senders[0] if senders else None,
        reply_to=reply_to,
        to=to,
        cc=cc,
        date=date,
        subject=subject,
        kind=kind,
        kind_why=why,
        list=lists.list_info(header),
        calendar=calendar.read(scan.raw, root),
        reaction=emoji,
        disposition=receipt.read(scan.raw, root) if kind == "receipt" else None,
        feedback=feedback.read(scan.raw, root) if kind == "feedback" else None,
        text=read.text,
        html=told.html,
        attachments=read.attachments,
        headers=tuple([(name, words.text(value)) for name, value in root.fields]),
        verdicts=authentication.verdicts(root),
        hops=len(root.every("received")),
        problems=tuple(dict.fromkeys(problems)),
        unreadable=not (scan.whole and read.whole),
        thread_index=hints.thread_index(root.first("thread-index")),
        marks=read.marks,
        pieces=told.pieces,
        html_pieces=told.html_pieces,
        language=language.language(of_kind(told.pieces, "new")),
        forwarded=(*forwarding.forwarded(told.pieces), *read.forwarded),
        remote_images=read.remote_images,
        bounce=report,
    )


def _empty(read: body.Body) -> bool:
    return (
        read.whole
        and not read.problems
        and not (read.text.strip() or read.html or read.attachments or read.remote_images)
    )


def _addresses(root: Node, name: str) -> tuple[Address, ...]:
    return tuple(address for value in root.every(name) for address in fields.addresses(value))


def _identifiers(root: Node, name: str, people: frozenset[str]) -> tuple[str, ...]:
    """All that the mail refers to. Old programs name the author they answer too; an address is no identifier."""
    found = (identifier for value in root.every(name) for identifier in fields.message_ids(value))
    return tuple(each for each in dict.fromkeys(found) if each.casefold() not in people)


def _field_problems(
    root: Node, authors: tuple[Address, ...], identifiers: tuple[str, ...], date: float | None
) -> list[str]:
    problems = []
    if not authors:
        problems.append("From holds no valid address" if root.first("from") else "no From field")
    elif len(authors) > 1:
        problems.append("several authors in From")
    if date is None and root.first("date"):
        problems.append("Date is no date")
    if root.first("message-id") and not identifiers:
        problems.append("Message-ID is malformed")
    once = ("From", "Date", "Subject", "Message-ID")
    problems.extend(f"more than one {name} field" for name in once if len(root.every(name.lower())) > 1)
    return problems


def take_part(raw: bytes, index: int) -> bytes:
    """The decoded octets of the part at `index`. Raises Permanent when there is no such leaf."""
    root, scan = mime.tree(raw)
    part, number = tnef.place(index) or (index, -1)
    for node in root.walk():
        if node.index == part and not node.children:
            data = mime.payload(scan.raw, node)[0]
            if number < 0:
                return data
            if node.type in cms.TYPES:
                return take_part(cms.signed_content(data) or b"", number)
            if (opened := tnef.opened(data)) is not None and number < len(opened.files):
                return bytes(opened.files[number].data)
    raise Permanent(f"the mail has no part {index}")


def rescue(raw: bytes, problem: str) -> Mail:
    """What a bounded look at the first 64 kB gives, for a mail that could not be read. Never raises."""
    found: dict[bytes, bytes] = {}
    try:
        head = re.split(rb"\r?\n\r?\n", raw[:_HEAD], maxsplit=1)[0]
        for name, value in _SIMPLE.findall(head):
            found.setdefault(name.lower(), value)
        identifiers = fields.message_ids(found.get(b"message-id", b""))
        return Mail(
            content=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            message_id=identifiers[0] if identifiers else "",
            from_=fields.addresses(found.get(b"from", b"")),
            date=fields.date(found.get(b"date", b"")),
            subject=words.text(found.get(b"subject", b"")),
            kind_why="not read",
            problems=(problem,),
            unreadable=True,
        )
    except Exception:  # the last line of defence
        return nothing(hashlib.sha256(raw).hexdigest(), len(raw), problem)


def nothing(content: str, size: int, problem: str) -> Mail:
    """A mail of which only its octets are known."""
    return Mail(content=content, size=size, kind_why="not read", problems=(problem,), unreadable=True)
