"""The mail that a report is about: where it is returned, whole or its header fields, attached or below the report.

Whoever wrote the report wrote that too: its Message-ID and recipients are hints. Reads a bounded part of it, never
raises.
"""

import re
from dataclasses import dataclass

from bridge.mail import fields, mime
from bridge.mail.mime import Node

_HEAD = 100_000
"""Octets of a returned mail in which its header fields are looked for."""

_RETURNED = frozenset(
    {
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "text/rfc822-header",
        "message/rfc822-headers",
        "message/global-headers",
        "message/partial",
    }
)
_FIELD = re.compile(r"[ \t]{0,8}([!-9;-~]{2,60})[ \t]{0,2}:(?=[ \t]|$|\S)")
_TELLING = frozenset(
    [
        "received",
        "message-id",
        "return-path",
        "mime-version",
        "dkim-signature",
        "x-mailer",
        "delivered-to",
        "content-type",
        "user-agent",
        "authentication-results",
        "arc-seal",
        "x-received",
        "domainkey-signature",
        "content-transfer-encoding",
        "x-originating-ip",
        "x-google-smtp-source",
        "list-id",
        "in-reply-to",
        "references",
    ]
)
_COMMON = frozenset(["from", "to", "date", "subject", "cc", "sender", "reply-to"])
_MARKS = (
    "original message",
    "copy of the message",
    "copy of your message",
    "copy of the original",
    "returned message",
    "message header",
    "header of the original",
    "headers of the original",
    "message follows",
    "message text follows",
    "lines of the message",
    "mail follows",
    "old message",
    "headers follow",
    "unsent message",
    "original mail",
    "copy of message",
    "message is returned",
    "beginning of your message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "message d'origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "исходное сообщение",
    "元のメッセージ",
    "原始邮件",
)


@dataclass(frozen=True, slots=True)
class Original:
    """A returned mail: its Message-ID, empty when it has none, and the address keys of To, Cc and From."""

    message_id: str = ""
    recipients: tuple[str, ...] = ()
    senders: frozenset[str] = frozenset()


def attached(raw: bytes, root: Node) -> Original | None:
    """The first mail returned as a part, or its header fields; None when there is none."""
    for node in root.walk():
        if node.index and node.type in _RETURNED:
            start = node.start
            data = raw[start : min(node.end, start + _HEAD)]
            if node.encoding in ("base64", "quoted-printable"):
                data = mime.payload(raw, node)[0][:_HEAD]
            return _read(data)
    return None


_TRIES = 30
"""Places where a returned mail may begin that are looked at."""


def inline(lines: list[str]) -> tuple[int, Original | None]:
    """Where a returned mail begins in the lines of a report, and what it says; the number of lines when none does.

    It begins at a line that announces it, or where a block of header fields stands that only a mail has.
    """
    tries = 0
    for at, line in enumerate(lines):
        announced = len(line) < 200 and _announces(line)
        if not announced and not (_FIELD.match(line) and (at == 0 or not lines[at - 1].strip())):
            continue
        tries += 1
        if tries > _TRIES:
            break
        begin = at
        if announced:
            begin = next((n for n in range(at + 1, min(at + 7, len(lines))) if _FIELD.match(lines[n])), -1)
        if begin >= 0 and (block := _block(lines, begin, announced=announced)):
            return at, _read("\r\n".join(block).encode("utf-8", "replace"))
        if announced and (_ruled(line) or not any(x.strip("-= \t") for x in lines[at + 1 : at + 7])):
            return at, None  # announced, and left out or in no form that is known
    return len(lines), None


def _announces(line: str) -> bool:
    lower = line.lower().strip()
    if not any(mark in lower for mark in _MARKS):
        return False
    return _ruled(line) or (
        len(lower) < 80 and lower.endswith((":", ".", "follow", "follows", "message", "header", "mail"))
    )


def _ruled(line: str) -> bool:
    text = line.strip()
    return text[:2] in ("--", "==", "**", "__", "|-", "##") or text.endswith(("--", "==", "-|"))


def _block(lines: list[str], begin: int, *, announced: bool) -> list[str]:
    """The header fields that begin at a line, unindented; empty when those are no mail's."""
    indent = len(lines[begin]) - len(lines[begin].lstrip())
    block: list[str] = []
    telling = common = junk = 0
    for line in lines[begin : begin + 400]:
        here = line[indent:] if line[:indent].strip() == "" else line
        if not here.strip():
            if block:
                break
            continue
        if here[0] in " \t":
            block.append(here)
            continue
        match = _FIELD.match(here)
        if not match:
            junk += 1  # a folded field whose blanks were lost
            if not announced or junk > 5:
                break
            continue
        name = match[1].lower()
        telling += name in _TELLING
        common += name in _COMMON
        block.append(here)
    enough = telling + common >= 2 and (telling >= 1 or announced) if announced else telling >= 2 and common >= 1
    return block if enough else []


def _read(data: bytes) -> Original:
    root, _ = mime.tree(data)
    found = [name for value in root.every("message-id") for name in fields.message_ids(value)]
    to = [a.spec for name in ("to", "cc") for value in root.every(name) for a in fields.addresses(value)]
    by = [
        a.key for name in ("from", "sender", "reply-to") for value in root.every(name) for a in fields.addresses(value)
    ]
    by += [a.key for value in root.every("return-path") for a in fields.addresses(value)]
    return Original(found[0] if found else "", tuple(dict.fromkeys(to))[:100], frozenset(by[:20]))
