"""Debian's Postfix hands us mail as deploy/postfix.md sets it up: over SMTP, and over LMTP through a unix socket."""

import asyncio
import shutil
import smtplib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.core.errors import StorageFull
from tests.servers.postfix import Postfix
from tests.servers.tls import Authority
from tests.waiting import eventually
from tests.wire.smtpd_door import Journal, door

CONTENT = (  # complete, so that Postfix has nothing to add
    b"From: a@b.example\r\nTo: user1@smtpd.example\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n"
    b"Message-ID: <1@b.example>\r\nSubject: relayed\r\n\r\n.\r\n..dots\r\nend\r\n"
)
RECIPIENTS = ("user1@smtpd.example", "user2+x@smtpd.example")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder into which Postfix's user may look, as /var/spool/postfix/mailroom of the recipe."""
    with tempfile.TemporaryDirectory(prefix="mailroom-") as made:
        path = Path(made)
        shutil.chown(path, group="postfix")
        path.chmod(0o2755)
        yield path


@pytest.fixture
async def journal() -> Journal:
    return Journal()


async def submit(postfix: Postfix, *recipients: str, sender: str = "a@b.example") -> None:
    def send() -> None:
        with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
            client.sendmail(sender, recipients, CONTENT)

    await asyncio.to_thread(send)


def route_of(journal: Journal) -> tuple[str, str, tuple[str, ...]]:
    (arrival,) = journal.arrivals
    assert arrival.envelope is not None
    return arrival.envelope.door, arrival.envelope.mail_from, arrival.envelope.rcpt_tos


async def test_postfix_relays_over_smtp(postfix: Postfix, journal: Journal) -> None:
    async with door(journal) as server:
        await postfix.route_to_smtp("smtpd.example", server.port)
        await submit(postfix, *RECIPIENTS)
        await asyncio.wait_for(journal.done.wait(), 30)
    assert route_of(journal) == ("smtp", "a@b.example", RECIPIENTS)
    assert journal.arrivals[0].raw.endswith(CONTENT)


async def test_postfix_uses_the_tls_that_we_offer(postfix: Postfix, journal: Journal, tmp_path: Path) -> None:
    pair = Authority(tmp_path).issue("mx")
    async with door(journal, tls="starttls", require_tls=True, certificate=pair.certificate, key=pair.key) as server:
        await postfix.route_to_smtp("smtpd.example", server.port)
        await submit(postfix, RECIPIENTS[0])
        await asyncio.wait_for(journal.done.wait(), 30)
    assert b" with ESMTPS id " in journal.arrivals[0].raw


async def test_postfix_delivers_over_lmtp_once(postfix: Postfix, journal: Journal, folder: Path) -> None:
    path = folder / "lmtp.sock"
    async with door(journal, protocol="lmtp", path=path):
        assert path.group() == "postfix"
        await postfix.route("smtpd.example", f"lmtp:unix:{path}")
        await submit(postfix, *RECIPIENTS, sender="")
        await asyncio.wait_for(journal.done.wait(), 30)
        await eventually(lambda: _empty(postfix))
        await postfix.flush()
        await eventually(lambda: _empty(postfix))
    assert route_of(journal) == ("lmtp", "", RECIPIENTS)
    assert journal.arrivals[0].raw.endswith(CONTENT)


async def test_postfix_keeps_and_brings_again_what_we_could_not_store(postfix: Postfix, journal: Journal) -> None:
    journal.error = StorageFull("full")
    async with door(journal) as server:
        await postfix.route_to_smtp("smtpd.example", server.port)
        await submit(postfix, RECIPIENTS[0])
        await asyncio.wait_for(journal.asked.wait(), 30)
        await eventually(lambda: _delayed(postfix, "452 4.3.1"))
        journal.error = None
        await postfix.flush()
        await asyncio.wait_for(journal.done.wait(), 30)
    assert len(journal.arrivals) == 1


async def _empty(postfix: Postfix) -> bool:
    """Whether none of our mail waits; the queue is shared with other tests."""
    return not any(
        recipient["address"].endswith("@smtpd.example")
        for mail in await postfix.queue()
        for recipient in mail["recipients"]
    )


async def _delayed(postfix: Postfix, reason: str) -> bool:
    return any(
        reason in recipient.get("delay_reason", "")
        for mail in await postfix.queue()
        for recipient in mail["recipients"]
    )
