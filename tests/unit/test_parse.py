"""The whole reader on one mail: what it promises whatever the octets are."""

import hashlib
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.mail.filenames import label
from bridge.mail.parse import nothing, read_mail, rescue, take_part

HEAD = (
    b"From: Ann <ann@corp.example>\r\nSubject: x\r\nMessage-ID: <1@corp.example>\r\n"
    b"Date: Sat, 21 Nov 2026 22:00:00 +0100\r\n"
)


def strings(mail: Mail) -> list[str]:
    addresses = [*mail.from_, *mail.reply_to, *mail.to, *mail.cc]
    return [
        mail.message_id,
        mail.subject,
        mail.kind_why,
        mail.text,
        mail.html,
        *mail.in_reply_to,
        *mail.references,
        *mail.problems,
        *(text for pair in mail.headers for text in pair),
        *(text for part in mail.attachments for text in (part.name, part.type, part.content_id)),
        *(address.shown for address in addresses),
    ]


def assert_sound(mail: Mail) -> None:
    for text in strings(mail):
        text.encode()  # no surrogates
        assert not [c for c in text if c < " " and c not in "\n\t"]
    for text in (mail.subject, mail.message_id, *(part.name for part in mail.attachments)):
        assert "\n" not in text
    assert len(mail.content) == 64


PIECES = (
    *(b"From: a@b.example\r\n", b"Subject: =?utf-8?q?x=0Ay?=\r\n", b"Date: x\r\n", b" folded\r\n", b"\r\n", b"\n"),
    *(b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"--", b"QUJD"),
    *(b"Content-Type: message/rfc822\r\n", b"Content-Transfer-Encoding: base64\r\n", b"--b\r\n", b"--b--\r\n"),
    *(b"Content-Disposition: attachment; filename*0*=x'y'%00z\r\n", b"Content-ID: <i>\r\n", b"<p>x", b"\xff\xfe\x00"),
)
pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=40).map(b"".join)


@given(pieces)
def test_it_never_raises_and_all_strings_are_sound(raw: bytes) -> None:
    mail = read_mail(raw)
    assert_sound(mail)
    assert not [problem for problem in mail.problems if "failed" in problem]
    assert mail.size == len(raw)
    for part in mail.attachments:
        data = take_part(raw, part.index)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (part.size, part.sha256)


@given(pieces)
def test_the_rescue_never_raises(raw: bytes) -> None:
    mail = rescue(raw, "why")
    assert_sound(mail)
    assert (mail.unreadable, mail.problems) == (True, ("why",))


def test_the_rescue_gives_the_simple_fields() -> None:
    mail = rescue(HEAD + b"\r\nbody\r\nSubject: not this", "why")
    assert (mail.subject, mail.message_id, mail.date) == ("x", "<1@corp.example>", 1795294800.0)
    assert mail.author is not None
    assert mail.author.spec == "ann@corp.example"


def test_nothing_is_still_a_mail() -> None:
    assert_sound(nothing("0" * 64, 3, "why"))


def test_a_part_that_is_none_is_permanent() -> None:
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"
    assert take_part(raw, 1) == b"x"
    for index in (0, 2, -1):  # a container, none, none
        with pytest.raises(Permanent):
            take_part(raw, index)


def standard(text: str, encoding: str, *, extra: bytes = b"") -> bytes:
    """A mail made by the standard library: text, HTML and an attachment, in the transfer encoding asked for."""
    mail = EmailMessage()
    mail["From"] = "Ann <ann@corp.example>"
    mail["Date"] = "Sat, 21 Nov 2026 22:00:00 +0100"
    mail["Subject"] = "x"
    mail.set_content(text, cte=encoding)
    mail.add_alternative(f"<p>{text}</p>", subtype="html", cte=encoding)
    mail.add_attachment(b"\x00\x01binary", "image", "png", filename="ü.png")
    return extra + mail.as_bytes()


def test_two_doors_give_one_content() -> None:
    first = read_mail(standard("naïve café\n", "quoted-printable"))
    for raw in (
        standard("naïve café\n", "base64", extra=b"Return-Path: <x@y.example>\nReceived: by z; now\n"),
        standard("naïve café\n", "8bit").replace(b"\n", b"\r\n") + b"\r\n\r\n",
    ):
        other = read_mail(raw)
        assert other.content == first.content
        assert other.text == first.text
    assert first.attachments[0].name == "ü.png"
    assert read_mail(HEAD + b"\r\nbody").content == read_mail(HEAD + b"\r\nbody\r\n\r\n").content


def test_senders_that_cannot_be_read_tell_mails_apart_too() -> None:
    written = (b"((((", b"a:a:", b"<<<<", b"=?utf-8?q?Pump_1?=", b"=?utf-8?q?Pump_2?=", b"")
    assert len({read_mail(b"From: %s\r\nSubject: Full\r\n\r\nx" % each).content for each in written}) == len(written)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"ann@", b"bob@"),
        (b"22:00", b"22:01"),
        (b"Subject: x", b"Subject: y"),
        (b"caf", b"kaf"),
        (b"image/png", b"image/gif"),
    ],
)
def test_another_mail_has_another_content(old: bytes, new: bytes) -> None:
    raw = standard("naïve café\n", "quoted-printable")
    assert old in raw
    assert read_mail(raw.replace(old, new)).content != read_mail(raw).content


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\report.pdf", "report.pdf"),
        ("..", "unnamed.bin"),
        ("", "unnamed.bin"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\x00b\r\nc.txt", "ab c.txt"),
        ("cafe\u0301.txt", "café.txt"),
        ("what?.txt", "what_.txt"),
        (".hidden", "hidden"),
        ("x" * 500 + ".tar.gz", "x" * 116 + "….gz"),
    ],
)
def test_names_of_files_are_labels(written: str, shown: str) -> None:
    assert label(written) == shown
    assert len(label(written)) <= 120


def test_the_text_is_taken_from_html_when_its_own_is_empty() -> None:
    parts = b"--b\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>shown</p>\r\n--b--\r\n"
    mail = read_mail(HEAD + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n" + parts)
    assert (mail.text, mail.html) == ("shown", "<p>shown</p>")


def test_the_order_of_alternatives_does_not_matter() -> None:
    plainly, richly = b"--b\r\n\r\nread me\r\n", b"--b\r\nContent-Type: text/html\r\n\r\n<p>shown</p>\r\n"
    for parts in (plainly + richly, richly + plainly):
        mail = read_mail(HEAD + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
        assert (mail.text, mail.html) == ("read me", "<p>shown</p>")


def test_headers_are_kept_in_order_and_decoded() -> None:
    mail = read_mail(b"X-A: 1\r\nx-a: =?utf-8?q?=C3=A4?=\r\nReceived: a\r\nReceived: b\r\n\r\n")
    assert mail.headers == (("X-A", "1"), ("x-a", "ä"), ("Received", "a"), ("Received", "b"))
    assert mail.header("X-a") == ("1", "ä")
    assert mail.hops == 2


@pytest.mark.parametrize(
    ("raw", "subject", "text"),
    [
        (b"From someone Sat Nov 21\nSubject: s\n\nx", "s", "x"),
        (b"\r\n\r\nSubject: s\r\n\r\nx", "s", "x"),
        (b"Received: from a\nby b\nwith SMTP; today\nSubject: s\n\nx", "s", "x"),
        (b"Subject: s\nno field at all\n\nx", "s", "no field at all\n\nx"),
        (b"Subject: s\nno field at all\nFrom: a@b.example\n\nx", "s", "x"),
        (b"Subject : s\r\n\r\nx", "s", "x"),
        (b"Subject: s", "s", ""),
        (b"just words", "", "just words"),
        (b"", "", ""),
    ],
)
def test_broken_heads_are_read_forgivingly(raw: bytes, subject: str, text: str) -> None:
    mail = read_mail(raw)
    assert (mail.subject, mail.text) == (subject, text)


def test_two_authors_are_no_author() -> None:
    mail = read_mail(b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nx")
    assert mail.author is None
    assert "several authors in From" in mail.problems
