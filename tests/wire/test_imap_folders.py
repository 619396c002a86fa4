"""Folders with any name, that get renamed, deleted and made anew, are read on or said to be missing."""

import imaplib
from collections.abc import Callable

import pytest

from bridge.mail.imap import names
from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_world import account_of, mail, subjects, watching
from tests.servers.dovecot import Dovecot, Mailbox

Fresh = Callable[[str], Mailbox]
ODD = ["Kunden & Büro", 'Say "hi"', "back\\slash", "台北 日本語", "[Special]", "{5}", "a  b%c*d"]


def append(client: imaplib.IMAP4, folder: str, number: int) -> None:
    status, words = client.append(names.mailbox(folder), "", "", mail(number))
    assert status == "OK", words


def make(client: imaplib.IMAP4, folder: str) -> None:
    status, words = client.create(names.mailbox(folder))
    assert status == "OK", words


async def test_folders_with_odd_names_are_all_read(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    with dovecot.login(eva) as client:
        for number, folder in enumerate(ODD):
            make(client, folder)
            append(client, folder, number)
        async with watching(account_of(dovecot, eva, folders=("INBOX", *ODD)), eva.password, journal):
            arrivals = await journal.count(len(ODD))
            append(client, ODD[0], 99)
            await journal.count(len(ODD) + 1)
    expected = {folder: f"mail {number}" for number, folder in enumerate(ODD)}
    assert {a.envelope.folder: subjects([a])[0] for a in arrivals if a.envelope} == expected


@pytest.mark.parametrize("idle", [True, False])
async def test_a_deleted_folder_is_said_and_others_go_on_and_it_is_read_when_it_is_back(
    dovecot: Dovecot, mailbox: Fresh, idle: bool
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    folders = ("Work", "INBOX") if idle else ("INBOX", "Work")
    with dovecot.login(eva) as client:
        make(client, "Work")
        async with watching(account_of(dovecot, eva, folders=folders), eva.password, journal):
            await journal.state("imap:eva:Work", "ok")
            client.delete("Work")
            await journal.state("imap:eva:Work", "failed", words="Work")
            dovecot.deliver(eva, mail(1))
            await journal.count(1)
            make(client, "Work")
            append(client, "Work", 2)
            assert sorted(subjects(await journal.count(2))) == ["mail 1", "mail 2"]


async def test_a_renamed_folder_is_said_and_nothing_is_read_twice_when_it_is_back(
    dovecot: Dovecot, mailbox: Fresh
) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    with dovecot.login(eva) as client:
        make(client, "Work")
        append(client, "Work", 1)
        async with watching(account_of(dovecot, eva, folders=("INBOX", "Work")), eva.password, journal):
            await journal.count(1)
            client.rename("Work", "Play")
            await journal.state("imap:eva:Work", "failed")
            append(client, "Play", 2)
            client.rename("Play", "Work")
            assert subjects(await journal.count(2)) == ["mail 1", "mail 2"]
    assert not journal.repeated


async def test_a_folder_made_anew_is_read_under_its_new_uidvalidity(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    with dovecot.login(eva) as client:
        make(client, "Work")
        append(client, "Work", 1)
        account = account_of(dovecot, eva, folders=("Work",))
        async with watching(account, eva.password, journal):
            await journal.count(1)
        client.delete("Work")
        make(client, "Work")
        for number in (1, 2, 3):
            append(client, "Work", number)
        async with watching(account, eva.password, journal):
            arrivals = await journal.count(4)
    assert subjects(arrivals) == ["mail 1", "mail 1", "mail 2", "mail 3"]
    assert len({arrival.key for arrival in arrivals}) == 4
    assert not any(arrival.quiet for arrival in arrivals[1:])


async def test_no_more_than_two_connections_serve_many_folders(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva, journal = mailbox("eva"), MemoryJournal()
    folders = ("INBOX", *(f"F{number}" for number in range(12)))
    asked: list[int] = []

    async def secret() -> str:
        asked.append(1)
        return eva.password

    with dovecot.login(eva) as client:
        for folder in folders[1:]:
            make(client, folder)
        async with watching(account_of(dovecot, eva, folders=folders), "", journal, secret=secret):
            for number, folder in enumerate(folders):
                append(client, folder, number)
            await journal.count(len(folders))
    assert len(asked) == 2
