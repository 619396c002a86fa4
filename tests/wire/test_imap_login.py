"""Every way to connect and to log in, against Dovecot; refusals are said, and tried again."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.mail.imap import Account, probe
from bridge.mail.imap.client import Connection
from bridge.mail.imap.failures import ConnectionLost, LoginRefused, Untrusted
from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_world import account_of, mail, secret_of, subjects, watching
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.ports import free_port
from tests.waiting import eventually


@pytest.mark.parametrize("tls", ["implicit", "starttls", "none"])
async def test_mail_arrives_over_each_kind_of_connection(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox], tls: str
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    async with watching(account_of(dovecot, eva, tls=tls, poll=300), eva.password, journal):
        await journal.state("imap:eva", "ok")
        dovecot.deliver(eva, mail(1))
        assert subjects(await journal.count(1)) == ["mail 1"]


@pytest.mark.parametrize("auth", ["auto", "login", "plain", "xoauth2", "oauthbearer"])
async def test_each_way_to_log_in(dovecot: Dovecot, mailbox: Callable[[str], Mailbox], auth: str) -> None:
    eva = mailbox("eva")
    word = dovecot.token(eva) if "oauth" in auth else eva.password
    connection = await Connection.open(account_of(dovecot, eva, auth=auth), secret_of(word))
    assert (await connection.examine("INBOX")).uidvalidity
    await connection.close()


@pytest.mark.parametrize("auth", ["login", "plain", "xoauth2", "oauthbearer"])
async def test_a_refused_login_is_sorted_and_shows_no_secret(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox], auth: str
) -> None:
    eva = mailbox("eva")
    word = dovecot.token(eva, lifetime=-60) if "oauth" in auth else "wrong-" + eva.password
    with pytest.raises(LoginRefused) as caught:
        await Connection.open(account_of(dovecot, eva, auth=auth), secret_of(word))
    assert word not in repr(caught.getrepr())


async def test_a_password_beyond_ascii_is_carried_by_plain_and_by_login(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva = mailbox("eva")
    users = dovecot.folder / "users" / eva.user
    users.write_text(users.read_text().replace(f"{{PLAIN}}{eva.password}", '{PLAIN}pä\\ß"w'))
    for auth in ("login", "plain"):
        connection = await Connection.open(account_of(dovecot, eva, auth=auth), secret_of('pä\\ß"w'))
        await connection.close()


async def test_a_certificate_that_nobody_vouches_for_gets_no_password(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva, asked = mailbox("eva"), []

    async def secret() -> str:
        asked.append(1)
        return eva.password

    for tls in ("implicit", "starttls"):
        with pytest.raises(Untrusted):
            await Connection.open(account_of(dovecot, eva, tls=tls, ca_file=""), secret)
    assert not asked


async def test_a_refused_login_is_said_and_heals_when_the_secret_is_right_again(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    dovecot.deliver(eva, mail(1))
    words = ["wrong", "wrong"]
    account = account_of(dovecot, eva, folders=("INBOX", "Sent"))
    seen: list[str] = []

    async def secret() -> str:
        seen.append(words.pop(0) if words else eva.password)
        return seen[-1]

    async with watching(account, "", journal, secret=secret):
        said = await journal.state("imap:eva", "failed")
        assert "login refused" in said.detail
        await journal.count(1)
        await journal.state("imap:eva", "ok")
    assert seen[:3] == ["wrong", "wrong", eva.password]


async def test_a_sleeping_connection_gives_its_read_buffer_back_and_reads_on_after_it(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva = mailbox("eva")
    for tls in ("implicit", "starttls"):
        connection = await Connection.open(account_of(dovecot, eva, tls=tls), secret_of(eva.password))
        protocol = connection._wire.transport._ssl_protocol
        assert len(protocol._ssl_buffer) <= 4096, "nor was there ever a large one: a thousand logins would leave them"
        await connection.examine("INBOX")
        sleep = asyncio.create_task(connection.idle(60))
        await eventually(lambda protocol=protocol: len(protocol._ssl_buffer) <= 4096)
        dovecot.deliver(eva, mail(1, size=300_000))
        assert await sleep, "told of mail"
        newest = (await connection.search("UID", "*"))[-1]
        assert (await connection.fetch([newest], "UID BODY.PEEK[]"))[newest]["BODY[]"] == mail(1, size=300_000)
        await connection.close()


async def test_accounts_that_share_a_gate_log_in_one_after_the_other(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    gate, inside, most = asyncio.Semaphore(1), 0, 0
    async with contextlib.AsyncExitStack() as stack:
        journals = []
        for name in ("ann", "bob", "eva"):
            box = mailbox(name)

            async def secret(word: str = box.password) -> str:
                nonlocal inside, most
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)  # whoever else may come in, does now
                await asyncio.sleep(0)
                inside -= 1
                return word

            account, journal = replace(account_of(dovecot, box), name=name), MemoryJournal()
            await stack.enter_async_context(watching(account, "", journal, secret=secret, gate=gate))
            journals.append((name, journal))
        for name, journal in journals:
            await journal.state(f"imap:{name}", "ok")
    assert most == 1


async def test_a_port_where_nobody_listens_is_waited_for(dovecot: Dovecot, mailbox: Callable[[str], Mailbox]) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    async with watching(replace(account_of(dovecot, eva), port=free_port()), eva.password, journal):
        await journal.state("imap:eva", "waiting")
    with pytest.raises(ConnectionLost):
        await Connection.open(replace(account_of(dovecot, eva), port=free_port()), secret_of("x"))


async def test_probing_tells_what_holds_and_how_to_cure_the_rest(
    dovecot: Dovecot, mailbox: Callable[[str], Mailbox]
) -> None:
    eva = mailbox("eva")
    account: Account = account_of(dovecot, eva, folders=("INBOX", "Nowhere"))
    found = {finding.subject: finding for finding in await probe(account, secret_of(eva.password))}
    assert found["login"].ok
    assert found["idle"].ok
    assert found["folder INBOX"].ok
    assert found["folder Nowhere"].ok is False
    assert "INBOX" in found["folder Nowhere"].cure
    assert "Sent" in found["sent folder"].words
    (refused,) = await probe(account, secret_of("wrong"))
    assert refused.ok is False
    assert "password" in refused.cure
