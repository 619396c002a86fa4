"""Only CRLF.CRLF ends a mail (CVE-2023-51764 and its kin), and nothing is stored that could be read two ways."""

import pytest

from tests.wire.smtpd_door import KNOWN, Journal, door, wire

_TERMINATORS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\r\n\0.\r\n",
    b"\r.\n",
    b"\n.\r",
]


@pytest.mark.parametrize("terminator", _TERMINATORS)
async def test_a_false_end_smuggles_nothing(terminator: bytes) -> None:
    journal = Journal()
    second = b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<user1@corp.example>\r\nDATA\r\nSubject: smuggled\r\n"
    async with door(journal) as server, wire(server) as client:
        answer = await client.send(b"Subject: one\r\n\r\nfirst" + terminator + second + b"\r\n")
        assert answer.startswith("250")
        assert (await client.say("NOOP")).startswith("250 2.0.0")
    (arrival,) = journal.arrivals
    assert arrival.envelope is not None
    assert arrival.envelope.rcpt_tos == (KNOWN,)
    assert b"Subject: smuggled" in arrival.raw
    assert arrival.raw.count(b"\r\n") == arrival.raw.count(b"\r") == arrival.raw.count(b"\n")


async def test_lone_line_ends_become_whole_ones() -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        await client.send(b"A: 1\nB: 2\rC: 3\r\n\n\nbody\r\r\n")
    assert journal.contents() == [b"A: 1\r\nB: 2\r\nC: 3\r\n\r\n\r\nbody\r\n\r\n"]
