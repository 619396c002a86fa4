"""A digest in the journal: it waits for its time across restarts, and knows what was gathered."""

from bridge.core.effects import DigestRoot, OpenRoom, Receipt, RoomSpec
from bridge.core.gathering import root
from bridge.core.plan import EventQuery
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import arrival, claimed, conversation, filed, plan, show

KEY = root("c")
ROOT = DigestRoot(KEY, "conv:c", "is:#news", "c", 5000.0)


async def gathering(journal: Journal) -> None:
    await plan(
        journal,
        [OpenRoom("o", "conv:c", RoomSpec("is:#news", "n")), ROOT, show("s1", "l1", room="is:#news", threaded=True)],
        conversations=(conversation(room="is:#news", threaded=True),),
        letters=(filed("l1"),),
    )
    more = [ROOT, show("s2", "l2", room="is:#news", threaded=True)]
    await plan(journal, more, "smtp:2", letters=(filed("l2", content="other"), filed("x", "elsewhere")))


async def test_what_is_gathered_waits_for_its_time_and_then_follows_in_order(journal: Journal, reopen: Reopen) -> None:
    await gathering(journal)
    assert await claimed(journal) == ["o"]
    await journal.fulfil("o", Receipt(room="!news"))
    journal = await reopen()
    assert await claimed(journal, 4999.0) == []
    assert await journal.next_due(1000.0) == 5000.0
    count, letters = await journal.gathered("c", 60)
    assert (count, [letter.key for letter in letters]) == (2, ["l1", "l2"])
    assert await claimed(journal, 5000.0) == [KEY]
    await journal.fulfil(KEY, Receipt(events=("$root",)))
    assert await journal.thread_root("c") == "$root"
    assert await claimed(journal, 5000.0) == ["s1"]
    await journal.fulfil("s1", Receipt(events=("$s1",)))
    assert await journal.thread_root("c") == "$root"
    assert await claimed(journal, 5000.0) == ["s2"]
    view = await journal.event_view(EventQuery("!news", reply_to="$root"))
    assert view.replied is not None
    assert view.replied.meaning == "notice"


async def test_mail_that_waits_to_be_planned_is_known_by_when_it_came(journal: Journal) -> None:
    assert not await journal.unplanned(1000.0)
    await journal.accept([arrival()])
    assert await journal.unplanned(100.5)
    assert not await journal.unplanned(100.0)
    await plan(journal)
    assert not await journal.unplanned(1000.0)


async def test_of_a_flood_the_first_mails_are_loaded_and_all_are_counted(journal: Journal) -> None:
    await gathering(journal)
    count, letters = await journal.gathered("c", 1)
    assert (count, [letter.key for letter in letters]) == (2, ["l1"])
    assert await journal.gathered("nothing", 1) == (0, [])


async def test_mail_of_a_digest_says_until_when_it_waits_for_that(journal: Journal) -> None:
    await gathering(journal)
    await plan(journal, [show("s9", "l9", conversation="d")], "smtp:9", conversations=(conversation("d"),))
    assert [each.due for each in await journal.unshown(after=0, limit=10)] == [5000.0, 5000.0, 0.0]
    await claimed(journal)
    await journal.fulfil("o", Receipt(room="!news"))
    assert KEY in await claimed(journal, 5000.0)
    await journal.fulfil(KEY, Receipt(events=("$root",)))
    assert {each.due for each in await journal.unshown(after=0, limit=10)} == {0.0}
