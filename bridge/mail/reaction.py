"""A reaction to a mail: one emoji in a part that says it is one (RFC 9078, or Google's own JSON).

What is no single emoji is no reaction, and its mail is shown as any other. Never raises.
"""

import json
import re

from bridge.mail import mime
from bridge.mail.charset import clean, decode
from bridge.mail.mime import Node

GMAIL = "text/vnd.google.email-reaction+json"

_OCTETS = 2000
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_ONE = f"{_PICTURE}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]{{0,7}}"
_EMOJI = re.compile(
    f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE}){{0,5}})(?![\u200d\ufe0f\u20e3])"
)
"""One emoji as people see it (UTS #51): flags, keycaps, and pictures with skin, direction or company joined on."""


def read(raw: bytes, root: Node) -> tuple[str, str]:
    """The emoji and the type of the part that holds it; empty when the mail is no reaction. It must name the one mail
    that it reacts to (RFC 9078 section 2). `raw`: the octets that `root` is a tree of."""
    if not root.first("in-reply-to").strip():
        return "", ""
    for node in root.walk():
        if node.end - node.start > 2 * _OCTETS or node.children:
            continue
        if node.type == GMAIL:
            found = _of_gmail(mime.payload(raw, node)[0])
        elif node.disposition == "reaction" and node.type == "text/plain":
            text = clean(decode(mime.payload(raw, node)[0], node.params.get("charset", "") or "utf-8")[0])
            found = one_emoji(text.split()[0]) if text.split() else ""
        else:
            continue
        if found:
            return found, node.type
    return "", ""


def one_emoji(text: str) -> str:
    """The text when it is exactly one emoji, else empty."""
    text = text.strip()
    return text if len(text) <= 40 and _EMOJI.fullmatch(text) else ""


def _of_gmail(data: bytes) -> str:
    if len(data) > _OCTETS:
        return ""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    emoji = said.get("emoji") if isinstance(said, dict) else None
    return one_emoji(emoji) if isinstance(emoji, str) else ""
