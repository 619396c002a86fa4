"""An enclosed mail comes out octet for octet, whatever it holds, from a row or from a file."""

import base64
import email
from email.message import Message
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.addresses import Address
from bridge.core.errors import Permanent
from bridge.core.mail import Draft
from bridge.core.plan import Raw
from bridge.core.ports import Outgoing
from bridge.mail import enclosing
from bridge.mail.compose import compose
from bridge.mail.enclosing import BLOCK, blocks, enclose

DRAFT = Draft(
    message_id="<k1@corp.example>",
    date=1_794_000_000.0,
    from_=Address("support", "corp.example", "Customer support"),
    mail_from="support@corp.example",
    to=(Address("boss", "x.example"),),
    cc=(),
    subject="Fwd: Order 7",
    text="The original is attached.",
    auto="auto-generated",
    loop=("other", "0123456789abcdef"),
    original="smtp:1",
)
ORIGINAL = b"Subject: x\r\nFrom: a@x.example\r\n\r\nHello\r\n.\r\n..\r\nFrom here\r\n"


def written(octets: bytes) -> bytes:
    return b"".join(blocks(enclose(DRAFT, Raw(octets))))


def enclosed(octets: bytes, kind: str) -> bytes:
    """What stands in the part, taken out by its boundary and nothing else."""
    head, _, rest = octets.partition(f"Content-Type: {kind}".encode())
    boundary = head.rpartition(b"\r\n--")[2].partition(b"\r\n")[0]
    return rest.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--" + boundary + b"--")[0]


def test_it_is_a_mail_with_a_mail_in_it() -> None:
    octets = written(ORIGINAL)
    read = email.message_from_bytes(octets, policy=default)
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["X-Mailroom-Loop"] == "other 0123456789abcdef"
    assert read["Subject"] == "Fwd: Order 7"
    (part,) = read.iter_attachments()
    assert "The original is attached." in str(read)
    assert part.get_content_type() == "message/rfc822"
    assert part.get_filename() == "original.eml"
    assert part["Content-Transfer-Encoding"] == "7bit"
    (inner,) = part.get_payload()
    assert isinstance(inner, Message)
    assert inner["From"] == "a@x.example"
    assert enclosed(octets, "message/rfc822") == ORIGINAL


def test_8_bit_text_stays_8_bit_and_asks_for_a_server_that_takes_it() -> None:
    original = "Subject: x\r\n\r\nGrüße\r\n".encode()
    outgoing = enclose(DRAFT, Raw(original))
    assert outgoing.eight_bit
    assert not outgoing.coded
    assert enclosed(b"".join(blocks(outgoing)), "message/rfc822") == original


@pytest.mark.parametrize(
    "original",
    [
        "Subject: Grüße\r\n\r\nx\r\n".encode(),
        b"Subject: x\r\n\r\n" + b"y" * 999 + b"\r\n",
        b"Subject: x\r\n\r\n" + b"y" * 999,
        b"Subject: x\r\n\r\n" + b"y" * 5000,
        b"Subject: x\r\n\r\na\0b\r\n",
        b"Subject: x\r\n\r\na\nb\r\n",
        b"Subject: x\r\n\r\na\rb\r\n",
        b"X: y\r\n" * (BLOCK // 6 + 5) + b"\r\nx\r\n",
    ],
)
def test_what_no_server_carries_unchanged_is_encoded(original: bytes) -> None:
    outgoing = enclose(DRAFT, Raw(original))
    assert outgoing.coded
    assert not outgoing.eight_bit
    octets = b"".join(blocks(outgoing))
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    inner = enclosed(octets, "message/global")
    assert base64.b64decode(inner) == original


@pytest.mark.parametrize(
    "original", [b"", b"\r\n", b"\r\nbody\r\n", b"Subject: only a header\r\n", b"no line end", b"\r\n" + b"y" * 998]
)
def test_odd_but_harmless_mail_is_enclosed_as_it_is(original: bytes) -> None:
    assert enclosed(written(original), "message/rfc822") == original


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"\r\n", b"\r\n.", b"\r", b"\n", b"--=_", b"x" * 998, b"x" * 999, "ü".encode(), b"\r\n\r\n"]
            ),
        ),
        max_size=12,
    ).map(b"".join),
    st.integers(1, 60),
)
def test_any_octets_come_out_again_and_the_size_is_told_right(original: bytes, block: int) -> None:
    before, enclosing.BLOCK = enclosing.BLOCK, block * 57
    try:
        outgoing = enclose(DRAFT, Raw(original))
        octets = b"".join(blocks(outgoing))
    finally:
        enclosing.BLOCK = before
    assert len(octets) == outgoing.size
    assert octets.isascii() or outgoing.eight_bit
    if outgoing.coded:
        assert base64.b64decode(enclosed(octets, "message/global")) == original
    else:
        assert enclosed(octets, "message/rfc822") == original
        assert max(map(len, octets.split(b"\r\n"))) <= 998


def test_a_large_original_stays_in_its_file(tmp_path: Path) -> None:
    original = b"Subject: x\r\n\r\n" + b"0123456789\r\n" * 100_000
    (tmp_path / "mail").write_bytes(original)
    outgoing = enclose(DRAFT, Raw(path=str(tmp_path / "mail")))
    assert max(map(len, blocks(outgoing))) <= BLOCK
    assert enclosed(b"".join(blocks(outgoing)), "message/rfc822") == original


def test_an_original_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no longer kept"):
        enclose(DRAFT, Raw(path=str(tmp_path / "gone")))


def test_it_is_never_composed_without_its_original() -> None:
    with pytest.raises(Permanent, match="encloses"):
        compose(DRAFT)


def test_the_same_draft_gives_the_same_octets() -> None:
    assert isinstance(enclose(DRAFT, Raw(ORIGINAL)), Outgoing)
    assert written(ORIGINAL) == written(ORIGINAL)
