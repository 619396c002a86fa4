"""Mails that are made to break or to stall readers: each is read, or cut off with a word, in a fraction of its time.

What is counted is CPU time of this process, against a bound that is far above what they take and far below what a
reader without bounds takes (seconds to minutes).
"""

import time

import pytest

from bridge.mail.parse import read_mail

HEAD = b"From: a@b.example\r\nSubject: s\r\nMessage-ID: <a@b.example>\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(depth: int) -> bytes:
    level = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n"
    return HEAD + b"".join(level % (n, n) for n in range(depth)) + b"\r\ntext"


BEYOND = {
    "brackets of html that is cut": HTML + b"<b x" * 120_000,
    "encoded words": b"From: a@b.example\r\nSubject:" + b" =?utf-8?q?x?=\r\n" * 3000 + b"\r\n\r\nx",
    "a 280 kB subject of encoded words": b"From: a@b.example\r\nSubject:" + b" =?utf-8?q?x?=" * 20_000 + b"\r\n\r\nx",
    "a 1 MB subject": b"From: a@b.example\r\nSubject: " + b"x" * 1_000_000 + b"\r\n\r\nx",
    "a million separators": MIXED + b"--b\r\n" * 1_000_000,
    "1200 parts": MIXED + b"--b\r\n\r\nx\r\n" * 1200,
    "300 levels": nested(300),
    "5000 levels": nested(5000),
    "one boundary for all levels": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 20_000,
    "100,000 fields": HEAD + b"".join(b"A%d: x\r\n" % n for n in range(100_000)) + b"\r\nx",
    "50,000 nested divs": HTML + b"<div>" * 50_000 + b"x",
    "125,000 paragraphs": HTML + b"<p>x" * 125_000,
    "500 kB of angles without end": HTML + b"<a " * 160_000,
    "4 MB of HTML": HTML + b"<b>x</b>" * 500_000,
    "near separators": MIXED + b"--bx\r\n" * 300_000,
    "a text of 2 MB": HEAD + b"\r\n" + b"hello there\r\n" * 150_000,
}

WITHIN = {
    "rfc822 in rfc822": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1000,
    "open comments": b"From: " + b"(" * 60_000 + b"\r\n\r\nx",
    "open angles": b"From: " + b"<" * 60_000 + b"\r\n\r\nx",
    "open quotes": b"From: " + b'"\\' * 30_000 + b"\r\n\r\nx",
    "quotes in angles": b"From: " + b'<"\\"' * 15_000 + b"\r\n\r\nx",
    "groups": b"From: " + b"a:" * 30_000 + b"\r\n\r\nx",
    "atoms": b"From: " + b"a." * 30_000 + b"@b.example\r\n\r\nx",
    "half encoded words": b"From: " + b"=?" * 380 + b"a" * 50_000 + b"\r\n\r\nx",
    "continuations": HEAD + b"Content-Type: a/b;" + b"".join(b" a*%d*=b;\r\n" % n for n in range(4000)) + b"\r\n\r\nx",
    "a parameter without end": HEAD + b"Content-Type: a/b; " + b"x" * 60_000 + b"\r\n\r\nx",
    "spaces in parameters": HEAD + b"Content-Type: a/b; " + b" " * 60_000 + b"x\r\n\r\nx",
    "references": b"References: " + b"<a" * 30_000 + b"\r\n\r\nx",
    "fonts never closed": HTML + b"".join(b"<font color=%d>" % n for n in range(99)) + b"<p>x" * 15_000,
    "tables in tables": HTML + b"<table><tr><td>" * 99 + b"x" + b"<tr><td>a<td>b" * 6000,
    "quotes in quotes": HTML + b"<blockquote>" * 99 + b"x<br>" * 19_000,
    "lists in lists": HTML + b"<ul><li>" * 90 + b"<li>x" * 19_000,
    "hidden by long styles": HTML + (b"<p style='" + b"overflow:hidden;" * 120 + b"'>x") * 250,
    "comments without end": HTML + b"<!--" * 120_000,
    "newlines": HEAD + b"\r\n" * 1_000_000,
    "flowed": HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 100_000,
    "carriage returns": b"\r" * 3_000_000,
    "a digest of 900 mails": HEAD
    + b"Content-Type: multipart/digest; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nContent-Type: text/html\r\n\r\n<p>x" * 900,
    "900 alternatives": HEAD
    + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n"
    + b"".join(b"--b\r\n\r\nwords %d\r\n" % n * 50 for n in range(18)),
    "urls": HEAD
    + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n"
    + b"http://" * 50_000
    + b"\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>"
    + b"www." * 50_000,
    "frames of signed text": HEAD
    + b"\r\n"
    + (b"-----BEGIN PGP SIGNED MESSAGE-----\r\n" * 3 + b"-----BEGIN PGP SIGNATURE-----\r\n") * 3000,
    "pieces of signed octets": HEAD
    + b"Content-Type: application/pkcs7-mime\r\n\r\n"
    + bytes.fromhex("308006092a864886f70d010702a0803080020101310030800606010101010101a0802480")
    + b"\x04\x00" * 500_000,
    "enriched": HEAD + b"Content-Type: text/enriched\r\n\r\n" + b"<<param>" * 50_000,
    "base64 of padding": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=A" * 1_000_000,
}


def read_in(seconds: float, raw: bytes) -> bool:
    start = time.process_time()
    mail = read_mail(raw)
    spent = time.process_time() - start
    assert spent < seconds
    assert not [problem for problem in mail.problems if "failed" in problem]
    assert mail.size == len(raw)
    return mail.unreadable


@pytest.mark.parametrize("name", BEYOND)
def test_beyond_a_bound_it_is_said_to_be_unreadable(name: str) -> None:
    assert read_in(2, BEYOND[name])


@pytest.mark.parametrize("name", WITHIN)
def test_within_the_bounds_it_is_read_in_time(name: str) -> None:
    assert not read_in(2, WITHIN[name])


def test_fields_before_the_bomb_are_still_read() -> None:
    mail = read_mail(BEYOND["a 1 MB subject"])
    assert [address.spec for address in mail.from_] == ["a@b.example"]
    assert mail.problems
