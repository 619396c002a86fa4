"""The content decoder says, however the octets are cut into blocks, what a naive reading of the whole says."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.mail.smtpd.data import Content, canonical, trace_fields

_END = b"\r\n.\r\n"
_HOSTILE = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\0", b"Received: x"]), max_size=40
).map(b"".join)


def naive(stream: bytes) -> tuple[bytes, bytes]:
    """The content and what follows it, one line at a time (RFC 5321 sections 4.1.1.4 and 4.5.2)."""
    lines = []
    rest = stream
    while True:
        line, end, rest = rest.partition(b"\r\n")
        assert end
        if line == b".":
            break
        lines.append(line.removeprefix(b".") + b"\r\n")
    content = bytearray()
    for octet in b"".join(lines).replace(b"\r\n", b"\n"):
        content += b"\r\n" if octet in b"\r\n" else bytes([octet])
    return bytes(content), rest


def decode(stream: bytes, cuts: list[int], limit: int = 1 << 20) -> tuple[Content, bytes]:
    content = Content(limit)
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    for start, stop in pairwise(places):
        if (rest := content.feed(stream[start:stop])) is not None:
            return content, rest + stream[stop:]
    raise AssertionError("the end was not found")


@settings(max_examples=100)
@given(_HOSTILE, _HOSTILE, st.lists(st.integers(0, 500), max_size=12))
def test_blocks_cut_anywhere_give_what_the_naive_reading_gives(content: bytes, after: bytes, cuts: list[int]) -> None:
    stream = content + _END + after
    wanted, rest = naive(stream)
    decoded, remainder = decode(stream, cuts)
    assert (decoded.take(), remainder) == (wanted, rest)


@settings(max_examples=100)
@given(_HOSTILE)
def test_taken_after_each_octet_the_pieces_are_the_mail(content: bytes) -> None:
    decoded, pieces = Content(1 << 20), []
    for octet in content + _END:
        rest = decoded.feed(bytes([octet]))
        pieces.append(decoded.take())
        if rest is not None:
            break
    assert b"".join(pieces) == naive(content + _END)[0]
    assert decoded.size == sum(map(len, pieces))


@settings(max_examples=100)
@given(_HOSTILE)
def test_every_octet_a_block_of_its_own(content: bytes) -> None:
    stream = content + _END
    decoded, rest = decode(stream, list(range(len(stream))))
    wanted, after = naive(stream)
    assert (decoded.take(), rest) == (wanted, after)


@settings(max_examples=100)
@given(_HOSTILE)
def test_after_normalising_no_line_end_stands_alone(octets: bytes) -> None:
    clean = canonical(octets)
    assert clean.count(b"\r\n") == clean.count(b"\r") == clean.count(b"\n")
    assert canonical(clean) == clean


def test_a_lone_dot_at_once_is_an_empty_mail() -> None:
    content = Content(100)
    assert content.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert content.take() == b""


def test_past_the_limit_nothing_is_kept_and_the_end_is_still_found() -> None:
    content = Content(1000)
    for _ in range(100):
        assert content.feed(b"x" * 100 + b"\r\n") is None
    assert content.feed(b".\r\nNOOP\r\n") == b"NOOP\r\n"
    assert content.too_big
    assert content.take() == b""


def test_the_limit_counts_the_mail_not_its_dot_stuffing() -> None:
    content = Content(8)
    content.feed(b"..\r\n..\r\n..\r\n"[:8] + b".\r\n")
    assert not content.too_big
    assert content.take() == b".\r\n.\r\n"


@pytest.mark.parametrize(
    ("mail", "hops"),
    [
        (b"", 0),
        (b"\r\nReceived: in the body\r\n", 0),
        (b"Received: a\r\nRECEIVED : b\r\n folded Received: no\r\nX-Received: c\r\n\r\nReceived: body\r\n", 2),
    ],
)
def test_hops_are_the_received_fields_of_the_header(mail: bytes, hops: int) -> None:
    content = Content(1000)
    for octet in mail + b".\r\n":
        content.feed(bytes([octet]))
        content.take()  # what was taken away is remembered
    assert content.hops() == hops


def test_what_a_client_says_of_itself_cannot_break_the_trace() -> None:
    trace = trace_fields(
        sender="a@b.example",
        recipients=("x@y.example", "z@y.example"),
        helo="evil)\r\nBcc: v@w.example\x00é",
        peer="192.0.2.1",
        by="mx.example",
        protocol="ESMTP",
        id="7",
        at=0.0,
    )
    names = [line.split(b":")[0] for line in trace.split(b"\r\n") if line and not line.startswith(b" ")]
    assert names == [b"Return-Path", b"Received"]
    assert trace.count(b"\n") == trace.count(b"\r\n")
    assert b"x@y.example" not in trace  # one of several must not learn of the others


def test_an_ipv6_peer_is_written_as_an_address_literal() -> None:
    trace = trace_fields(
        sender="", recipients=(), helo="x", peer="2001:db8::1", by="mx.example", protocol="SMTP", id="7", at=0.0
    )
    assert b"Received: from x ([IPv6:2001:db8::1])" in trace
