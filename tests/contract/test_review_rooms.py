"""What a real journal tells the planner about answers: whose right to send holds, and what was taken back."""

from dataclasses import replace

from bridge.core.addresses import Address
from bridge.core.decision import RoomRule, Scope, Sending
from bridge.core.effects import Cancel, OpenRoom, Receipt, Release, RoomSpec, SendMail, Show
from bridge.core.plan import Arrival, Conversation, EventQuery, Filed, Plan
from bridge.core.ports import Journal
from bridge.core.post import Post, Said
from bridge.engine.rules import Rules
from bridge.engine.turn import Turn
from tests.contract.journal_world import CUSTOMER, arrival, conversation, filed, letter, plan, send, show
from tests.unit.worlds import ANN, BOB, SETUP

ALERTS = Scope(
    "inbox:alerts",
    "alerts",
    RoomRule(members=(ANN, BOB), target="#shared"),
    Sending(identities=((BOB, Address("alerts", "corp.example", "Bob")),)),
)
SUPPORT = Scope(
    "inbox:support",
    "support",
    RoomRule(members=(ANN, BOB), target="#shared"),
    Sending(identities=((ANN, Address("support", "corp.example", "Ann")),)),
)


class Rulebook:
    """Two inboxes in one room, with different rights to send."""

    digest = "d"
    rated = False

    def scope(self, name: str, rule: str = "") -> Scope | None:
        return {"inbox:alerts": ALERTS, "inbox:support": SUPPORT}.get(name)


class Chat:
    """Reads the one event that a test is about."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def read(self, raw: bytes) -> Post:
        return self._post


async def in_the_shared_room(journal: Journal, scope: str, name: str) -> None:
    """A mail of an inbox stands as event $<name> in the room that both share."""
    room = "is:#shared"
    key = f"smtp:{name}"
    filing = Filed(scope, f"content {name}", replace(letter(f"l-{name}", name), from_=(CUSTOMER,)))
    shown = Show(
        f"show-{name}", f"conv:{name}", room, name, f"l-{name}", key, show("x").speaker, "Hello", "text", threaded=True
    )
    opening = OpenRoom(f"open-{name}", f"conv:{name}", RoomSpec(room, "Shared"))
    await journal.accept([arrival(key)])
    await journal.settle(
        Plan(
            key,
            "bridged",
            "",
            conversations=(Conversation(name, scope, room, "Hello", threaded=True),),
            letters=(filing,),
            rooms=((room, scope, ""),),
            effects=(opening, shown),
        )
    )
    await journal.claim(1000.0, 10)
    await journal.fulfil(f"open-{name}", Receipt(room="!shared"))
    await journal.claim(1000.0, 10)
    await journal.fulfil(f"show-{name}", Receipt(events=(f"${name}",)))


async def planned(journal: Journal, post: Said) -> Plan:
    await journal.accept([Arrival(f"event:{post.event}", "event", b"{}", 100.0)])
    rules = Rules(Rulebook(), lambda _: SETUP)
    turn = Turn(journal, Chat(post), None, rules)
    (pending,) = await journal.pending(after=0, limit=10)
    return await turn.plan(await turn.see(pending))


async def test_in_a_room_of_two_inboxes_the_right_to_send_is_that_of_the_mail_answered(journal: Journal) -> None:
    await in_the_shared_room(journal, "inbox:support", "s")
    await in_the_shared_room(journal, "inbox:alerts", "a")
    made = await planned(journal, Said("$r", "!shared", ANN, 100.0, "text", "Yes", reply_to="$s"))
    (answer,) = [e for e in made.effects if isinstance(e, SendMail)]
    assert (answer.scope, answer.draft.from_.spec) == ("inbox:support", "support@corp.example")


async def test_who_may_send_for_the_other_inbox_of_a_room_may_not_send_for_this_one(journal: Journal) -> None:
    await in_the_shared_room(journal, "inbox:support", "s")
    await in_the_shared_room(journal, "inbox:alerts", "a")
    made = await planned(journal, Said("$r", "!shared", BOB, 100.0, "text", "Yes", reply_to="$s"))
    assert not [e for e in made.effects if isinstance(e, SendMail)]


async def answered(journal: Journal) -> None:
    opening = OpenRoom("o", "conv:c", RoomSpec("conv:c", "Hello"))
    letters = (filed("l"), filed("m", ours=True))
    await plan(
        journal,
        [opening, send("m", event="$said", not_before=5000.0)],
        conversations=(conversation(),),
        letters=letters,
        rooms=(("conv:c", "inbox:support", ""),),
    )
    await journal.claim(1000.0, 10)
    await journal.fulfil("o", Receipt(room="!c"))


async def test_an_answer_that_was_taken_back_is_a_note_and_cannot_be_quoted(journal: Journal) -> None:
    await answered(journal)
    before = (await journal.event_view(EventQuery("!c", reply_to="$said"))).replied
    assert before is not None
    assert before.meaning == "answer"
    await plan(journal, key="smtp:2", amendments=(Cancel("m"),))
    after = (await journal.event_view(EventQuery("!c", reply_to="$said"))).replied
    assert after is not None
    assert (after.meaning, after.letter) == ("notice", None)


async def test_an_edit_finds_the_letter_that_it_changes(journal: Journal) -> None:
    await answered(journal)
    view = await journal.event_view(EventQuery("!c", target="$said"))
    assert view.replied is not None
    assert view.replied.letter is not None
    assert view.replied.letter.key == "m"


async def test_an_answer_that_a_retry_must_not_repeat_keeps_who_has_it(journal: Journal) -> None:
    await answered(journal)
    await journal.claim(6000.0, 10)
    have = Receipt(words="250 ok", accepted=(CUSTOMER.spec,))
    await journal.bury("m", "550 no", progress=have)
    await plan(journal, key="smtp:2", amendments=(Release("m", 6001.0),))
    (task,) = await journal.claim(6002.0, 10)
    assert task.progress == have
