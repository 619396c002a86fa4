"""A delivery report in words tells whom a mail did not reach and why, whatever server wrote it."""

import pytest

from bridge.core.bounces import Failure
from bridge.mail.parse import read_mail
from tests.unit.reports import RETURNED, bounce, letter, only

FORMS = {
    "qmail": (
        "MAILER-DAEMON@mx.far.example",
        "failure notice",
        "Hi. This is the qmail-send program at mx.far.example.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "",
        "<uma@far.example>:",
        "192.0.2.9 does not like recipient.",
        "Remote host said: 550 5.1.1 no such user",
        "Giving up on 192.0.2.9.",
        "",
        "--- Below this line is a copy of the message.",
        "",
        RETURNED,
    ),
    "exim": (
        "Mail Delivery System <Mailer-Daemon@mx.corp.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.",
        "",
        "A message that you sent could not be delivered to one or more of its",
        "recipients. This is a permanent error. The following address(es) failed:",
        "",
        "  uma@far.example",
        "    host mx.far.example [192.0.2.9]",
        "    SMTP error from remote mail server after RCPT TO:<uma@far.example>:",
        "    550 5.1.1 No such mailbox",
        "",
        "------ This is a copy of the message, including all the headers. ------",
        "",
        RETURNED,
    ),
    "sendmail": (
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.corp.example>",
        "Returned mail: User unknown",
        "   ----- The following addresses had permanent fatal errors -----",
        "<uma@far.example>",
        "",
        "   ----- Transcript of session follows -----",
        "... while talking to mx.far.example.:",
        ">>> RCPT To:<uma@far.example>",
        "<<< 550 5.1.1 <uma@far.example>... User unknown",
        "550 5.1.1 <uma@far.example>... User unknown",
        "",
        "   ----- Original message follows -----",
        "",
        RETURNED,
    ),
    "exchange": (
        "System Administrator <postmaster@far.example>",
        "Undeliverable: Your order",
        "Your message",
        "",
        "  To:      Roth, Uma",
        "  Subject: Your order",
        "  Sent:    Mon, 2 Mar 2026 09:00:00 -0000",
        "",
        "did not reach the following recipient(s):",
        "",
        "uma@far.example on Mon, 2 Mar 2026 09:00:05 -0000",
        "    The recipient name is not recognized",
        "    MSEXCH:IMS:FAR:HQ:MX1 0 (000C05A6) Unknown Recipient",
    ),
    "notes": (
        "Postmaster@far.example",
        "DELIVERY FAILURE: User uma not listed in Domino Directory",
        "Your message",
        "",
        "  Subject: Your order",
        "",
        "was not delivered to:",
        "",
        "  uma@far.example",
        "",
        "because:",
        "",
        "  User uma (uma@far.example) not listed in Domino Directory",
    ),
    "opensmtpd": (
        "Mailer Daemon <MAILER-DAEMON@mx.corp.example>",
        "Delivery status notification: error",
        "    Hi!",
        "",
        "    An error has occurred while attempting to deliver a message for",
        "    the following list of recipients:",
        "",
        "uma@far.example: 550 5.1.1 mailbox does not exist",
        "",
        "    Below is a copy of the original message:",
        "",
        RETURNED,
    ),
    "gateway": (
        "postmaster@far.example",
        "Undeliverable Mail",
        "Unknown user: uma@far.example",
        "",
        "",
        "Original message follows.",
        "",
        RETURNED,
    ),
    "transcript": (
        "MAILER-DAEMON@far.example",
        "Delivery problem",
        "Intended recipient: uma@far.example",
        "The server said: 550 unknown user",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_reports_in_words_name_the_recipient_and_the_reason(form: str) -> None:
    sender, subject, *lines = FORMS[form]
    raw = letter(sender, subject, *lines)
    found = only(raw)
    assert (found.address, found.action, found.permanent) == ("uma@far.example", "failed", True)
    assert found.reason == "userunknown"
    assert read_mail(raw).kind == "bounce"
    if RETURNED in lines:
        assert bounce(raw).original_id == "<a1@corp.example>"


@pytest.mark.parametrize(
    "announced",
    [
        "--- Enclosed is a copy of the message.",
        "----- Original message -----",
        "------- Returned Message --------",
        "   ----- Unsent message follows -----",
        "Message headers follow.",
        "--- The header of the original message is following. ---",
        "Original message headers:",
        "-----Ursprüngliche Nachricht-----",
        "",
    ],
)
def test_the_returned_mail_is_found_however_it_is_announced(announced: str) -> None:
    raw = letter(
        "MAILER-DAEMON@far.example", "failure notice", "<uma@far.example>:", "no such user", "", announced, "", RETURNED
    )
    assert bounce(raw).original_id == "<a1@corp.example>"
    assert [f.address for f in bounce(raw).failures] == ["uma@far.example"]


def test_several_recipients_in_words_keep_their_own_words() -> None:
    sender, subject, *lines = FORMS["qmail"]
    lines[7:7] = ["", "<ben@far.example>:", "Remote host said: 552 5.2.2 mailbox full"]
    found = bounce(letter(sender, subject, *lines)).failures
    assert [(f.address, f.reason, f.code) for f in found] == [
        ("uma@far.example", "userunknown", "550"),
        ("ben@far.example", "mailboxfull", "552"),
    ]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Delivery Status Notification (Delay)", "Delivery to the following recipient has been delayed:"),
        ("Delayed Mail (still being retried)", "Your message could not be delivered. It will be retried for 4 days."),
    ],
)
def test_a_delay_is_no_failure(subject: str, words: str) -> None:
    found = only(
        letter("MAILER-DAEMON@far.example", subject, words, "", "    uma@far.example", "", "connection timed out")
    )
    assert (found.address, found.action, found.permanent, found.reason) == (
        "uma@far.example",
        "delayed",
        False,
        "expired",
    )


@pytest.mark.parametrize("field", ["uma@far.example", "uma@far.example, ben@far.example"])
def test_x_failed_recipients_is_believed(field: str) -> None:
    raw = letter("MAILER-DAEMON@far.example", "Mail failure", "It failed.", more=(f"X-Failed-Recipients: {field}",))
    assert [f.address for f in bounce(raw).failures] == field.split(", ")


def test_the_notification_of_a_sending_service_is_read() -> None:
    text = (
        '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":'
        '"uma@far.example","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"commonHeaders":'
        '{"messageId":"<a1@corp.example>"}}}'
    )
    raw = letter("no-reply@notify.example", "Notification", text)
    assert only(raw) == Failure(
        "uma@far.example", "failed", "5.1.1", "550", True, "userunknown", "550 5.1.1 user unknown"
    )
    assert bounce(raw).original_id == "<a1@corp.example>"


def test_a_complaint_carries_whom_and_what_it_is_about() -> None:
    raw = "\r\n".join(
        (
            "From: fbl@far.example",
            "Subject: complaint",
            "MIME-Version: 1.0",
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
            "",
            "--b",
            "",
            "This is an abuse report.",
            "--b",
            "Content-Type: message/feedback-report",
            "",
            "Feedback-Type: abuse",
            "Version: 1",
            "Original-Rcpt-To: <uma@far.example>",
            "--b",
            "Content-Type: message/rfc822",
            "",
            RETURNED,
            "--b--",
        )
    ).encode()
    found = bounce(raw)
    assert (found.failures[0].address, found.failures[0].reason) == ("uma@far.example", "feedback")
    assert found.original_id == "<a1@corp.example>"
    assert read_mail(raw).kind != "bounce"
