"""Nothing that a correspondent, a room or a file is called can add a line to a mail's header."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.errors import Permanent
from bridge.core.mail import Draft, Media
from bridge.mail.compose import compose
from bridge.mail.outverify import Intended, verify
from tests.unit.test_compose import DRAFT, change, read

BREAKS = ("\r\n", "\n", "\r", "\n\t", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x7f", "\ud800")
EVIL = [
    *(f"x{one}Bcc: evil@e.example" for one in BREAKS),
    "=?UTF-8?Q?x=0ABcc:_evil=40e.example?=",
    "=?utf-8?b?eAoNQmNjOiBlQGUuZXhhbXBsZQ==?=",
    "=?us-ascii?q?x=0D=0A?= =?us-ascii?q?Bcc:_e?=",
    "=?utf-8?q?x=E2=80=A8Bcc:_e?=",
]
TEXTS = {
    "Subject": lambda evil: change(subject=evil),
    "To": lambda evil: change(to=(Address("a", "x.example", evil),)),
    "Cc": lambda evil: change(cc=(Address("a", "x.example", evil),)),
    "From": lambda evil: change(from_=Address("a", "x.example", evil)),
    "file name": lambda evil: change(media=(Media("mxc://s/1", evil, "text/plain"),)),
}
OTHERS = {
    "Message-ID": lambda evil: change(message_id=f"<{evil}@x>"),
    "In-Reply-To": lambda evil: change(in_reply_to=f"<{evil}@x>"),
    "References": lambda evil: change(references=("<ok@x>", f"<{evil}@x>")),
    "To addr-spec": lambda evil: change(to=(Address(evil, "x.example"),)),
    "To domain": lambda evil: change(to=(Address("a", f"x{evil}"),)),
    "attachment type": lambda evil: change(media=(Media("mxc://s/1", "a", f"text/{evil}"),)),
}


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("field", TEXTS)
def test_a_break_in_a_text_is_refused_by_the_name_of_its_field(field: str, evil: str) -> None:
    with pytest.raises(Permanent, match=field):
        compose(TEXTS[field](evil), [b"x"] if field == "file name" else [])


@pytest.mark.parametrize("evil", EVIL[: len(BREAKS)])
@pytest.mark.parametrize("field", OTHERS)
def test_a_break_in_anything_else_is_refused(field: str, evil: str) -> None:
    with pytest.raises(Permanent):
        compose(OTHERS[field](evil), [b"x"] if field == "attachment type" else [])


@settings(max_examples=100, deadline=None)
@given(
    *(st.text(st.sampled_from('\r\n\0\t\x85\u2028 :=?<>@,;"\\()utf-8qBcc') | st.characters(), max_size=60),) * 3,
)
def test_whatever_is_written_the_header_has_the_fields_that_were_meant(subject: str, name: str, file: str) -> None:
    draft = change(
        subject=subject, to=(Address("bob", "x.example", name),), media=(Media("mxc://s/1", file, "text/plain"),)
    )
    try:
        octets = compose(draft, [b"x"])
    except Permanent:
        return
    message = read(octets)
    expected = ["Date", "From", "To", "Cc", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
    assert [key for key in expected if key != "Subject" or subject.strip()] == message.keys()
    lines = octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b":")[0].decode() for line in lines if not line.startswith(b" ")] == message.keys()


def test_a_literal_that_looks_encoded_but_is_harmless_stays_literal() -> None:
    message = compose(change(subject="what is =?utf-8?q?this?= then"))
    assert b"=?utf-8?q?this?=" not in message


def test_a_tab_is_a_space() -> None:
    assert read(compose(change(subject="a\tb")))["Subject"] == "a b"


def intended(draft: Draft) -> Intended:
    return Intended(
        fields=("Date", "From", "To", "Cc", "Subject", "Message-ID", "MIME-Version"),
        date=int(draft.date),
        mailboxes=(("From", (draft.from_,)), ("To", draft.to), ("Cc", draft.cc)),
        subject=draft.subject,
        ids=(("Message-ID", (draft.message_id,)),),
    )


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"Subject:", b"Bcc: evil@e.example\r\nSubject:", "header fields"),
        (b"Cc: eva@y.example\r\n", b"", "header fields"),
        (b"<bob@x.example>", b"<bob@x.example>, evil@e.example", "To"),
        (b"Your order", b"Your odor", "Subject"),
        (b"<k1@", b"<k2@", "Message-ID"),
        (b"eva@", b"evil@", "Cc"),
        (b"2026", b"2025", "Date"),
        (b"Hello\r\n", b"Hello\n", "line breaks"),
        (b"Hello", b"x" * 999, "line length"),
        (b"Content-Type", b"To: evil@e.example\r\nContent-Type", "header fields"),
    ],
)
def test_the_last_guard_sees_every_difference(old: bytes, new: bytes, what: str) -> None:
    good = compose(DRAFT)
    verify(good, intended(DRAFT), [])
    assert old in good
    with pytest.raises(Permanent, match=what):
        verify(good.replace(old, new, 1), intended(DRAFT), [])


@pytest.mark.parametrize("size", [10, 57 * 100])
def test_a_changed_file_is_seen_too(size: int) -> None:
    draft = change(media=(Media("mxc://s/1", "a.bin", "x/y"),))
    octets = compose(draft, [b"x" * size])
    verify(octets, intended(draft), [("a.bin", b"x" * size)])
    for files in ([("b.bin", b"x" * size)], [("a.bin", b"y" * size)], []):
        with pytest.raises(Permanent, match="attachments"):
            verify(octets, intended(draft), files)
