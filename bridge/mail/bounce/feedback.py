"""Complaints (RFC 5965) and what mailing services report through their own notifications, as delivery reports.

Never raises.
"""

import json
import re

from bridge.core.bounces import Action, Bounce, Failure
from bridge.mail import mime, words
from bridge.mail.bounce import codes, original, reasons
from bridge.mail.charset import clean, decode, one_line
from bridge.mail.mime import Node

_JSON = 256_000
_RECIPIENT = re.compile(
    r"(?im)^(?:original-rcpt-to|removal-recipient|x-rcpt-to):[ \t]*(?:rfc822[ \t]*;)?[ \t]*<?([^\s<>;]{3,320})"
)


def read(raw: bytes, root: Node, subject: str, text: str) -> Bounce | None:
    """A feedback report, or the notification of a mailing service in JSON; None for all other mail."""
    reports = [node for node in root.walk() if node.type == "message/feedback-report"] if root.children else []
    if reports or (root.type == "multipart/report" and root.params.get("report-type", "").lower() == "feedback-report"):
        returned = original.attached(raw, root)
        told = "".join(
            clean(decode(mime.payload(raw, node)[0][:_JSON], node.params.get("charset", ""))[0]) for node in reports[:5]
        )
        named = tuple(dict.fromkeys(_RECIPIENT.findall(told))) or (returned.recipients if returned else ())
        failures = tuple(Failure(one_line(a, 320), action="delivered", reason="feedback") for a in named[:50])
        found = failures or (Failure("", action="delivered", reason="feedback"),)
        return Bounce(found, returned.message_id if returned else "")
    if subject.lower().strip().startswith("complaint about message from") and (junk := _junk_mail_report(raw, root)):
        return junk
    notified = root.type == "text/plain" and text.lstrip()[:1] == "{"
    return _notification(text) if notified and '"mail"' in text[:_JSON] else None


def _junk_mail_report(raw: bytes, root: Node) -> Bounce | None:
    """Microsoft's older form (Junk Mail Reporting Program): the mail complained of, with its recipient in a field."""
    for node in root.walk():
        if node.type == "message/rfc822":
            head, _ = mime.tree(raw[node.start : min(node.end, node.start + _JSON)])
            if named := words.text(head.first("x-hmxmroriginalrecipient")):
                returned = original.attached(raw, root)
                failure = Failure(one_line(named, 320), action="delivered", reason="feedback")
                return Bounce((failure,), returned.message_id if returned else "")
    return None


def _notification(text: str) -> Bounce | None:
    """Amazon SES through SNS: one JSON object at the beginning of the text (its manual, "Notification contents")."""
    begin = text.find("{")
    if begin < 0 or begin > 200:
        return None
    try:
        told, _ = json.JSONDecoder().raw_decode("".join(text[begin : begin + _JSON].splitlines()))
    except (ValueError, RecursionError):
        return None
    return _ses(told) if isinstance(told, dict) else None


def _ses(told: dict[str, object]) -> Bounce | None:
    kind = str(told.get("notificationType") or told.get("eventType") or "").lower()
    mail = _of(told, "mail")
    headers = _of(mail, "commonHeaders")
    written = str(headers.get("messageId") or "")
    identifier = written if written.startswith("<") else f"<{written}>" if "@" in written else ""
    details = _of(told, kind)
    failures: list[Failure] = []
    if kind == "bounce":
        permanent = {"permanent": True, "transient": False}.get(str(details.get("bounceType", "")).lower())
        for person in _people(details, "bouncedRecipients"):
            said = one_line(str(person.get("diagnosticCode", "")).partition(";")[2].strip(), 500)
            status, reply = codes.status(str(person.get("status", ""))), codes.reply(said)
            address = one_line(str(person.get("emailAddress", "")), 320)
            reason = reasons.reason(status or codes.status(said), reply, said)
            failures.append(Failure(address, "failed", status, reply, permanent, reason, said))
    elif kind == "complaint":
        people = _people(details, "complainedRecipients")
        failures = [
            Failure(one_line(str(person.get("emailAddress", "")), 320), action="delivered", reason="feedback")
            for person in people
        ]
    elif kind == "delivery":
        done: Action = "delivered"
        said = one_line(str(details.get("smtpResponse", "")), 500)
        recipients = details.get("recipients")
        for name in recipients[:200] if isinstance(recipients, list) else ():
            status = codes.status(said)
            failures.append(Failure(one_line(str(name), 320), done, status, reason="delivered", said=said))
    return Bounce(tuple(failures), identifier) if failures else None


def _of(value: dict[str, object], name: str) -> dict[str, object]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _people(value: dict[str, object], name: str) -> list[dict[str, object]]:
    found = value.get(name)
    return [person for person in found[:200] if isinstance(person, dict)] if isinstance(found, list) else []
