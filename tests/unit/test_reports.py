"""Reactions, read receipts and complaints, in the manner of those who send them; broken ones never raise."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mail import Mail
from bridge.core.reports import Disposition, Feedback
from bridge.mail.parse import read_mail
from bridge.mail.reaction import one_emoji

HEAD = "From: Kim <kim@customer.example>\r\nTo: Desk <support@corp.example>\r\nSubject: Re: Order 7\r\n"
ANSWERS = "In-Reply-To: <7@corp.example>\r\n"


def mail(content_type: str, *parts: tuple[str, str | bytes], head: str = "") -> Mail:
    raw = f'{HEAD}{head}Content-Type: {content_type}; boundary="b"\r\n\r\n'.encode()
    for fields, body in parts:
        raw += b"--b\r\n" + fields.encode() + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body) + b"\r\n"
    return read_mail(raw + b"--b--\r\n")


GMAIL = "Content-Type: text/vnd.google.email-reaction+json; charset=UTF-8"
RFC = "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: Reaction"


@pytest.mark.parametrize(
    ("fields", "body", "emoji"),
    [
        (GMAIL, '{"emoji":"👍","version":1}', "👍"),
        (
            f"{GMAIL}\r\nContent-Transfer-Encoding: base64",
            base64.b64encode('{"emoji":"🎉","version":1}'.encode()),
            "🎉",
        ),
        (GMAIL, '{"emoji":"\\u2764\\ufe0f","version":1}', "❤️"),
        (RFC, "😀\r\n", "😀"),
        (RFC, "👍🏽 👎", "👍🏽"),
        (f"{RFC}\r\nContent-Transfer-Encoding: quoted-printable", "=F0=9F=91=8D", "👍"),
    ],
)
def test_a_reaction_is_its_emoji(fields: str, body: str, emoji: str) -> None:
    read = mail("multipart/alternative", ("Content-Type: text/plain", "reacted"), (fields, body), head=ANSWERS)
    assert (read.kind, read.reaction) == ("reaction", emoji)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        (GMAIL, '{"emoji":"ok","version":1}'),
        (GMAIL, '{"emoji":"👍👍"}'),
        (GMAIL, '{"emoji":["👍"]}'),
        (GMAIL, "[" * 1900),
        (GMAIL, "👍"),
        (RFC, "thanks"),
        (RFC, ""),
        (RFC, "👍" * 2000),
    ],
)
def test_what_is_no_single_emoji_is_no_reaction(fields: str, body: str) -> None:
    read = mail("multipart/alternative", ("Content-Type: text/plain", "hello"), (fields, body), head=ANSWERS)
    assert (read.kind, read.reaction) == ("personal", "")


def test_a_reaction_to_nothing_is_a_mail() -> None:
    assert mail("multipart/mixed", (RFC, "👍")).reaction == ""


@pytest.mark.parametrize("text", ["👍", "🇩🇪", "1️⃣", "👨‍👩‍👧‍👦", "🏳️‍🌈", "☺️", "❤", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "👩🏽‍🚀", "✅"])
def test_one_emoji(text: str) -> None:
    assert one_emoji(text) == text


@pytest.mark.parametrize(
    "text", ["", "a", "1", "👍a", "👍 👍", "\u200d", "👍\u200d", "🇩", "#", "<b>", "👍" * 50, "\u202e👍"]
)
def test_no_emoji(text: str) -> None:
    assert one_emoji(text) == ""


@given(st.text(max_size=50))
def test_no_text_raises(text: str) -> None:
    assert one_emoji(text) in ("", text.strip())


MDN = "Content-Type: message/disposition-notification"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (  # Thunderbird
            "Reporting-UA: Thunderbird\r\nFinal-Recipient: rfc822;kim@customer.example\r\n"
            "Original-Message-ID: <7@corp.example>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n",
            Disposition("displayed", "kim@customer.example", "<7@corp.example>"),
        ),
        (  # Exchange
            "Final-recipient: RFC822; kim@customer.example\r\nDisposition: automatic-action/MDN-sent-automatically; "
            "deleted\r\nX-MSExch-Correlation-Key: x==\r\nOriginal-Message-ID: <7@corp.example>\r\n",
            Disposition("deleted", "kim@customer.example", "<7@corp.example>", automatic=True),
        ),
        (  # Apple's and old ones with brackets and modifiers
            "Final-Recipient: <kim@customer.example>\r\nDisposition: manual-action/MDN-sent-manually; "
            "displayed/error\r\nError: x\r\n",
            Disposition("displayed", "kim@customer.example"),
        ),
        ("Disposition: automatic-action/x;processed\r\n", Disposition("processed", automatic=True)),
        ("\r\nDisposition:manual-action/MDN-sent-manually;displayed", Disposition("displayed")),
        ("Disposition: seen\r\n", None),
        ("", None),
    ],
)
def test_a_receipt_says_what_became_of_which_mail(body: str, said: Disposition | None) -> None:
    kind = "multipart/report; report-type=disposition-notification"
    read = mail(kind, ("Content-Type: text/plain", "Your mail was read."), (MDN, body))
    assert (read.kind, read.disposition) == ("receipt", said)


def test_a_complaint_says_of_which_mail() -> None:
    read = mail(
        "multipart/report; report-type=feedback-report",
        ("Content-Type: text/plain", "This is an abuse report."),
        (
            "Content-Type: message/feedback-report",
            "Feedback-Type: abuse\r\nUser-Agent: Provider-FBL/1.0\r\nVersion: 1\r\nSource-IP: 192.0.2.1\r\n"
            "Original-Rcpt-To: <kim@customer.example>\r\nOriginal-Mail-From: <news@corp.example>\r\n",
        ),
        (
            "Content-Type: message/rfc822",
            "From: Corp <news@corp.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
            "Message-ID: <9@corp.example>\r\n\r\nhello",
        ),
    )
    assert read.kind == "feedback"
    assert read.feedback == Feedback(
        type="abuse",
        recipient="kim@customer.example",
        source="192.0.2.1",
        original_id="<9@corp.example>",
        original_from="news@corp.example",
        original_subject="Grüße",
    )


def test_a_complaint_with_headers_alone_and_without_a_named_type() -> None:
    read = mail(
        "multipart/report",
        ("Content-Type: message/feedback-report", "Feedback-Type: Not-Spam\r\nSource-IP: a host\r\n"),
        ("Content-Type: text/rfc822-headers", "Subject: Sale\r\nMessage-ID: <9@corp.example>\r\n"),
    )
    assert read.feedback == Feedback(type="not-spam", original_id="<9@corp.example>", original_subject="Sale")


@given(st.binary(max_size=300), st.sampled_from([MDN, "Content-Type: message/feedback-report", GMAIL, RFC]))
def test_no_report_raises(body: bytes, fields: str) -> None:
    read = mail("multipart/report", ("Content-Type: text/plain", "x"), (fields, body), head=ANSWERS)
    assert "the reader failed" not in " ".join(read.problems)
