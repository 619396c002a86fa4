"""What rules may ask of a mail: its conversation and its author, as they stand in one scope."""

from dataclasses import replace

import pytest

from bridge.core.decision import Standing
from bridge.core.effects import Cancel, Receipt, Release
from bridge.core.plan import Anchor, StandingQuery
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import COLLEAGUE, CUSTOMER, SCOPE, anchor, conversation, filed, plan, send

INFO = "inbox:info"


async def standing(journal: Journal, message_id: str = "", *ancestors: str, author: str = "") -> Standing:
    """What is known in SCOPE."""
    found = await journal.standings(StandingQuery((SCOPE,), message_id, ancestors, author))
    assert list(found) == [SCOPE]
    return found[SCOPE]


async def test_of_a_first_mail_nothing_is_known(journal: Journal) -> None:
    assert await standing(journal, "<1@x>", "<0@x>", author=CUSTOMER.key) == Standing("new", known=False)


async def test_a_mail_without_id_and_author_is_new_and_unknown(journal: Journal) -> None:
    await plan(journal, conversations=(conversation(),), letters=(filed("l"),), correspondents=((SCOPE, "kim@x"),))
    assert await standing(journal) == Standing("new", known=False)


@pytest.mark.parametrize("ids", [("<1@x>",), ("<9@x>", "<1@x>"), ("", "<8@x>", "<1@x>")])
async def test_a_conversation_is_known_by_its_own_id_or_by_any_that_is_referred_to(
    journal: Journal, ids: tuple[str, ...]
) -> None:
    await plan(journal, conversations=(conversation(),), anchors=(anchor("<1@x>"),))
    assert (await standing(journal, *ids)).conversation == "existing"


async def test_each_scope_has_its_own_answer(journal: Journal) -> None:
    await plan(
        journal,
        conversations=(conversation(),),
        anchors=(anchor("<1@x>"),),
        correspondents=((SCOPE, CUSTOMER.key), ("list:users", "eve@x")),
    )
    query = StandingQuery((SCOPE, INFO, "list:users"), "<1@x>", (), CUSTOMER.key)
    assert await journal.standings(query) == {
        SCOPE: Standing("existing", known=True),
        INFO: Standing(),
        "list:users": Standing(),
    }


async def test_an_author_is_known_across_the_conversations_of_a_scope_and_after_a_restart(reopen: Reopen) -> None:
    journal = await reopen()
    await plan(journal, conversations=(conversation(),), correspondents=((SCOPE, CUSTOMER.key),) * 2)
    await plan(journal, key="smtp:2", conversations=(conversation("d"),), correspondents=((SCOPE, CUSTOMER.key),))
    assert await standing(await reopen(), "<other@x>", author=CUSTOMER.key) == Standing("new", known=True)


async def answered(journal: Journal, *, held: bool = False) -> Standing:
    """After a customer's mail and an answer "m" to it was planned."""
    await plan(journal, conversations=(conversation(),), letters=(filed("l"),), anchors=(anchor("<1@x>"),))
    answer = filed("m", message_id="<m@corp.example>", ours=True)
    await plan(
        journal,
        [send("m", held=held)],
        key="event:$said",
        letters=(answer,),
        anchors=(anchor("<m@corp.example>"),),
    )
    return await standing(journal, "<2@x>", "<1@x>")


async def test_a_conversation_is_answered_once_staff_answered_there(journal: Journal) -> None:
    assert (await answered(journal)).conversation == "answered"
    await journal.claim(1000.0, 1)
    await journal.fulfil("m", Receipt(words="250 queued", accepted=(CUSTOMER.spec,)))
    assert (await standing(journal, "<2@x>", "<m@corp.example>")).conversation == "answered"
    other = Anchor(INFO, "<1@x>", "e")
    await plan(journal, key="smtp:5", conversations=(replace(conversation("e"), scope=INFO),), anchors=(other,))
    found = await journal.standings(StandingQuery((INFO,), "<1@x>", (), ""))
    assert found[INFO].conversation == "existing"


async def test_the_nearest_known_ancestor_says_whether_it_was_answered(journal: Journal) -> None:
    await answered(journal)
    await plan(journal, key="smtp:3", conversations=(conversation("d"),), anchors=(anchor("<d@x>", "d"),))
    assert (await standing(journal, "<2@x>", "<d@x>", "<1@x>")).conversation == "existing"
    assert (await standing(journal, "<2@x>", "<1@x>", "<d@x>")).conversation == "answered"


async def test_an_answer_that_was_taken_back_answered_nothing(journal: Journal) -> None:
    await answered(journal)
    await plan(journal, key="event:$gone", amendments=(Cancel("m"),))
    assert (await standing(journal, "<2@x>", "<1@x>")).conversation == "existing"


async def test_an_answer_that_waits_for_a_confirmation_counts_from_the_confirmation_on(journal: Journal) -> None:
    assert (await answered(journal, held=True)).conversation == "existing"
    await plan(journal, key="event:$yes", amendments=(Release("m", 600.0),))
    assert (await standing(journal, "<2@x>", "<1@x>")).conversation == "answered"


@pytest.mark.parametrize(("taken", "expected"), [((), "existing"), ((CUSTOMER.spec,), "answered")])
async def test_an_answer_that_failed_counts_when_somebody_got_it(
    journal: Journal, taken: tuple[str, ...], expected: str
) -> None:
    await answered(journal)
    await journal.claim(1000.0, 1)
    progress = Receipt(accepted=taken, refused=(("eve@x", "550 no"),))
    await journal.bury("m", "550 no", progress=progress)
    assert (await standing(journal, "<2@x>", "<1@x>")).conversation == expected


async def test_who_was_sent_an_answer_is_known_and_who_refused_it_is_not(journal: Journal) -> None:
    answer = send("m")
    both = replace(answer, draft=replace(answer.draft, cc=(COLLEAGUE,)))
    await plan(journal, [both])
    assert not (await standing(journal, author=CUSTOMER.key)).known
    await journal.claim(1000.0, 1)
    await journal.postpone("m", 2000.0, "450 later", progress=Receipt(accepted=(CUSTOMER.spec,)))
    assert (await standing(journal, author=CUSTOMER.key)).known
    assert not (await standing(journal, author=COLLEAGUE.key)).known
    await journal.claim(2000.0, 1)
    await journal.fulfil("m", Receipt(accepted=(CUSTOMER.spec, COLLEAGUE.spec)))
    assert (await standing(journal, author=COLLEAGUE.key)).known
