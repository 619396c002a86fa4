"""Transfer encodings as real programs and servers break them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail import transfer


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (b"one=20two=\r\nthree", b"one twothree"),
        (b"one= \r\ntwo=\t\t\nthree", b"onetwothree"),
        (b"caf=c3=a9", "café".encode()),
        (b"half =3D=3", b"half ==3"),
        (b"the end=", b"the end"),
        (b"5 =ZZ 6", b"5 =ZZ 6"),
        (b"old=\rapple\rlines=\r", b"oldapple\rlines"),
    ],
)
def test_quoted_printable_with_faults_is_read(written: bytes, octets: bytes) -> None:
    assert transfer.decode(written, "quoted-printable") == (octets, "")


@pytest.mark.parametrize(
    ("written", "octets"),
    [
        (b"aGVsbG8gdGhlcmU=", b"hello there"),
        (b"aGVsbG8gdGhlcmU", b"hello there"),
        (b"aGVs\r\nbG8g\r\n\r\ndGhl  cmU=\r\n", b"hello there"),
        (b"aGVs!bG8-gdG:hlcmU=", b"hello there"),
        (b"aGVsbG8=\r\nIHRoZXJl\r\n", b"hello there"),
        (b"aA==\naQ==\nag==\n", b"hij"),
        (b"aGVsbG8gdGhlcmU==", b"hello there"),
        (b"aGVsbG8gdGhlcmUx=", b"hello there1"),
        (b"=", b""),
        (b"a", b""),
    ],
)
def test_base64_with_faults_is_read(written: bytes, octets: bytes) -> None:
    assert transfer.decode(written, "base64", text=True) == (octets, "")


@pytest.mark.parametrize(
    "footer",
    [
        b"____________\nlist mailing list\nlist@lists.example",
        b"-- \r\nSent through the gateway: read it",
        b"unsubscribe!",
    ],
)
def test_a_footer_that_a_server_put_below_base64_is_text(footer: bytes) -> None:
    written = b"aGVsbG8gdGhlcmU=\r\n" + footer
    assert transfer.decode(written, "base64", text=True) == (b"hello there\n" + footer, "broken base64")
    assert transfer.decode(written, "base64") == (b"hello there", "broken base64")


@pytest.mark.parametrize("written", ["base64", '"base64"', "base64 (rfc 2045)", "base-64", "base64."])
def test_a_name_is_known_in_any_dress(written: str) -> None:
    assert transfer.decode(b"aGk=", transfer.name(written)) == (b"hi", "")


def test_what_is_unknown_stays_as_it_is() -> None:
    assert transfer.decode(b"aGk=", "x-zip") == (b"aGk=", "unknown transfer encoding")


@given(st.binary(max_size=400), st.sampled_from(["base64", "quoted-printable", "uuencode"]))
def test_whatever_is_there_is_never_more_than_what_came(data: bytes, encoding: str) -> None:
    assert len(transfer.decode(data, encoding, text=True)[0]) <= len(data) + 1
