"""What kind of mail it is, and why, by its header fields and the types of its parts.

Conservative: an answer of a person, through a list or not, is never called automatic, and only senders that say so are
bulk. What came through a list stays a list's mail, whatever is in it. Kinds are hints for rules, never a proof of
anything.
"""

import re
from urllib.parse import unquote

from bridge.core.addresses import Address, parse_spec
from bridge.core.mail import Kind, ListInfo
from bridge.mail import mime, words
from bridge.mail.mime import Node

LIST_ID = 255
"""Octets of a list identifier (RFC 2919 section 3)."""

_MAILTO = re.compile(r"(?i)<\s*mailto:([^?>\s]+)")
_BRACKETED = re.compile(r"<\s*([^<>\s]+)\s*>")
_OLD_LIST_SIGNS = ("x-mailing-list", "x-beenthere", "mailing-list", "x-mailman-version")
_DAEMONS = frozenset({"mailer-daemon", "maildaemon"})
_REPLIED = frozenset({"auto_reply", "auto-reply"})
_RECEIPTS = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_GMAIL_REACTION = "text/vnd.google.email-reaction+json"
_METHODS = frozenset({"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})
_METHOD = re.compile(rb"(?im)^METHOD(?:;[^:\r\n]{0,100})?:([A-Z]{1,20})[ \t]*\r?$")
_CALENDAR = 1_000_000
"""Octets of a calendar part above which only its type is asked."""

_HEAD = 4096
"""Octets of a calendar part in which its method is looked for: it stands before the first event."""


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


def kind(raw: bytes, root: Node, authors: tuple[Address, ...]) -> tuple[Kind, str]:
    """The kind and, in words, the sign that decided. `raw`: the octets that `root` is a tree of."""
    bounce = _bounce(root, authors)
    if bounce:
        return "bounce", bounce
    listed = next((sign for sign in ("list-id", "list-post", *_OLD_LIST_SIGNS) if root.first(sign).strip()), "")
    precedence = words.text(root.first("precedence")).lower()
    bulk = _bulk(root, precedence)
    if not listed and (special := _special(raw, root, bulk=bool(bulk))):
        return special
    automatic = _automatic(root, precedence, listed=bool(listed))
    if automatic:
        return "auto-reply", automatic
    posts = bool(root.first("list-post").strip())
    if listed and (posts or not _campaign(root)):
        return "list", f"{_written(listed)} is set"
    if precedence == "list" and not _campaign(root):
        return "list", "Precedence: list"
    return ("bulk", bulk) if bulk else ("personal", "no sign of a list or a machine")


def _bulk(root: Node, precedence: str) -> str:
    if campaign := _campaign(root):
        return campaign
    if precedence in ("bulk", "junk"):
        return f"Precedence: {precedence}"
    if not root.first("list-id").strip() and root.first("list-unsubscribe").strip():
        return "List-Unsubscribe without List-Id"
    return ""


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


def _automatic(root: Node, precedence: str, *, listed: bool) -> str:
    submitted = words.parameters(root.first("auto-submitted"))[0].partition(" ")[0]
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
    return ""


def _special(raw: bytes, root: Node, *, bulk: bool) -> tuple[Kind, str] | None:
    """What is meant for programs: a receipt, a reaction, a calendar's message. Campaigns carry calendars too: they stay
    bulk."""
    if root.type == "multipart/report":
        named = root.params.get("report-type", "").lower()
        # RFC 8098 section 3: the type is required; some leave it to the part (section 3.1) to say.
        if named == "disposition-notification" or any(c.type in _RECEIPTS for c in root.children):
            return "receipt", "multipart/report with a disposition notification"
    for node in root.walk():
        if node.type == _GMAIL_REACTION or (node.disposition == "reaction" and node.type == "text/plain"):
            # RFC 9078 section 2: it reacts to the one mail that In-Reply-To names.
            if root.first("in-reply-to").strip():
                return "reaction", f"a part {node.type} is a reaction"
        elif node.type == "text/calendar" and not bulk and (method := _method(raw, node)):
            return "calendar", f"text/calendar with the method {method}"
    return None


def _method(raw: bytes, node: Node) -> str:
    """What a calendar part asks for (RFC 5546 section 1.4): by its type's parameter (RFC 6047 section 2.4), else by the
    beginning of the part itself; empty for a mere file."""
    method = node.params.get("method", "")
    if not method and node.end - node.start <= _CALENDAR:
        found = _METHOD.search(mime.payload(raw, node)[0][:_HEAD])
        method = found[1].decode("ascii") if found else ""
    return method.upper() if method.upper() in _METHODS else ""


def _written(name: str) -> str:
    return "-".join("ID" if word == "id" else word.capitalize() for word in name.split("-"))
