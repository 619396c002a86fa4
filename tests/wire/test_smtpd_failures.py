"""250 is said after the commit and never before; whatever goes wrong on our side is "later", without its text."""

import asyncio
import contextlib
import logging
import socket

import pytest

from bridge.core.errors import Permanent, StorageFull, Transient
from bridge.mail.smtpd import Timeouts
from tests.waiting import eventually
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, door, wire

SECRET = "hunter2 of /var/lib"


async def test_no_answer_to_the_dot_before_the_commit() -> None:
    journal = Journal()
    journal.release.clear()
    async with door(journal) as server, wire(server) as client:
        await client.begin()
        client.writer.write(MAIL + b".\r\n")
        await journal.asked.wait()
        answer = asyncio.ensure_future(client.reply())
        async with wire(server) as other:  # a round trip on another connection: the first had its chance to answer
            await other.say("NOOP")
        assert not answer.done()
        journal.release.set()
        assert (await answer).startswith("250")
        assert len(journal.arrivals) == 1


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (StorageFull(SECRET), "452 4.3.1"),
        (Transient(SECRET), "451 4.3.0"),
        (Permanent(SECRET), "451 4.3.0"),
        (RuntimeError(SECRET), "451 4.3.0"),
        (OSError(28, SECRET), "451 4.3.0"),
        (ConnectionResetError(SECRET), "451 4.3.0"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
async def test_a_failing_commit_is_later_and_the_connection_lives(
    error: Exception, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal()
    journal.error = error
    with caplog.at_level(logging.DEBUG):
        async with door(journal) as server, wire(server) as client:
            said = await client.send()
            assert said.startswith(answer)
            assert SECRET not in said
            journal.error = None
            assert (await client.send()).startswith("250")
    assert SECRET not in caplog.text
    assert len(journal.arrivals) == 1


async def test_a_failing_recipient_check_is_later(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()

    def broken(_: str) -> bool:
        raise OSError(SECRET)

    journal.knows = broken
    async with door(journal) as server, wire(server) as client:
        await client.say("MAIL FROM:<a@b.example>")
        assert await client.say("RCPT TO:<support@corp.example>") == "451 4.3.0 Local error, try again later"
        assert (await client.say("NOOP")).startswith("250")
    assert SECRET not in caplog.text


async def test_no_content_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal()
    with caplog.at_level(logging.DEBUG):
        async with door(journal) as server, wire(server) as client:
            await client.send(b"Subject: private matter\r\n\r\nprivate matter\r\n")
            await client.say("private matter")
    assert " accepted peer=127.0.0.1 recipients=1 " in caplog.text
    assert "a@b.example" not in caplog.text
    assert "private matter" not in caplog.text


@pytest.mark.parametrize("leave", ["half-close", "close", "reset"])
async def test_a_connection_that_ends_within_the_mail_stores_nothing(leave: str) -> None:
    journal = Journal()
    async with door(journal) as server:
        async with wire(server) as client:
            await client.begin()
            client.writer.write(MAIL + b"more")
            await client.writer.drain()
            match leave:
                case "half-close":
                    client.writer.write_eof()
                    assert await client.reply() == ""
                case "close":
                    client.close()
                case _:
                    client.reset()
        await server.close()
    assert journal.arrivals == []


async def test_a_client_that_half_closes_after_its_last_command_gets_its_answers() -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        await client.begin()
        journal.release.clear()
        client.writer.write(MAIL + b".\r\nQUIT\r\n")
        client.writer.write_eof()
        await journal.asked.wait()
        journal.release.set()
        assert (await client.reply()).startswith("250 2.0.0 Ok")
        assert (await client.reply()).startswith("221")
    assert journal.contents() == [MAIL]


async def test_a_commit_that_began_is_finished_though_the_client_left() -> None:
    journal = Journal()
    journal.release.clear()
    async with door(journal) as server:
        async with wire(server) as client:
            await client.begin()
            client.writer.write(MAIL + b".\r\n")
            await journal.asked.wait()
            client.reset()
        await eventually(lambda: server.connections == 0)
        journal.release.set()
        await journal.done.wait()
    assert journal.contents() == [MAIL]


async def test_closing_does_not_wait_for_ever() -> None:
    journal = Journal()
    async with door(journal, timeouts=Timeouts(close=0.1)) as server, wire(server) as client:
        await client.begin()
        await server.close()
        assert (await client.reply()).startswith("421 4.3.2")
    assert journal.arrivals == []


@pytest.mark.parametrize(("hops", "answer"), [(99, "250 2.0.0"), (100, "554 5.4.6"), (101, "554 5.4.6")])
async def test_a_mail_that_goes_round_in_circles_is_stopped(hops: int, answer: str) -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(b"Received: from a by b\r\n" * hops + MAIL)).startswith(answer)


@pytest.mark.parametrize("rounds", range(6))
async def test_who_comes_in_while_the_door_closes_is_not_left_behind(rounds: int) -> None:
    def read_to_the_end(client: socket.socket) -> None:
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1000):
                pass

    async with door(Journal()) as server:
        with socket.create_connection(server.address, timeout=30) as late:
            for _ in range(rounds):  # of the event loop: accepting a connection takes it several
                await asyncio.sleep(0)
            await server.close()
            assert server.connections == 0
            await asyncio.to_thread(read_to_the_end, late)


async def test_closing_lets_the_running_transaction_finish_and_says_421_to_the_idle() -> None:
    journal = Journal()
    patient = Timeouts(close=3600)
    async with (
        door(journal, timeouts=patient) as server,
        wire(server) as busy,
        wire(server) as halfway,
        wire(server) as idle,
    ):
        await busy.begin()
        await halfway.say("MAIL FROM:<a@b.example>")
        closing = asyncio.ensure_future(server.close())
        assert (await idle.reply()).startswith("421 4.3.2")
        assert await idle.reply() == ""
        assert not closing.done()
        assert (await busy.say(MAIL + b".\r\n")).startswith("250")
        assert (await busy.reply()).startswith("421 4.3.2")
        await halfway.say(f"RCPT TO:<{KNOWN}>")
        await halfway.say("DATA")
        assert (await halfway.say(MAIL + b".\r\n")).startswith("250")
        await closing
        with pytest.raises(ConnectionRefusedError):
            async with wire(server):
                pass
    assert len(journal.arrivals) == 2
