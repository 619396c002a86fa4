"""A digest's first message is made at its time, of all that came till then, and waits for no mail without end (I8)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

from bridge.core.aftermath import Fulfil, Postpone, Verdict
from bridge.core.decision import Notify
from bridge.core.doing import Task
from bridge.core.effects import DigestRoot, Tell
from bridge.core.gathering import SETTLING
from bridge.core.mail import Letter
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.rules import Rules
from tests.unit.worlds import NOW, a_letter

RULES = SimpleNamespace(now=SimpleNamespace(rulebook=None))
ROOT = DigestRoot("k", "conv:w", "is:#news", "w", NOW, Notify())


@dataclass
class Journal:
    """What a digest asks of the journal and of the chat."""

    letters: list[Letter] = field(default_factory=lambda: [a_letter()])
    waiting: bool = False
    told: list[Tell] = field(default_factory=list)

    async def room(self, key: str) -> str:
        return f"!{key}"

    async def room_rule(self, key: str) -> tuple[str, str]:
        return "", ""

    async def gathered(self, conversation: str, most: int) -> tuple[int, Sequence[Letter]]:
        assert conversation == "w"
        return len(self.letters), self.letters[:most]

    async def unplanned(self, before: float) -> bool:
        assert before == NOW
        return self.waiting

    async def tell(self, room: str, tell: Tell, **more: object) -> str:
        assert room == "!is:#news"
        self.told.append(tell)
        return "$root"


@dataclass
class Both:
    journal: Journal
    chat: Journal
    trust: float = 3600.0


async def deliver(journal: Journal, now: float) -> Verdict:
    delivery = Delivery(cast(Peers, Both(journal, journal)), cast(Rules, RULES), lambda: now)
    return await delivery.do(Task(ROOT, 1, now))


async def test_at_its_time_it_names_what_was_gathered() -> None:
    journal = Journal([a_letter(), a_letter(subject="Order 8")])
    verdict = await deliver(journal, NOW)
    assert isinstance(verdict, Fulfil)
    assert verdict.receipt.events == ("$root",)
    (told,) = journal.told
    assert told.text.splitlines()[0] == "Digest: 2 mails"


async def test_it_is_never_early_even_when_its_room_was_lost_and_found() -> None:
    journal = Journal()
    verdict = await deliver(journal, NOW - 1)
    assert isinstance(verdict, Postpone)
    assert (verdict.until, verdict.counted, journal.told) == (NOW, False, [])


async def test_mail_that_came_in_time_and_is_being_read_is_waited_for_but_not_long() -> None:
    journal = Journal(waiting=True)
    verdict = await deliver(journal, NOW + 0.5)
    assert isinstance(verdict, Postpone)
    assert NOW + 0.5 < verdict.until < NOW + 1
    assert not verdict.counted
    assert isinstance(await deliver(journal, NOW + SETTLING), Fulfil)
