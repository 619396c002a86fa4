"""A delivery report in the standard form (RFC 3464) is read whole, also where it is not quite in that form."""

import pytest

from bridge.core.bounces import Failure
from bridge.mail.parse import read_mail
from tests.unit.reports import bounce, dsn, letter, only


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
