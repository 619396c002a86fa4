"""Sealed, signed, partial and wrongly encoded mail says so in its room, in the room's language, and is never empty."""

import pytest

from bridge.core.decision import Looks
from bridge.core.looking import look
from bridge.core.words import DE, EN
from bridge.mail.parse import read_mail
from tests.unit.worlds import a_mail

HEAD = b"From: Rita <rita@bank.example>\r\nSubject: Contract\r\nMIME-Version: 1.0\r\n"
ENCRYPTED = "[🔒 This mail is encrypted, wholly or in part, and was not opened here.]"
SIGNED = "[✍ This mail is signed, wholly or in part. The signature was not checked.]"
ARMOURED = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0\r\n-----END PGP MESSAGE-----"


def several(kind: bytes, *parts: bytes) -> bytes:
    return b"Content-Type: " + kind + b"; boundary=x\r\n\r\n--x\r\n" + b"\r\n--x\r\n".join(parts) + b"\r\n--x--\r\n"


def shown(raw: bytes) -> str:
    return look(read_mail(HEAD + raw), Looks(), EN, frozenset()).text


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\n0x",
        several(
            b"multipart/encrypted; protocol=application/pgp-encrypted",
            b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
            b"Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n" + ARMOURED.encode(),
        ),
    ],
)
def test_an_encrypted_mail_is_no_riddle_but_one_line(raw: bytes) -> None:
    assert shown(raw) == ENCRYPTED


def test_text_that_is_encrypted_within_itself_is_told_above_it() -> None:
    assert shown(b"Content-Type: text/plain\r\n\r\n" + ARMOURED.encode()) == (
        ENCRYPTED + "\n\n" + ARMOURED.replace("\r\n", "\n")
    )


@pytest.mark.parametrize(
    "raw",
    [
        several(
            b"multipart/signed; protocol=application/pkcs7-signature",
            b"Content-Type: text/plain\r\n\r\nAgreed.",
            b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n0x",
        ),
        b"Content-Type: text/plain\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nAgreed.\r\n"
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQE\r\n-----END PGP SIGNATURE-----",
    ],
)
def test_a_signed_mail_says_that_nobody_checked_it(raw: bytes) -> None:
    assert shown(raw) == f"{SIGNED}\n\nAgreed."


def test_each_room_hears_it_in_its_language_also_above_html() -> None:
    mail = a_mail(text="Ja.", html="<p>Ja.</p>", problems=("signed: the signature was not checked",))
    seen = look(mail, Looks(language="de"), DE, frozenset())
    line = "[✍ Diese Mail ist signiert, ganz oder teilweise. Die Signatur wurde nicht geprüft.]"
    assert (seen.text, seen.html) == (f"{line}\n\nJa.", f"<p><em>{line}</em></p><p>Ja.</p>")


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (
            b"Content-Type: message/partial; number=2; total=3; id=a@b\r\n\r\nx",
            "[This is one part of a mail that was sent in several.]",
        ),
        (
            b"Content-Type: message/external-body; access-type=url\r\n\r\nContent-Type: text/plain\r\n\r\n",
            "[A part of this mail lies elsewhere and was not fetched.]",
        ),
        (
            several(
                b"multipart/mixed",
                b"Content-Type: text/plain\r\n\r\nSee the scan.",
                b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n%PDF !!!! @@@@",
            ),
            "[A part of this mail was encoded wrongly: its text or a file may not be whole.]\n\nSee the scan.",
        ),
    ],
)
def test_what_did_not_come_whole_is_told(raw: bytes, line: str) -> None:
    assert shown(raw) == line


def test_of_problems_that_change_nothing_for_readers_nothing_is_said() -> None:
    mail = a_mail(text="Hello", problems=("Date is no date", "more than one Subject field"))
    assert look(mail, Looks(), EN, frozenset()).text == "Hello"
