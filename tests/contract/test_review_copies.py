"""One mail shows once though two copies of it are planned at the same moment (I2)."""

import pytest

from bridge.core.errors import Conflict
from bridge.core.plan import Plan
from bridge.core.ports import Journal
from tests.contract.journal_world import anchor, arrival, conversation, filed


@pytest.mark.parametrize("message_id", ["<a@x>", ""])
async def test_a_second_copy_in_a_known_conversation_is_planned_again(journal: Journal, message_id: str) -> None:
    """Both turns looked before either settled, and no Message-ID was bound to another conversation."""
    await journal.accept([arrival("smtp:0"), arrival("smtp:1"), arrival("imap:1")])
    await journal.settle(Plan("smtp:0", "bridged", "", conversations=(conversation(),)))
    anchors = (anchor(message_id),) if message_id else ()

    def copy(key: str, letter: str) -> Plan:
        return Plan(key, "bridged", "", letters=(filed(letter, "c", message_id, "same"),), anchors=anchors)

    await journal.settle(copy("smtp:1", "l1"))
    with pytest.raises(Conflict):
        await journal.settle(copy("imap:1", "l2"))


async def test_other_content_under_the_same_id_is_no_copy(journal: Journal) -> None:
    await journal.accept([arrival("smtp:1"), arrival("imap:1")])
    first = Plan("smtp:1", "bridged", "", letters=(filed("l1", "c", "<a@x>", "one"),))
    other = Plan("imap:1", "bridged", "", letters=(filed("l2", "c", "<a@x>", "two"),))
    await journal.settle(first)
    await journal.settle(other)


async def test_one_mail_may_stand_twice_where_two_inboxes_lead_to_one_room(journal: Journal) -> None:
    await journal.accept([arrival("smtp:1")])
    both = (filed("l1", "c", "<a@x>", "same"), filed("l2", "c", "<a@x>", "same"))
    await journal.settle(Plan("smtp:1", "bridged", "", letters=both))
