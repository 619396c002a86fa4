"""The copy of a sent mail in the account's Sent folder: exactly one, whoever files it.

Some servers file a copy of what goes through their submission server; so the folder is searched for the Message-ID
first, several times over some seconds (once, when the server turned out not to file any), and again on every later
try. Appends at most once a call, and never deletes.
"""

import asyncio
from collections.abc import Sequence

from bridge.core.errors import Transient
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.client import Connection, Listing
from bridge.mail.imap.failures import FolderMissing
from bridge.mail.imap.names import quote

_NAMES = (
    "sent",
    "sent items",
    "sent messages",
    "sent mail",
    "sent-mail",
    "gesendet",
    "gesendete objekte",
    "gesendete elemente",
    "éléments envoyés",
    "envoyés",
    "enviados",
    "posta inviata",
    "verzonden items",
)

_SURE = 3  # mails in a row that the server did not file: then it never does, and waiting for it would delay the others


class SentFolder:
    """Files copies for one account."""

    def __init__(self, account: Account, secret: Secret) -> None:
        self._account = account
        self._secret = secret
        self._turn = asyncio.Lock()
        self._left_to_us = 0

    async def file_copy(self, message_id: str, message: bytes) -> None:
        """Have one copy of `message`, whose Message-ID (with brackets) is `message_id`; nothing with `sent: off`.

        Raises Transient: call again, it looks first. Raises LoginRefused, Untrusted; ValueError for a Message-ID with
        line breaks.
        """
        if self._account.sent == "off":
            return
        wanted = quote(message_id)
        async with self._turn:
            connection = await Connection.open(self._account, self._secret)
            try:
                await self._file(connection, wanted, message)
            finally:
                await connection.close()

    async def _file(self, connection: Connection, wanted: str, message: bytes) -> None:
        folder = await self._folder(connection)
        sure = self._account.sent == "append" or self._left_to_us >= _SURE
        for pause in (0.0,) if sure else (0.0, *self._account.pace.looks):
            await asyncio.sleep(pause)
            await connection.examine(folder)
            if await connection.search("HEADER", "Message-ID", wanted):
                self._left_to_us = 0 if pause else self._left_to_us
                return
        self._left_to_us += 1
        try:
            await connection.append(folder, message)
        except FolderMissing as error:  # it went away just now
            raise Transient(error.text, code=error.code) from None

    async def _folder(self, connection: Connection) -> str:
        listings = await connection.folders()
        if self._account.sent not in ("auto", "append"):
            folder = self._account.sent
            if all(listing.name != folder for listing in listings):
                await connection.create(folder)
            return folder
        found = sent_folder(listings)
        if found is None:
            found = f"{await connection.namespace()}Sent"
            await connection.create(found)
        return found


def sent_folder(listings: Sequence[Listing]) -> str | None:
    """The mailbox with \\Sent (RFC 6154), else one with a usual name, at the top before deeper ones."""
    usable = [listing for listing in listings if not listing.flags & {"\\noselect", "\\nonexistent"}]
    for listing in usable:
        if "\\sent" in listing.flags:
            return listing.name
    ranked: list[tuple[int, int, str]] = []
    for listing in usable:
        path = listing.name.split(listing.delimiter) if listing.delimiter else [listing.name]
        if path[-1].lower() in _NAMES:
            ranked.append((len(path), _NAMES.index(path[-1].lower()), listing.name))
    return min(ranked)[2] if ranked else None
