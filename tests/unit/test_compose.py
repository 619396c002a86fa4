"""A composed mail says what the draft says, in octets that any mail server carries, the same ones each time."""

import email
import re
import subprocess
import sys
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address, parse_spec
from bridge.core.errors import Permanent
from bridge.core.mail import Draft, Media
from bridge.mail.compose import compose, needs_smtputf8

DESK = Address("support", "corp.example", "Ann at Corp")
DRAFT = Draft(
    message_id="<k1@corp.example>",
    date=1_794_000_000.0,
    from_=DESK,
    mail_from="support@corp.example",
    to=(Address("bob", "x.example", "Bob, Iwu"),),
    cc=(Address("eva", "y.example"),),
    subject="Re: Your order",
    text="Hello\n",
)


def change(**changes: object) -> Draft:
    """DRAFT with other fields."""
    return Draft(**{name: getattr(DRAFT, name) for name in Draft.__slots__} | changes)


def read(octets: bytes) -> EmailMessage:
    """As a mail program reads it."""
    message = email.message_from_bytes(octets, policy=default)
    assert isinstance(message, EmailMessage)
    return message


printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=80)
addresses = st.builds(
    Address,
    st.sampled_from(["ann", "a.b", "x+y", '"a b"', '"a@b"', "o'neil", "=?utf-8?q?x?="]),
    st.sampled_from(["x.example", "[192.0.2.1]", "bücher.example", "xn--bcher-kva.example"]),
    printable,
)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)


@settings(max_examples=100, deadline=None)
@given(
    subject=printable.map(lambda one: one.strip()),
    to=st.lists(addresses, min_size=1, max_size=4),
    cc=st.lists(addresses, max_size=3),
    text=texts,
    html=texts,
    file=st.binary(max_size=300),
    name=printable,
)
def test_what_is_written_is_read_and_the_octets_are_always_the_same(
    subject: str, to: list[Address], cc: list[Address], text: str, html: str, file: bytes, name: str
) -> None:
    media = (Media("mxc://s/1", name, "image/png"),)
    draft = change(subject=subject, to=tuple(to), cc=tuple(cc), text=text, html=html, media=media)
    octets = compose(draft, [file])  # compose itself compares every field with the draft
    assert octets == compose(draft, [file])
    assert octets.isascii()
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert max(len(line) for line in octets.split(b"\r\n")) <= 998
    body = octets.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n") if not line.startswith(b" ")) <= 78
    (attachment,) = read(octets).iter_attachments()
    assert attachment.get_content() == file


def test_a_mail_to_an_address_literal_can_be_sent() -> None:
    octets = compose(change(to=(Address("ann", "[192.0.2.1]", "Ann"),), cc=(Address("eva", "[192.0.2.1]"),)))
    assert b"\r\nTo: Ann <ann@[192.0.2.1]>\r\nCc: eva@[192.0.2.1]\r\n" in octets


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), max_size=500))
def test_the_text_comes_back_line_by_line(text: str) -> None:
    part = read(compose(change(text=text))).get_body(("plain",)).get_content()
    assert part.replace("\r\n", "\n") == text.strip("\n") + "\n"


def test_another_process_makes_the_same_octets() -> None:
    code = "from tests.unit.test_compose import *; import sys; sys.stdout.buffer.write(compose(DRAFT))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == compose(DRAFT)


def test_the_fields_are_exactly_these_in_this_order() -> None:
    draft = change(in_reply_to="<p@x.example>", references=("<r@x.example>", "<p@x.example>"))
    assert read(compose(draft)).keys() == [
        *("Date", "From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "MIME-Version"),
        "Content-Type",
    ]
    assert read(compose(change(cc=()))).keys() == [
        *("Date", "From", "To", "Subject", "Message-ID", "MIME-Version"),
        "Content-Type",
    ]


def test_the_date_is_the_drafts_in_utc() -> None:
    assert b"Date: Fri, 06 Nov 2026 21:20:00 +0000\r\n" in compose(DRAFT)


def test_text_and_html_stand_beside_each_other_and_files_behind() -> None:
    media = (Media("mxc://s/1", "a.pdf", "application/pdf"), Media("mxc://s/2", "b.eml", "message/rfc822"))
    message = read(compose(change(media=media), [b"%PDF", b"From: x\n"]))
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "text/html"),
        *("application/pdf", "application/octet-stream"),
    ]
    assert [part.get_filename() for part in message.iter_attachments()] == ["a.pdf", "b.eml"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\x.doc", "x.doc"),
        ("Ünï 1.pdf", "Ünï 1.pdf"),
        ('a"b.txt', 'a"b.txt'),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("", "attachment"),
        ("..", "attachment"),
        ("x" * 300 + ".tar", "x" * 116 + ".tar"),
        ("ä" * 110 + ".pdf", "ä" * 110 + ".pdf"),
        ("=?utf-8?q?x?=.txt", "=?utf-8?q?x?=.txt"),
    ],
)
def test_a_file_name_is_a_label(name: str, label: str) -> None:
    message = read(compose(change(media=(Media("mxc://s/1", name, "text/plain"),)), [b"x"]))
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == label


@pytest.mark.parametrize("size", [0, 1, 57, 57 * 64, 57 * 64 + 1, 57 * 70 + 3, 300_000])
def test_files_of_any_size_arrive_whole(size: int) -> None:
    data = bytes(number * 7 % 256 for number in range(size))
    media = (Media("mxc://s/1", "a.bin", "application/zip"), Media("mxc://s/2", "b.bin", "application/zip"))
    message = read(compose(change(media=media), [data, data[::-1]]))
    assert [part.get_content() for part in message.iter_attachments()] == [data, data[::-1]]


def test_an_addr_spec_is_never_encoded_and_a_name_always_where_it_must_be() -> None:
    octets = compose(change(to=(Address("jürgen", "bücher.example", "Jürgen"), Address("b", "bücher.example"))))
    assert " <jürgen@bücher.example>,".encode() in octets
    assert b" b@xn--bcher-kva.example\r\n" in octets
    assert b"=?utf-8?" in octets


@pytest.mark.parametrize(
    ("spec", "needed"),
    [
        ("ann@x.example", False),
        ("ann@bücher.example", False),
        ("jürgen@x.example", True),
        ("ann@straße.example", True),  # its A-label of old names another domain
    ],
)
def test_smtputf8_is_needed_only_where_no_ascii_form_exists(spec: str, needed: bool) -> None:
    address = parse_spec(spec)
    assert address is not None
    assert needs_smtputf8(change(to=(address,))) is needed
    assert compose(change(to=(address,))).isascii() is not needed


def test_a_long_chain_keeps_its_root_and_its_end_and_no_id_is_broken() -> None:
    chain = tuple(f"<{'n' * 120}{number}@x.example>" for number in range(200))
    octets = compose(change(references=chain, in_reply_to=chain[-1]))
    kept = str(read(octets)["References"]).split()
    assert kept == [chain[0], *chain[-30:]]
    assert all(octets.count(one.encode()) == (2 if one == chain[-1] else 1) for one in kept)


def test_ids_that_cannot_be_written_are_left_out() -> None:
    draft = change(references=("<a b@x>", "nothing", "<ü@x>", "<ok@x>"), in_reply_to="<a b@x>")
    message = read(compose(draft))
    assert message["References"] == "<ok@x>"
    assert message["In-Reply-To"] is None


def test_an_unseen_copy_leaves_no_trace_in_the_mail() -> None:
    octets = compose(change(bcc=(Address("archive", "corp.example"),)))
    assert octets == compose(DRAFT)
    assert b"bcc" not in octets.lower()


def test_a_mail_is_never_for_unseen_recipients_alone() -> None:
    with pytest.raises(Permanent, match="recipient"):
        compose(change(to=(), cc=(), bcc=(Address("archive", "corp.example"),)))


def test_the_signature_stands_between_the_words_and_the_quotation() -> None:
    message = read(compose(change(signature="Ann & Co\ncorp.example", quote="On Friday, Bob wrote:\n> Where?")))
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert (
        plain.get_content().replace("\r\n", "\n")
        == "Hello\n\n-- \nAnn & Co\ncorp.example\n\nOn Friday, Bob wrote:\n> Where?\n"
    )
    assert (
        html.get_content().index("Hello") < html.get_content().index("Ann &amp; Co") < html.get_content().index("Where")
    )


def test_a_mail_without_recipients_or_with_a_file_missing_is_refused() -> None:
    with pytest.raises(Permanent, match="recipient"):
        compose(change(to=(), cc=()))
    with pytest.raises(Permanent, match="attachments"):
        compose(change(media=(Media("mxc://s/1", "a", "text/plain"),)))


@pytest.mark.parametrize("text", ["From me\n.\n..\n", "trailing  \n\ttab \n", "x" * 5000, "a\rb\r\nc\0d", "\ud800"])
def test_awkward_lines_survive(text: str) -> None:
    octets = compose(change(text=text))
    body = octets.partition(b"\r\n\r\n")[2]
    assert not re.search(rb"(?m)^\.\r?$|^From |[ \t]\r$", body)
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
