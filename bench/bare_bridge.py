"""The bare peer of the whole way: keeps a mail, reads it, keeps that, sends it. `python -m … PORT URL DATABASE`."""

import asyncio
import contextlib
import email.policy
import multiprocessing
import sqlite3
import sys
from typing import Any

from aiosmtpd.smtp import SMTP

from bench.bare_client import BareClient


def read(pipe: Any, other: Any) -> None:
    """Mails in, what the standard library makes of them out."""
    other.close()
    with contextlib.suppress(EOFError):
        while mail := email.message_from_bytes(pipe.recv_bytes(), policy=email.policy.default):
            pipe.send(({name.lower(): str(value) for name, value in mail.items()}, mail.get_body().get_content()))


class BareBridge:
    """One process that reads, one room."""

    def __init__(self, client: BareClient, path: str) -> None:
        self._client, self._asked = client, list[asyncio.Future[Any]]()
        kept = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        kept.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kept (what, value)")
        self._keep = lambda *row: asyncio.to_thread(kept.execute, "INSERT INTO kept VALUES (?, ?)", row)
        self._reader, end = multiprocessing.Pipe()
        multiprocessing.Process(target=read, args=[end, self._reader], daemon=True).start()
        asyncio.get_running_loop().add_reader(self._reader, lambda: self._asked.pop(0).set_result(self._reader.recv()))

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """250 when it is kept."""
        self._asked.append(asyncio.get_running_loop().create_future())
        self._reader.send_bytes(envelope.original_content)
        self._last = asyncio.create_task(self._show(self._asked[-1]))
        await self._keep("mail", envelope.original_content)
        return "250 Ok"

    async def _show(self, reading: "asyncio.Future[Any]") -> None:
        head, text = await reading
        await self._keep("planned", text)
        await self._client.send("!room", "@ghost:corp.example", {"msgtype": "m.text", "body": text})
        await self._keep("shown", head["message-id"])


async def main(port: int, url: str, path: str) -> None:
    """Serve until killed."""
    async with BareClient(url, "token") as client:
        bridge, loop = BareBridge(client, path), asyncio.get_running_loop()
        await (await loop.create_server(lambda: SMTP(bridge, hostname="bare"), "127.0.0.1", port)).serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
