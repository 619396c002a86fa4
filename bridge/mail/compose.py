"""From a draft to the octets of a mail (RFC 5322, MIME): the same draft and files always give the same octets.

It reads no clock and draws no random number; boundaries come from the Message-ID. It writes no Bcc, no Matrix id and no
field that the draft does not call for: what was written is read back and compared before it is returned.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from bridge.core.errors import Permanent
from bridge.core.mail import Draft
from bridge.mail.outheaders import (
    ascii_spec,
    checked,
    file_label,
    fold,
    mailboxes,
    media_type,
    message_ids,
    parameter,
    unstructured,
)
from bridge.mail.outtext import readings
from bridge.mail.outverify import Intended, verify

_STRICT_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]{1,200}@[A-Za-z0-9.\-\[\]:]{1,255}>\Z")
_MARK = re.compile(r"[!-~]{1,100}\Z")
_HTML_MARK = re.compile(r"mr[0-9a-f]{32}\Z")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_MBOX = re.compile(rb"^From ", re.M)  # mailbox files would make it ">From"
_SURROGATE = re.compile("[\ud800-\udfff]")


def needs_smtputf8(draft: Draft) -> bool:
    """Whether only a server with SMTPUTF8 (RFC 6531) can carry it: an address has no ASCII form."""
    return any(ascii_spec(address) is None for address in (draft.from_, *draft.recipients)) or not (
        draft.mail_from.rpartition("@")[0].isascii()
    )


def compose(draft: Draft, files: Sequence[bytes] = ()) -> bytes:
    """The mail, CRLF only, 7-bit but for addr-specs that have no ASCII form; no line over 998 octets.

    `files`: the octets of `draft.media`, in its order. Works through all of them at once: give it a thread when they
    are many megabytes. Raises Permanent, naming the field, for values that no header may hold.
    """
    if draft.original:
        raise Permanent("a mail that encloses another is composed with it")
    if len(files) != len(draft.media):
        raise Permanent(f"{len(draft.media)} attachments are named, {len(files)} are there")
    fields, intended = _fields(draft)
    body = _body(draft, files)
    message = b"".join(fold(name, tokens) for name, tokens in fields) + body
    verify(message, intended, [(file_label(media.name), data) for media, data in zip(draft.media, files, strict=True)])
    return message


def frame(draft: Draft, enclosed: bytes) -> tuple[bytes, bytes]:
    """What stands before and after the enclosed mail, whose part begins with the content fields `enclosed`.

    Verified with an empty part in its place: the boundary, made from the Message-ID that nobody foresees, stands in no
    mail that came before.
    """
    fields, intended = _fields(draft)
    gap = b"\0gap\0"
    body = _multipart("mixed", draft.message_id, [_body(draft, ()), enclosed + b"\r\n" + gap])
    head, found, tail = (b"".join(fold(name, tokens) for name, tokens in fields) + body).partition(gap)
    assert found, "the gap is part of the body"
    verify(head + tail, intended, [("original.eml", b"")])
    return head, tail


def _fields(draft: Draft) -> tuple[list[tuple[str, list[str]]], Intended]:
    if not (draft.to or draft.cc):
        raise Permanent("the mail has no recipient")
    if any(not _MARK.match(mark) for mark in draft.loop):
        raise Permanent("X-Mailroom-Loop: not a mark")
    checked("Message-ID", draft.message_id)
    if not _STRICT_ID.match(draft.message_id):
        raise Permanent("Message-ID: not a message identifier")
    subject = checked("Subject", draft.subject).strip()
    date = format_datetime(datetime.fromtimestamp(int(draft.date), UTC))
    parent = message_ids("In-Reply-To", (draft.in_reply_to,) if draft.in_reply_to else ())
    chain = message_ids("References", draft.references)
    fields: list[tuple[str, list[str]]] = [
        ("Date", [date]),
        ("From", mailboxes("From", (draft.from_,))),
        ("To", mailboxes("To", draft.to)),
        ("Cc", mailboxes("Cc", draft.cc)),
        ("Subject", unstructured(subject)),
        ("Message-ID", [draft.message_id]),
        ("In-Reply-To", parent),
        ("References", chain),
        ("Auto-Submitted", [draft.auto] if draft.auto else []),
        ("X-Mailroom-Loop", list(draft.loop)),
        ("MIME-Version", ["1.0"]),
    ]
    fields = [(name, tokens) for name, tokens in fields if tokens and tokens != [""]]
    return fields, Intended(
        fields=tuple(name for name, _ in fields),
        date=int(draft.date),
        mailboxes=(("From", (draft.from_,)), ("To", draft.to), ("Cc", draft.cc)),
        subject=subject,
        ids=(("Message-ID", (draft.message_id,)), ("In-Reply-To", tuple(parent)), ("References", tuple(chain))),
    )


def _body(draft: Draft, files: Sequence[bytes]) -> bytes:
    """From the first content field to the end (RFC 2046 sections 5.1.3 and 5.1.4: the best alternative comes last)."""
    text, html = readings(draft.text, draft.html, draft.quote, draft.signature)
    body = _text("plain", text)
    if html:
        body = _multipart("alternative", draft.message_id, [body, _text("html", _marked(html, draft.mark))])
    if not files:
        return body
    attached = [_file(media.name, media.type, data) for media, data in zip(draft.media, files, strict=True)]
    return _multipart("mixed", draft.message_id, [body, *attached])


def _marked(html: str, mark: str) -> str:
    """With the mark in the two places of which mail programs keep one when they quote: an id, and a bookmark's name."""
    if not mark:
        return html
    if not _HTML_MARK.match(mark):
        raise Permanent("the mark of the HTML: not a mark")
    return f'<div id="{mark}">\n<a name="{mark}"></a>\n{html}\n</div>'


def _text(subtype: str, text: str) -> bytes:
    """A text part, quoted-printable or base64, whichever is shorter. Not flowed: its lines are the author's."""
    clean = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = _SURROGATE.sub("\ufffd", clean).rstrip("\n") + "\n"
    quoted = binascii.b2a_qp(lines.encode(), istext=True)
    quoted = _MBOX.sub(b"=46rom=20=\n", quoted).replace(b"\n", b"\r\n")
    coded = _base64(lines.replace("\n", "\r\n").encode())
    encoding, octets = ("quoted-printable", quoted) if len(quoted) <= len(coded) else ("base64", coded)
    head = fold("Content-Type", [f"text/{subtype};", "charset=utf-8"]) + fold("Content-Transfer-Encoding", [encoding])
    return head + b"\r\n" + octets


def _file(name: str, type_: str, data: bytes) -> bytes:
    head = (
        fold("Content-Type", [media_type(type_)])
        + fold("Content-Transfer-Encoding", ["base64"])
        + fold("Content-Disposition", ["attachment;", *parameter("filename", file_label(name))])
    )
    return head + b"\r\n" + _base64(data)


def _base64(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _multipart(subtype: str, message_id: str, parts: list[bytes]) -> bytes:
    """A boundary with "=_" in it can stand in no quoted-printable or base64 body (RFC 2045 section 6.7)."""
    boundary = "=_" + hashlib.sha256(f"{subtype} {message_id}".encode()).hexdigest()[:40]
    mark = f"--{boundary}".encode()
    head = fold("Content-Type", [f"multipart/{subtype};", f'boundary="{boundary}"'])
    return head + b"\r\n" + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
