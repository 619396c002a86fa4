"""A mail may be read while it is being kept; what was not kept, or is not the same, is never used."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from bridge.core.errors import StorageFull
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Arrival, Bookmark, Pending, Raw
from bridge.engine.ahead import MOST, Ahead
from bridge.engine.intake import Intake
from tests.unit.worlds import a_mail

ENVELOPE = Envelope("smtp", "s@x.example", ("support@corp.example",))


class Reader:
    """Reads when it may, and tells what it was asked and how often it was cut off."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.cut_off = 0
        self.may = asyncio.Event()

    async def read(self, raw: Raw) -> Mail:
        self.asked.append(raw.data)
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        return a_mail(subject=raw.data.decode())

    def part(self, raw: Raw, index: int) -> AbstractAsyncContextManager[Raw]:
        raise AssertionError("no part is asked for")


class Journal:
    """Says how many arrivals were new, or that the disk is full."""

    def __init__(self, reader: Reader, new: int | None = 1) -> None:
        self.reader, self.new = reader, new

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> list[Pending]:
        for _ in range(3):  # the reader is asked before it is kept, after a turn of the loop
            await asyncio.sleep(0)
        assert self.reader.asked
        if self.new is None:
            raise StorageFull("the disk is full")
        return [pending(each.key, each.raw) for each in arrivals[: self.new]]


def arrival(key: str, octets: bytes = b"one") -> Arrival:
    return Arrival(key, "mail", octets, 0.0, ENVELOPE)


def pending(key: str, octets: bytes = b"one") -> Pending:
    return Pending(1, key, "mail", Raw(data=octets), 0.0, ENVELOPE, quiet=False)


def intake(journal: Journal, ahead: Ahead) -> Intake:
    made = Intake(journal)
    made.on_new(lambda _: None, lambda: None, ahead)
    return made


async def test_it_is_read_once_while_it_is_being_kept() -> None:
    reader = Reader()
    ahead = Ahead(reader)
    await intake(Journal(reader), ahead).accept([arrival("a")])
    reader.may.set()
    assert (await ahead.read(pending("a"))).subject == "one"
    assert reader.asked == [b"one"]


@pytest.mark.parametrize("new", [0, None])
async def test_what_was_not_kept_is_forgotten_and_costs_no_worker(new: int | None) -> None:
    reader = Reader()
    ahead = Ahead(reader)
    try:
        await intake(Journal(reader, new), ahead).accept([arrival("a")])
    except StorageFull:
        assert new is None
    reader.may.set()
    assert (await ahead.read(pending("a"))).subject == "one"
    assert (reader.asked, reader.cut_off) == ([b"one", b"one"], 0)


async def test_other_octets_under_its_name_are_read_themselves() -> None:
    reader = Reader()
    ahead = Ahead(reader)
    reader.may.set()
    assert ahead.begin([arrival("a")]) == "a"
    assert (await ahead.read(pending("a", b"two"))).subject == "two"


async def test_few_are_read_ahead_at_once_and_no_batches() -> None:
    reader = Reader()
    ahead = Ahead(reader)
    assert ahead.begin([arrival("x"), arrival("y")]) == ""
    begun = [ahead.begin([arrival(str(number))]) for number in range(2 * MOST)]
    assert begun == [str(number) if number < MOST else "" for number in range(2 * MOST)]
    for key in begun:
        ahead.forget(key)
    assert ahead.begin([arrival("z")]) == "", "those that were forgotten are still being read"
    reader.may.set()
    for _ in range(4):
        await asyncio.sleep(0)
    assert ahead.begin([arrival("z")]) == "z"
    assert (await ahead.read(pending("z"))).subject == "one"
