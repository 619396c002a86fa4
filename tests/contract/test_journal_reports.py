"""What delivery reports told of our answers is kept, and found again by the Message-ID of the answer."""

from bridge.core.answered import Answered, Reported
from bridge.core.effects import Receipt
from bridge.core.plan import MailQuery
from bridge.core.ports import Journal
from tests.contract.conftest import Reopen
from tests.contract.journal_world import SCOPE, claimed, filed, plan, send

ID = "<s@corp.example>"
KIM = "kim@customer.example"


async def answer(journal: Journal, *identifiers: str, scope: str = SCOPE) -> Answered | None:
    return (await journal.mail_view(MailQuery(scope, "", "c", (), (), reports=identifiers))).answer


async def sent(journal: Journal) -> None:
    await plan(journal, (send("s"),), letters=(filed("s", message_id=ID, ours=True),))
    await claimed(journal)
    await journal.fulfil("s", Receipt(words="250 ok", accepted=(KIM,)))


async def test_an_answer_is_found_by_its_id_once_a_server_may_have_it(journal: Journal) -> None:
    await plan(journal, (send("s"),), letters=(filed("s", message_id=ID, ours=True),))
    assert await answer(journal, ID) is None
    await claimed(journal)
    begun = await answer(journal, ID)
    assert begun is not None
    assert (begun.begun, begun.accepted) == (True, ())
    await journal.fulfil("s", Receipt(words="250 ok", accepted=(KIM,)))
    done = await answer(journal, "<other@x>", ID)
    assert done is not None
    assert (done.begun, done.accepted, done.send.key) == (False, (KIM,), "s")


async def test_a_mail_of_others_is_no_answer(journal: Journal) -> None:
    await sent(journal)
    await plan(journal, key="smtp:2", letters=(filed("theirs", message_id="<t@x>"),))
    assert await answer(journal, "<t@x>") is None
    assert await answer(journal) is None


async def test_an_answer_is_found_from_the_inbox_that_it_was_sent_as(journal: Journal) -> None:
    await sent(journal)
    found = await answer(journal, ID, scope="inbox:info")
    assert found is not None
    assert found.send.key == "s"


async def test_what_was_reported_is_kept_and_a_failure_follows_a_delay(journal: Journal, reopen: Reopen) -> None:
    await sent(journal)
    await plan(journal, key="smtp:2", reported=(Reported("s", KIM, "delayed", "networkerror"),))
    await plan(journal, key="smtp:3", reported=(Reported("s", KIM, "failed", "expired", "d@x.example"),))
    journal = await reopen()
    found = await answer(journal, ID)
    assert found is not None
    assert found.reported == (Reported("s", KIM, "failed", "expired", "d@x.example"),)
