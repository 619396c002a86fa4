"""Which live mails wait to be shown, for those who get them by mail meanwhile."""

from bridge.core.effects import Receipt
from bridge.core.ports import Journal
from tests.contract.journal_world import SCOPE, arrival, claimed, conversation, plan, show, tell


async def test_mails_wait_until_they_are_shown(journal: Journal) -> None:
    await plan(journal, (show("s1"), tell("n1"), show("s2")), conversations=(conversation(),))
    found = await journal.unshown(after=0, limit=10)
    assert [(each.arrival, each.scope, each.rule) for each in found] == [("smtp:1", SCOPE, "")] * 2
    assert [each.order for each in await journal.unshown(after=found[0].order, limit=10)] == [found[1].order]
    assert len(await journal.unshown(after=0, limit=1)) == 1

    assert "s1" in await claimed(journal)
    assert len(await journal.unshown(after=0, limit=10)) == 2
    await journal.fulfil("s1", Receipt(events=("$1",)))
    assert [each.order for each in await journal.unshown(after=0, limit=10)] == [found[1].order]


async def test_history_waits_for_nobody(journal: Journal) -> None:
    await journal.accept([arrival(quiet=True)])
    await plan(journal, (show("s1"),), conversations=(conversation(),))
    assert await journal.unshown(after=0, limit=10) == []


async def test_what_came_to_its_end_is_not_put_off_any_more(journal: Journal) -> None:
    await plan(journal, (show("s1"),), conversations=(conversation(),))
    await claimed(journal)
    await journal.fulfil("s1", Receipt(events=("$1",)))
    await journal.postpone("s1", 0.0, "cut off", counted=False)
    assert await claimed(journal) == []
