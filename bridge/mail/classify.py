"""What kind of mail it is, and why, by its header fields alone.

Conservative: an answer of a person, through a list or not, is never called automatic, and only senders that say so are
bulk. Kinds are hints for rules, never a proof of anything.
"""

import re
from urllib.parse import unquote

from bridge.core.addresses import Address, parse_spec
from bridge.core.mail import Kind, ListInfo
from bridge.mail import words
from bridge.mail.mime import Node

LIST_ID = 255
"""Octets of a list identifier (RFC 2919 section 3)."""

_MAILTO = re.compile(r"(?i)<\s*mailto:([^?>\s]+)")
_BRACKETED = re.compile(r"<\s*([^<>\s]+)\s*>")
_OLD_LIST_SIGNS = ("x-mailing-list", "x-beenthere", "mailing-list", "x-mailman-version")
_DAEMONS = frozenset({"mailer-daemon", "maildaemon"})
_REPLIED = frozenset({"auto_reply", "auto-reply"})


def list_info(root: Node) -> ListInfo | None:
    """The list that the mail says it came through (RFC 2919, RFC 2369); None when it names none."""
    identifier = words.text(root.first("list-id"))
    found = _BRACKETED.findall(identifier)
    name = found[-1] if found else identifier.strip(" <>")
    if not name or " " in name or len(name.encode()) > LIST_ID:
        return None
    return ListInfo(id=name.lower().rstrip("."), post=_post(root))


def _post(root: Node) -> Address | None:
    match = _MAILTO.search(words.text(root.first("list-post")))
    return parse_spec(unquote(match[1])) if match else None


def kind(root: Node, authors: tuple[Address, ...]) -> tuple[Kind, str]:
    """The kind and, in words, the sign that decided."""
    bounce = _bounce(root, authors)
    if bounce:
        return "bounce", bounce
    has_id = bool(root.first("list-id").strip())
    listed = next((sign for sign in ("list-id", "list-post", *_OLD_LIST_SIGNS) if root.first(sign).strip()), "")
    submitted = words.parameters(root.first("auto-submitted"))[0].partition(" ")[0]
    precedence = words.text(root.first("precedence")).lower()
    automatic = _automatic(root, submitted, precedence, listed=bool(listed))
    if automatic:
        return "auto-reply", automatic
    posts = bool(root.first("list-post").strip())
    campaign = _campaign(root)
    if listed and (posts or not campaign):
        return "list", f"{_written(listed)} is set"
    if campaign:
        return "bulk", campaign
    if precedence in ("bulk", "junk"):
        return "bulk", f"Precedence: {precedence}"
    if precedence == "list":
        return "list", "Precedence: list"
    if not has_id and root.first("list-unsubscribe").strip():
        return "bulk", "List-Unsubscribe without List-Id"
    return "personal", "no sign of a list or a machine"


def _campaign(root: Node) -> str:
    for sign in ("feedback-id", "x-feedback-id", "x-csa-complaints"):
        if root.first(sign).strip():
            return f"{_written(sign)} is set"
    return ""


def _bounce(root: Node, authors: tuple[Address, ...]) -> str:
    report = root.params.get("report-type", "").lower() if root.type == "multipart/report" else ""
    if report == "delivery-status" or (
        root.type == "multipart/report" and any(c.type.endswith("/delivery-status") for c in root.children)
    ):
        return "multipart/report with a delivery status"
    if root.first("x-failed-recipients").strip():
        return "X-Failed-Recipients is set"
    daemon = any(author.local.lower() in _DAEMONS for author in authors)
    if daemon and root.first("return-path").strip() == b"<>":
        return "from the mailer daemon with a null return path"
    if daemon and any(node.type.endswith("/delivery-status") for node in root.walk()):
        return "from the mailer daemon with a delivery status"
    return ""


def _automatic(root: Node, submitted: str, precedence: str, *, listed: bool) -> str:
    if submitted == "auto-replied":
        return "Auto-Submitted: auto-replied"
    if submitted in ("auto-generated", "auto-notified") and not listed:
        return f"Auto-Submitted: {submitted}"
    if listed:
        return ""
    for sign in ("x-autoreply", "x-autorespond", "x-autoresponder"):
        value = words.text(root.first(sign)).lower()
        if value and value not in ("no", "false", "0"):
            return f"{_written(sign)} is set"
    if precedence in _REPLIED:
        return f"Precedence: {precedence}"
    if root.type == "multipart/report" and root.params.get("report-type", "").lower() == "disposition-notification":
        return "multipart/report with a read receipt"
    return ""


def _written(name: str) -> str:
    return "-".join("ID" if word == "id" else word.capitalize() for word in name.split("-"))
