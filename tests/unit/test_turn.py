"""What ties arrivals together, so that those that share a name are planned one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.core.decision import NO_STANDINGS, Action, Decision, Standing
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Pending
from bridge.engine.turn import Turn
from tests.unit.worlds import SETUP, a_mail, bridged, pending


class Book:
    """Rules that do the same with every mail."""

    def __init__(self, action: Action) -> None:
        self.action = action
        self.setup, self.rulebook = SETUP, self

    @property
    def now(self) -> "Book":
        return self

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        return ()

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        return [bridged(), replace(bridged(), action=self.action)]


class Reads:
    """Reads one mail."""

    def __init__(self, mail: Mail) -> None:
        self.mail = mail

    async def read(self, raw: object) -> Mail:
        return self.mail


async def touches(action: Action, arrival: Pending, **more: object) -> frozenset[str]:
    turn = Turn(None, None, Reads(a_mail(**more)), Book(action))  # type: ignore[arg-type]  # the parts it uses
    return (await turn.see(arrival)).touches


async def test_mails_for_quarantine_are_planned_one_after_the_other_because_the_notice_counts_them() -> None:
    one = await touches("quarantine", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("quarantine", pending("smtp:2"), message_id="<2@x>", subject="Two")
    assert one & two
    released = await touches("quarantine", pending("smtp:2", released=True), message_id="<2@x>", subject="Two")
    assert not one & released


async def test_mails_that_share_no_name_are_planned_side_by_side() -> None:
    one = await touches("bridge", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("drop", pending("smtp:2"), message_id="<2@x>", subject="Two")
    assert not one & two


async def test_an_answer_waits_for_the_mail_it_refers_to() -> None:
    one = await touches("bridge", pending("smtp:1"), message_id="<1@x>", subject="One")
    two = await touches("bridge", pending("smtp:2"), message_id="<2@x>", subject="Two", in_reply_to=("<1@x>",))
    assert one & two
