"""Connections are kept and counted, stale ones replaced unnoticed, and each identity goes through its own account."""

import asyncio

import pytest

from bridge.core.addresses import Address
from bridge.core.errors import Permanent, Transient
from bridge.mail.submit import SubmissionPool, Timeouts
from tests.fakes.smtp_account import DESK, MAIL, account, pool, send
from tests.fakes.smtp_submission import DROP, SILENT, FakeSubmission


async def test_ten_mails_in_a_row_take_one_connection() -> None:
    async with FakeSubmission() as server:
        async with pool(account(server)) as ours:
            for _ in range(10):
                await send(ours)
        assert (server.connections, len(server.mails)) == (1, 10)
        await server.gone.wait()
        assert server.commands[-1] == "QUIT"


async def test_at_most_two_connections_at_once() -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        await asyncio.gather(*(send(ours) for _ in range(12)))
        assert len(server.mails) == 12
        assert server.connections == 2


async def test_those_who_wait_for_a_connection_learn_that_the_account_rests() -> None:
    async with FakeSubmission({"GREETING": ["421 4.7.0 busy"]}) as server:
        async with pool(account(server, connections=1)) as ours:
            told = await asyncio.gather(*(send(ours) for _ in range(6)), return_exceptions=True)
        assert all(isinstance(one, Transient) and one.peer_down for one in told)
        assert server.connections == 1


async def test_a_refused_mail_leaves_the_connection_usable() -> None:
    script = {"RCPT:bob@y.example": ["550 5.1.1 unknown"]}
    async with FakeSubmission(script) as server, pool(account(server)) as ours:
        await send(ours, "bob@y.example")
        assert (await send(ours)).accepted
        assert server.connections == 1


@pytest.mark.parametrize("stale", [DROP, "421 4.4.2 idle too long"])
async def test_a_kept_connection_that_went_stale_is_replaced_once(stale: str) -> None:
    script = {"MAIL": ["250 ok", stale, "250 ok"]}
    async with FakeSubmission(script) as server, pool(account(server)) as ours:
        await send(ours)
        assert (await send(ours)).accepted
        assert (server.connections, len(server.mails)) == (2, 2)


async def test_a_fresh_connection_that_dies_at_mail_is_not_tried_again() -> None:
    async with FakeSubmission({"MAIL": [DROP]}) as server, pool(account(server)) as ours:
        with pytest.raises(Transient):
            await send(ours)
        assert server.connections == 1


async def test_a_connection_that_hung_up_meanwhile_is_noticed_before_use() -> None:
    async with FakeSubmission({"NOOP": [SILENT]}) as server:
        patience = Timeouts(fresh=0.0, noop=0.05)
        async with pool(account(server, timeouts=patience)) as ours:
            await send(ours)
            await send(ours)
            assert (server.connections, len(server.mails), server.count("MAIL")) == (2, 2, 2)


async def test_an_idle_connection_is_left_politely_after_its_time() -> None:
    async with FakeSubmission() as server, pool(account(server, timeouts=Timeouts(idle=0.05))) as ours:
        await send(ours)
        await server.gone.wait()
        assert server.commands[-1] == "QUIT"
        assert (await send(ours)).accepted
        assert server.connections == 2


async def test_an_abandoned_submission_does_not_poison_the_next() -> None:
    async with FakeSubmission({".": [SILENT, "250 2.0.0 queued as B"]}) as server, pool(account(server)) as ours:
        first = asyncio.create_task(send(ours))
        await server.silent.wait()
        first.cancel()
        await asyncio.wait({first})
        assert (await send(ours)).words.endswith("queued as B")
        assert server.connections == 2


async def test_a_server_that_is_away_lets_only_its_own_account_rest() -> None:
    async with FakeSubmission() as gone:
        away = account(gone, name="away", identities=("eva@corp.example",))
    async with FakeSubmission() as server, pool(away, account(server)) as ours:
        with pytest.raises(Transient) as caught:
            await ours.submit(Address("eva", "corp.example"), "eva@corp.example", ["ann@x.example"], MAIL)
        assert caught.value.peer_down
        assert caught.value.retry_after is not None
        assert (await send(ours)).accepted


async def test_an_exact_identity_goes_before_a_domain_and_case_does_not_matter() -> None:
    async with FakeSubmission() as exact, FakeSubmission() as domain:
        wide = account(domain, name="wide", identities=("@corp.example",))
        narrow = account(exact, name="narrow", identities=("Desk@corp.example",))
        async with pool(wide, narrow) as ours:
            await send(ours)
            await ours.submit(Address("Eva", "corp.example"), "eva@corp.example", ["ann@x.example"], MAIL)
        assert (len(exact.mails), len(domain.mails)) == (1, 1)


async def test_an_identity_that_no_account_lists_is_named_with_its_cure() -> None:
    async with FakeSubmission() as server, pool(account(server)) as ours:
        with pytest.raises(Permanent, match=r"eva@other\.example.*identities"):
            await ours.submit(Address("eva", "other.example"), "eva@other.example", ["ann@x.example"], MAIL)
        assert server.connections == 0


class Sent:
    """A Sent folder that only remembers."""

    def __init__(self) -> None:
        self.copies: list[tuple[str, bytes]] = []

    async def file_copy(self, message_id: str, message: bytes) -> None:
        self.copies.append((message_id, message))


async def test_the_copy_goes_to_the_sent_folder_of_the_account() -> None:
    async with FakeSubmission() as server:
        mine, other = Sent(), Sent()
        ours = SubmissionPool([account(server)], {"main": mine, "second": other})
        await ours.file_copy(DESK, "<k1@corp.example>", MAIL)
        await SubmissionPool([account(server)]).file_copy(DESK, "<k1@corp.example>", MAIL)  # none configured
    assert mine.copies == [("<k1@corp.example>", MAIL)]
    assert other.copies == []
