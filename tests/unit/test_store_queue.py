"""What an operator sees and may do: nothing hidden, nothing deleted, every act with its line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.core.decision import Trace
from bridge.core.effects import Receipt
from bridge.core.errors import Permanent
from bridge.core.plan import Plan
from bridge.core.ports import Health
from bridge.store.journal import Journal
from bridge.store.queue import Queue
from tests.contract.journal_world import arrival, claimed, plan, send, tell


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """The daemon's journal."""
    async with await Journal.open(tmp_path, clock=lambda: 500.0) as opened:
        yield opened


@pytest.fixture
def queue(journal: Journal, tmp_path: Path) -> Queue:
    """A command beside it."""
    return Queue.open(tmp_path)


async def quarantine(journal: Journal, key: str = "smtp:spam") -> None:
    await journal.accept([arrival(key)])
    trace = Trace("spam", "rules/10.yaml", 7, "digest", "spam is true")
    await journal.settle(Plan(key, "quarantined", "held by rule spam", (trace,)))


async def test_counts_say_how_much_is_where(journal: Journal, queue: Queue) -> None:
    await quarantine(journal)
    await journal.accept([arrival("smtp:new")])
    held = send("h", "$h", held=True)
    await plan(journal, [tell("done"), tell("buried"), tell("claimed"), tell("waiting"), held])
    await claimed(journal)
    await journal.fulfil("done", Receipt())
    await claimed(journal)
    await journal.bury("buried", "no")
    await claimed(journal)
    counts = queue.counts()
    assert (counts.new, counts.quarantined) == (1, 1)
    assert (counts.waiting, counts.held, counts.claimed, counts.buried) == (1, 1, 1, 1)
    assert (counts.blocked, counts.lost_rooms) == (0, 0)


async def test_entries_say_why_they_wait(journal: Journal, queue: Queue) -> None:
    await plan(journal, [send("m", not_before=900.0)])
    await journal.claim(1000.0, 1)
    await journal.postpone("m", 2000.0, "451 greylisted")
    (entry,) = queue.effects()
    assert (entry.key, entry.kind, entry.state, entry.lane, entry.room) == (
        "m",
        "send-mail",
        "waiting",
        "mail:c",
        "conv:c",
    )
    assert (entry.at, entry.due, entry.attempts, entry.words) == (500.0, 2000.0, 1, "451 greylisted")


async def test_an_entry_is_shown_in_full(journal: Journal, queue: Queue) -> None:
    await quarantine(journal)
    detail = queue.show("smtp:spam")
    assert detail.entry == queue.arrivals()[0]
    assert detail.outcome == "quarantined"
    assert detail.traces == ("rules/10.yaml:7: spam is true",)
    assert detail.content["rcpt_tos"] == ["support@corp.example"]
    assert detail.octets == arrival().raw
    await plan(journal, [tell("t")])
    effect = queue.show("t")
    assert (effect.content["text"], effect.cause) == ("words", "smtp:1")
    with pytest.raises(Permanent, match="nothing in the queue"):
        queue.show("never")


async def test_retry_lets_a_buried_effect_go_again_and_the_daemon_notices(journal: Journal, queue: Queue) -> None:
    await plan(journal, [send("m")])
    await claimed(journal)
    await journal.bury("m", "550 no")
    assert queue.retry("m").state == "waiting"
    assert journal.changed()
    assert await claimed(journal) == ["m"]
    assert [(act.key, act.what, act.words) for act in queue.acts()] == [("m", "retry", "550 no")]


async def test_retry_makes_a_postponed_effect_due_now(journal: Journal, queue: Queue) -> None:
    await plan(journal, [tell("t"), tell("u")])
    await claimed(journal)
    await journal.postpone("t", 9e9, "later")
    queue.retry("t")
    assert await claimed(journal) == ["t"]


async def test_retry_never_cuts_a_hold_short(journal: Journal, queue: Queue) -> None:
    await plan(journal, [send("m", "$m", not_before=9e9), send("h", "$h", held=True)])
    for key, state in (("m", "waiting"), ("h", "held")):
        with pytest.raises(Permanent, match=f"nothing to retry: it is {state}"):
            queue.retry(key)


async def test_retry_releases_an_arrival_from_quarantine(journal: Journal, queue: Queue) -> None:
    await quarantine(journal)
    assert queue.retry("smtp:spam").state == "new"
    (waiting,) = await journal.pending(after=0, limit=9)
    assert (waiting.key, waiting.released) == ("smtp:spam", True)
    with pytest.raises(Permanent, match="not in quarantine"):
        queue.retry("smtp:spam")


async def test_a_dropped_effect_is_kept_and_its_lane_goes_on(journal: Journal, queue: Queue) -> None:
    await plan(journal, [tell("a"), tell("b")])
    assert queue.drop("a", "not wanted", [tell("said", lane="other")]).state == "cancelled"
    assert await claimed(journal) == ["b", "said"]
    assert queue.show("a").entry.words == "not wanted"
    assert queue.acts()[0].words == "not wanted"


async def test_a_dropped_arrival_keeps_its_octets(journal: Journal, queue: Queue) -> None:
    await quarantine(journal)
    assert queue.drop("smtp:spam").state == "planned"
    assert queue.show("smtp:spam").outcome == "dropped"
    assert (await journal.raw("smtp:spam")).data == arrival().raw
    assert queue.arrivals() == []


async def test_what_is_being_done_cannot_be_dropped(journal: Journal, queue: Queue) -> None:
    await plan(journal, [tell("a")])
    await claimed(journal)
    with pytest.raises(Permanent, match="it is claimed"):
        queue.drop("a")


async def test_health_is_what_the_daemon_told_last(journal: Journal, queue: Queue) -> None:
    await journal.report(Health("imap:eva", "failed", "login refused", 1.0))
    await journal.report(Health("imap:eva", "ok", "", 2.0))
    assert queue.health() == [Health("imap:eva", "ok", "", 2.0)]


def test_a_folder_without_a_journal_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="no journal"):
        Queue.open(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
