"""A delivery report tells whom a mail did not reach, for good or not, and why, in whatever form a server reports."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.bounces import Bounce, Failure
from bridge.mail.bounce import codes, reasons
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


# RFC 3464


def test_a_standard_report_is_read_whole() -> None:
    raw = dsn(
        "Reporting-MTA: dns; relay.corp.example",
        "Arrival-Date: Mon, 02 Mar 2026 09:00:00 +0000",
        "",
        "Original-Recipient: rfc822;uma@far.example",
        "Final-Recipient: rfc822;uma.roth@inner.far.example",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 <uma.roth@inner.far.example>:",
        "    Recipient address rejected: User unknown",
    )
    found = bounce(raw)
    assert found.original_id == "<a1@corp.example>"
    assert found.failures == (
        Failure(
            address="uma@far.example",
            action="failed",
            status="5.1.1",
            code="550",
            permanent=True,
            reason="userunknown",
            said="550 5.1.1 <uma.roth@inner.far.example>: Recipient address rejected: User unknown",
        ),
    )
    assert read_mail(raw).kind == "bounce"


def test_each_recipient_has_its_own_fate() -> None:
    raw = dsn(
        "Reporting-MTA: dns; relay.corp.example",
        "",
        "Final-Recipient: rfc822; uma@far.example",
        "Action: failed",
        "Status: 5.2.2",
        "",
        "Final-Recipient: rfc822; ben@far.example",
        "Action: delayed",
        "Status: 4.4.1",
        "",
        "Final-Recipient: rfc822; kim@near.example",
        "Action: delivered",
        "Status: 2.1.5",
        "",
        "Final-Recipient: rfc822; lee@near.example",
        "Action: relayed",
        "Status: 2.0.0",
    )
    assert [(f.address, f.action, f.permanent, f.reason) for f in bounce(raw).failures] == [
        ("uma@far.example", "failed", True, "mailboxfull"),
        ("ben@far.example", "delayed", False, "networkerror"),
        ("kim@near.example", "delivered", None, "delivered"),
        ("lee@near.example", "relayed", None, "delivered"),
    ]


def test_groups_without_an_empty_line_between_them_are_told_apart() -> None:
    raw = dsn(
        "Final-Recipient: rfc822; uma@far.example",
        "Action: failed",
        "Status: 5.1.1",
        "Final-Recipient: rfc822; ben@far.example",
        "Action: failed",
        "Status: 5.1.2",
    )
    assert [(f.address, f.reason) for f in bounce(raw).failures] == [
        ("uma@far.example", "userunknown"),
        ("ben@far.example", "hostunknown"),
    ]


def test_an_empty_line_within_a_group_does_not_cut_it() -> None:
    raw = dsn("Final-Recipient: rfc822; uma@far.example", "Action: failed", "", "Status: 5.7.26")
    assert only(raw).reason == "authfailure"


@pytest.mark.parametrize(
    "written",
    [
        "rfc822;uma@far.example",
        "<uma@far.example>",
        "RFC822; <uma@far.example>",
        "utf-8; uma@far.example",
        "smtp;uma@far.example",
    ],
)
def test_a_recipient_is_found_however_it_is_written(written: str) -> None:
    assert only(dsn(f"Final-Recipient: {written}", "Action: failed", "Status: 5.0.0")).address == "uma@far.example"


def test_a_program_as_recipient_gives_way_to_the_address_beside_it() -> None:
    raw = dsn("Final-Recipient: rfc822;|/usr/bin/filter uma", "Action: failed", "Status: 5.0.0")
    raw = raw.replace(b"Subject:", b"X-Failed-Recipients: uma@far.example\r\nSubject:", 1)
    assert only(raw).address == "uma@far.example"


def test_a_status_that_stands_only_in_the_diagnostic_is_found() -> None:
    raw = dsn("Final-Recipient: rfc822; uma@far.example", "Action: failed", "Diagnostic-Code: smtp;552 5.2.2 full")
    assert (only(raw).status, only(raw).code) == ("5.2.2", "552")


def test_a_report_without_a_diagnostic_is_read_with_its_text() -> None:
    text = "<uma@far.example>: host mx.far.example[192.0.2.9] said:\r\n    550 Mailbox is full (in reply to RCPT TO)"
    raw = dsn("Final-Recipient: rfc822; uma@far.example", "Action: failed", "Status: 5.0.0", text=text)
    assert (only(raw).code, only(raw).reason) == ("550", "mailboxfull")


def test_a_report_that_a_gateway_wrapped_is_read() -> None:
    inner = dsn("Final-Recipient: rfc822; uma@far.example", "Action: failed", "Status: 5.1.1").decode()
    raw = letter(
        "postmaster@far.example",
        "Delivery Status Notification (Failure)",
        "--w",
        "Content-Type: message/rfc822",
        "",
        inner,
        "--w--",
        more=("MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=w"),
    )
    assert only(raw).address == "uma@far.example"


# In words


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


# What is none


@pytest.mark.parametrize(
    "raw",
    [
        letter("Uma Roth <uma@far.example>", "Automatic reply: Your order", "I am away.", more=("Return-Path: <>",)),
        letter(
            "uma@far.example",
            "Abwesenheit: Your order",
            "Ich bin bis Montag nicht erreichbar.",
            more=("Auto-Submitted: auto-replied", "Return-Path: <>"),
        ),
        letter(
            "Ben <ben@corp.example>",
            "Fwd: Undelivered Mail Returned to Sender",
            "What is this? It says:",
            "<uma@far.example>: host mx.far.example said: 550 5.1.1 user unknown",
        ),
        letter(
            "ben@corp.example",
            "Mail could not be delivered",
            "Hello, my mail to uma@far.example could not be delivered: 550 5.1.1 user unknown. Can you help?",
        ),
        letter(
            "Postmaster <postmaster@far.example>",
            "Re: bounces from you",
            "> <uma@far.example>: 550 5.1.1 user unknown",
            "We know. It is fixed.",
        ),
        letter(
            "kim@list.example",
            "[users] MAILER-DAEMON and 550 5.1.1",
            "Why does Postfix say 550 5.1.1 <uma@far.example>: user unknown?",
            more=("List-Id: <users.list.example>",),
        ),
        letter("shop@far.example", "Delivery failed: parcel 7", "We could not deliver your parcel to uma@far.example."),
    ],
)
def test_what_people_write_of_reports_is_none(raw: bytes) -> None:
    mail = read_mail(raw)
    assert mail.bounce is None
    assert mail.kind != "bounce"


# Codes and words


@pytest.mark.parametrize(
    ("text", "status", "reply"),
    [
        ("550 5.1.1 <uma@far.example>: unknown", "5.1.1", "550"),
        ("host mx[192.0.2.9] said: 452-4.2.2 over quota", "4.2.2", "452"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", "5.1.1", ""),
        ("connect to 5.1.1.9: refused", "", ""),
        ("retried for 450 seconds", "", ""),
        ("(reason: 554 rejected)", "", "554"),
        ("version 4.80.1 says no", "", ""),
        ("250 2.0.0 ok, then 550 5.7.1 no", "5.7.1", "550"),
    ],
)
def test_codes_are_told_from_other_numbers(text: str, status: str, reply: str) -> None:
    assert (codes.status(text), codes.reply(text)) == (status, reply)


@pytest.mark.parametrize(
    ("status", "reply", "permanent"),
    [
        ("5.1.1", "", True),
        ("4.2.2", "", False),
        ("", "550", True),
        ("", "421", False),
        ("5.0.0", "451", False),
        ("4.4.7", "554", False),
        ("", "", None),
        ("2.0.0", "", None),
    ],
)
def test_permanence_follows_the_more_precise_code(status: str, reply: str, permanent: bool | None) -> None:
    assert codes.permanent(status, reply) is permanent


def test_reading_costs_no_more_than_linear_time_on_hostile_reports() -> None:
    bombs = (
        "a@" * 30_000,
        "\r\n".join(["original message", "To: x"] * 2_000),
        "\r\n".join(f"<u{n}@far.example>: 550 5.1.1 no such user" for n in range(3_000)),
        "\r\n\r\n".join(["Received: x"] * 4_000),
        "x" * 64_000,
    )
    for body in bombs:
        raw = letter("MAILER-DAEMON@far.example", "failure notice", body, more=("Return-Path: <>",))
        begun = time.process_time()
        read_mail(raw)
        assert time.process_time() - begun < 2
    many = dsn(
        *(line for n in range(3_000) for line in (f"Final-Recipient: rfc822;u{n}@far.example", "Action: failed", ""))
    )
    assert len(bounce(many).failures) <= 100


@given(
    st.lists(
        st.sampled_from(
            [
                "Final-Recipient: rfc822;",
                "Action:",
                "Status: 5",
                "Diagnostic-Code: smtp",
                "<@>:",
                "550",
                "--b",
                "",
                " \t",
                "--- Original message",
                "Received: x",
                "Message-ID: <",
                "{",
                "\x00",
                "=?utf-8?b?/w==?=",
            ]
        )
        | st.text(max_size=40)
    )
)
def test_no_report_raises_and_all_of_it_is_valid_text(lines: list[str]) -> None:
    for raw in (dsn(*lines), letter("MAILER-DAEMON@far.example", "failure notice", *lines)):
        mail = read_mail(raw)
        assert not any(problem.startswith("the reader failed") for problem in mail.problems)
        for failure in mail.bounce.failures if mail.bounce else ():
            for text in (failure.address, failure.said, failure.status, failure.code, failure.reason):
                text.encode("utf-8")
                assert "\n" not in text
            assert len(failure.said) <= 500
            assert failure.reason in REASONS


REASONS = {reason for reason, _ in reasons.TABLE} | {"onhold", "undefined", "delivered", "feedback", "filtered"}
