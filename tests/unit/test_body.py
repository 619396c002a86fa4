"""What of a mail's parts a person gets to read, and what is attached."""

import pytest

from bridge.core.mail import Mail
from bridge.mail.parse import read_mail, take_part

HEAD = b"From: Ines Okafor <ines@harbour.example>\r\nSubject: s\r\n"
LONG = b"".join(b"<p>Line %d of the news that we want to tell all of you today.</p>" % n for n in range(12))


def multi(sort: bytes, *parts: bytes, more: bytes = b"") -> bytes:
    """A part of several, with its own type."""
    mark = b"=_%d" % (sum(map(len, parts)) % 9999)
    inner = b"".join(b"\r\n--" + mark + b"\r\n" + part for part in parts)
    return b'Content-Type: multipart/%s; boundary="%s"%s\r\n\r\n%s\r\n--%s--\r\n' % (sort, mark, more, inner, mark)


def part(kind: bytes, body: bytes, *fields: bytes) -> bytes:
    return b"Content-Type: " + kind + b"\r\n" + b"".join(line + b"\r\n" for line in fields) + b"\r\n" + body


def plain(body: bytes, *fields: bytes) -> bytes:
    return part(b"text/plain; charset=utf-8", body, *fields)


def html(body: bytes) -> bytes:
    return part(b"text/html; charset=utf-8", body)


def read(content: bytes) -> Mail:
    return read_mail(HEAD + content)


@pytest.mark.parametrize(
    "stand_in",
    [
        b"",
        b" \r\n\xc2\xa0\r\n",
        b"https://news.example/view/abc123",
        b"View this email in your browser: https://news.example/v/1",
        b"Your mail program does not show HTML.",
        "Ihr E-Mail-Programm unterstützt kein HTML. Bitte öffnen Sie den Link.".encode(),
        b"Votre messagerie ne sait pas afficher le HTML : https://lettre.example/1",
        "Ваша почтовая программа не поддерживает HTML.".encode(),
        "お使いのメールソフトはHTMLに対応していません。".encode(),
        b"body { margin: 0; padding: 0; }\r\ntd { color: #333; font: serif; }\r\n@media print { a { color: red } }",
        b"<html><body><p>Line 1 of the news</p><p>Line 2</p></body></html>",
    ],
)
def test_a_text_that_stands_in_for_the_html_loses_to_it(stand_in: bytes) -> None:
    mail = read(multi(b"alternative", plain(stand_in), html(LONG)))
    assert mail.text.startswith("Line 0 of the news that we want to tell")
    assert mail.text.count("Line ") == 12


@pytest.mark.parametrize(
    ("text", "richly"),
    [
        (b"Yes, please.", b"<div>Yes, please.</div>"),
        (b"See https://shop.example/order/1\r\n", b'<a href="https://shop.example/order/1">See</a>'),
        (b"Set a { color: red; } there\r\nand tell me.", b"<p>Set a { color: red; } there and tell me.</p>"),
        ("明日伺います。".encode(), "<p>明日伺います。</p>".encode()),
    ],
)
def test_a_text_that_says_what_the_html_says_is_kept_as_written(text: bytes, richly: bytes) -> None:
    mail = read(multi(b"alternative", plain(text), html(richly)))
    assert mail.text == text.decode().replace("\r\n", "\n").strip("\n")
    assert mail.html


@pytest.mark.parametrize(
    "richly", [b'<img src="https://ads.example/1.png">', b"<p>See below.</p>", b"<style>p {}</style>"]
)
def test_html_that_says_much_less_does_not_hide_the_text(richly: bytes) -> None:
    said = b"".join(b"Point %d of the offer, with all its conditions.\r\n" % n for n in range(12))
    mail = read(multi(b"alternative", plain(said), html(richly)))
    assert mail.text.count("Point") == 12
    assert mail.html == ""


def test_two_plain_forms_that_say_different_things_are_both_shown() -> None:
    mail = read(multi(b"alternative", plain(b"Guten Tag, wir kommen."), plain(b"Hello, we are coming.")))
    assert mail.text == "Guten Tag, wir kommen.\n\nHello, we are coming."
    same = read(multi(b"alternative", plain(b"we come\r\nat six"), plain(b"we come\r\nat six\r\n")))
    assert same.text == "we come\nat six"


def test_text_between_and_after_attachments_stays_in_its_place() -> None:
    picture = part(b"image/png; name=a.png", b"x", b"Content-Disposition: inline; filename=a.png")
    mail = read(multi(b"mixed", plain(b"before"), picture, plain(b"after"), plain(b"-- \r\nthe list")))
    assert mail.text == "before\n\nafter\n\n-- \nthe list"
    assert [part.name for part in mail.attachments] == ["a.png"]


def test_an_alternative_made_of_several_parts_is_taken_whole() -> None:
    picture = part(b"image/png", b"x", b"Content-ID: <i1>", b"Content-Disposition: inline")
    richly = multi(b"mixed", html(b"<p>above</p>"), picture, html(b"<p>below</p>"))
    mail = read(multi(b"alternative", plain(b"above\r\n\r\nbelow"), richly))
    assert mail.text == "above\n\nbelow"
    assert mail.html.index("above") < mail.html.index("below")


def test_the_first_text_is_the_body_even_when_it_has_a_name() -> None:
    named = part(b"text/plain; name=message.txt", b"the words", b"Content-Disposition: inline; filename=message.txt")
    second = part(b"text/plain; name=notes.txt", b"notes", b"Content-Disposition: inline; filename=notes.txt")
    mail = read(multi(b"mixed", named, second))
    assert mail.text == "the words"
    assert [one.name for one in mail.attachments] == ["notes.txt"]


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        (
            b"text/enriched",
            b"<bold>Now</bold> is <color><param>red</param>the</color>\r\ntime << 5\r\n\r\nend",
            "Now is the time < 5\nend",
        ),
        (b"text/richtext", b"<bold>Now</bold> is<nl>the\r\ntime <lt> 5", "Now is\nthe time < 5"),
    ],
)
def test_old_rich_text_is_read_as_words(kind: bytes, written: bytes, text: str) -> None:
    assert read(part(kind, written)).text == text
    assert read(multi(b"alternative", plain(b"plain words"), part(kind, written))).text == "plain words"


def test_html_that_is_said_to_be_plain_is_html() -> None:
    mail = read(plain(b"<!DOCTYPE html>\r\n<html><body><p>Your <b>invoice</b></p></body></html>"))
    assert mail.text == "Your invoice"
    assert mail.html == "<p>Your <b>invoice</b></p>"


def test_the_charset_that_only_the_html_names_is_used() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Заказ</body></html>'.encode("cp1251")
    assert read(part(b"text/html", page)).text == "Заказ"
    older = '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>Заказ</p>'.encode("koi8-r")
    assert read(part(b"text/html", older)).text == "Заказ"


@pytest.mark.parametrize(
    "inner",
    [
        b"From: Tom Reyes <tom@mill.example>\r\nDate: Fri, 20 Nov 2026 09:00:00 +0100\r\nSubject: the quote\r\n\r\n"
        b"Forty euros.",
        b"From: Tom Reyes <tom@mill.example>\r\nDate: Fri, 20 Nov 2026 09:00:00 +0100\r\n"
        b"Subject: =?utf-8?q?the_quote?=\r\n"
        b"Content-Type: text/html\r\n\r\n<p>Forty <b>euros</b>.</p>",
    ],
)
def test_an_enclosed_mail_is_told_and_attached(inner: bytes) -> None:
    content = multi(b"mixed", plain(b"please see to it"), part(b"message/rfc822", inner))
    mail = read(content)
    assert mail.text == "please see to it"
    (one,) = mail.forwarded
    assert ([author.spec for author in one.from_], one.subject, one.text) == (
        ["tom@mill.example"],
        "the quote",
        "Forty euros.",
    )
    assert one.date == "Fri, 20 Nov 2026 09:00:00 +0100"
    assert [(part.index, part.name) for part in mail.attachments] == [(one.part, "the quote.eml")]
    assert take_part(HEAD + content, one.part) == inner


@pytest.mark.parametrize(
    ("subjects", "names"),
    [
        (
            ["Order 7", "Re: Order 7", "order 7", "Order 7"],
            ["Order 7.eml", "Re Order 7.eml", "order 7 (2).eml", "Order 7 (3).eml"],
        ),
        (["", "=?utf-8?q?=20?=", "..", "///"], ["message.eml"] + [f"message ({n}).eml" for n in (2, 3, 4)]),
        (["../../etc/passwd", "C:\\con|x"], ["etc passwd.eml", "C con x.eml"]),
        (["=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "=?utf-8?q?exe=E2=80=AEgnp=2E?="], ["Grüße.eml", "exegnp.eml"]),
        (["x" * 300, "x" * 300], ["x" * 115 + "….eml", "x" * 112 + " (2).eml"]),
    ],
)
def test_each_enclosed_mail_has_a_name_of_its_own_by_its_subject(subjects: list[str], names: list[str]) -> None:
    inner = (part(b"message/rfc822", b"Subject: " + subject.encode() + b"\r\n\r\nhi") for subject in subjects)
    assert [each.name for each in read(multi(b"mixed", plain(b"see"), *inner)).attachments] == names


def test_a_name_that_an_enclosed_mail_bears_stays_and_is_given_once() -> None:
    named = b'message/rfc822; name="talk.eml"'
    inner = (part(kind, b"Subject: talk\r\n\r\nhi") for kind in (named, b"message/rfc822", b"message/global", named))
    file = part(b'application/pdf; name="talk (2).eml"', b"%PDF")
    assert [each.name for each in read(multi(b"mixed", *inner, file)).attachments] == [
        "talk.eml",
        "talk (3).eml",
        "talk (4).eml",
        "talk (5).eml",
        "talk (2).eml",
    ]


def test_mails_enclosed_in_each_other_are_told_down_to_a_bound() -> None:
    inner = b"Subject: level 0\r\n\r\nbottom"
    for level in range(1, 9):
        inner = b"Subject: level %d\r\n" % level + multi(
            b"mixed", plain(b"at %d" % level), part(b"message/rfc822", inner)
        )
    mail = read_mail(inner)
    assert [one.subject for one in mail.forwarded] == [f"level {n}" for n in range(7, 2, -1)]
    assert len({one.part for one in mail.forwarded}) == 1
    assert "more mail is enclosed than is shown" in mail.problems


def test_enclosed_texts_are_bounded_together() -> None:
    inner = part(b"message/rfc822", b"Subject: s\r\n\r\n" + b"word after word\r\n" * 20_000)
    mail = read(multi(b"mixed", plain(b"look"), inner, inner, inner))
    assert sum(len(one.text) for one in mail.forwarded) <= 512 * 1024
    assert "the text is cut" in mail.problems
    assert mail.unreadable


def test_a_digest_tells_each_of_its_mails() -> None:
    mails = [b"\r\nFrom: p%d@list.example\r\nSubject: topic %d\r\n\r\nsaid %d" % (n, n, n) for n in range(3)]
    mail = read(multi(b"mixed", plain(b"Topics: 3"), multi(b"digest", *mails)))
    assert [(one.subject, one.text) for one in mail.forwarded] == [(f"topic {n}", f"said {n}") for n in range(3)]
    assert len({one.part for one in mail.forwarded}) == len(mail.attachments) == 3


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (part(b"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"x"), "encrypted: not opened"),
        (part(b"application/x-pkcs7-mime; name=smime.p7m", b"x"), "encrypted: not opened"),
        (
            multi(
                b"encrypted", part(b"application/pgp-encrypted", b"Version: 1"), part(b"application/octet-stream", b"x")
            ),
            "encrypted: not opened",
        ),
        (plain(b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----"), "encrypted: not opened"),
        (
            part(b"message/partial; id=x; number=2; total=3", b"rest"),
            "this is part 2 of 3 of a mail that was sent in parts",
        ),
        (
            part(
                b'message/external-body; access-type=URL; URL="http://x.example/"', b"Content-Type: image/png\r\n\r\n"
            ),
            "a part lies elsewhere and was not fetched",
        ),
    ],
)
def test_what_cannot_be_shown_is_said(content: bytes, problem: str) -> None:
    mail = read(content)
    assert problem in mail.problems
    assert mail.attachments or mail.text
    assert not mail.unreadable


SIGNED = """\
Above the frame.
-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

Dear Ann,
- --\x20
- --- a line of dashes
Tom
-----BEGIN PGP SIGNATURE-----

iQEzBAEBCAAdFiEE
=abcd
-----END PGP SIGNATURE-----
Below the frame."""


def test_text_signed_within_itself_is_shown_without_its_frame() -> None:
    mail = read(plain(SIGNED.encode().replace(b"\n", b"\r\n")))
    assert mail.text == "Above the frame.\nDear Ann,\n-- \n--- a line of dashes\nTom\nBelow the frame."
    assert mail.problems == ("signed within its text: the signature was not checked",)


def test_a_frame_that_is_not_whole_stays_as_it_is() -> None:
    cut = SIGNED.partition("=abcd")[0]
    mail = read(plain(cut.encode().replace(b"\n", b"\r\n")))
    assert mail.text == cut.rstrip("\n")


def test_a_mail_whose_lines_end_in_carriage_returns_alone_is_read() -> None:
    raw = HEAD + multi(b"mixed", plain(b"old machine\r\ntwo lines"), part(b"image/png; name=a.png", b"x"))
    old = raw.replace(b"\r\n", b"\r")
    mail = read_mail(old)
    assert (mail.subject, mail.text) == ("s", "old machine\ntwo lines")
    assert take_part(old, mail.attachments[0].index) == b"x"


@pytest.mark.parametrize("last", [b"the words", b"aGVsbG8gdGhlcmU="], ids=["words", "base64"])
def test_a_delimiter_right_behind_the_last_line_is_one(last: bytes) -> None:
    whole = multi(b"mixed", plain(b"first"), part(b"text/plain; name=a.txt", last, b"Content-Disposition: attachment"))
    mark = whole.rpartition(b"\r\n--")[2]
    long = whole.replace(mark.removesuffix(b"--\r\n"), b"=_a_longer_boundary").replace(
        mark, b"=_a_longer_boundary--\r\n"
    )
    assert b"\r\n--=_a_longer_boundary--" in long
    short = long.replace(b"\r\n--=_a_longer_boundary--", b"--=_a_longer_boundary--")
    assert read(short).attachments == read(long).attachments


def test_a_delimiter_that_ends_anothers_line_is_none() -> None:
    inner = b'Content-Type: multipart/mixed; boundary="--=_Next_Part_1"\r\n\r\n'
    inner += b"----=_Next_Part_1\r\n\r\nx\r\n----=_Next_Part_1--"
    content = b'Content-Type: multipart/mixed; boundary="=_Next_Part_1"\r\n\r\n--=_Next_Part_1\r\n' + inner
    assert read(content + b"\r\n--=_Next_Part_1\r\n\r\ny\r\n--=_Next_Part_1--\r\n").text == "x\n\ny"


def test_a_type_whose_semicolon_was_forgotten_keeps_its_parameters() -> None:
    content = multi(b"mixed", plain(b"one"), plain(b"two")).replace(b"mixed;", b"mixed", 1)
    assert read(content).text == "one\n\ntwo"


def test_text_that_only_claims_to_be_base64_is_shown() -> None:
    words = b"Hello Tom,\r\n\r\nthe parts are here; come and get them.\r\n"
    mail = read(plain(words, b"Content-Transfer-Encoding: base64"))
    assert mail.text == words.decode().replace("\r\n", "\n").strip()
    assert mail.problems == ("said to be base64, and is not",)


def test_words_behind_the_last_part_are_spoken_of() -> None:
    mail = read(multi(b"mixed", plain(b"one")) + b"checked by a gateway\r\n")
    assert (mail.text, mail.problems) == ("one", ("words stand behind the last part",))


def test_html_that_is_too_deep_gives_its_words_all_the_same() -> None:
    page = b"<html><head><title>no</title><style>p > b {}</style><header>A</header>" + b"<div>" * 500 + b"1 < 2 <b>B</b"
    mail = read(html(page))
    assert (mail.text, mail.html, mail.unreadable) == ("A 1 < 2 B", "", True)


def element(tag: int, content: bytes, *, told: bool = True) -> bytes:
    """ASN.1: with its length (DER), or with an end behind it (BER)."""
    if not told:
        return bytes([tag, 0x80]) + content + b"\0\0"
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")
    return bytes([tag]) + length + content


def opaque(content: bytes, *, told: bool) -> bytes:
    """An opaque signature by nobody (RFC 5652 section 5.1), in one piece or as a program writes it that streams."""
    data = (
        element(4, content) if told else element(0x24, element(4, content[:10]) + element(4, content[10:]), told=False)
    )
    enclosed = element(0x30, element(6, b"*\x86H\x86\xf7\r\x01\x07\x01") + element(0xA0, data, told=told), told=told)
    signed = element(0x30, element(2, b"\x01") + element(0x31, b"") + enclosed + element(0x31, b""), told=told)
    return element(0x30, element(6, b"*\x86H\x86\xf7\r\x01\x07\x02") + element(0xA0, signed, told=told), told=told)


@pytest.mark.parametrize("told", [True, False])
def test_what_an_opaque_signature_encloses_is_shown_and_said_to_be_unchecked(told: bool) -> None:
    inner = multi(b"mixed", plain(b"I mean it."), part(b"image/png; name=a.png", b"picture"))
    sealed = part(b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", opaque(inner, told=told))
    mail = read(sealed)
    assert mail.text == "I mean it."
    assert mail.problems == ("signed: the signature was not checked",)
    assert sorted(one.name for one in mail.attachments) == ["a.png", "smime.p7m"]
    (picture,) = [one for one in mail.attachments if one.name == "a.png"]
    assert take_part(HEAD + sealed, picture.index) == b"picture"


def test_a_signed_mail_that_was_passed_on_is_told_too() -> None:
    sealed = part(b"application/pkcs7-mime; smime-type=signed-data", opaque(plain(b"I mean it."), told=False))
    mail = read(multi(b"mixed", plain(b"see"), part(b"message/rfc822", b"Subject: signed\r\n" + sealed)))
    assert [(one.subject, one.text) for one in mail.forwarded] == [("signed", "I mean it.")]


@pytest.mark.parametrize("end", range(0, 120, 7))
def test_a_signature_that_is_cut_off_stays_an_attachment(end: int) -> None:
    inner = opaque(plain(b"I mean it."), told=True)
    sealed = part(b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", inner[:end])
    mail = read(sealed)
    assert [one.name for one in mail.attachments] == ["smime.p7m"]
    assert mail.problems == ("signed: the signature was not checked",)
