"""One copy in the Sent folder, whoever files it, and however often it is asked for."""

import asyncio
import imaplib
from collections.abc import Callable

import pytest

from bridge.core.errors import Transient
from bridge.mail.imap import SentFolder
from tests.fakes.imap_server import LyingServer, Session
from tests.fakes.imap_world import account_at, account_of, mail, secret_of
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


async def test_a_server_that_files_by_itself_a_little_later_is_left_to_it() -> None:
    async def files_now(session: Session, tag: str, rest: str) -> bool:
        if session.server.count("UID SEARCH") == 2:
            session.server.mails[1] = mail(1)
        return False

    async with LyingServer() as server:
        server.lie("UID SEARCH", files_now)
        await SentFolder(account_at(server), secret_of("secret")).file_copy("<1@example.net>", mail(1))
        assert server.count("UID SEARCH") == 2
        assert not server.appended


async def test_a_connection_that_dies_after_the_copy_was_filed_makes_no_second_one() -> None:
    async def files_and_dies(session: Session, tag: str, rest: str) -> bool:
        session.send("+ go")
        session.server.mails[1] = await session.reader.readexactly(len(mail(1)))
        session.writer.transport.abort()
        return True

    async with LyingServer() as server:
        server.lie("APPEND", files_and_dies, times=1)
        folder = SentFolder(account_at(server), secret_of("secret"))
        with pytest.raises(Transient):
            await folder.file_copy("<1@example.net>", mail(1))
        await folder.file_copy("<1@example.net>", mail(1))
        assert server.mails == {1: mail(1)}
        assert not server.appended


async def test_a_server_that_never_files_is_not_waited_for_again_and_again() -> None:
    async with LyingServer() as server:
        folder = SentFolder(account_at(server), secret_of("secret"))
        for number in range(5):
            await folder.file_copy(f"<{number}@example.net>", mail(number))
        assert server.appended == [mail(number) for number in range(5)]
        assert server.count("UID SEARCH") == 3 * 3 + 2


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
