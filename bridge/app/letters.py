"""Mails for trying rules on: written down in a test, in a file, or kept in the journal. It reads and decides nothing.

A mail that is written down is made into octets and read by the real reader, so that its kind, list and addresses are
what they would be.
"""

import email.utils
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bridge.core.mail import Mail
from bridge.routing.trial_doc import FileDoc, MailDoc

_CRLF = "\r\n"

UNSAID = "..."
"""The text of a mail whose text a test does not say: one that says nothing at all is of another kind."""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail's octets, and the sizes that its attachments claim: a test of large ones need not hold them."""

    octets: bytes
    sizes: tuple[int, ...] = ()

    def sized(self, mail: Mail) -> Mail:
        """The mail, read from the octets, with the sizes that were written."""
        if len(mail.attachments) != len(self.sizes):
            return mail
        parts = tuple(replace(part, size=size) for part, size in zip(mail.attachments, self.sizes, strict=True))
        grown = sum(map(_encoded, self.sizes)) - sum(_encoded(part.size) for part in mail.attachments)
        return replace(mail, attachments=parts, size=max(0, mail.size + grown))


def written(doc: MailDoc, *, at: float, name: str, return_path: str | None = None) -> Written:
    """The octets of a mail that a test writes down. `name` makes its Message-ID when it says none.

    `return_path`: the envelope's sender, which final delivery writes (RFC 5321 section 4.4).
    """
    identity = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    delivered = f"<{return_path}>" if return_path is not None and "Return-Path" not in doc.headers else None
    fields = [
        ("Return-Path", delivered),
        ("From", doc.from_),
        ("To", ", ".join(doc.to)),
        ("Cc", ", ".join(doc.cc)),
        ("Reply-To", ", ".join(doc.reply_to)),
        ("Subject", doc.subject),
        ("Date", doc.date or email.utils.formatdate(at)),
        ("Message-ID", doc.message_id or f"<{identity}@test.invalid>"),
        ("In-Reply-To", doc.in_reply_to),
        ("References", " ".join(doc.references)),
        ("List-Id", _bracketed(doc.list_id)),
        ("List-Post", doc.list_post),
        *((header, value) for header, values in doc.headers.items() for value in values),
        ("MIME-Version", "1.0"),
    ]
    head = "".join(f"{field}: {_unfolded(value)}{_CRLF}" for field, value in fields if value)
    whole = head + _CRLF.join(_body(doc, identity))
    return Written(whole.encode("utf-8", "replace"), tuple(file.size for file in doc.attachments))


def _encoded(size: int) -> int:
    """Octets of a file of that size in a mail: base64 in lines of 76 characters (RFC 2045 section 6.8)."""
    letters = -(-size // 3) * 4
    return letters + 2 * -(-letters // 76)


def _bracketed(list_id: str | None) -> str | None:
    return f"<{list_id}>" if list_id and "<" not in list_id else list_id


def _unfolded(value: str) -> str:
    """On one line: a test's value is a value, never another header field."""
    return " ".join(value.split())


def _body(doc: MailDoc, boundary: str) -> Iterator[str]:
    """The fields of the content, an empty line and the content, without the line end of the head's last field."""
    texts = list(_texts(doc))
    if len(texts) == 1 and not doc.attachments:
        yield from texts[0]
        return
    yield f'Content-Type: multipart/{"mixed" if doc.attachments else "alternative"}; boundary="{boundary}"'
    yield ""
    if doc.attachments and len(texts) == 2:
        yield f"--{boundary}"
        yield from _body(doc.model_copy(update={"attachments": ()}), f"{boundary}-texts")
        texts = []
    for part in (*texts, *map(_file, doc.attachments)):
        yield f"--{boundary}"
        yield from part
    yield f"--{boundary}--"
    yield ""


def _texts(doc: MailDoc) -> Iterator[list[str]]:
    if doc.text is not None or doc.html is None:
        yield ["Content-Type: text/plain; charset=utf-8", *_eight_bit(UNSAID if doc.text is None else doc.text)]
    if doc.html is not None:
        yield ["Content-Type: text/html; charset=utf-8", *_eight_bit(doc.html)]


def _eight_bit(text: str) -> Iterable[str]:
    return ["Content-Transfer-Encoding: 8bit", "", *text.splitlines(), ""]


def _file(doc: FileDoc) -> list[str]:
    name = email.utils.encode_rfc2231(_unfolded(doc.name), "utf-8")
    return [
        f"Content-Type: {_unfolded(doc.type)}",
        f"Content-Disposition: attachment; filename*={name}",
        "Content-Transfer-Encoding: base64",
        "",
        "AAAA",
        "",
    ]
