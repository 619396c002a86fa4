"""A backlog of large mail is worked on in portions that memory is for; none of it waits for ever."""

import asyncio
from pathlib import Path

from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Arrival, Raw
from bridge.engine.ahead import Ahead
from bridge.engine.planner import HELD, Planner
from bridge.engine.turn import Turn
from bridge.store.journal import Journal
from tests.unit.test_planning_together import Book
from tests.unit.worlds import CLIENT, NOW, a_mail

SIZE = 250 * 1024
MANY = 60


class Slow:
    """Reads one mail after the other, and knows how many octets were waiting for it at most."""

    def __init__(self) -> None:
        self.held = self.most = 0
        self.read_so_far = 0
        self.all = asyncio.Event()
        self._one = asyncio.Lock()

    async def read(self, raw: Raw) -> Mail:
        self.held += len(raw.data)
        self.most = max(self.most, self.held)
        async with self._one:
            await asyncio.sleep(0)
        self.held -= len(raw.data)
        self.read_so_far += 1
        if self.read_so_far == MANY:
            self.all.set()
        number = int(raw.data[:4])
        return a_mail(message_id=f"<{number}@client.example>", content=f"c{number}", subject="Order", from_=(CLIENT,))


async def test_large_mails_are_begun_as_far_as_memory_is_for_them(tmp_path: Path) -> None:
    envelope = Envelope("smtp", "anna@client.example", ("support@corp.example",))
    arrivals = [Arrival(f"smtp:{n}", "mail", b"%04d" % n + b"x" * SIZE, NOW, envelope) for n in range(MANY)]
    reader = Slow()
    async with await Journal.open(tmp_path, clock=lambda: 500.0) as journal:
        await journal.accept(arrivals)
        planner = Planner(journal, Turn(journal, None, Ahead(reader), Book()), lambda: 0.0, lambda: None)
        running = asyncio.create_task(planner.run())
        try:
            async with asyncio.timeout(20):
                await reader.all.wait()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    assert SIZE < reader.most <= HELD + 9 * SIZE < MANY * SIZE


async def test_the_journal_hands_out_large_mails_a_few_at_a_time_and_in_order(tmp_path: Path) -> None:
    async with await Journal.open(tmp_path) as journal:
        await journal.accept([Arrival(f"smtp:{n}", "mail", b"x" * SIZE, NOW) for n in range(30)])
        found: list[str] = []
        after = 0
        while few := await journal.pending(after=after, limit=30):
            assert len(few) < 30
            found += [each.key for each in few]
            after = few[-1].order
    assert found == [f"smtp:{n}" for n in range(30)]
