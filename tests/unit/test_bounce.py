"""What is no delivery report is none; codes are told from other numbers; no report raises or takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail.bounce import codes, reasons
from bridge.mail.parse import read_mail
from tests.unit.reports import bounce, dsn, letter


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
        letter(
            "no-reply@parcels.example",
            "Delivery failed: parcel 7",
            "Dear uma@far.example, your parcel could not be delivered. Nobody was at home.",
        ),
        letter(
            "Your shop <orders@shop.example>",
            "Message delivery failed",
            "We could not deliver your greeting card to the following recipient:",
            "",
            "uma@far.example",
            more=("Auto-Submitted: auto-generated",),
        ),
        letter("shop@far.example", "Delivery failed: parcel 7", "We could not deliver your parcel to uma@far.example."),
    ],
)
def test_what_people_write_of_reports_is_none(raw: bytes) -> None:
    mail = read_mail(raw)
    assert mail.bounce is None
    assert mail.kind != "bounce"


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
