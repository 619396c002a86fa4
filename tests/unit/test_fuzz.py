"""What the reader promises, asked of mails made by chance: of fragments, of octets, and of our own mails damaged.

`make fuzz` asks the same for as long as one likes.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mail.parse import read_mail
from tests.fuzz.checks import CALLS, CALLS_AN_OCTET, calls, check

SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "golden" / "reader").glob("*.eml"))]
FIELDS = (
    *(b"From: Ann <a@b.example>\r\n", b"Subject: =?utf-8?q?x=0Ay?=\r\n", b"Date: x\r\n", b" folded\r\n", b"From\r\n"),
    *(b"To: a@b.example, =?utf-7?b?K0FEdy0=?= <\r\n", b"References: <a@b> <c d@e>\r\n", b"List-Id: <l.example>\r\n"),
    *(b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: multipart/alternative; boundary=b\r\n"),
    *(b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Type: text/plain; format=flowed; delsp=yes\r\n"),
    *(
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: multipart/digest; boundary=b\r\n",
        b"Content-Type: text/html\r\n",
    ),
    *(
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b"Content-Type: text/enriched\r\n",
        b"Content-Type: text/calendar\r\n",
    ),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-ID: <i>\r\n",
    ),
    *(b"Content-Disposition: attachment; filename*0*=x'y'%00z\r\n", b"Content-Type: application/ms-tnef\r\n"),
    *(b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n",),
    *(b"Content-Type: multipart/report; boundary=b; report-type=delivery-status\r\n", b"Precedence: bulk\r\n"),
)
BODIES = (
    *(
        b"\r\n",
        b"\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"--",
        b"QUJD",
        b"=3D= \r\n",
        b"<p>x",
        b"\xff\xfe\x00",
        b"> quoted\r\n",
    ),
    *(
        b"On Mon, Jan 1, 2026, Ann <a@b.example> wrote:\r\n",
        b"-- \r\n",
        b"begin 644 x\r\n",
        b"+ADw-",
        b"\x1b$B",
        b"words \r\n",
    ),
    *(
        b"<blockquote class=gmail_quote>",
        b"<div style='display:none'>",
        b"<table><tr><td>",
        b"</table>",
        b"<img src=cid:i>",
    ),
    *(
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\n",
        b"-----BEGIN PGP SIGNATURE-----\r\n",
        b"-----END PGP SIGNATURE-----\r\n",
    ),
    *(
        b"-----Original Message-----\r\n",
        b"BEGIN:VCALENDAR\r\n",
        b"BEGIN:VEVENT\r\n",
        b"END:VEVENT\r\n",
        "Grüße\r\n".encode("cp1252"),
    ),
)
fragments = st.lists(st.sampled_from(FIELDS + BODIES) | st.binary(max_size=20), max_size=40).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """One of our mails with pieces cut out, doubled, put elsewhere, overwritten, or of another of them."""
    raw = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = draw(st.integers(start, min(len(raw), start + 400)))
        other = draw(st.sampled_from(SAMPLES))
        away = draw(st.integers(0, len(other)))
        new = draw(st.sampled_from([b"", raw[start:end] * 2, *FIELDS, *BODIES]) | st.just(other[away : away + 300]))
        raw = raw[:start] + new + raw[end:]
    return raw


@settings(deadline=None)
@given(fragments)
def test_fragments_of_mail_keep_every_promise(raw: bytes) -> None:
    check(raw)


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_any_octets_keep_every_promise(raw: bytes) -> None:
    check(raw)


@settings(deadline=None)
@given(damaged())
def test_damaged_mail_keeps_every_promise(raw: bytes) -> None:
    check(raw)


@settings(deadline=None)
@given(st.lists(st.sampled_from(FIELDS + BODIES) | st.binary(max_size=6), min_size=1, max_size=5).map(b"".join))
def test_what_is_repeated_costs_no_more_than_its_length(fragment: bytes) -> None:
    raw = b"From: a@b.example\r\n" + fragment * (8_000 // max(len(fragment), 1))
    assert calls(lambda: read_mail(raw)) <= CALLS + CALLS_AN_OCTET * len(raw)


@pytest.mark.parametrize("raw", SAMPLES)
def test_our_own_mails_keep_every_promise(raw: bytes) -> None:
    check(raw)
