"""One copy in the Sent folder, whoever files it, and however often it is asked for."""

import asyncio
import imaplib
from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.mail.imap import SentFolder
from tests.fakes.imap_world import QUICK, account_of, mail, secret_of
from tests.servers.dovecot import Dovecot, Mailbox

Fresh = Callable[[str], Mailbox]


def copies(client: imaplib.IMAP4, folder: str = "Sent") -> list[bytes]:
    """Flags of the mails in a folder."""
    status, words = client.select(folder, readonly=True)
    assert status == "OK", words
    found = client.fetch("1:*", "(FLAGS)")[1]
    return [line for line in found if isinstance(line, bytes)]


@pytest.mark.parametrize("sent", ["auto", "append"])
async def test_one_copy_marked_as_read_also_when_asked_again(dovecot: Dovecot, mailbox: Fresh, sent: str) -> None:
    eva = mailbox("eva")
    folder = SentFolder(account_of(dovecot, eva, sent=sent), secret_of(eva.password))
    await asyncio.gather(*(folder.file_copy("<1@example.net>", mail(1)) for _ in range(3)))
    again = SentFolder(account_of(dovecot, eva, sent=sent), secret_of(eva.password))
    await again.file_copy("<1@example.net>", mail(1))
    with dovecot.login(eva) as client:
        (flags,) = copies(client)
        assert b"\\Seen" in flags
        client.select("Sent", readonly=True)
        fetched = client.fetch("1", "(BODY.PEEK[])")[1][0]
        assert isinstance(fetched, tuple)
        assert fetched[1] == mail(1)


async def test_a_server_that_files_by_itself_is_left_to_it(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva = mailbox("eva")
    account = replace(account_of(dovecot, eva), pace=replace(QUICK, looks=(0.2,) * 50))
    with dovecot.login(eva) as client:
        task = asyncio.create_task(SentFolder(account, secret_of(eva.password)).file_copy("<1@example.net>", mail(1)))
        await asyncio.sleep(0)
        client.append("Sent", "", "", mail(1))
        await task
        assert len(copies(client)) == 1


async def test_off_files_nothing_and_a_named_folder_is_made(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva = mailbox("eva")
    for sent in ("off", "Ausgang & Büro"):
        await SentFolder(account_of(dovecot, eva, sent=sent), secret_of(eva.password)).file_copy("<1@x>", mail(1))
    with dovecot.login(eva) as client:
        assert int(client.select("Sent", readonly=True)[1][0] or 0) == 0
        assert int(client.select('"Ausgang &- B&APw-ro"', readonly=True)[1][0] or 0) == 1


async def test_a_message_id_cannot_smuggle_a_command(dovecot: Dovecot, mailbox: Fresh) -> None:
    eva = mailbox("eva")
    with pytest.raises(ValueError):
        await SentFolder(account_of(dovecot, eva), secret_of("x")).file_copy("<1>\r\nX DELETE Sent", mail(1))
