"""What a read receipt says (RFC 8098): whether a mail of ours was read or deleted, and by whom. None is ever sent.

Never raises.
"""

import re

from bridge.core.addresses import parse_spec
from bridge.core.reports import Disposition, Fate
from bridge.mail import fields, mime, words
from bridge.mail.mime import Node

TYPES = frozenset({"message/disposition-notification", "message/global-disposition-notification"})

OCTETS = 64_000
"""Octets of a report's machine-readable part above which it is not looked at."""

_FATES: dict[str, Fate] = {
    "displayed": "displayed",
    "read": "displayed",
    "deleted": "deleted",
    "dispatched": "dispatched",
    "processed": "processed",
    "denied": "denied",
    "failed": "failed",
    "error": "failed",
}
_WORD = re.compile(r"[a-z]+")


def read(raw: bytes, root: Node) -> Disposition | None:
    """The receipt in the mail's report; None when it holds none. `raw`: the octets that `root` is a tree of."""
    part = next((node for node in root.children if node.type in TYPES), None)
    if part is None or part.end - part.start > OCTETS:
        return None
    said = block(mime.payload(raw, part)[0])
    disposition = words.text(said.get("disposition", b"")).lower()
    mode, _, rest = disposition.partition(";")
    word = _WORD.search(rest)
    fate = _FATES.get(word[0]) if word else None
    if fate is None:
        return None
    original = fields.message_ids(said.get("original-message-id", b""))
    return Disposition(
        fate=fate,
        recipient=address(said.get("final-recipient", b"")) or address(said.get("original-recipient", b"")),
        original_id=original[0] if original else "",
        automatic=mode.strip().startswith("automatic-action"),
    )


def block(data: bytes) -> dict[str, bytes]:
    """The fields of a report's part, the first of each lower-case name."""
    named: dict[str, bytes] = {}
    for name, value in mime.tree(data.lstrip())[0].fields:
        named.setdefault(name.lower(), value)
    return named


def address(value: bytes) -> str:
    """The addr-spec in `rfc822; kim@customer.example`, or in brackets; empty when there is none."""
    text = words.text(value).rpartition(";")[2].strip()
    inner = text[text.find("<") + 1 : text.rfind(">")] if "<" in text else text
    found = parse_spec(inner.strip())
    return found.spec if found else ""
