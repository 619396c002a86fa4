"""Whether a mail may be a delivery report at all, by its header fields and the types of its parts.

One sign proves nothing: people forward reports and write of them, from every address. What has no sign of a machine as
its sender is never a report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.core.addresses import Address
from bridge.mail import words
from bridge.mail.mime import Node

Header = Mapping[str, bytes]

ENOUGH = 3
"""Points that make a report, with words of a failure and a recipient in it."""

_DAEMONS = (
    "mailer-daemon",
    "mailer_daemon",
    "mailerdaemon",
    "mail-daemon",
    "maildaemon",
    "mdaemon",
    "mail.delivery",
    "mail-delivery",
    "mail_delivery",
)
_HOUSEKEEPERS = ("postmaster", "post_master", "post-master", "system administrator", "imss")
_MUTE = ("no-reply", "noreply", "donotreply", "do-not-reply")
_PROGRAMS = ("smtp", "antivirus", "mail_service", "mailgateway", "mail-gateway")
_NAMES = (
    "mail delivery",
    "delivery system",
    "delivery subsystem",
    "delivery service",
    "mailer daemon",
    "mailer-daemon",
    "mail system",
    "system administrator",
    "postmaster",
    "ndr",
)
_SUBJECTS = (
    "undeliver",
    "delivery status",
    "delivery failure",
    "delivery failed",
    "delivery has failed",
    "delivery error",
    "delivery problem",
    "delivery notification",
    "delivery report",
    "delivery delay",
    "delivery incomplete",
    "delivery unsuccessful",
    "mail delivery fail",
    "mail delivery error",
    "mail delivery problem",
    "mail delivery delay",
    "mail delivery warn",
    "mail delivery system",
    "mail delivery subsystem",
    "mail delivery status",
    "mail delivery has",
    "message delivery fail",
    "message delivery has",
    "message delivery status",
    "message delivery delay",
    "message delivery warn",
    "message delivery error",
    "failed delivery",
    "failure notice",
    "failure delivery",
    "mail failure",
    "mail failed",
    "mail system error",
    "mail error",
    "message status",
    "message delayed",
    "delayed mail",
    "mail delayed",
    "delayed message",
    "warning: could not send",
    "warning: message",
    "could not be delivered",
    "couldn't be delivered",
    "could not deliver",
    "could not send",
    "cannot send message",
    "not delivered",
    "unable to deliver",
    "nondeliver",
    "non-deliver",
    "non deliver",
    "not deliverable",
    "returned mail",
    "returned message",
    "returned e-mail",
    "returned to sender",
    "returning message",
    "returning to sender",
    "return receipt",
    "unknown user",
    "user unknown",
    "errors from",
    "rejected",
    "unzustellbar",
    "nicht zustellbar",
    "nicht zugestellt",
    "zustellung",
    "non remis",
    "non distribu",
    "remise impossible",
    "échec de la remise",
    "échec de remise",
    "no se puede entregar",
    "no se pudo entregar",
    "no entregado",
    "devuelto",
    "devolvido",
    "não entregue",
    "não foi entregue",
    "não é possível entregar",
    "mancata consegna",
    "mancato recapito",
    "non recapitabile",
    "onbestelbaar",
    "niet bezorgd",
    "kan inte levereras",
    "niedostarcz",
    "не доставлено",
    "недоставл",
    "не может быть доставлено",
    "配信",
    "送信できません",
    "メールエラー",
    "エラー通知",
    "退信",
    "未送达",
    "无法投递",
)
_AWAY = (
    "automatic reply",
    "automatische antwort",
    "réponse automatique",
    "respuesta automática",
    "out of office",
    "auto:",
    "autoreply",
    "auto-reply",
    "auto reply",
    "vacation",
    "abwesen",
)
_ANSWERS = ("re:", "aw:", "fwd:", "fw:", "wg:", "tr:", "sv:", "rv:", "r:")
_REPORTS = frozenset({"delivery-status", "message/delivery-status", "global-delivery-status"})


@dataclass(frozen=True, slots=True)
class Signs:
    """What the header fields tell. `sender`: points for a machine as its sender; `points`: all of them.

    `strong`: it is a mail server that writes, not just any program. `structured`: it declares itself a delivery report.
    `failed`: the recipients of X-Failed-Recipients.
    """

    sender: int
    points: int
    strong: bool
    structured: bool
    failed: tuple[str, ...]


def read(root: Node, header: Header, authors: tuple[Address, ...], subject: str) -> Signs | None:
    """Weigh the signs; None where none speaks for a machine. `header`: the first field of each lower-case name."""
    report = root.params.get("report-type", "").lower()
    structured = root.type == "multipart/report" and (
        report in _REPORTS or any(is_status(node) for node in root.children)
    )
    path = header.get("return-path", b"<?>").strip().strip(b"<> ").lower()
    null = not path or path.startswith(b"mailer-daemon")
    locals_ = [author.local.lower().strip('"') for author in authors] or [_bare(header)]
    housekeeper = not authors or any(local.startswith(_HOUSEKEEPERS) for local in locals_)
    program = any(sign in local for local in locals_ for sign in _PROGRAMS)
    machine = 2 if any(local.startswith(_DAEMONS) for local in locals_) else int(housekeeper or program)
    names = " ".join(author.name for author in authors).lower()
    submitted = words.text(header.get("auto-submitted", b"")).lower()
    failed = root.every("x-failed-recipients") if "x-failed-recipients" in header else ()
    server = 2 * null + machine + any(name in names for name in _NAMES) + 3 * bool(failed)
    mute = any(local.startswith(_MUTE) for local in locals_)
    automatic = submitted.startswith(("auto-replied", "auto-generated"))
    sender = server + (mute or automatic) + (root.type == "multipart/report")
    if not sender and not structured:
        return None
    lower = subject.lower().strip()
    points = sender
    answers = lower.startswith(_ANSWERS)
    if not answers and any(phrase in lower for phrase in _SUBJECTS):
        points += 2
    if answers and machine < 2 and not null:
        points -= 2
    if any(phrase in lower for phrase in _AWAY):
        points -= 3
    if not machine and ("list-id" in header or "list-post" in header):
        points -= 2
    recipients = tuple(
        word.strip("<> ") for value in failed for word in words.text(value).replace(";", ",").split(",") if "@" in word
    )
    return Signs(sender, points, server > 0, structured, recipients[:200])


def is_status(node: Node) -> bool:
    """Whether a part is the machine-readable part of a delivery report (RFC 3464, RFC 6533)."""
    return node.type.endswith("/delivery-status") or node.type.endswith("/global-delivery-status")


def _bare(header: Header) -> str:
    """What stands in From where no address is."""
    return words.text(header.get("from", b"")).strip("<>\"' ").lower()
