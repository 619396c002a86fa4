"""What IMAP tests at the wire share: a quick pace, a watcher that runs for the length of a `with`, plain mails."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridge.mail.imap import Account, Pace, Secret, watch
from tests.fakes.imap_journal import MemoryJournal
from tests.fakes.imap_server import LyingServer
from tests.servers.dovecot import Dovecot, Mailbox

QUICK = Pace(timeout=10, longest=60, retry=(0.05, 0.1, 0.2), refused=(0.3, 0.6), looks=(0.05, 0.1), jitter=0)
IMPATIENT = replace(QUICK, timeout=0.5, longest=5, retry=(0.01,))  # for servers that hang on purpose


def account_of(dovecot: Dovecot, mailbox: Mailbox, **options: Any) -> Account:
    """The account of a mailbox; implicit TLS unless told otherwise, looking every second beside IDLE."""
    tls = options.pop("tls", "implicit")
    settings: dict[str, Any] = {
        "name": "eva",
        "host": "localhost",
        "port": dovecot.tls_port if tls == "implicit" else dovecot.port,
        "tls": tls,
        "user": mailbox.user,
        "ca_file": str(dovecot.authority.certificate),
        "pace": QUICK,
        "poll": 1.0,
        "start": "all",
    }
    return Account(**{**settings, **options})


def account_at(server: LyingServer, **options: Any) -> Account:
    """An account at a fake server, without TLS unless told otherwise, looking often."""
    settings: dict[str, Any] = {"tls": "none", "start": "all", "pace": QUICK, "poll": 0.2, "port": server.port}
    return Account(**{"name": "eva", "host": "127.0.0.1", "user": "eva", **settings, **options})


def secret_of(word: str) -> Secret:
    """A secret that is always the same."""

    async def secret() -> str:
        return word

    return secret


@asynccontextmanager
async def watching(
    account: Account,
    word: str,
    journal: MemoryJournal,
    *,
    secret: Secret | None = None,
    gate: asyncio.Semaphore | None = None,
) -> AsyncIterator[asyncio.Task[None]]:
    """Watch while the block runs; whatever it raised, is raised here."""
    task = asyncio.create_task(
        watch(
            account,
            secret or secret_of(word),
            journal_bookmark=journal.bookmark,
            accept=journal.accept,
            spool=journal.spool,
            report=journal.report,
            clock=time.time,
            gate=gate or asyncio.Semaphore(2),
        )
    )
    try:
        yield task
        assert not task.done(), "watching never ends by itself"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def mail(number: int, *, size: int = 0, extra: bytes = b"") -> bytes:
    """A mail with CRLF, its Subject "mail NUMBER", with at least `size` octets of text."""
    line = b"All work and no play makes mail a long text to read, line by line.\r\n"
    text = line * (size // len(line) + 1)
    head = b"From: Eva <eva@example.net>\r\nTo: desk@corp.example\r\nSubject: mail %d\r\n" % number
    return head + b"Message-ID: <%d@example.net>\r\n" % number + extra + b"\r\n" + text


def subjects(arrivals: list[Any]) -> list[str]:
    """The subjects, in order of arrival."""
    return [arrival.raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode() for arrival in arrivals]
