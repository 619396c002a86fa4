"""What arrives is kept once, in order, with its octets, and only then may it be acknowledged (I1, I2, I12)."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.core.errors import Permanent
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Bookmark, Plan
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import arrival, plan


async def test_an_arrival_waits_with_everything_it_came_with(journal: Journal) -> None:
    envelope = Envelope("imap", "kim@customer.example", ("support+x@corp.example",), "eva", "INBOX", "peer")
    came = Arrival("imap:eva:INBOX:1:2", "mail", b"\x00raw\xff", 12.5, envelope, quiet=True)
    assert len(await journal.accept([came])) == 1
    (waiting,) = await journal.pending(after=0, limit=10)
    assert (waiting.key, waiting.kind, waiting.at, waiting.quiet) == (came.key, "mail", 12.5, True)
    assert waiting.envelope == envelope
    assert waiting.raw.data == came.raw
    assert not waiting.released


async def test_a_known_key_is_ignored_and_only_new_ones_are_counted(journal: Journal) -> None:
    await journal.accept([arrival("smtp:1", b"first")])
    assert len(await journal.accept([arrival("smtp:1", b"other"), arrival("smtp:2"), arrival("smtp:2")])) == 1
    assert (await journal.raw("smtp:1")).data == b"first"


async def test_what_is_new_is_handed_back_as_it_waits(journal: Journal) -> None:
    """Also above what a row holds, and with an address that no row can hold as it came."""
    odd = Envelope("smtp", "kim\udcff@customer.example", ("support@corp.example",))
    strange = replace(arrival("smtp:2"), envelope=odd)
    new = await journal.accept([arrival("smtp:1"), strange, arrival("smtp:3", b"x" * 300_000)])
    assert list(new) == list(await journal.pending(after=0, limit=10))


async def test_the_same_octets_under_another_key_are_another_arrival(journal: Journal) -> None:
    assert len(await journal.accept([arrival("smtp:1"), arrival("imap:eva:INBOX:1:2")])) == 2


async def test_pending_keeps_the_order_of_arrival_and_leaves_out_what_is_planned(journal: Journal) -> None:
    await journal.accept([arrival(f"smtp:{n}") for n in range(4)])
    await journal.settle(Plan("smtp:1", "dropped", "noise"))
    first = await journal.pending(after=0, limit=2)
    assert [waiting.key for waiting in first] == ["smtp:0", "smtp:2"]
    assert [waiting.key for waiting in await journal.pending(after=first[-1].order, limit=9)] == ["smtp:3"]


async def test_a_bookmark_is_kept_with_what_was_read(journal: Journal, reopen: Reopen) -> None:
    assert await journal.bookmark("imap:eva") is None
    await journal.accept([arrival()], Bookmark("imap:eva", "7"))
    await journal.accept([], Bookmark("imap:eva", "8"))
    assert await (await reopen()).bookmark("imap:eva") == "8"


async def test_a_large_mail_lies_in_a_file_and_is_read_by_its_path(journal: Journal) -> None:
    octets = b"x" * (256 * 1024 + 1)
    await journal.accept([arrival("smtp:large", octets), arrival("smtp:again", octets)])
    one, two = await journal.pending(after=0, limit=2)
    assert one.raw.data == b""
    assert await asyncio.to_thread(Path(one.raw.path).read_bytes) == octets
    assert two.raw.path == one.raw.path
    assert (await journal.raw("smtp:large")).path == one.raw.path


async def test_a_mail_of_256_kb_stays_in_its_row(journal: Journal) -> None:
    octets = b"x" * (256 * 1024)
    await journal.accept([arrival("smtp:1", octets)])
    assert (await journal.raw("smtp:1")).data == octets


async def test_octets_that_are_gone_are_said_to_be_gone(journal: Journal) -> None:
    await journal.accept([arrival("smtp:large", b"x" * 300_000)])
    await asyncio.to_thread(Path((await journal.raw("smtp:large")).path).unlink)
    with pytest.raises(Permanent, match="no longer kept"):
        await journal.raw("smtp:large")
    with pytest.raises(Permanent, match="no longer kept"):
        await journal.raw("smtp:never")


async def test_failed_turns_are_counted_across_a_restart(journal: Journal, reopen: Reopen) -> None:
    await journal.accept([arrival()])
    await journal.stumble("smtp:1", "internal fault", attempts=2)
    (waiting,) = await (await reopen()).pending(after=0, limit=1)
    assert waiting.attempts == 2


async def test_a_quarantined_arrival_is_no_longer_pending(journal: Journal) -> None:
    await journal.accept([arrival()])
    await journal.settle(Plan("smtp:1", "quarantined", "held by rule spam"))
    assert await journal.pending(after=0, limit=1) == []


async def test_many_callers_are_all_kept(journal: Journal) -> None:
    kept = await asyncio.gather(*(journal.accept([arrival(f"smtp:{n}")]) for n in range(200)))
    assert sum(map(len, kept)) == 200
    assert len(await journal.pending(after=0, limit=500)) == 200


async def test_the_secret_is_made_once_and_never_shown(journal: Journal, reopen: Reopen) -> None:
    seed = journal.seed
    assert len(seed.value) >= 16
    assert seed.value.hex() not in repr(seed)
    assert (await reopen()).seed == seed


async def test_settling_twice_changes_nothing(journal: Journal) -> None:
    await plan(journal)
    await journal.settle(Plan("smtp:1", "quarantined", "a second turn"))
    assert await journal.pending(after=0, limit=1) == []
