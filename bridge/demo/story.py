"""The story: two customers, two colleagues and a mailing list, each step looked at from outside.

A step acts as a person would and returns, in words, what was then seen: in the room over the client API, in the
mailbox over IMAP. It raises `Broken` when something else was seen. It reads nothing of Mailroom's own.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage

from bridge.demo.actors import Json, Person, Refused, read_mailbox, send_mail, write_mail
from bridge.demo.files import HOLD, PASSWORD, SERVER
from bridge.demo.world import MAILBOXES, STAFF, Broken, World

ANNA, BEN = MAILBOXES["anna"], MAILBOXES["ben"]
SUPPORT, SALES, LISTS = MAILBOXES["support"], "sales@corp.example", "lists@corp.example"
LAMP = "The lamp arrived broken"
OFFER = "An offer for 40 lamps"
TOPIC = "[lighting] Dimmers that hum"
QUESTION = "The lamp of order 1207 came with a cracked shade. Can you send a new one?"
ANSWER = "We are sorry! A new shade leaves today; please keep the old one."
THANKS = "Thank you, that was quick. Will it come by post?"
NOTE = "It goes with the four o'clock van. Let us promise Tuesday, not Monday."
SECOND = "Yes, by post. It should be with you on Tuesday."

Step = tuple[str, Callable[[], Awaitable[str]]]


@dataclass(slots=True)
class Story:
    """What the steps hand on to each other."""

    world: World
    ann: Person = field(init=False)
    bob: Person = field(init=False)
    room: str = field(init=False)
    first: EmailMessage = field(init=False)
    shown: Json = field(init=False)
    answer: EmailMessage = field(init=False)
    thanks: Json = field(init=False)

    def steps(self) -> tuple[Step, ...]:
        """Titles and deeds, in order."""
        return (
            ("Anna writes to support@: Mailroom is told by IMAP IDLE", self.mail_by_imap),
            ("Ben writes to sales@: his mail server hands the mail over by SMTP", self.mail_by_smtp),
            (f"Ann replies to Anna in chat; for {HOLD} s she could take it back, then it is sent", self.reply),
            ("Anna answers from her mail program", self.customer_answers),
            ("Bob says something to Ann only, then Ann answers Anna again", self.note_stays),
            ("A mailing list brings a topic and an answer to it", self.list_thread),
        )

    async def mail_by_imap(self) -> str:
        """A customer's mail lies in the watched mailbox: a room, its members, the mail in it."""
        self.ann, self.bob = await self.world.person("ann"), await self.world.person("bob")
        self.first = write_mail(
            f"Anna Lund <{ANNA}>", SUPPORT, LAMP, f"{QUESTION}\nAnna Lund\n", "<lamp-1@client.example>"
        )
        await self._submit(self.first, "anna", SUPPORT)
        self.room, self.shown = await self._room(LAMP, QUESTION)
        return await self._seen("Support", self.room, f"Anna Lund ({ANNA})")

    async def mail_by_smtp(self) -> str:
        """Another customer's mail comes in by SMTP."""
        text = "What would 40 of your desk lamps cost?\nBen Okafor\n"
        mail = write_mail(f"Ben Okafor <{BEN}>", SALES, OFFER, text, "<offer-1@client.example>")
        await send_mail(self.world.ports.smtp, mail, BEN, SALES)
        room, _ = await self._room(OFFER, "What would 40 of your desk lamps cost?")
        if room == self.room:
            raise Broken("Ben's mail came into Anna's room")
        return await self._seen("Sales", room, f"Ben Okafor ({BEN})")

    async def reply(self) -> str:
        """A reply in chat reaches the customer as a correct mail."""
        await self.ann.say(self.room, ANSWER, reply_to=self.shown["event_id"])
        await self._message(self.ann, self.room, "Delete your message to take it back")
        self.answer = (await self._mails(1))[0]
        _expect("From", self.answer["From"], f"Ann at Corp <{SUPPORT}>")
        _expect("Subject", self.answer["Subject"], f"Re: {LAMP}")
        for name in ("In-Reply-To", "References"):
            _expect(name, self.answer[name], self.first["Message-ID"])
        addresses = [address.addr_spec for address in self.answer["To"].addresses]
        _expect("To", addresses, [ANNA])
        text = _text(self.answer)
        if ANSWER not in text or f"> {QUESTION}" not in text:
            raise Broken(f"the answer does not say what Ann wrote above what Anna wrote, but: {text!r}")
        await self._message(self.ann, self.room, "✅ Sent to")
        names = ("From", "To", "Subject", "In-Reply-To")
        seen = "\n".join(f"{name}: {self.answer[name]}" for name in names)
        return f"Anna's mailbox holds one answer, and the room says that it was sent\n{seen}"

    async def customer_answers(self) -> str:
        """The customer's answer comes into the same room, told by IDLE: the next poll is minutes away."""
        chain = f"{self.answer['References']} {self.answer['Message-ID']}"
        mail = write_mail(
            f"Anna Lund <{ANNA}>",
            SUPPORT,
            f"Re: {LAMP}",
            THANKS,
            "<lamp-2@client.example>",
            In_Reply_To=self.answer["Message-ID"],
            References=chain,
        )
        await self._submit(mail, "anna", SUPPORT)
        self.thanks = await self._message(self.ann, self.room, THANKS)
        return f"the same room “{await self.ann.name_of(self.room)}” shows “{THANKS}”"

    async def note_stays(self) -> str:
        """What is no reply to a mail stays in the room; the next answer comes right behind it."""
        await self.bob.say(self.room, NOTE)
        await self.ann.say(self.room, SECOND, reply_to=self.thanks["event_id"])
        mails = await self._mails(2)
        _expect("the newest mail's In-Reply-To", mails[1]["In-Reply-To"], "<lamp-2@client.example>")
        if SECOND not in _text(mails[1]):
            raise Broken(f"the second answer says something else: {_text(mails[1])!r}")
        if any(NOTE in _text(mail) for mail in mails):
            raise Broken("Bob's note left the room")
        await self.world.eventually("a copy of Ann's answer in the desk's folder Sent", self._sent_copy)
        return (
            f"Anna has {len(mails)} mails, and Bob's note is in none of them\n"
            f"The last says: {SECOND}\n"
            "The first lies once in the desk's folder Sent"
        )

    async def list_thread(self) -> str:
        """Mail of a list becomes a thread in the list's room."""
        await self._post("Carl Voss <carl@example.net>", TOPIC, "Which dimmer does not hum with LED strips?", "dim-1")
        await self._post(
            "Dora Klein <dora@example.org>",
            f"Re: {TOPIC}",
            "One with a trailing edge.",
            "dim-2",
            In_Reply_To="<dim-1@lists.example>",
        )
        room = await self.world.eventually("the list's room", self._join_list)
        root = await self._message(self.ann, room, "Which dimmer does not hum")
        answer = await self._message(self.ann, room, "One with a trailing edge.")
        relation = answer["content"].get("m.relates_to", {})
        _expect("the answer's relation", relation.get("rel_type"), "m.thread")
        _expect("the thread's root", relation.get("event_id"), root["event_id"])
        return (
            f"room “{await self.ann.name_of(room)}” (#lighting:{SERVER}): Carl's mail, and Dora's in a thread below it"
        )

    async def _sent_copy(self) -> bool:
        copies = await read_mailbox(self.world.ports.imap, "support", PASSWORD, "Sent")
        return [copy["Message-ID"] for copy in copies].count(self.answer["Message-ID"]) == 1

    async def _join_list(self) -> str:
        try:
            return await self.ann.join(f"#lighting:{SERVER}")
        except Refused:
            return ""

    async def _post(self, sender: str, subject: str, text: str, name: str, **more: str) -> None:
        head = {"List_Id": "Lighting <lighting.lists.example>", "List_Post": "<mailto:lighting@lists.example>"}
        to, message_id = "lighting@lists.example", f"<{name}@lists.example>"
        mail = write_mail(sender, to, subject, text, message_id, Precedence="list", **head, **more)
        await send_mail(self.world.ports.smtp, mail, "lighting-bounces@lists.example", LISTS)

    async def _submit(self, mail: EmailMessage, user: str, to: str) -> None:
        await send_mail(self.world.ports.submission, mail, MAILBOXES[user], to, (user, PASSWORD))

    async def _room(self, name: str, words: str) -> tuple[str, Json]:
        room = await self.world.eventually(f"Ann's invitation to “{name}”", lambda: self.ann.room_called(name))
        await self.world.eventually(f"Bob's invitation to “{name}”", lambda: self.bob.room_called(name))
        return room, await self._message(self.ann, room, words)

    async def _message(self, who: Person, room: str, words: str) -> Json:
        return await self.world.eventually(f"“{words}” in the room", lambda: who.message_with(room, words))

    async def _seen(self, inbox: str, room: str, customer: str) -> str:
        members = await self.ann.members(room)
        missing = {customer, *STAFF.values()} - set(members.values())
        if missing:
            raise Broken(f"not in the room: {', '.join(missing)}; there are {', '.join(members.values())}")
        for person in (self.ann, self.bob):
            await self._space(person, inbox, room)
        return f"room “{await self.ann.name_of(room)}” in the space {inbox}, with {', '.join(sorted(members.values()))}"

    async def _space(self, person: Person, inbox: str, room: str) -> None:
        what = f"the invitation to the space {inbox}"
        space = await self.world.eventually(what, lambda: person.room_called(inbox, "m.space"))

        async def holds_room() -> bool:
            return room in await person.children(space)

        await self.world.eventually(f"the room in the space {inbox}", holds_room)

    async def _mails(self, count: int) -> list[EmailMessage]:
        """Anna's mails, once there are `count`; more are too many."""

        async def look() -> list[EmailMessage]:
            found = await read_mailbox(self.world.ports.imap, "anna", PASSWORD)
            return found if len(found) >= count else []

        mails = await self.world.eventually(f"mail number {count} in Anna's mailbox", look)
        _expect("the number of mails in Anna's mailbox", len(mails), count)
        return mails


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def _expect(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise Broken(f"{what} is {seen!r} and should be {wanted!r}")
