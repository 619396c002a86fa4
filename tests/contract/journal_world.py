"""Values for tests of the Journal port: the smallest arrivals, plans and effects that say what a test is about."""

from collections.abc import Sequence

from bridge.core.addresses import Address
from bridge.core.effects import Effect, OpenRoom, RoomSpec, SendMail, Show, Speaker, Tell
from bridge.core.mail import Draft, Envelope, Letter
from bridge.core.plan import Anchor, Arrival, Conversation, Filed, Plan
from bridge.core.ports import Journal

ANN = Address("ann", "corp.example", "Ann Berg")
CUSTOMER = Address("kim", "customer.example", "Kim")
COLLEAGUE = Address("Carl", "customer.example", "Carl")
SCOPE = "inbox:support"


def arrival(key: str = "smtp:1", raw: bytes = b"Subject: x\r\n\r\nx\r\n", *, quiet: bool = False) -> Arrival:
    return Arrival(key, "mail", raw, 100.0, Envelope("smtp", "kim@customer.example", ("support@corp.example",)), quiet)


def letter(key: str, conversation: str = "c", message_id: str = "", *, ours: bool = False) -> Letter:
    author, recipient = (ANN, CUSTOMER) if ours else (CUSTOMER, ANN)
    return Letter(key, conversation, message_id, (), (author,), (), (recipient,), (), "Hello", 100.0, "text", ours)


def filed(key: str, conversation: str = "c", message_id: str = "", content: str = "", *, ours: bool = False) -> Filed:
    return Filed(SCOPE, content or f"content of {key}", letter(key, conversation, message_id, ours=ours))


def conversation(key: str = "c", room: str = "", *, threaded: bool = False) -> Conversation:
    return Conversation(key, SCOPE, room or f"conv:{key}", "Hello", threaded)


def anchor(message_id: str, conversation: str = "c") -> Anchor:
    return Anchor(SCOPE, message_id, conversation)


def open_room(key: str, room: str, lane: str = "conv:c") -> OpenRoom:
    return OpenRoom(key, lane, RoomSpec(room, "Hello"))


def show(key: str, letter: str = "l", *, conversation: str = "c", room: str = "", threaded: bool = False) -> Show:
    where = room or f"conv:{conversation}"
    speaker = Speaker(CUSTOMER, ghost=True)
    return Show(
        key, f"conv:{conversation}", where, conversation, letter, "smtp:1", speaker, "Hello", "text", threaded=threaded
    )


def tell(key: str, lane: str = "room:admin", room: str = "admin") -> Tell:
    return Tell(key, lane, room, "words")


def send(
    key: str, event: str = "$said", *, not_before: float = 0.0, held: bool = False, room: str = "conv:c"
) -> SendMail:
    draft = Draft(f"<{key}@corp.example>", 100.0, ANN, "ann@corp.example", (CUSTOMER,), (), "Re: Hello", "Answer")
    return SendMail(key, "mail:c", room, "c", event, "@ann:corp.example", SCOPE, "", draft, not_before, held)


async def plan(journal: Journal, effects: Sequence[Effect] = (), key: str = "smtp:1", **more: object) -> None:
    """Have an arrival and settle its plan."""
    await journal.accept([arrival(key)])
    await journal.settle(Plan(key, "bridged", "rule x", effects=tuple(effects), **more))


async def claimed(journal: Journal, now: float = 1000.0, limit: int = 100) -> list[str]:
    return [task.effect.key for task in await journal.claim(now, limit)]
