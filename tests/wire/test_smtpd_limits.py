"""One client cannot starve the others: caps say "later", patience ends for the silent, not for the slow."""

import asyncio
from contextlib import AsyncExitStack

from bridge.mail.smtpd import Limits, Timeouts
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, door, wire


async def test_five_hundred_idle_sockets_and_one_honest_client() -> None:
    journal = Journal()
    async with door(journal) as server, AsyncExitStack() as idle:
        for _ in range(500):
            await idle.enter_async_context(wire(server, hello=""))
        async with wire(server) as client:
            assert (await client.send()).startswith("250")
    assert len(journal.arrivals) == 1


async def test_idle_sockets_of_one_address_are_capped_and_others_come_in() -> None:
    journal = Journal()
    limits = Limits(per_address=5, connections=10)
    async with door(journal, limits=limits, trusted=()) as server, AsyncExitStack() as idle:
        greetings = []
        for _ in range(30):
            client = await idle.enter_async_context(wire(server, hello="", local="127.0.0.2"))
            greetings.append((await client.reply())[:9])
        assert greetings.count("421 4.7.0") == 25
        assert server.connections == 5
        async with wire(server, local="127.0.0.3") as client:
            assert (await client.send()).startswith("250")


async def test_the_cap_in_all_and_a_place_that_gets_free() -> None:
    async with (
        door(Journal(), limits=Limits(connections=2), trusted=()) as server,
        wire(server, local="127.0.0.2") as first,
        wire(server, local="127.0.0.3"),
    ):
        async with wire(server, hello="", local="127.0.0.4") as late:
            assert (await late.reply()).startswith("421 4.3.2")
            assert await late.reply() == ""
        await first.say("QUIT")
        assert await first.reply() == ""
        async with wire(server, local="127.0.0.4"):
            assert server.connections == 2


async def test_too_many_mails_a_minute_are_later_never_no() -> None:
    journal = Journal()
    async with door(journal, limits=Limits(rate=2), trusted=()) as server, wire(server) as client:
        await client.send()
        await client.send()
        assert (await client.say("MAIL FROM:<a@b.example>")).startswith("450 4.7.1")
        async with wire(server, local="127.0.0.2") as other:
            assert (await other.send()).startswith("250")


async def test_guessing_recipients_ends_the_connection() -> None:
    async with door(Journal(), limits=Limits(errors=5), trusted=()) as server, wire(server) as client:
        await client.say("MAIL FROM:<a@b.example>")
        for number in range(5):
            assert (await client.say(f"RCPT TO:<guess{number}@corp.example>")).startswith("550")
        assert (await client.say("RCPT TO:<guess5@corp.example>", replies=2)).startswith("421 4.7.0")
        assert await client.reply() == ""


async def test_a_relay_that_is_trusted_may_have_many_unknown_recipients() -> None:
    async with door(Journal(), limits=Limits(errors=5)) as server, wire(server) as client:
        await client.say("MAIL FROM:<a@b.example>")
        for number in range(20):
            assert (await client.say(f"RCPT TO:<guess{number}@corp.example>")).startswith("550")
        assert (await client.say(f"RCPT TO:<{KNOWN}>")).startswith("250")


async def test_endless_commands_end_the_connection_and_mails_do_not() -> None:
    async with door(Journal(), limits=Limits(commands=10)) as server, wire(server) as client:
        for _ in range(10):
            assert (await client.send()).startswith("250")
        answers = [await client.say("NOOP") for _ in range(10)]
        assert all(answer.startswith("250") for answer in answers)
        assert (await client.say("NOOP", replies=2)).startswith("421 4.7.0")


async def test_a_silent_client_gets_421() -> None:
    async with door(Journal(), timeouts=Timeouts(command=0.1)) as server, wire(server) as client:
        assert (await client.reply()).startswith("421 4.4.2")
        assert await client.reply() == ""


async def test_patience_begins_anew_with_each_command() -> None:
    # Scaled: patience 1 s, commands come over more than that.
    async with door(Journal(), timeouts=Timeouts(command=1)) as server, wire(server) as client:
        for _ in range(12):
            assert (await client.say("NOOP")).startswith("250")
            await asyncio.sleep(0.1)
        assert (await client.send()).startswith("250")


async def test_a_client_that_falls_silent_within_the_mail_gets_421_and_nothing_is_stored() -> None:
    journal = Journal()
    async with door(journal, timeouts=Timeouts(block=0.1)) as server, wire(server) as client:
        await client.begin()
        client.writer.write(MAIL)
        assert (await client.reply()).startswith("421 4.4.2")
    assert journal.arrivals == []


async def test_a_slow_but_honest_client_is_served_longer_than_any_single_patience() -> None:
    # Scaled: patience 1 s a command and a block, the mail takes about 2 s, well above the minimum rate.
    journal = Journal()
    timeouts = Timeouts(command=1, block=1, grace=0.2, minimum_rate=200)
    async with door(journal, timeouts=timeouts) as server, wire(server) as client:
        await client.begin()
        for _ in range(20):
            client.writer.write(b"x" * 98 + b"\r\n")
            await asyncio.sleep(0.1)
        assert (await client.say(b".\r\n")).startswith("250")
    assert len(journal.arrivals[0].raw) > 2000


async def test_a_client_that_drips_to_hold_its_place_is_cut_off() -> None:
    journal = Journal()
    timeouts = Timeouts(block=5, grace=0.2, minimum_rate=500)
    async with door(journal, timeouts=timeouts) as server, wire(server) as client:
        await client.begin()
        answer = asyncio.ensure_future(client.reply())
        while not answer.done():
            client.writer.write(b"x")
            await asyncio.sleep(0.02)
        assert (await answer).startswith("421 4.4.2")
    assert journal.arrivals == []


async def test_a_command_that_drips_does_not_renew_patience() -> None:
    async with door(Journal(), timeouts=Timeouts(command=0.3)) as server, wire(server) as client:
        answer = asyncio.ensure_future(client.reply())
        while not answer.done():
            client.writer.write(b"N")
            await asyncio.sleep(0.02)
        assert (await answer).startswith("421 4.4.2")
