"""Whatever happens to a conversation, and however often the daemon is killed, the last that its line told is true.

Mail comes, people take, answers leave, the conversation is closed and opened, in any order; delivery lags behind, dies
before or after the homeserver took an event, and goes on. In the end there is one line, told of the last facts.
"""

import asyncio
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.core import lobby
from bridge.core.decision import Lobby
from bridge.core.effects import Line, Receipt, SendMail
from bridge.core.events import plan_event
from bridge.core.placing import query
from bridge.core.plan import Arrival, EventQuery, Plan
from bridge.core.post import Reacted
from bridge.core.showing import Look, plan_mail
from bridge.store.journal import Journal
from tests.contract.journal_world import filed, send
from tests.unit.worlds import ANN, BOB, DESK, SETUP, a_mail, bridged, pending

HALL = replace(DESK, room=replace(DESK.room, lobby=Lobby("#desk", True, ((ANN, "Ann Berg"), (BOB, "Bob Iwu")))))
STEPS = st.sampled_from(["mail", "ann", "bob", "answer", "deliver", "deliver", "send twice", "die", "restart"])


@dataclass
class World:
    """The journal under test, and a homeserver that knows transactions and edits."""

    folder: Path
    journal: Journal = field(init=False)
    now: float = 1000.0
    count: int = 0
    events: dict[str, str] = field(default_factory=dict)  # transaction -> event
    shown: dict[str, str] = field(default_factory=dict)  # line -> what it says

    async def open(self) -> None:
        self.journal = await Journal.open(self.folder, clock=lambda: self.now)

    def name(self) -> str:
        self.count += 1
        self.now += 1
        return f"{self.count}"

    async def mail(self) -> None:
        """One more mail of the conversation, planned as the daemon does."""
        key = f"smtp:{self.name()}"
        mail = a_mail(message_id=f"<{key}@client.example>", content=key, references=("<smtp:1@client.example>",))
        came = replace(pending(key), at=self.now)
        await self.journal.accept([Arrival(key, "mail", b"x\r\n\r\n", self.now, came.envelope)])
        view = await self.journal.mail_view(query(HALL, mail))
        await self.journal.settle(plan_mail(came, mail, (Look(bridged(HALL), view),), SETUP))

    async def take(self, user: str) -> None:
        """A reaction to the line, once it stands there."""
        event = next(iter(self.shown), None)
        if event is None:
            return
        key = f"event:${self.name()}"
        view = await self.journal.event_view(EventQuery("!is:#desk", target=event))
        if view.line is None:  # it was taken by the homeserver, and we died before we heard of it
            return
        await self.journal.accept([Arrival(key, "event", b"{}", self.now)])
        came = replace(pending(key), kind="event", at=self.now)
        reacted = Reacted(key.removeprefix("event:"), "!is:#desk", user, self.now, event, "👋")
        await self.journal.settle(plan_event(came, reacted, view, HALL, SETUP))

    async def answer(self) -> None:
        """An answer is planned; delivery sends it."""
        talk = await self.talk()
        if not talk:
            return
        key = f"a{self.name()}"
        await self.journal.accept([Arrival(f"event:{key}", "event", b"{}", self.now)])
        letter = filed(key, talk, ours=True)
        effect = replace(send(key, f"${key}", room=f"conv:{talk}"), lane=f"mail:{talk}", conversation=talk)
        await self.journal.settle(Plan(f"event:{key}", "answer", "x", letters=(letter,), effects=(effect,)))

    async def talk(self) -> str:
        view = await self.journal.mail_view(query(HALL, a_mail(message_id="<smtp:1@client.example>", content="none")))
        return view.conversation.id if view.conversation else ""

    async def deliver(self, *, most: int = 2, dies: bool = False, twice: bool = False) -> int:
        """Do what is due; `dies` after the homeserver took it, `twice`: it is tried again after such a death."""
        self.now += 3
        tasks = await self.journal.claim(self.now, most)
        for task in tasks:
            effect = task.effect
            receipt, then = Receipt(events=(f"$of-{effect.key}",)), ()
            if effect.kind == "open-room":
                receipt = Receipt(room=f"!{effect.room.key}")
            elif isinstance(effect, SendMail):
                receipt, then = Receipt(accepted=("kim@customer.example",)), lobby.answered(effect, HALL)
            elif isinstance(effect, Line):
                said = await self.say(effect)
                receipt = Receipt(events=(said,) if said else ())
            if dies:
                continue
            if twice:
                await self.journal.postpone(effect.key, self.now, "no answer")
                continue
            await self.journal.fulfil(effect.key, receipt, then)
        return len(tasks)

    async def say(self, line: Line) -> str:
        """As delivery does; the homeserver takes each transaction once."""
        view = await self.journal.line_view(line.conversation)
        edits = await self.journal.event_of(line.edits) if line.edits else None
        if view is None or (line.edits and edits is None):
            return ""
        told = lobby.told(line, view, HALL, "link").text
        if line.key not in self.events:
            self.events[line.key] = f"${line.key}"
            self.shown[edits or f"${line.key}"] = told
        return self.events[line.key]


async def live(folder: Path, steps: list[str]) -> None:
    world = World(folder)
    await world.open()
    for step in ["mail", *steps]:
        match step:
            case "mail":
                await world.mail()
            case "ann" | "bob":
                await world.take(ANN if step == "ann" else BOB)
            case "answer":
                await world.answer()
            case "deliver":
                await world.deliver()
            case "send twice":
                await world.deliver(twice=True)
            case "die":
                await world.deliver(dies=True)
                await world.journal.close()
                await world.open()
            case "restart":
                await world.journal.close()
                await world.open()
    await world.journal.close()
    await world.open()  # whatever was begun is done again
    while await world.deliver(most=50):
        pass
    view = await world.journal.line_view(await world.talk())
    assert view is not None
    truth = lobby.told(Line("k", "l", "r", view.conversation.id), view, HALL, "link").text
    assert list(world.shown.values()) == [truth]
    await world.journal.close()


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=14))
def test_the_last_that_a_line_tells_is_true_and_there_is_one_line(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder) / "state", steps))
