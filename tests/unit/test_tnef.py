"""Outlook's packages: files and body are taken out, whatever version made them; a broken one stays as it is."""

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.mail import rtf, tnef
from bridge.mail.parse import read_mail, take_part

SIGNATURE = b"\x78\x9f\x3e\x22\x01\x00"
GUID = bytes(range(16))


def attribute(level: int, tag: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, tag, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def props(*values: tuple[int, int, bytes]) -> bytes:
    """Properties: (type, number, octets); what has no fixed size carries its count and its size."""
    out = struct.pack("<I", len(values))
    for kind, number, value in values:
        out += struct.pack("<HH", kind, number)
        if kind in (0x1E, 0x1F, 0x102, 0x0D):
            out += struct.pack("<II", 1, len(value)) + value + b"\0" * (-len(value) % 4)
        else:
            out += value
    return out


def utf16(text: str) -> bytes:
    return (text + "\0").encode("utf-16-le")


def file(name: str, data: bytes, *more: tuple[int, int, bytes], title: str = "SHORT~1.PDF") -> bytes:
    return (
        attribute(2, 0x00069002, bytes(14))
        + attribute(2, 0x00018010, title.encode() + b"\0")
        + attribute(2, 0x0006800F, data)
        + (attribute(2, 0x00069005, props((0x1F, 0x3707, utf16(name)), *more)) if name else b"")
    )


def package(*parts: bytes, body: bytes = b"", kind: str = "IPM.Note") -> bytes:
    head = attribute(1, 0x00089006, b"\0\0\x01\0") + attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    named = attribute(1, 0x00078008, kind.encode() + b"\0")
    return SIGNATURE + head + named + body + b"".join(parts)


def message_props(*values: tuple[int, int, bytes]) -> bytes:
    return attribute(1, 0x00069003, props(*values))


def mail(data: bytes, text: str = "", head: str = 'application/ms-tnef; name="winmail.dat"') -> tuple[Mail, bytes]:
    raw = (
        "From: Kim <kim@customer.example>\r\nSubject: Plans\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n'
        f"{text}\r\n--b\r\nContent-Type: {head}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    ).encode()
    raw += base64.encodebytes(data).replace(b"\n", b"\r\n") + b"--b--\r\n"
    return read_mail(raw), raw


def test_the_text_turns_nothing_but_its_own_words() -> None:
    shown, _ = mail(package(body=message_props((0x1F, 0x1000, utf16("pay \u202etxt\r\nfrom \u2067here")))))
    assert shown.text == "pay txt\nfrom \u2067here\u2069"


def test_files_are_taken_out_under_their_long_names() -> None:
    data = package(
        file("Grundriss für Ann.pdf", b"%PDF-1.4", (0x1F, 0x370E, utf16("application/pdf"))),
        file("", b"a,b", title="table.csv"),
    )
    read, raw = mail(data, "Here they are.")
    assert [(p.name, p.type, p.size) for p in read.attachments] == [
        ("Grundriss für Ann.pdf", "application/pdf", 8),
        ("table.csv", "text/csv", 3),
    ]
    assert read.text == "Here they are."
    assert [take_part(raw, part.index) for part in read.attachments] == [b"%PDF-1.4", b"a,b"]
    assert len({part.index for part in read.attachments}) == 2
    with pytest.raises(Permanent):
        take_part(raw, read.attachments[-1].index + 1000)


@pytest.mark.parametrize("head", ["application/vnd.ms-tnef", "application/octet-stream; name=WINMAIL.DAT"])
def test_the_package_is_known_by_other_names_too(head: str) -> None:
    read, _ = mail(package(file("a.txt", b"hello")), "x", head)
    assert [part.name for part in read.attachments] == ["a.txt"]


HTML = "<html><body><p>The <b>plans</b> &amp; more</p></body></html>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (attribute(1, 0x0002800C, b"The plans \x80\0"), "The plans €"),
        (message_props((0x1E, 0x1000, b"The plans \x80\0")), "The plans €"),
        (message_props((0x1F, 0x1000, utf16("The plans 🙂"))), "The plans 🙂"),
        (
            message_props((0x03, 0x3FDE, struct.pack("<I", 65001)), (0x102, 0x1013, HTML.encode())),
            "The plans & more",
        ),
        (message_props((0x1F, 0x1013, utf16(HTML))), "The plans & more"),
    ],
)
def test_its_body_is_the_mails_when_there_is_no_other(body: bytes, text: str) -> None:
    read, _ = mail(package(body=body), " ")
    assert read.text.replace("*", "") == text
    assert read.attachments == ()
    assert mail(package(body=body), "Own words")[0].text == "Own words"


def packed(source: bytes) -> bytes:
    return struct.pack("<II", len(source) + 12, len(source)) + b"MELA" + bytes(4) + source


HIDDEN = (
    rb"{\rtf1\ansi\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\colortbl\red0\green0\blue0;}"
    rb"{\*\htmltag18 <html>}{\*\htmltag50 <body>}{\*\htmltag64 <p>}\htmlrtf {\b \htmlrtf0 \'cf\'f0\'e8\'e2\'e5\'f2"
    rb"\htmlrtf }\htmlrtf0 {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 \u8364 ?{\*\mhtmltag84 <x>}"
    rb"{\*\htmltag72 </p>}\htmlrtf\par\htmlrtf0 {\*\htmltag58 </body>}}"
)


def test_html_is_found_hidden_in_rich_text() -> None:
    assert rtf.read(HIDDEN).html == "<html><body><p>Привет&nbsp;€</p></body>"
    read, _ = mail(package(body=message_props((0x102, 0x1009, packed(HIDDEN)))))
    assert read.text.replace("\u00a0", " ") == "Привет €"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            rb"{\rtf1\ansi\ansicpg1252 {\fonttbl{\f0 Arial;}}\pard Gr\'fc\'dfe\par two\tab{\b three}\par}",
            "Grüße\ntwo\tthree",
        ),
        (rb"{\rtf1\ansi\uc1 \u-10179 ?\u-8638 ? ok \{x\} a\~b {\*\generator Word;}\endash}", "🙂 ok {x} a\u00a0b –"),
        (rb"{\rtf1 {\pict 0102030405}{\info{\author Ann}}text", "text"),
        (b"{\\rtf1 one\r\n two\\\\ three}", "one two\\ three"),
        (b"no rich text", ""),
    ],
)
def test_rich_text_is_read_as_text(source: bytes, text: str) -> None:
    assert rtf.read(source).text == text


def test_rich_text_is_unpacked_by_reference() -> None:
    # literals "a", "b", "c", then twelve octets from where they lie, then the end
    at, start = 207, b"abc"
    reference = struct.pack(">H", at << 4 | 10)
    end = struct.pack(">H", ((at + 15) % 4096) << 4)
    body = bytes([0b00011000]) + start + reference + end
    data = struct.pack("<II", len(body) + 12, 15) + b"LZFu" + bytes(4) + body
    assert rtf.unpacked(data) == b"abcabcabcabcabc"


def test_a_meeting_is_kept_as_it_came_beside_its_files() -> None:
    read, _ = mail(package(file("agenda.txt", b"1."), kind="IPM.Microsoft Schedule.MtgReq"), "See you")
    assert [part.name for part in read.attachments] == ["agenda.txt", "winmail.dat"]


def test_a_message_in_the_message_gives_its_text_and_its_files() -> None:
    inner = package(file("deep.txt", b"x"), body=attribute(1, 0x0002800C, b"inner words\0"))
    held = attribute(2, 0x00069002, bytes(14)) + attribute(
        2, 0x00069005, props((0x1F, 0x3001, utf16("Old mail")), (0x0D, 0x3701, GUID + inner))
    )
    read, raw = mail(package(held), "x")
    assert [(part.name, part.type) for part in read.attachments] == [
        ("Old mail.txt", "text/plain"),
        ("deep.txt", "text/plain"),
    ]
    assert take_part(raw, read.attachments[0].index) == b"inner words"


def test_a_picture_that_the_html_names_stands_in_it() -> None:
    html = '<html><body>see <img src="cid:pic@x"></body></html>'
    body = message_props((0x1F, 0x1013, utf16(html)))
    picture = file("a.png", b"\x89PNG", (0x1F, 0x370E, utf16("image/png")), (0x1F, 0x3712, utf16("pic@x")))
    read, _ = mail(package(picture, body=body))
    assert [(part.name, part.inline) for part in read.attachments] == [("a.png", True)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIGNATURE,
        b"PK\x03\x04",
        SIGNATURE + b"\x07" * 40,
        SIGNATURE + attribute(1, 0x00069003, b"\xff" * 40),
        package(
            attribute(2, 0x00069002, b"") + attribute(2, 0x00069005, struct.pack("<I", 9) + b"\x1f\x00\x07\x37\xff")
        ),
    ],
)
def test_a_broken_package_stays_as_it_is(data: bytes) -> None:
    read, raw = mail(data, "x")
    assert [part.name for part in read.attachments] == ["winmail.dat"]
    assert take_part(raw, read.attachments[0].index) == data


def test_counts_and_depth_are_bounded() -> None:
    many = tnef.opened(package(*(file(f"{n}.txt", b"x") for n in range(1000))))
    assert many is not None
    assert len(many.files) == tnef.FILES
    deep = package(file("end.txt", b"x"))
    for _ in range(300):
        held = props((0x0D, 0x3701, GUID + deep))
        deep = package(attribute(2, 0x00069002, b"") + attribute(2, 0x00069005, held))
    assert tnef.opened(deep) is not None
    assert rtf.read(b"{\\rtf1" + b"{" * 1_000_000).text == ""
    values = struct.pack("<I", 1) + struct.pack("<HHI", 0x1003, 0x1000, 1_000_000) + bytes(4_000_000)
    assert tnef.opened(package(body=attribute(1, 0x00069003, values))) is None


def test_more_packages_than_outlook_makes_are_only_attached() -> None:
    data = package(file("a.txt", b"x"))
    parts = "".join(
        f"--b\r\nContent-Type: application/ms-tnef; name=w{n}.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.b64encode(data).decode()}\r\n"
        for n in range(4)
    )
    head = "From: Kim <kim@customer.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    read = read_mail(f"{head}{parts}--b--\r\n".encode())
    assert [part.name for part in read.attachments] == ["a.txt", "a.txt", "w2.dat", "w3.dat"]


@given(st.binary(max_size=300), st.booleans())
def test_no_octets_raise(data: bytes, whole: bool) -> None:
    tnef.opened(SIGNATURE + data)
    tnef.opened(package(file("a", b"x"), message_props((0x102, 0x1009, data)))[: len(data) if whole else None])
    rtf.unpacked(data)
    rtf.read(b"{\\rtf1" + data)


@given(st.lists(st.sampled_from(HIDDEN.decode("latin-1").split(" ")) | st.text(max_size=5), max_size=40))
def test_no_rich_text_raises(pieces: list[str]) -> None:
    source = "{\\rtf1\\fromhtml1 " + " ".join(pieces)
    rtf.read(source.encode("latin-1", "replace")).html.encode()
