"""LMTP: each accepted RCPT gets its own answer after the dot, so that a mail server delivers nothing again."""

import socket
import stat
from pathlib import Path

import pytest

from bridge.core.errors import StorageFull
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, door, wire


async def test_one_answer_for_each_accepted_recipient() -> None:
    journal = Journal()
    async with door(journal, protocol="lmtp") as server, wire(server, hello="LHLO client.example") as client:
        await client.say("MAIL FROM:<a@b.example>")
        assert (await client.say(f"RCPT TO:<{KNOWN}>")).startswith("250")
        assert (await client.say("RCPT TO:<nobody@corp.example>")).startswith("550 5.1.1")
        assert (await client.say("RCPT TO:<user1@corp.example>")).startswith("250")
        assert (await client.say(f"RCPT TO:<{KNOWN}>")).startswith("250")
        await client.say("DATA")
        client.writer.write(MAIL + b".\r\nNOOP\r\n")
        assert ["Ok" in await client.reply() for _ in range(3)] == [True] * 3
        assert await client.reply() == "250 2.0.0 OK"
    (arrival,) = journal.arrivals
    assert arrival.envelope is not None
    assert arrival.envelope.door == "lmtp"
    assert arrival.envelope.rcpt_tos == (KNOWN, "user1@corp.example")
    assert b" with LMTP id " in arrival.raw


async def test_who_refuses_it_says_so_alone() -> None:
    journal = Journal()
    journal.unwanted = {"user1@corp.example": "Not here", "user2@corp.example": "Nor here"}
    async with door(journal, protocol="lmtp") as server, wire(server, hello="LHLO client.example") as client:
        await client.begin(KNOWN, "user1@corp.example", "user1@CORP.example")
        client.writer.write(MAIL + b".\r\n")
        assert (await client.reply()).startswith("250 2.0.0")
        assert [await client.reply() for _ in range(2)] == ["550 5.7.1 Not here"] * 2
        await client.begin("user1@corp.example", "user2@corp.example")
        client.writer.write(MAIL + b".\r\n")
        assert [await client.reply() for _ in range(2)] == ["550 5.7.1 Not here", "550 5.7.1 Nor here"]
        assert (await client.say("NOOP")).startswith("250")
    (arrival,) = journal.arrivals
    assert arrival.envelope is not None
    assert arrival.envelope.rcpt_tos == (KNOWN,)


async def test_a_failure_is_said_for_each_recipient_too() -> None:
    journal = Journal()
    journal.error = StorageFull("full")
    async with door(journal, protocol="lmtp") as server, wire(server, hello="LHLO client.example") as client:
        await client.begin(KNOWN, "user1@corp.example")
        assert (await client.say(MAIL + b".\r\n", replies=2)).startswith("452 4.3.1")
        assert (await client.say("NOOP")).startswith("250 2.0.0")


async def test_no_valid_recipient_no_data() -> None:
    async with door(Journal(), protocol="lmtp") as server, wire(server, hello="LHLO client.example") as client:
        await client.say("MAIL FROM:<a@b.example>")
        await client.say("RCPT TO:<nobody@corp.example>")
        assert (await client.say("DATA")).startswith("554 5.5.1")


@pytest.mark.parametrize("hello", ["HELO x", "EHLO x"])
async def test_smtp_greetings_are_not_of_lmtp(hello: str) -> None:
    async with door(Journal(), protocol="lmtp") as server, wire(server, hello="") as client:
        assert (await client.reply()).startswith("220 mx.corp.example LMTP")
        assert (await client.say(hello)).startswith("500 5.5.1")
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("503 5.5.1 Say LHLO")


async def test_lhlo_is_not_of_smtp() -> None:
    async with door(Journal()) as server, wire(server, hello="") as client:
        await client.reply()
        assert (await client.say("LHLO x")).startswith("500 5.5.1")


async def test_a_unix_socket_for_our_group_only(tmp_path: Path) -> None:
    journal = Journal()
    path = tmp_path / "lmtp.sock"
    async with door(journal, protocol="lmtp", path=path) as server:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        async with wire(server, hello="LHLO client.example") as client:
            assert (await client.send()).startswith("250")
    assert not path.exists()
    assert journal.arrivals[0].envelope is not None
    assert journal.arrivals[0].envelope.peer == ""


async def test_a_socket_left_by_a_killed_daemon_is_replaced_a_living_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with door(Journal(), protocol="lmtp", path=path) as server:
        with pytest.raises(OSError, match="in use"):
            async with door(Journal(), protocol="lmtp", path=path):
                pass
        async with wire(server, hello="LHLO client.example") as client:
            assert (await client.send()).startswith("250")
