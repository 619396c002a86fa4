"""Authentication-Results fields are read as RFC 8601 says, and nothing in them can pretend to be more than a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mail import Verdict
from bridge.mail.authentication import MOST
from bridge.mail.parse import read_mail


def read(*fields: str | bytes) -> tuple[Verdict, ...]:
    """The verdicts of a mail with these Authentication-Results fields."""
    lines = [b"Authentication-Results: " + (f.encode() if isinstance(f, str) else f) for f in fields]
    return read_mail(b"\r\n".join([b"From: a@b.example", *lines, b"", b"x"])).verdicts


def said(*fields: str | bytes) -> list[tuple[str, str, str]]:
    return [(verdict.server, verdict.method, verdict.result) for verdict in read(*fields)]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        # RFC 8601 appendix B
        ("example.org 1; none", []),
        ("example.com; spf=pass smtp.mailfrom=example.net", [("example.com", "spf", "pass")]),
        (
            "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
            [("example.com", "spf", "pass")],
        ),
        (
            'example.com; dkim=pass (good signature) header.d=example.com; dkim=fail reason="bad signature" header.d=x',
            [("example.com", "dkim", "pass"), ("example.com", "dkim", "fail")],
        ),
        # the comments of appendix B.7
        (
            "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
            " policy (A dot can go here) . (like that) expired (this surprised me)\r\n"
            " = (as I wasn't expecting it) 1362471462",
            [("foo.example.net", "dkim", "fail")],
        ),
        ("MX.Corp.Example; DMARC=Pass (p=NONE) header.from=x.example", [("mx.corp.example", "dmarc", "pass")]),
        # a name that what strips forged fields could overlook is nobody's
        ('"mx.corp.example"; dmarc=pass', []),
        ("(x) mx.corp.example; dmarc=pass", []),
        ("/ mx.corp.example; dmarc=pass", [("/", "dmarc", "pass")]),
        ("= mx.corp.example; dmarc=pass", [("=", "dmarc", "pass")]),
        ("mx.corp.e\u212aample; dmarc=pass", []),
        (
            "mx.corp.example;dmarc=fail;spf=softfail;dkim=none",
            [
                ("mx.corp.example", "dmarc", "fail"),
                ("mx.corp.example", "spf", "softfail"),
                ("mx.corp.example", "dkim", "none"),
            ],
        ),
        # Microsoft 365 writes no authserv-id: it is the word of a server without name
        (
            "spf=pass (sender IP is 1.2.3.4) smtp.mailfrom=x.example; dkim=pass; dmarc=pass action=none",
            [("", "spf", "pass"), ("", "dkim", "pass"), ("", "dmarc", "pass")],
        ),
        ("(x) spf=pass; dmarc=pass", []),
        ('"spf"=pass; dmarc=pass', []),
        ("compauth=pass; dmarc=pass", []),
        ("; dmarc=pass", []),
        ("", []),
        # what stands in quotes, comments or values is no result
        ('mx.corp.example; spf=fail smtp.mailfrom="x; dmarc=pass"', [("mx.corp.example", "spf", "fail")]),
        (r'mx.corp.example; spf=fail smtp.mailfrom="x\"; dmarc=pass"', [("mx.corp.example", "spf", "fail")]),
        ("mx.corp.example; spf=fail (x; dmarc=pass) smtp.helo=y", [("mx.corp.example", "spf", "fail")]),
        (r"mx.corp.example; spf=fail (a (b) \) ; dmarc=pass) smtp.helo=y", [("mx.corp.example", "spf", "fail")]),
        (
            'mx.corp.example; spf=fail (one " quote; dmarc=pass) x=y; dkim=none',
            [("mx.corp.example", "spf", "fail"), ("mx.corp.example", "dkim", "none")],
        ),
        ("mx.corp.example; spf=fail (never closed; dmarc=pass", [("mx.corp.example", "spf", "fail")]),
        ('mx.corp.example; spf=fail "never closed; dmarc=pass', [("mx.corp.example", "spf", "fail")]),
        # encoded words mean nothing here: decoded, this one would end the quoted text
        (
            'mx.corp.example; spf=fail smtp.mailfrom="=?utf-8?q?x=22;_dmarc=3Dpass;_y=22?="',
            [("mx.corp.example", "spf", "fail")],
        ),
        ("mx.corp.example; reason=x dmarc=pass", []),
        (
            'mx.corp.example; "dmarc"=pass; dmarc="pass"; dmarc; =pass; dmarc=; dmarc/1=fail',
            [("mx.corp.example", "dmarc", "fail")],
        ),
        (b"m\xff.example; dmarc=pass", []),
    ],
)
def test_what_a_field_says(field: str | bytes, expected: list[tuple[str, str, str]]) -> None:
    assert said(field) == expected


def test_fields_are_counted_from_the_top() -> None:
    found = read("a.example; dmarc=fail", "b.example; none", "a.example; dmarc=pass")
    assert [(verdict.field, verdict.result) for verdict in found] == [(0, "fail"), (2, "pass")]


def test_many_results_and_long_fields_are_bounded() -> None:
    assert len(read(*["a.example; " + "dkim=pass; " * 90] * 3)) == MOST
    assert said("a.example; " + "(" * 30_000 + "; dmarc=pass") == []
    assert said("a.example; " + '"' * 30_001 + "; dmarc=pass") == []
    assert said("a.example; x=" + "\\" * 30_000 + "; dmarc=pass") == [("a.example", "dmarc", "pass")]


pieces = st.sampled_from(
    ["mx.example", ";", "=", "/", '"', "(", ")", "\\", " ", "dmarc", "spf", "pass", "fail", "\t", "é", "\0"]
)
texts = st.one_of(st.lists(pieces, max_size=40).map("".join), st.text(max_size=60)).map(
    lambda text: text.replace("\r", " ").replace("\n", " ")
)


@given(texts)
def test_no_field_raises_and_every_verdict_is_of_a_known_method(text: str) -> None:
    for verdict in read(text.encode("utf-8", "replace")):
        assert verdict.method in ("dmarc", "dkim", "spf")
        assert not set(verdict.result) & set(' ;="(\t')


@given(value=texts, result=st.sampled_from(["pass", "fail", "none"]))
def test_a_quoted_value_never_changes_what_the_server_said(value: str, result: str) -> None:
    """Whatever the sender's address holds: quoted as RFC 5322 wants it, it adds no result and takes none away."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    field = f'mx.example; spf=fail smtp.mailfrom="{quoted}"; dmarc={result} header.from=x.example'
    assert said(field) == [("mx.example", "spf", "fail"), ("mx.example", "dmarc", result)]


@given(value=st.text('a\\()" ;=dmrcps', max_size=30), result=st.sampled_from(["pass", "fail"]))
def test_a_comment_never_changes_what_the_server_said(value: str, result: str) -> None:
    escaped = "".join(f"\\{c}" if c in "()\\" else c for c in value)
    assert said(f"mx.example; dmarc=fail ({escaped}) x.y=z; spf={result}") == [
        ("mx.example", "dmarc", "fail"),
        ("mx.example", "spf", result),
    ]
