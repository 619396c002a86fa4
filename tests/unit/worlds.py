"""Small values that unit tests of the planner share: one help-desk with two people and a customer."""

from dataclasses import replace

from bridge.core.addresses import Address
from bridge.core.decision import Decision, Notify, RoomRule, Scope, Sending, Trace
from bridge.core.ids import Seed
from bridge.core.mail import Envelope, Letter, Mail
from bridge.core.plan import Conversation, EventView, Known, Pending, Raw
from bridge.core.post import Said
from bridge.core.setup import Setup

ANN, BOB, MALLORY = "@ann:corp.example", "@bob:corp.example", "@mallory:evil.example"
BOT = "@mailroom:corp.example"
SUPPORT = Address("support", "corp.example")
CLIENT = Address("anna", "client.example", "Anna Berg")
COLLEAGUE = Address("carl", "client.example", "Carl")
STRANGER = Address("eve", "evil.example", "Eve")
NOW = 1_800_000_000.0

ANN_AS = Address("support", "corp.example", "Ann at Corp")
BOB_AS = Address("support", "corp.example", "Bob at Corp")

SENDING = Sending(identities=((ANN, ANN_AS), (BOB, BOB_AS)), hold=15.0)
DESK = Scope(
    name="inbox:support",
    title="support",
    room=RoomRule(members=(ANN, BOB), per="conversation"),
    sending=SENDING,
    own=(SUPPORT,),
    notify=Notify(),
)
ALERTS = Scope(
    name="inbox:alerts",
    title="alerts",
    room=RoomRule(members=(BOB,), target="#alerts", thread_by="subject"),
    sending=None,
)
LIST = Scope(
    name="list:users",
    title="users",
    room=RoomRule(members=(ANN, BOB), per="list"),
    sending=replace(SENDING, to="list"),
)
TRIAGE = Scope(name="unmatched", title="triage", room=RoomRule(members=(BOB,), target="#triage"), sending=None)
TRACE = Trace(rule="", file="rules/a.yaml", line=3, digest="d", words="rules/a.yaml:3 inbox support")

SETUP = Setup(
    seed=Seed(b"s" * 32),
    bot=BOT,
    outbound="all",
    own_domains=frozenset({"corp.example"}),
    own=frozenset({SUPPORT.key}),
    staff=frozenset({ANN, BOB}),
    triage=TRIAGE,
    admin_room="#mailroom",
    admins=(BOB,),
)


def bridged(scope: Scope = DESK) -> Decision:
    """The decision to show the mail in `scope`."""
    return Decision(scope, "bridge", TRACE)


def pending(key: str = "smtp:1", *, quiet: bool = False, released: bool = False) -> Pending:
    """An arrival at NOW."""
    return Pending(1, key, "mail", Raw(b"x"), NOW, Envelope("smtp"), quiet, released=released)


def posted(event: str = "$e1") -> Pending:
    """The arrival of a room event."""
    return Pending(2, f"event:{event}", "event", Raw(b"{}"), NOW, None, False)


def a_mail(**more: object) -> Mail:
    """A customer's first mail."""
    mail = Mail(
        content="c1",
        size=100,
        message_id="<m1@client.example>",
        from_=(CLIENT,),
        to=(SUPPORT,),
        date=NOW - 60,
        subject="Order 7",
        text="Where is it?",
    )
    return replace(mail, **more)


TALK = Conversation("talk", "inbox:support", "conv:talk", "Order 7")


def a_letter(**more: object) -> Letter:
    """The letter that stands for `a_mail` in the journal."""
    letter = Letter(
        key="L1",
        conversation="talk",
        message_id="<m1@client.example>",
        references=("<m0@client.example>",),
        from_=(CLIENT,),
        reply_to=(),
        to=(SUPPORT, COLLEAGUE),
        cc=(),
        subject="Order 7",
        date=NOW - 60,
        text="Where is it?",
    )
    return replace(letter, **more)


def a_view(**more: object) -> EventView:
    """What the journal knows when someone replies to that mail."""
    view = EventView(
        room="conv:talk",
        scope="inbox:support",
        conversation=TALK,
        last=a_letter(),
        replied=Known("letter", a_letter()),
        participants=frozenset({CLIENT.key, COLLEAGUE.key}),
    )
    return replace(view, **more)


def said(body: str = "On its way.", **more: object) -> Said:
    """Ann replies in the room."""
    value = Said("$e1", "!r", ANN, NOW, "text", body, reply_to="$mail")
    return replace(value, **more)
