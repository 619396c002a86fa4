"""A large mail is written down while it comes in, byte by byte, and nothing of it stays that was not accepted."""

from pathlib import Path

import pytest

from bridge.core.errors import BridgeError, StorageFull, Transient
from bridge.core.plan import Arrival
from bridge.mail.smtpd import Limits
from bridge.mail.spooling import BLOCK
from bridge.store import blobs
from tests.waiting import eventually
from tests.wire.smtpd_door import KNOWN, MAIL, Journal, door, wire

HEAD = b"From: a@b.example\r\nSubject: large\r\n\r\n"
LINES = b"".join(b"%07d ends here\r\n..stuffed\r\nlone\nline\rends\r\n" % n for n in range(60_000))
LARGE = HEAD + LINES
KEPT = LARGE.replace(b"\r\n..", b"\r\n.").replace(b"lone\nline\rends", b"lone\r\nline\r\nends")


async def test_a_large_mail_comes_whole_and_lies_in_a_file_from_the_first_block_on() -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(LARGE)).startswith("250")
        assert (await client.send()).startswith("250"), "the conversation goes on"
    assert journal.contents() == [KEPT, MAIL]
    assert [spooled.size for spooled in journal.spooled] == [len(journal.arrivals[0].raw)]
    assert journal.left() == [], "what nobody adopted is removed"


async def test_a_small_mail_never_touches_the_disk() -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(HEAD + b"x" * (BLOCK - 1000) + b"\r\n")).startswith("250")
    assert journal.spooled == []
    assert not (journal.folder / "blobs").exists()


@pytest.mark.parametrize("leave", ["reset", "close"])
async def test_whoever_leaves_in_the_middle_leaves_no_file(leave: str) -> None:
    journal = Journal()
    async with door(journal) as server, wire(server) as client:
        await client.begin()
        client.writer.write(LARGE)
        await eventually(journal.left)
        getattr(client, leave)()
        await eventually(lambda: not journal.left())
    assert journal.arrivals == []


async def test_what_grows_too_big_leaves_no_file() -> None:
    journal = Journal()
    async with door(journal, limits=Limits(size=1_000_000)) as server, wire(server) as client:
        await client.begin()
        client.writer.write(LARGE[:900_000])
        await eventually(journal.left)
        assert (await client.say(LARGE[900_000:] + b".\r\n")).startswith("552 5.3.4")
        assert journal.left() == []
        assert (await client.send()).startswith("250")


@pytest.mark.parametrize(("error", "answer"), [(StorageFull("full"), "452 4.3.1"), (Transient("later"), "451 4.3.0")])
async def test_what_could_not_be_committed_leaves_no_file(error: BridgeError, answer: str) -> None:
    journal = Journal()
    journal.error = error
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(LARGE)).startswith(answer)
        assert journal.left() == []


class Full(blobs.Spool):
    """A disk with room for two blocks."""

    room = 2

    def write(self, octets: bytes) -> None:
        """Writes while there is room."""
        self.room -= 1
        if self.room < 0:
            raise StorageFull("the disk is full")
        super().write(octets)


class FullJournal(Journal):
    """Its disk has no room for a large mail."""

    def spool(self) -> blobs.Spool:
        """One that fills up."""
        return Full(self.folder)


async def test_a_disk_that_fills_up_meanwhile_is_told_at_the_end_and_given_back_its_room() -> None:
    journal = FullJournal()
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(LARGE)).startswith("452 4.3.1")
        assert journal.left() == []
        assert (await client.send()).startswith("250"), "what is small goes into a row"
    assert journal.contents() == [MAIL]


async def test_rules_may_read_a_large_mail_before_it_is_accepted_and_what_they_refuse_leaves_no_file() -> None:
    class Refusing(Journal):
        async def refuse(self, arrival: Arrival) -> dict[str, str]:
            assert arrival.original.path
            assert Path(arrival.original.path).read_bytes().endswith(KEPT)  # noqa: ASYNC240  # a test's file
            return {KNOWN: "not wanted"}

    journal = Refusing()
    async with door(journal) as server, wire(server) as client:
        assert (await client.send(LARGE)) == "550 5.7.1 not wanted"
        assert journal.left() == []
