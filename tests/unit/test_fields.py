"""Addresses, identifiers, dates and decoded words: what a stranger wrote, and no more than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mail import fields, words
from bridge.mail.charset import clean, codec, decode


def specs(value: bytes) -> list[str]:
    return [address.spec for address in fields.addresses(value)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"ann@corp.example", [("", "ann@corp.example")]),
        (b"Ann Berg <ann@CORP.example>", [("Ann Berg", "ann@corp.example")]),
        (
            b'"Berg, Ann" <ann@corp.example>, bob@corp.example',
            [("Berg, Ann", "ann@corp.example"), ("", "bob@corp.example")],
        ),
        (b"ann@corp.example (Ann (the first) Berg)", [("Ann (the first) Berg", "ann@corp.example")]),
        (b"=?utf-8?q?J=C3=B6rg?= <j@x.example>", [("Jörg", "j@x.example")]),
        (b'"=?utf-8?b?SsO2cmc=?=" <j@x.example>', [("Jörg", "j@x.example")]),
        (b"=?utf-8?q?Berg,_Ann?= <ann@corp.example>", [("Berg, Ann", "ann@corp.example")]),
        (b"desk: ann@corp.example, Bob <bob@corp.example>;", [("", "ann@corp.example"), ("Bob", "bob@corp.example")]),
        (b"undisclosed-recipients:;", []),
        (b"<@relay.example,@b.example:ann@corp.example>", [("", "ann@corp.example")]),
        (b"ann@corp.example; bob@corp.example", [("", "ann@corp.example"), ("", "bob@corp.example")]),
        (b'"a b"@corp.example', [("", '"a b"@corp.example')]),
        ("Jörg <jörg@x.example>".encode(), [("Jörg", "jörg@x.example")]),
        (b"'ann@corp.example' <ann@corp.example>", [("", "ann@corp.example")]),
        (b'"Ann <ann@corp.example>', [("Ann", "ann@corp.example")]),
    ],
)
def test_mailboxes_are_read_as_written(written: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(address.name, address.spec) for address in fields.addresses(written)] == expected


@pytest.mark.parametrize(
    "written",
    [b"<", b'"', b"a@[", b"", b"()", b"<>", b"a b@c.example", b"a@b@c d", b"\0@b.example", b"a@b..c", b":;,<<>>"],
)
def test_what_is_no_strict_address_gives_none(written: bytes) -> None:
    assert fields.addresses(written) == ()


def test_an_encoded_word_never_becomes_an_address() -> None:
    assert fields.addresses(b"=?utf-8?q?boss=40corp.example?=") == ()
    assert "boss@corp.example" not in specs(b"<=?utf-8?q?boss=40corp.example?=>")
    (address,) = fields.addresses(b"=?utf-8?q?Boss_=3Cboss=40corp.example=3E?= <x@evil.example>")
    assert address.spec == "x@evil.example"


def test_two_addresses_in_one_mailbox_are_two() -> None:
    assert specs(b"Boss <boss@corp.example> <x@evil.example>") == ["boss@corp.example", "x@evil.example"]


def test_display_names_cannot_turn_direction_or_run_on() -> None:
    (address,) = fields.addresses("\u202eelpmaxe\u202c \u0007 B <b@x.example>".encode())
    assert address.name == "elpmaxe B"
    (address,) = fields.addresses(b"x" * 5000 + b" <b@x.example>")
    assert len(address.name) <= 200


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"<a@b>", ("<a@b>",)),
        (b" <a@b>\r\n <c@d>", ("<a@b>", "<c@d>")),
        (b"<a@b>,<c@d>, <a@b>", ("<a@b>", "<c@d>")),
        (b"<long-\r\n tail@b>", ("<long-tail@b>",)),
        (b"Your message of Monday <a@b>", ("<a@b>",)),
        (b"a@b", ("<a@b>",)),
        (b"a@b, c@d", ("<a@b>", "<c@d>")),
        (b"mail from ann@corp.example of today", ()),
        (b"<>", ()),
        (b"<a\x00b@c>", ()),
        (b"<" + b"x" * 2000 + b"@b>", ()),
    ],
)
def test_identifiers(written: bytes, expected: tuple[str, ...]) -> None:
    assert fields.message_ids(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"Sat, 21 Nov 2026 22:00:00 +0100", 1795294800.0),
        (b"21 Nov 26 21:00 GMT", 1795294800.0),
        (b"Sat, 21 Nov 2026 21:00:60 -0000", 1795294859.0),
        (b"Thu, 1 Jan 1970 00:00:00 +0000", 0.0),
        (b"Thu, 1 Jan 1970 00:00:00 +0100", None),
        (b"31 Feb 2026 10:00:00 +0000", None),
        (b"yesterday", None),
        (b"", None),
        (b"Mon, 99 Foo 99999 99:99:99 +9999999999", None),
    ],
)
def test_dates(written: bytes, expected: float | None) -> None:
    assert fields.date(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"=?utf-8?b?SMO8?= =?utf-8?q?_da?=", "Hü da"),
        (b"=?iso-2022-jp?b?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        (b"=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),  # one character split between two words
        (b"Re: =?utf-8*en?q?caf=C3=A9?= x", "Re: café x"),
        (b"=?utf-8?q?x=0ABcc:_evil=40e.example?=", "x Bcc: evil@e.example"),
        (b"=?rot13?q?uryyb?=", "uryyb"),
        (b"=?utf-8?b?SMO8", "=?utf-8?b?SMO8"),
        (b"=?iso-8859-1?q?caf\xe9?=", "café"),
        (b"=?utf-8?q?caf\xc3\xa9?=", "café"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        (b"a\r\n\tb\x00c", "a bc"),
    ],
)
def test_subjects_are_decoded_to_one_line(written: bytes, expected: str) -> None:
    assert words.text(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b'text/plain; charset="utf-8"; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        (b"application/pdf; name*0*=utf-8''a%20; name*1=\"b.pdf\"", {"name": "a b.pdf"}),
        (b"a/b; name*=iso-8859-1'de'%E4.pdf", {"name": "ä.pdf"}),
        (b'a/b; name="=?utf-8?q?=C3=A4.pdf?="', {"name": "ä.pdf"}),
        (b"a/b; name=two words.pdf; size=3", {"name": "two words.pdf", "size": "3"}),
        (b'a/b; name="a;b\\"c.pdf"', {"name": 'a;b"c.pdf'}),
        (b"a/b; name*1=b; name*0=a", {"name": "ab"}),
        (b"a/b; name=first; name=second", {"name": "first"}),
    ],
)
def test_parameters(written: bytes, expected: dict[str, str]) -> None:
    assert words.parameters(written)[1] == expected


@pytest.mark.parametrize(
    "label",
    [
        *("unicode_escape", "raw_unicode_escape", "punycode", "idna", "rot13", "hex", "zip", "bz2", "base64"),
        *("uu", "undefined", "mbcs", "cp037", "cp500", "cp1140", "palmos", "x-klingon", "../../x", "utf-8-sig"),
    ],
)
def test_charsets_that_are_no_mail_charsets_are_not_used(label: str) -> None:
    assert codec(label) is None
    text, problem = decode(b"+ADw-script\\x41", label)
    assert text == "+ADw-script\\x41"
    assert "unknown charset" in problem


@pytest.mark.parametrize(
    ("data", "label", "expected"),
    [
        ("naïve".encode(), "", "naïve"),
        ("naïve".encode("latin-1"), "", "naïve"),
        ("naïve".encode(), "us-ascii", "naïve"),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”"),
        ("привет".encode("koi8-r"), "KOI8-R", "привет"),
        ("漢字".encode("gbk"), "gb2312", "漢字"),
        ("日本".encode("cp932"), "Shift_JIS", "日本"),
        ("한글".encode("cp949"), "ks_c_5601-1987", "한글"),
        ("žluť".encode("cp1250"), "windows-1250", "žluť"),
        (b"caf\xe9", "utf-8", "café"),
        ("Grüße und Küsse".encode()[:-2] + b"\xe9", "utf-8", "Grüße und Küs\ufffd"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("привет".encode(), "windows-1251", "привет"),
        ("Добрый день, где мой заказ?".encode("cp1251"), "iso-8859-1", "Добрый день, где мой заказ?"),
        ("привет всем".encode("koi8-r"), "", "привет всем"),
        ("Łukasz zażółcił gęślą jaźń".encode("cp1250"), "x-unknown", "Łukasz zażółcił gęślą jaźń"),
        ("ご返信をお待ちしております。".encode("cp932"), "", "ご返信をお待ちしております。"),
        ("ご返信を".encode("iso2022_jp"), "", "ご返信を"),
        ("謝謝您的幫助,期待您的回覆。".encode("big5"), "us-ascii", "謝謝您的幫助,期待您的回覆。"),
        ("Grüße".encode("utf-7"), "utf-7", "Grüße"),
        ("Grüße".encode("utf-7"), "unicode-1-1-utf-7", "Grüße"),
        (b"1 + 1 +ADw-b+AD4-", "", "1 + 1 +ADw-b+AD4-"),
        ("Grüße".encode("utf-16"), "", "Grüße"),
    ],
)
def test_text_is_read_in_the_charset_it_is_really_in(data: bytes, label: str, expected: str) -> None:
    assert decode(data, label)[0] == expected


@given(st.binary(max_size=300))
def test_no_field_raises_and_all_is_speakable(data: bytes) -> None:
    shown = [words.text(data), *fields.message_ids(data), *(address.shown for address in fields.addresses(data))]
    shown += [words.parameters(data)[0], *words.parameters(data)[1].values()]
    fields.date(data)
    for text in shown:
        text.encode()
        assert not set(text) & {"\r", "\n", "\0", "\x85", "\u2028", "\u2029"}


@given(st.text(max_size=200))
def test_bodies_hold_no_controls(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert all(ch in "\n\t" or ord(ch) >= 32 for ch in cleaned)
    assert clean(cleaned) == cleaned
