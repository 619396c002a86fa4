"""Delivery reports for tests: in words, and in the standard form."""

from bridge.core.bounces import Bounce, Failure
from bridge.mail.parse import read_mail

RETURNED = "\r\n".join(
    (
        "Received: from desk.corp.example by relay.corp.example; Mon, 02 Mar 2026 09:00:00 +0000",
        "Message-ID: <a1@corp.example>",
        "From: Desk <desk@corp.example>",
        "To: Uma Roth <uma@far.example>",
        "Subject: Your order",
        "",
        "Dear Uma,",
    )
)


def letter(sender: str, subject: str, *body: str, more: tuple[str, ...] = ()) -> bytes:
    head = (f"From: {sender}", "To: desk@corp.example", f"Subject: {subject}", *more)
    return "\r\n".join((*head, "", *body)).encode()


def dsn(*fields: str, text: str = "Something went wrong.", returned: str = RETURNED) -> bytes:
    return "\r\n".join(
        (
            "From: MAILER-DAEMON@relay.corp.example",
            "To: desk@corp.example",
            "Subject: Returned",
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            "",
            "--b",
            "",
            text,
            "--b",
            "Content-Type: message/delivery-status",
            "",
            *fields,
            "--b",
            "Content-Type: message/rfc822",
            "",
            returned,
            "--b--",
            "",
        )
    ).encode()


def bounce(raw: bytes) -> Bounce:
    found = read_mail(raw).bounce
    assert found is not None
    return found


def only(raw: bytes) -> Failure:
    failures = bounce(raw).failures
    assert len(failures) == 1
    return failures[0]
