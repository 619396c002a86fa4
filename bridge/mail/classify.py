"""What kind of mail it is, and why, by its header fields and the types of its parts.

Conservative: an answer of a person, through a list or not, is never called automatic, and only senders that say so are
bulk. What came through a list stays a list's mail, whatever is in it. Kinds are hints for rules, never a proof of
anything.
"""

import re

from bridge.core.addresses import Address
from bridge.core.bounces import Bounce
from bridge.core.mail import Kind
from bridge.mail import automatic, calendar, feedback, lists, mime, receipt, words
from bridge.mail.mime import Node

_DAEMONS = frozenset({"mailer-daemon", "maildaemon"})
_METHODS = frozenset({"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"})
_METHOD = re.compile(rb"(?im)^METHOD(?:;[^:\r\n]{0,100})?:([A-Z]{1,20})[ \t]*\r?$")
_HEAD = 4096
"""Octets of a calendar part in which its method is looked for: it stands before the first event."""

Header = dict[str, bytes]


def header(root: Node) -> Header:
    """The first field of each name, by the name in lower case."""
    return {name: values[0] for name, values in root.named.items()}


def kind(
    raw: bytes,
    root: Node,
    fields: Header,
    authors: tuple[Address, ...],
    subject: str,
    told: Bounce | None = None,
    *,
    reaction: str,
    empty: bool,
) -> tuple[Kind, str]:
    """The kind and, in words, the sign that decided. `raw`: the octets that `root` is a tree of, `fields` its `header`.
    `told`: the report on a delivery that the mail is. `reaction`: the type of the part that is a reaction, or empty.
    `empty`: the reader found nothing in it to show."""
    if report := _feedback(root):
        return "feedback", report
    if bounce := _bounce(root, authors) or _told(told):
        return "bounce", bounce
    listed = lists.sign(fields)
    precedence = words.text(fields.get("precedence", b"")).lower()
    bulk = _bulk(fields, precedence)
    if not listed and (special := _special(raw, root, reaction, bulk=bool(bulk))):
        return special
    machine = automatic.by_field(fields, precedence, listed=bool(listed))
    if not machine and not listed:
        machine = automatic.by_subject(fields, subject, precedence)
    if machine:
        return "auto-reply", machine
    posts = bool(fields.get("list-post", b"").strip())
    if listed and (posts or not _campaign(fields)):
        return "list", listed
    if precedence == "list" and not _campaign(fields):
        return "list", "Precedence: list"
    if bulk:
        return "bulk", bulk
    return ("empty", "no text and no attachments") if empty else ("personal", "no sign of a list or a machine")


def _told(told: Bounce | None) -> str:
    reports = told is not None and any(failure.reason != "feedback" for failure in told.failures)
    return "it reports on the delivery of a mail" if reports else ""


def _bulk(fields: Header, precedence: str) -> str:
    if campaign := _campaign(fields):
        return campaign
    if precedence in ("bulk", "junk"):
        return f"Precedence: {precedence}"
    if not fields.get("list-id", b"").strip() and fields.get("list-unsubscribe", b"").strip():
        return "List-Unsubscribe without List-Id"
    return ""


def _campaign(fields: Header) -> str:
    for sign in ("feedback-id", "x-feedback-id", "x-csa-complaints"):
        if fields.get(sign, b"").strip():
            return f"{lists.shown(sign)} is set"
    return ""


def _feedback(root: Node) -> str:
    """RFC 5965 section 2: the type is required; some leave it to the part to say."""
    if root.type != "multipart/report":
        return ""
    named = root.params.get("report-type", "").lower()
    if named == "feedback-report" or any(child.type == feedback.TYPE for child in root.children):
        return "multipart/report with a feedback report"
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


def _special(raw: bytes, root: Node, reaction: str, *, bulk: bool) -> tuple[Kind, str] | None:
    """What is meant for programs: a receipt, a reaction, a calendar's message. Campaigns carry calendars too: they stay
    bulk."""
    if root.type == "multipart/report":
        named = root.params.get("report-type", "").lower()
        # RFC 8098 section 3: the type is required; some leave it to the part (section 3.1) to say.
        if named == "disposition-notification" or any(c.type in receipt.TYPES for c in root.children):
            return "receipt", "multipart/report with a disposition notification"
    if reaction:
        return "reaction", f"a part {reaction} is a reaction"
    for node in root.walk():
        if node.type in calendar.TYPES and not bulk and (method := _method(raw, node)):
            if method == "PUBLISH" and node.disposition == "attachment":
                continue  # a person passes on a file
            return "calendar", f"{node.type} with the method {method}"
    return None


def _method(raw: bytes, node: Node) -> str:
    """What a calendar part asks for (RFC 5546 section 1.4): by its type's parameter (RFC 6047 section 2.4), else by the
    beginning of the part itself; empty for a mere file."""
    method = node.params.get("method", "")
    if not method and node.end - node.start <= calendar.OCTETS:
        found = _METHOD.search(mime.payload(raw, node)[0][:_HEAD])
        method = found[1].decode("ascii") if found else ""
    return method.upper() if method.upper() in _METHODS else ""
