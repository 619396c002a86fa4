"""Reads a composed mail back, with the standard library's parser, and compares it with what was meant.

The last guard against header injection: a mail that does not read back exactly is never sent.
"""

import binascii
import hashlib
import inspect
import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from bridge.core.addresses import Address
from bridge.core.errors import Permanent
from bridge.mail.outheaders import ascii_spec

_CONTENT = ("Content-Type", "Content-Transfer-Encoding", "Content-Disposition")
# Where getaddresses has grown strict (Python 3.13, Debian's 3.11), it refuses every address literal (RFC 5321 section
# 4.1.3). Here it need not be: what it reads must be what was meant.
_MILDLY: dict[str, Any] = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}
_LONG_RUN = re.compile(rb"(?:[A-Za-z0-9+/]{76}\r\n){64,}(?:[A-Za-z0-9+/]{1,76}={0,2}\r\n)?")


@dataclass(frozen=True, slots=True)
class Intended:
    """What the mail must say. `fields`: the names of its header fields before the content's own, in order."""

    fields: tuple[str, ...]
    date: int
    mailboxes: tuple[tuple[str, tuple[Address, ...]], ...]
    subject: str
    ids: tuple[tuple[str, tuple[str, ...]], ...]


def verify(message: bytes, intended: Intended, files: list[tuple[str, bytes]]) -> None:
    """Raises Permanent, naming what differs, when `message` is not exactly what was intended."""
    if message.count(b"\r") != message.count(b"\r\n") or message.count(b"\n") != message.count(b"\r\n"):
        raise _differs("line breaks")
    # The parser takes lines one by one (6 s for 25 MB): long runs of base64 give way to the digest of what they hold.
    short = _LONG_RUN.sub(_digested, message)
    if max(len(line) for line in short.split(b"\r\n")) > 998:
        raise _differs("line length")
    read = BytesParser(policy=compat32).parsebytes(short)
    _compare_fields(read, intended)
    _compare_parts(read, files)


def _compare_fields(read: Message, intended: Intended) -> None:
    names = tuple(name for name, _ in read.raw_items())
    own = tuple(name for name in names if name not in _CONTENT)
    if own != intended.fields or names[: len(own)] != own or len(set(names)) != len(names):
        raise _differs("header fields")
    values = {name: _unfolded(value) for name, value in read.raw_items()}
    for name, addresses in intended.mailboxes:
        found = [
            (_plain(shown), spec) for shown, spec in getaddresses([values.get(name, "")], **_MILDLY) if shown or spec
        ]
        meant = [(one.name.replace("\t", " ").strip(), ascii_spec(one) or one.spec) for one in addresses]
        if found != meant:
            raise _differs(name)
    if _plain(values.get("Subject", "")) != intended.subject:
        raise _differs("Subject")
    for name, ids in intended.ids:
        if tuple(values.get(name, "").split()) != ids:
            raise _differs(name)
    if int(parsedate_to_datetime(values["Date"]).timestamp()) != intended.date:
        raise _differs("Date")


def _compare_parts(read: Message, files: list[tuple[str, bytes]]) -> None:
    attached: list[tuple[str, bytes]] = []  # small ones whole, large ones as their digest
    for part in read.walk():
        if part.defects or (part is not read and any(name not in _CONTENT for name, _ in part.raw_items())):
            raise _differs("structure")
        if part.get_content_disposition() == "attachment":
            payload = part.get_payload(decode=True)
            attached.append((part.get_filename() or "", payload if isinstance(payload, bytes) else b""))
    if len(attached) != len(files) or any(
        name != meant or found not in (data, hashlib.sha256(data).digest())
        for (name, found), (meant, data) in zip(attached, files, strict=True)
    ):
        raise _differs("attachments")


def _digested(run: re.Match[bytes]) -> bytes:
    return binascii.b2a_base64(hashlib.sha256(binascii.a2b_base64(run[0])).digest(), newline=False) + b"\r\n"


def _unfolded(value: str) -> str:
    """The field's text in one line; raw UTF-8 (RFC 6532) comes from the parser as surrogates."""
    return re.sub(r"\r?\n", "", value).encode("ascii", "surrogateescape").decode("utf-8", "replace").strip()


def _plain(value: str) -> str:
    return str(make_header(decode_header(value))) if "=?" in value else value


def _differs(what: str) -> Permanent:
    return Permanent(f"the composed mail does not read back as written ({what}); it is not sent")
