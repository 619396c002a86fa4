"""What a feedback report says (RFC 5965): which mail somebody complains of, and how. Never raises."""

import re

from bridge.core.reports import Feedback
from bridge.mail import fields, mime, words
from bridge.mail.mime import Node
from bridge.mail.receipt import OCTETS, address, block

TYPE = "message/feedback-report"

_ORIGINALS = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"})
_WORD = re.compile(r"[a-z][a-z0-9-]{0,40}")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}\Z")


def read(raw: bytes, root: Node) -> Feedback | None:
    """The complaint in the mail's report; None when it holds none. `raw`: the octets that `root` is a tree of."""
    part = next((node for node in root.children if node.type == TYPE), None)
    if part is None or part.end - part.start > OCTETS:
        return None
    said = block(mime.payload(raw, part)[0])
    about = next((node for node in root.children if node.type in _ORIGINALS), None)
    original = block(mime.payload(raw, about)[0][:OCTETS]) if about is not None else {}
    kind = _WORD.search(words.text(said.get("feedback-type", b"")).lower())
    identifiers = fields.message_ids(original.get("message-id", b""))
    authors = fields.addresses(original.get("from", b""))
    source = words.text(said.get("source-ip", b""))
    return Feedback(
        type=kind[0] if kind else "other",
        recipient=address(said.get("original-rcpt-to", b"")),
        source=source if _ADDRESS.match(source) else "",
        original_id=identifiers[0] if identifiers else "",
        original_from=authors[0].spec if authors else address(said.get("original-mail-from", b"")),
        original_subject=words.text(original.get("subject", b""))[:300],
    )
