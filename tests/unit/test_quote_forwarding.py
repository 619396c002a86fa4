"""Mail passed on within a text is read: who wrote it, when, under which subject, and what it said."""

import pytest

from bridge.core.addresses import Address
from bridge.core.body import Forwarded
from bridge.mail.parse import read_mail
from bridge.mail.quote.forwarding import MOST, forwarded
from bridge.mail.quote.splitting import pieces

IDA = Address("ida", "yard.example", "Ida Holm")
BO = Address("bo", "yard.example")

CLIENTS = {
    "Gmail": (
        "Can you take this?\n\n---------- Forwarded message ---------\nFrom: Ida Holm <ida@yard.example>\n"
        "Date: Tue, Mar 3, 2026 at 10:12 AM\nSubject: The crane\nTo: Bo <bo@yard.example>\n\n\nIt is stuck.\n\nIda\n",
        Forwarded((IDA,), "Tue, Mar 3, 2026 at 10:12 AM", "The crane", "It is stuck.\n\nIda"),
    ),
    "Apple, marked": (
        "Begin forwarded message:\n\n> From: Ida Holm <ida@yard.example>\n> Subject: The crane\n"
        "> Date: 3 March 2026 at 10:12:00 CET\n> To: bo@yard.example\n> \n> It is stuck.\n",
        Forwarded((IDA,), "3 March 2026 at 10:12:00 CET", "The crane", "It is stuck."),
    ),
    "Outlook, in German, nothing above": (
        "Von: Ida Holm <ida@yard.example>\nGesendet: Dienstag, 3. März 2026 10:12\nAn: Bo <bo@yard.example>\n"
        "Betreff: Der Kran\n\nEr klemmt.\n",
        Forwarded((IDA,), "Dienstag, 3. März 2026 10:12", "Der Kran", "Er klemmt."),
    ),
    "Outlook's older address": (
        "-----Original Message-----\nFrom: Ida Holm [mailto:ida@yard.example]\nSent: Tuesday, March 03, 2026 10:12 AM\n"
        "To: Bo\nSubject: The crane\n\nIt is stuck.\n",
        Forwarded((IDA,), "Tuesday, March 03, 2026 10:12 AM", "The crane", "It is stuck."),
    ),
    "Thunderbird, in French": (
        "Voir ci-dessous.\n\n-------- Message transféré --------\nSujet : \tLa grue\n"
        "Date : \tTue, 3 Mar 2026 10:12:00 +0100\n"
        "De : \tIda Holm <ida@yard.example>\nPour : \tbo@yard.example\n\nElle est bloquée.\n",
        Forwarded((IDA,), "Tue, 3 Mar 2026 10:12:00 +0100", "La grue", "Elle est bloquée."),
    ),
    "a subject of two lines": (
        "---------- Forwarded message ----------\nFrom: <bo@yard.example>\nSubject: The crane that stands at the "
        "end of the\n"
        "second quay\nTo: ida@yard.example\n\nIs it ours?\n",
        Forwarded((BO,), "", "The crane that stands at the end of the second quay", "Is it ours?"),
    ),
    "no header block": (
        "---------- Forwarded message ----------\nIt is stuck.\n",
        Forwarded(text="It is stuck."),
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_who_when_what(client: str) -> None:
    text, wanted = CLIENTS[client]
    assert forwarded(pieces(text)) == (wanted,)


def test_mail_passed_on_twice_is_two_mails() -> None:
    text = (
        "Again.\n\n---------- Forwarded message ---------\nFrom: <bo@yard.example>\nDate: 4 Mar 2026\n"
        "Subject: Fwd: The crane\n\n"
        "See below.\n\n---------- Forwarded message ---------\nFrom: Ida Holm <ida@yard.example>\nDate: 3 Mar 2026\n"
        "Subject: The crane\n\nIt is stuck.\n"
    )
    assert forwarded(pieces(text)) == (
        Forwarded((BO,), "4 Mar 2026", "Fwd: The crane", "See below."),
        Forwarded((IDA,), "3 Mar 2026", "The crane", "It is stuck."),
    )


def test_no_more_than_some_are_read() -> None:
    one = "---------- Forwarded message ---------\nFrom: <bo@yard.example>\nSubject: a\n\nb\n\n"
    assert len(forwarded(pieces(one * (MOST + 10)))) == MOST


def test_what_an_answer_quotes_is_not_passed_on() -> None:
    text = "No.\n\nFrom: Ida Holm <ida@yard.example>\nSent: 3 March 2026\nTo: Bo\nSubject: The crane\n\nIs it stuck?\n"
    assert forwarded(pieces(text)) == ()
    assert forwarded(pieces(text, forward=True))[0].from_ == (IDA,)


def test_the_subject_of_the_mail_decides_whether_a_block_is_passed_on() -> None:
    body = "See below.\n\nFrom: Ida Holm <ida@yard.example>\nSent: 3 March 2026\nTo: Bo\n"
    body += "Subject: The crane\n\nIt is stuck.\n"
    for subject, count in (("FW: The crane", 1), ("RE: The crane", 0), ("WG: Der Kran", 1)):
        mail = read_mail(f"From: bo@yard.example\nSubject: {subject}\n\n{body}".encode())
        assert len(mail.forwarded) == count, subject
