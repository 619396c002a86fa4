"""One client cannot starve the others: caps say "later", patience ends for the silent, not for the slow."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from bridge.app.parts import listeners
from bridge.config import Settings, load_settings
from bridge.mail.smtpd import Limits, Timeouts
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, door, serving, wire


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
    # Scaled: patience 2 s, commands come over more than that, each long before its end.
    async with door(Journal(), timeouts=Timeouts(command=2)) as server, wire(server) as client:
        for _ in range(12):
            assert (await client.say("NOOP")).startswith("250")
            await asyncio.sleep(0.2)
        assert (await client.send()).startswith("250")


async def test_patience_begins_anew_after_a_commit_that_took_longer_and_ends_as_ever() -> None:
    journal = Journal()
    journal.release.clear()
    async with door(journal, timeouts=Timeouts(command=0.2, block=0.2)) as server, wire(server) as client:
        await client.begin()
        asyncio.get_running_loop().call_later(0.5, journal.release.set)
        assert (await client.say(MAIL + b".\r\n")).startswith("250")
        assert (await client.reply()).startswith("421 4.4.2")


async def test_a_client_that_falls_silent_within_the_mail_gets_421_and_nothing_is_stored() -> None:
    journal = Journal()
    async with door(journal, timeouts=Timeouts(block=0.1)) as server, wire(server) as client:
        await client.begin()
        client.writer.write(MAIL)
        assert (await client.reply()).startswith("421 4.4.2")
    assert journal.arrivals == []


async def test_a_slow_but_honest_client_is_served_longer_than_any_single_patience() -> None:
    # Scaled: patience 1.5 s a command and a block, the mail takes about 2 s, well above the minimum rate.
    journal = Journal()
    timeouts = Timeouts(command=1.5, block=1.5, grace=0.2, minimum_rate=200)
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


async def test_a_client_that_drips_above_the_minimum_keeps_its_place_no_longer_than_any_mail_takes() -> None:
    journal = Journal()
    timeouts = Timeouts(command=5, block=5, grace=0.2, minimum_rate=10, longest=0.5)
    async with door(journal, timeouts=timeouts, limits=Limits(commands=10**6)) as server:
        async with wire(server) as client:
            await client.begin()
            answer = asyncio.ensure_future(client.reply())
            while not answer.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.02)
            assert (await answer).startswith("421 4.4.2")
        async with wire(server) as client:
            said = [await client.say("NOOP")]
            while said[-1].startswith("250"):
                said.append(await client.say("NOOP"))
            assert said[-1].startswith("421 4.4.2")
    assert journal.arrivals == []


async def test_whoever_brings_mail_may_stay() -> None:
    journal = Journal()
    async with door(journal, timeouts=Timeouts(longest=1.4)) as server, wire(server) as client:
        for _ in range(8):
            assert (await client.send()).startswith("250")
            await asyncio.sleep(0.2)
    assert len(journal.arrivals) == 8


SETTINGS = """\
homeserver: {url: "http://127.0.0.1:8008", mode: bot, user: "@bot:corp.example", password_file: bot.pass}
listen: {smtp: "127.0.0.1:2525", limits: {idle: 2s}}
state: state
rules: rules
"""


async def test_the_limit_of_the_settings_cuts_the_silent_and_serves_the_slow(tmp_path: Path) -> None:
    """`listen.limits.idle` at two seconds: more than three are taken for a mail that comes in small pieces."""
    for name, text in (("mailroom.yaml", SETTINGS), ("bot.pass", "secret")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    settings = load_settings(tmp_path / "mailroom.yaml")
    assert isinstance(settings, Settings), settings
    (listener,) = listeners(settings.listen)
    journal = Journal()
    listener = replace(listener, port=0, hostname="mx.corp.example")
    async with (
        serving(journal, listener) as server,
        wire(server) as silent,
        wire(server) as silent_within_a_mail,
        wire(server) as slow,
    ):
        await silent_within_a_mail.begin()
        silent_within_a_mail.writer.write(MAIL)
        for command in ("MAIL FROM:<a@b.example>", f"RCPT TO:<{KNOWN}>", "DATA"):
            await asyncio.sleep(0.4)
            assert (await slow.say(command))[:3] in ("250", "354")
        for octets in (MAIL[:10], MAIL[10:30], MAIL[30:], b"More", b" and more.\r\n"):
            await asyncio.sleep(0.4)
            slow.writer.write(octets)
        assert (await slow.say(b".\r\n")).startswith("250")
        for cut in (silent, silent_within_a_mail):
            assert (await cut.reply()).startswith("421 4.4.2")
            assert await cut.reply() == ""
    assert journal.contents() == [MAIL + b"More and more.\r\n"]
