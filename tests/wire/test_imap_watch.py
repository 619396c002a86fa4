"""What lies in a watched folder arrives once, in order, in bounded pieces, and the mailbox stays as it was."""

import base64
import datetime
import imaplib
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.core.errors import StorageFull
from bridge.mail.imap import fetch_since
from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_world import account_of, mail, secret_of, subjects, watching
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.tls import Authority

Fresh = Callable[[str], Mailbox]


def flags(client: imaplib.IMAP4, folder: str = "INBOX") -> list[object]:
    """Flags, \\Recent and modification numbers as another client sees them, without touching them."""
    status = client.status(folder, "(MESSAGES RECENT UNSEEN HIGHESTMODSEQ)")
    client.select(folder, readonly=True)
    return [status, client.fetch("1:*", "(FLAGS)"), client.unselect()]


async def test_a_backlog_of_1500_comes_in_order_with_a_bookmark_in_each_commit(
    dovecot: Dovecot, mailbox: Fresh
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    for number in range(1500):
        dovecot.deliver(eva, mail(number))
    with dovecot.login(eva) as client:
        before = flags(client)
        async with watching(account_of(dovecot, eva), eva.password, journal):
            arrivals = await journal.count(1500)
            await journal.state("imap:eva", "ok")
        assert flags(client) == before
    assert subjects(arrivals) == [f"mail {number}" for number in range(1500)]
    assert all(
        arrival.quiet and arrival.raw == mail(int(s[5:]))
        for arrival, s in zip(arrivals, subjects(arrivals), strict=True)
    )
    assert all(0 <= count <= 200 and marked for count, marked in journal.calls)
    assert not journal.repeated


async def test_watching_again_goes_on_from_the_bookmark(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    dovecot.deliver(eva, mail(1))
    async with watching(account_of(dovecot, eva), eva.password, journal):
        await journal.count(1)
        await journal.state("imap:eva", "ok")
    dovecot.deliver(eva, mail(2))
    async with watching(account_of(dovecot, eva), eva.password, journal):
        arrivals = await journal.count(2)
    assert subjects(arrivals) == ["mail 1", "mail 2"]
    assert [arrival.quiet for arrival in arrivals] == [True, False]
    assert not journal.repeated


@pytest.mark.parametrize("start", ["now", "all", "date"])
async def test_where_to_start(dovecot: Dovecot, mailbox: Fresh, start: str) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    with dovecot.login(eva) as client:
        for number, age in enumerate((40, 2)):
            stamp = imaplib.Time2Internaldate(time.time() - age * 86_400)
            client.append("INBOX", "", stamp, mail(number))
    day = datetime.date.today() - datetime.timedelta(days=10)
    account = account_of(dovecot, eva, start=day if start == "date" else start)
    async with watching(account, eva.password, journal):
        await journal.state("imap:eva:INBOX", "ok")
        dovecot.deliver(eva, mail(2))
        expected = {"now": [2], "all": [0, 1, 2], "date": [1, 2]}[start]
        arrivals = await journal.count(len(expected))
    assert subjects(arrivals) == [f"mail {number}" for number in expected]
    if start == "date":
        assert abs(arrivals[0].at - (time.time() - 2 * 86_400)) < 120


async def test_a_20_mb_mail_comes_whole_in_parts_and_one_above_the_cap_as_its_header(
    dovecot: Dovecot, mailbox: Fresh
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    large, huge = mail(1, size=20_000_000), mail(2, size=24_000_000)
    for raw in (large, huge, mail(3)):
        dovecot.deliver(eva, raw)
    async with watching(account_of(dovecot, eva, max_octets=22_000_000), eva.password, journal):
        first, second, third = await journal.count(3)
    assert first.raw == large
    assert journal.spools >= 1, "it was written down part by part"
    assert journal.left() == [], "what nobody adopted is removed"
    assert subjects([second, third]) == ["mail 2", "mail 3"]
    assert len(second.raw) < 1000
    assert b"too large" in second.raw


async def test_the_delivery_header_of_the_final_server_tells_the_recipient(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    dovecot.deliver(eva, b"Delivered-To: desk@corp.example\r\n" + mail(1, extra=b"Delivered-To: boss@corp.example\r\n"))
    async with watching(account_of(dovecot, eva, delivery_header="Delivered-To"), eva.password, journal):
        (arrival,) = await journal.count(1)
    assert arrival.envelope is not None
    assert arrival.envelope.rcpt_tos == ("desk@corp.example",)
    assert (arrival.envelope.door, arrival.envelope.account, arrival.envelope.folder) == ("imap", "eva", "INBOX")


async def test_mail_expunged_while_it_is_fetched_is_passed_over(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva = mailbox("eva")
    for number in range(30):
        dovecot.deliver(eva, mail(number))

    class Expunging(MemoryJournal):
        """Removes mails that come next while the first chunk is being committed."""

        async def accept(self, arrivals, bookmark=None):
            if arrivals and not self.arrivals:
                with dovecot.login(eva) as client:
                    client.select()
                    client.store("18:25", "+FLAGS", "\\Deleted")
                    client.expunge()
            return await super().accept(arrivals, bookmark)

    journal = Expunging()
    async with watching(account_of(dovecot, eva, chunk_octets=2000), eva.password, journal):
        await journal.state("imap:eva", "ok")
        assert not any(health.state in ("waiting", "failed") for health in journal.spoken)
    arrived = {
        subject: arrival.raw
        for subject, arrival in zip(subjects([*journal.arrivals.values()]), journal.arrivals.values(), strict=True)
    }
    assert {f"mail {number}" for number in range(30) if not 17 <= number < 25} <= arrived.keys()
    assert all(raw == mail(int(subject[5:])) for subject, raw in arrived.items())


async def test_neither_the_password_nor_the_mail_is_logged(
    dovecot: Dovecot, mailbox: Fresh, caplog: pytest.LogCaptureFixture
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    caplog.set_level(logging.DEBUG)
    dovecot.deliver(eva, mail(1))
    for auth in ("login", "plain"):
        async with watching(account_of(dovecot, eva, auth=auth), eva.password, journal):
            await journal.count(1)
            await journal.state("imap:eva", "ok")
    assert "INBOX" in caplog.text
    for secret in (eva.password, base64.b64encode(f"\0{eva.user}\0{eva.password}".encode()).decode(), "All work"):
        assert secret not in caplog.text


async def test_a_full_disk_loses_nothing(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    dovecot.deliver(eva, mail(1))
    journal.refuse = StorageFull("the disk is full")
    async with watching(account_of(dovecot, eva), eva.password, journal):
        await journal.state("imap:eva", "waiting", words="disk is full")
        assert subjects(await journal.count(1)) == ["mail 1"]


async def test_a_restart_of_the_server_during_idle_loses_nothing(short_path: Path, authority: Authority) -> None:
    dovecot = Dovecot(short_path, authority)
    await dovecot.start()
    try:
        eva, journal = dovecot.add_user("eva"), MemoryJournal()
        async with watching(account_of(dovecot, eva, poll=300), eva.password, journal):
            await journal.state("imap:eva", "ok")
            await dovecot.kill()
            await journal.state("imap:eva", "waiting")
            dovecot.deliver(eva, mail(1))
            await dovecot.start()
            await journal.count(1)
            dovecot.deliver(eva, mail(2))
            assert subjects(await journal.count(2)) == ["mail 1", "mail 2"]
    finally:
        await dovecot.stop()


async def test_an_import_brings_history_quietly_and_twice_brings_nothing(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    with dovecot.login(eva) as client:
        for number, age in enumerate((40, 2)):
            client.append("INBOX", "", imaplib.Time2Internaldate(time.time() - age * 86_400), mail(number))
    account = account_of(dovecot, eva, folders=("INBOX", "Sent"), start="now")
    day = datetime.date.today() - datetime.timedelta(days=10)

    async def run() -> int:
        return await fetch_since(
            account,
            secret_of(eva.password),
            day,
            journal.accept,
            journal_bookmark=journal.bookmark,
            spool=journal.spool,
            clock=time.time,
        )

    assert await run() == 1
    assert await run() == 0
    (arrival,) = journal.arrivals.values()
    assert arrival.quiet
    assert subjects([arrival]) == ["mail 1"]
    dovecot.deliver(eva, mail(2))
    async with watching(account_of(dovecot, eva), eva.password, journal):
        await journal.count(3)
    assert journal.repeated == [arrival.key], "an import and the watcher give one mail one name"
