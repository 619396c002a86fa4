"""Whatever octets a client sends, it gets well-formed replies and the next client is served."""

import asyncio
import logging
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.mail.smtpd import Limits
from tests.wire.smtpd_door import Journal, door, wire

_REPLY = re.compile(rb"(?:[2345][0-5][0-9][- ][^\r\n]*\r\n)+\Z")
_LINES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"EHLO x\r\n",
                b"HELO x\r\n",
                b"MAIL FROM:<a@b.example>\r\n",
                b"MAIL FROM:<a@b.example> SIZE=9 BODY=X\r\n",
                b"RCPT TO:<user1@corp.example>\r\n",
                b"RCPT TO:<\xff\xfe>\r\n",
                b"DATA\r\n",
                b"Subject: x\r\n\r\n.\r\n",
                b"RSET\r\n",
                b"HELP\r\n",
                b"NOOP\r\n",
                b"STARTTLS\r\n",
                b"\x16\x03\x01\x02\x00\x01",
                b"\r",
                b"\n",
                b"\xe2\x80\xa8\r\n",
            ]
        ),
    ),
    max_size=25,
).map(b"".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LINES)
def test_garbage_gets_replies_and_breaks_nothing(caplog: pytest.LogCaptureFixture, octets: bytes) -> None:
    faults: list[object] = []

    async def converse() -> bytes:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        journal = Journal()
        async with door(journal, limits=Limits(errors=10), trusted=()) as server:
            async with wire(server, hello="") as client:
                client.writer.write(octets)
                client.writer.write_eof()
                said = await client.reader.read()
            async with wire(server) as other:
                assert (await other.send()).startswith("250")
        return said

    caplog.clear()
    with caplog.at_level(logging.ERROR):
        said = asyncio.run(converse())
    assert said.startswith(b"220 ")
    assert _REPLY.match(said), said
    assert faults == []
    assert [record.getMessage() for record in caplog.records] == []
