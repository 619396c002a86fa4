"""A mail that comes over SMTP arrives once, whole, with the envelope it was sent in and nobody else's."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage

import aiosmtplib
import pytest

from bridge.mail.smtpd import Limits, Server
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, body, door, wire


@pytest.fixture
async def journal() -> Journal:
    return Journal()


async def test_one_transaction_is_one_arrival(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        answer = await client.send(MAIL, KNOWN, "user1@corp.example")
    (arrival,) = journal.arrivals
    assert answer == f"250 2.0.0 Ok: {arrival.key.removeprefix('smtp:')}"
    assert arrival.kind == "mail"
    envelope = arrival.envelope
    assert envelope is not None
    assert (envelope.door, envelope.mail_from) == ("smtp", "a@b.example")
    assert (envelope.rcpt_tos, envelope.peer) == ((KNOWN, "user1@corp.example"), "127.0.0.1")


async def test_trace_fields_stand_above_and_nothing_else_changes(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        await client.send()
    raw = journal.arrivals[0].raw
    assert raw.startswith(
        b"Return-Path: <a@b.example>\r\n"
        b"Received: from client.example ([127.0.0.1])\r\n by mx.corp.example with ESMTP id "
    )
    assert b"for <support@corp.example>;\r\n" in raw
    assert raw.endswith(b"\r\n" + MAIL)
    assert body(journal.arrivals[0]) == MAIL


async def test_what_is_offered(journal: Journal) -> None:
    async with door(journal, limits=Limits(size=70_000)) as server, wire(server) as client:
        offers = (await client.say("EHLO client.example")).split("\n")[1:]
        assert [offer[4:] for offer in offers] == [
            "PIPELINING",
            "SIZE 70000",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ]
        assert (await client.say("AUTH PLAIN AGEAYg==")).startswith("500 5.5.1")
        assert (await client.say("STARTTLS")).startswith("502 5.5.1")
        assert (await client.say("VRFY support")).startswith("252")
        assert (await client.say("NOOP")).startswith("250 2.0.0")
        assert (await client.say("RSET")).startswith("250 2.0.0")
        assert (await client.say("QUIT")).startswith("221 2.0.0")
        assert await client.reply() == ""


async def test_commands_out_of_order(journal: Journal) -> None:
    async with door(journal) as server, wire(server, hello="") as client:
        await client.reply()
        for line, answer in (
            ("MAIL FROM:<a@b.example>", "503 5.5.1"),
            ("EHLO", "501 5.5.4"),
            ("HELO [127.0.0.1]", "250 mx.corp.example"),
            ("RCPT TO:<support@corp.example>", "503 5.5.1"),
            ("DATA", "503 5.5.1"),
            ("MAIL FROM:<a@b.example>", "250 2.1.0"),
            ("MAIL FROM:<a@b.example>", "503 5.5.1"),
            ("DATA", "554 5.5.1"),
            ("RCPT TO:<>", "501 5.1.3"),
            ("RCPT TO:<nobody@corp.example>", "550 5.1.1"),
            ("RCPT TO:<support@corp.example> NOTIFY=NEVER", "555 5.5.4"),
            ("", "500 5.5.2"),
            ("NOOP " + "x" * 3000, "500 5.5.2"),
            ("NOOP " + "x" * 200_000, "500 5.5.2"),
            ("NOOP " + "x" * 500, "250 2.0.0"),
        ):
            assert (await client.say(line)).startswith(answer), line[:80]


async def test_the_null_sender_is_as_good_as_any(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        await client.begin(sender="")
        assert (await client.say(MAIL + b".\r\n")).startswith("250")
    envelope = journal.arrivals[0].envelope
    assert envelope is not None
    assert envelope.mail_from == ""
    assert journal.arrivals[0].raw.startswith(b"Return-Path: <>\r\n")


@pytest.mark.parametrize("address", ["postmaster", "Postmaster", "POSTMASTER@corp.example"])
async def test_postmaster_can_be_reached(journal: Journal, address: str) -> None:
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(MAIL, address)).startswith("250")
    assert journal.arrivals[0].envelope is not None
    assert journal.arrivals[0].envelope.rcpt_tos == (address,)


async def test_the_second_mail_of_a_connection_has_its_own_recipients(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        await client.send(MAIL, "user1@corp.example")
        await client.send(MAIL, "user2@corp.example")
        await client.say("MAIL FROM:<a@b.example>")
        await client.say("RCPT TO:<user3@corp.example>")
        await client.say("RSET")
        await client.send(MAIL, "user4@corp.example")
    found = [arrival.envelope.rcpt_tos for arrival in journal.arrivals if arrival.envelope]
    assert found == [("user1@corp.example",), ("user2@corp.example",), ("user4@corp.example",)]
    assert len({arrival.key for arrival in journal.arrivals}) == 3


async def test_a_recipient_named_twice_is_kept_once(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        await client.send(MAIL, KNOWN, "Support@Corp.example", KNOWN)
    assert journal.arrivals[0].envelope is not None
    assert journal.arrivals[0].envelope.rcpt_tos == (KNOWN,)


async def test_a_hundred_recipients_and_not_one_more(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        await client.say("MAIL FROM:<a@b.example>")
        for number in range(100):
            assert (await client.say(f"RCPT TO:<user{number}@corp.example>")).startswith("250")
        assert (await client.say("RCPT TO:<user100@corp.example>")).startswith("452 4.5.3")
        await client.say("DATA")
        assert (await client.say(MAIL + b".\r\n")).startswith("250")
    assert journal.arrivals[0].envelope is not None
    assert len(journal.arrivals[0].envelope.rcpt_tos) == 100


async def test_too_big_is_said_early_when_the_client_says_its_size(journal: Journal) -> None:
    async with door(journal, limits=Limits(size=70_000)) as server, wire(server) as client:
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=70001")).startswith("552 5.3.4")
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=9" + "9" * 60)).startswith("501 5.5.4")
        assert (await client.say("MAIL FROM:<a@b.example> SIZE=70000 BODY=8BITMIME")).startswith("250")


async def test_too_big_is_said_at_the_end_when_it_did_not(journal: Journal) -> None:
    line = b"x" * 98 + b"\r\n"
    async with door(journal, limits=Limits(size=70_000)) as server, wire(server) as client:
        assert (await client.send(line * 701)).startswith("552 5.3.4")
        assert (await client.send(line * 700)).startswith("250")
        await client.begin()
        assert (await client.say(line * 4000)).startswith("552 5.3.4")  # a flood is not read to its end
    assert len(journal.arrivals) == 1


async def test_a_group_of_pipelined_commands_in_one_segment(journal: Journal) -> None:
    group = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<nobody@corp.example>\r\nRCPT TO:<support@corp.example>\r\nDATA\r\n"
    async with door(journal) as server, wire(server) as client:
        client.writer.write(group)
        assert [(await client.reply())[:3] for _ in range(4)] == ["250", "550", "250", "354"]
        client.writer.write(MAIL + b".\r\n" + group)  # RFC 2920 section 3.1: the next transaction in the same group
        assert [(await client.reply())[:3] for _ in range(5)] == ["250", "250", "550", "250", "354"]
        client.writer.write(MAIL + b".\r\nQUIT\r\n")
        assert [(await client.reply())[:3] for _ in range(2)] == ["250", "221"]
    assert journal.contents() == [MAIL, MAIL]


async def test_non_ascii_addresses_need_smtputf8(journal: Journal) -> None:
    async with door(journal) as server, wire(server) as client:
        assert (await client.say("MAIL FROM:<jörg@b.example>")).startswith("553 5.6.7")
        assert (await client.say("MAIL FROM:<jörg@b.example> SMTPUTF8=1")).startswith("501 5.5.4")
        assert (await client.say(b"MAIL FROM:<j\xf6rg@b.example> SMTPUTF8\r\n")).startswith("501 5.1.7")
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("250")
        assert (await client.say("RCPT TO:<пример@corp.example>")).startswith("553 5.6.7")


@pytest.fixture
async def server(journal: Journal) -> AsyncIterator[Server]:
    async with door(journal) as opened:
        yield opened


async def test_aiosmtplib_sends_utf8_addresses(journal: Journal, server: Server) -> None:
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("ü\n")
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port) as client:
        await client.send_message(
            message, sender="jörg@müller.example", recipients=["пример@corp.example"], mail_options=["SMTPUTF8"]
        )
    assert journal.arrivals[0].envelope is not None
    assert journal.arrivals[0].envelope.mail_from == "jörg@müller.example"
    assert journal.arrivals[0].envelope.rcpt_tos == ("пример@corp.example",)
    assert b" with UTF8SMTP id " in journal.arrivals[0].raw


async def test_smtplib_sends_dots_and_eight_bits(journal: Journal, server: Server) -> None:
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\xff\xfe\r\nend.\r\n"

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
            client.sendmail("a@b.example", [KNOWN], content, ["BODY=8BITMIME"])

    await asyncio.to_thread(send)
    assert journal.contents() == [content]


async def test_ten_megabytes_come_in_whole(journal: Journal, server: Server) -> None:
    content = b"Subject: big\r\n\r\n" + b"".join(b".%07d" % n + b"x" * 70 + b"\r\n" for n in range(130_000))
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port) as client:
        await client.sendmail("a@b.example", [KNOWN], content)
    assert journal.contents() == [content]


async def test_a_line_of_any_length_is_content(journal: Journal, server: Server) -> None:
    content = b"Subject: long\r\n\r\n" + b"y" * 300_000 + b"\r\n"
    async with wire(server) as client:
        assert (await client.send(content)).startswith("250")
    assert journal.contents() == [content]


async def test_a_mail_is_refused_only_if_none_of_its_recipients_wants_it() -> None:
    journal = Journal()
    journal.unwanted = {"user1@corp.example": "Not here", "user2@corp.example": "Nor here"}
    async with door(journal) as server, wire(server) as client:
        assert await client.send(MAIL, "user1@corp.example", "user2@corp.example") == "550 5.7.1 Not here"
        assert journal.arrivals == []
        assert (await client.send(MAIL, "user1@corp.example", KNOWN)).startswith("250")
        await client.begin("user1@corp.example", sender="")
        assert await client.say(MAIL + b".\r\n") == "550 5.7.1 Not here"
    (arrival,) = journal.arrivals
    assert arrival.envelope is not None
    assert arrival.envelope.rcpt_tos == ("user1@corp.example", KNOWN)
