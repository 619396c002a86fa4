"""The journal remembers to whom an automatic answer went, also after a restart, and no two turns answer at once."""

from pathlib import Path

import pytest

from bridge.core.acknowledging import MOST
from bridge.core.errors import Conflict
from bridge.core.plan import Acknowledged, MailQuery
from bridge.core.ports import Journal
from bridge.store.journal import Journal as SqliteJournal
from tests.contract.journal_world import SCOPE, plan


def asked(address: str = "kim@x.example", scope: str = SCOPE) -> MailQuery:
    return MailQuery(scope, "<m@x.example>", "c", (), (), acknowledge=address)


async def test_it_is_remembered_whichever_inbox_asks(journal: Journal) -> None:
    assert (await journal.mail_view(asked())).acknowledged == 0.0
    await plan(journal, acknowledged=(Acknowledged("kim@x.example", 500.0, 100.0),))
    assert (await journal.mail_view(asked())).acknowledged == 500.0
    assert (await journal.mail_view(asked(scope="inbox:other"))).acknowledged == 500.0
    assert (await journal.mail_view(asked("eve@x.example"))).acknowledged == 0.0
    assert (await journal.mail_view(asked(""))).acknowledged == 0.0


async def test_two_turns_do_not_both_answer(journal: Journal) -> None:
    await plan(journal, acknowledged=(Acknowledged("kim@x.example", 500.0, 100.0),))
    for key, at in (("smtp:2", 599.0), ("smtp:3", 450.0)):
        with pytest.raises(Conflict):
            await plan(journal, key=key, acknowledged=(Acknowledged("kim@x.example", at, 100.0),))
    await plan(journal, key="smtp:4", acknowledged=(Acknowledged("kim@x.example", 600.0, 100.0),))
    assert (await journal.mail_view(asked())).acknowledged == 600.0


async def test_it_tells_since_when_a_hundred_people_were_answered(journal: Journal) -> None:
    for number in range(MOST + 5):
        expected = 1000.0 + number - MOST if number >= MOST else 0.0
        assert (await journal.mail_view(asked())).flood == expected
        answered = Acknowledged(f"a{number}@x.example", 1000.0 + number, 100.0)
        await plan(journal, key=f"smtp:{number}", acknowledged=(answered,))
    assert (await journal.mail_view(asked(""))).flood == 0.0


async def test_a_restart_forgets_nobody(tmp_path: Path) -> None:
    async with await SqliteJournal.open(tmp_path) as journal:
        await plan(journal, acknowledged=(Acknowledged("kim@x.example", 500.0, 100.0),))
    async with await SqliteJournal.open(tmp_path) as journal:
        assert (await journal.mail_view(asked())).acknowledged == 500.0
