"""A mail of the journal is found again by its Message-ID, whatever became of it, and never another that names it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.core.effects import Show, Speaker
from bridge.core.errors import Permanent
from bridge.core.ids import derive
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival, Filed, Plan
from bridge.store import kept
from bridge.store.blobs import IN_ROW
from bridge.store.journal import Journal
from tests.unit.worlds import a_letter

ENVELOPE = Envelope("smtp", "kim@customer.example", ("support@corp.example",))


def raw(message_id: str, *more: str, size: int = 0) -> bytes:
    return "\r\n".join([f"Message-ID: {message_id}", *more, "", "x" * size, ""]).encode()


def journal(folder: Path, work: Callable[[Journal], Awaitable[object]]) -> None:
    async def session() -> None:
        async with await Journal.open(folder, clock=lambda: 500.0) as opened:
            await work(opened)

    asyncio.run(session())


def keep(folder: Path, key: str, octets: bytes, plan: Plan | None = None) -> None:
    async def work(opened: Journal) -> None:
        await opened.accept([Arrival(key, "mail", octets, 400.0, ENVELOPE)])
        if plan is not None:
            await opened.settle(plan)

    journal(folder, work)


def shown(key: str, message_id: str) -> Plan:
    """The plan by which a mail is shown; its letter bears an id of its own, as letters do."""
    letter = a_letter(key=derive("letter", key, "inbox:support"), message_id=message_id)
    show = Show(derive("show", letter.key), "conv:talk", "conv:talk", "talk", letter.key, key, Speaker(), "", "Hi")
    filed = Filed("inbox:support", "c", letter)
    return Plan(arrival=key, outcome="bridged", words="as the rules say", letters=(filed,), effects=(show,))


def test_a_mail_that_was_shown_is_found_by_its_letter_also_without_its_octets_saying_so(tmp_path: Path) -> None:
    keep(tmp_path, "smtp:1", b"\r\nno header", shown("smtp:1", "<one@x.example>"))
    found = kept.find(tmp_path, "<one@x.example>")
    assert (found.key, found.octets, found.envelope, found.at) == ("smtp:1", b"\r\nno header", ENVELOPE, 400.0)
    assert (found.outcome, found.words) == ("bridged", "as the rules say")
    assert kept.find(tmp_path, "one@x.example") == found


def test_a_mail_that_was_dropped_is_found_by_its_header_and_not_by_what_answers_it(tmp_path: Path) -> None:
    dropped = Plan(arrival="smtp:1", outcome="dropped", words="unwanted")
    keep(tmp_path, "smtp:1", raw("<one@x.example>"), dropped)
    keep(tmp_path, "smtp:2", raw("<two@x.example>", "In-Reply-To: <one@x.example>", "References:", " <one@x.example>"))
    assert kept.find(tmp_path, "<one@x.example>").outcome == "dropped"
    assert kept.find(tmp_path, "<two@x.example>").key == "smtp:2"


def test_a_large_mail_and_a_folded_header_are_found_too(tmp_path: Path) -> None:
    keep(tmp_path, "smtp:1", raw("\r\n <one@x.example>", size=IN_ROW + 1))
    found = kept.find(tmp_path, "<one@x.example>")
    assert (found.key, len(found.octets) > IN_ROW) == ("smtp:1", True)


def test_the_newest_of_several_is_meant_and_a_key_names_each(tmp_path: Path) -> None:
    keep(tmp_path, "smtp:1", raw("<one@x.example>", "Subject: a"))
    keep(tmp_path, "smtp:2", raw("<one@x.example>", "Subject: b"))
    assert kept.find(tmp_path, "<one@x.example>").key == "smtp:2"
    assert kept.find(tmp_path, "smtp:1").key == "smtp:1"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="there is no journal"):
        kept.find(tmp_path, "<one@x.example>")
    keep(tmp_path, "smtp:1", raw("<one@x.example>", size=IN_ROW + 1))
    for name in ("<two@x.example>", "smtp:2", ""):
        with pytest.raises(Permanent, match="knows no mail"):
            kept.find(tmp_path, name)
    for blob in (tmp_path / "blobs").glob("*/*"):
        blob.unlink()
    with pytest.raises(Permanent, match="no longer kept"):
        kept.find(tmp_path, "smtp:1")
