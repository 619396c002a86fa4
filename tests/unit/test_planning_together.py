"""Mail that is planned several at a time comes to the very plans that it comes to one by one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core.decision import NO_STANDINGS, Decision, Standing
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Arrival, MailQuery, MailView, Plan, Raw
from bridge.engine.ahead import Ahead
from bridge.engine.planner import Planner
from bridge.engine.turn import Turn
from bridge.store.journal import Journal
from tests.unit.worlds import ALERTS, CLIENT, COLLEAGUE, DESK, NOW, SETUP, STRANGER, a_mail, bridged
from tests.waiting import eventually

IDS = [f"<m{number}@client.example>" for number in range(6)]


class Book:
    """Every mail is addressed to the desk; one whose subject says so to the alerts too, or is held."""

    def __init__(self) -> None:
        self.rated = False
        self.setup, self.rulebook = SETUP, self

    @property
    def now(self) -> "Book":
        return self

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        return ()

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        if mail.subject == "held":
            return [replace(bridged(), action="quarantine")]
        return [bridged(DESK), bridged(ALERTS)] if mail.subject == "both" else [bridged(DESK)]


class Reads:
    """Knows what each arrival's octets mean."""

    def __init__(self, mails: Sequence[Mail]) -> None:
        self.mails = mails

    async def read(self, raw: Raw) -> Mail:
        return self.mails[int(raw.data)]


class Told(Journal):
    """Keeps the plans that were settled, and how many at once."""

    plans: dict[str, Plan]
    most: int

    async def settle_on_view(
        self, asked: Mapping[str, Sequence[MailQuery]], decide: Callable[[Sequence[MailView]], Sequence[Plan]]
    ) -> Sequence[Plan]:
        plans = await super().settle_on_view(asked, decide)
        self.plans.update((plan.arrival, plan) for plan in plans)
        self.most = max(self.most, len(plans))
        return plans


async def planned(mails: Sequence[Mail], folder: Path, width: int) -> tuple[dict[str, Plan], int]:
    """All plans, and how many were settled at once. `width` 1: each after the one before."""
    async with await Told.open(folder, clock=lambda: 500.0) as journal:
        journal.plans, journal.most = {}, 0
        envelope = Envelope("smtp", "anna@client.example", ("support@corp.example",))
        await journal.accept([Arrival(f"smtp:{n}", "mail", b"%d" % n, NOW, envelope) for n in range(len(mails))])
        rules = Book()
        turn = Turn(journal, None, Ahead(Reads(mails)), rules)
        planner = Planner(journal, turn, lambda: 0.0, lambda: None, width=width)
        running = asyncio.create_task(planner.run())
        try:
            await eventually(lambda: len(journal.plans) == len(mails), within=20)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return journal.plans, journal.most


a_mail_by_chance = st.builds(
    lambda number, content, ancestors, subject, author: a_mail(
        message_id=IDS[number] if number < len(IDS) else f"<own{content}@client.example>",
        content=f"c{content}",
        in_reply_to=tuple(ancestors[:1]),
        references=tuple(ancestors),
        subject=subject,
        from_=(author,),
        text=f"What about number {content}? It should be here by now, we waited for it long enough, all of us.",
    ),
    number=st.integers(0, 12),
    content=st.integers(0, 30),
    ancestors=st.lists(st.sampled_from(IDS), max_size=2, unique=True),
    subject=st.sampled_from(["Order 1", "Order 2", "Order 3", "both", "held", ""]),
    author=st.sampled_from([CLIENT, COLLEAGUE, STRANGER]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(a_mail_by_chance, min_size=2, max_size=14))
def test_the_plans_are_the_same(mails: list[Mail]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        alone, most = asyncio.run(planned(mails, Path(one), width=1))
        assert most == 1
        together, _ = asyncio.run(planned(mails, Path(other), width=48))
    assert together == alone


async def test_strangers_to_each_other_are_planned_together(tmp_path: Path) -> None:
    mails = [
        a_mail(message_id=f"<{n}@client.example>", content=f"c{n}", subject=f"Order {n}", from_=(CLIENT,))
        for n in range(10)
    ]
    plans, most = await planned(mails, tmp_path, width=48)
    assert most == 10
    assert [plan.outcome for plan in plans.values()] == ["bridged"] * 10
