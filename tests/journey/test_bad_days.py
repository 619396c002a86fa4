"""Relays that put off, refuse or vanish, and a homeserver that is away: nothing is lost, doubled or ticked early."""

from typing import Any

from bridge.demo.process import LOOPBACK
from tests.fakes.smtp_submission import FakeSubmission
from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.servers.postfix import Postfix
from tests.waiting import eventually

RETRY = {"delays": ["1s"], "give_up": "1h", "warn_after": "2"}


def submission(office: Office, fake: FakeSubmission) -> dict[str, Any]:
    """Settings that send through the fake."""
    login = {"user": office.desk.user, "password_file": "desk.pass", "identities": [office.desk.address]}
    return {"desk": {"url": f"smtp://{LOOPBACK}:{fake.port}", "tls": "none", **login}}


async def marks(office: Office, room: str) -> list[str]:
    """All that the bot said there, edits included, oldest first."""
    return [e["content"]["body"] for e in await office.ann.messages(room) if e["sender"] == office.bot_id]


async def test_a_relay_that_puts_off_and_refuses(make_office: MakeOffice) -> None:
    office = await make_office(to="all", hold="0s")
    anna, berta = office.customer_address, "berta@client.example"
    script = {"MAIL": ["451 4.3.0 not now", "250 2.1.0 ok"]}
    async with FakeSubmission(script, auth="PLAIN", users={office.desk.user: office.desk.password}) as relay:
        office.more = {"submission": submission(office, relay), "retry": RETRY}
        office.write()
        await office.start()
        room, shown = await office.opened(office.mail(Cc=berta), "Where is it?")
        said = await office.ann.reply(room, shown, "Put off at MAIL.")
        await office.marked(room, said, "✅ Sent to")
        told = await marks(office, room)
        put_off = next(n for n, text in enumerate(told) if "451" in text and "not now" in text)
        assert not [text for text in told[: put_off + 1] if "✅ Sent to" in text]
        assert len(relay.mails) == 1

        relay.script |= {
            f"RCPT:{anna}": ["450 4.7.1 greylisted", "250 2.1.5 ok"],
            f"RCPT:{berta}": ["450 4.7.1 greylisted", "450 4.7.1 greylisted", "250 2.1.5 ok"],
        }
        relay.commands.clear()
        relay.mails.clear()
        said = await office.ann.reply(room, shown, "Greylisted twice.")
        sent = await office.marked(room, said, "✅ Sent to")
        await eventually(lambda: len(relay.mails) == 2)
        sent = await office.marked(room, said, berta)
        assert "✅ Sent to" in sent["body"]
        asked = [relay.count(f"RCPT TO:<{who.upper()}>") for who in (anna, berta)]
        assert asked == [2, 3]
        assert len(relay.mails) == 2

        relay.script |= {f"RCPT:{berta}": ["550 5.1.1 no such user", "250 2.1.5 ok"], f"RCPT:{anna}": ["250 2.1.5 ok"]}
        relay.mails.clear()
        said = await office.ann.reply(room, shown, "Refused for one.")
        alarm = await office.marked(room, said, "React with 🔁")
        assert f"✅ Sent to {anna}" in alarm["body"]
        assert f"Not sent to {berta}: 550 5.1.1 no such user" in alarm["body"]
        assert alarm["m.mentions"] == {"user_ids": [office.ann.user_id]}
        assert len(relay.mails) == 1
        event = next(e for e in await office.ann.messages(room) if e["content"]["body"] == alarm["body"])
        await office.ann.react(room, event["event_id"], "🔁")
        await eventually(lambda: len(relay.mails) == 2)
        sent = await office.marked(room, said, f"✅ Sent to {anna}, {berta}")
        assert relay.mails[0] == relay.mails[1]


async def test_a_relay_that_is_away_is_waited_for(make_office: MakeOffice, postfix: Postfix) -> None:
    office = await make_office(hold="0s")
    await office.start()
    room, shown = await office.opened(office.mail(), "Where is it?")
    await postfix.stop()
    try:
        said = await office.ann.reply(room, shown, "It is on its way.")
        await office.marked(room, said, "⏳ Not yet sent")
        other, question = await office.opened(office.mail("Order 8", "Mail still comes in."), "Mail still")
        await office.ann.reply(other, question, "Later.")
        assert not [text for text in await marks(office, room) if "✅" in text]
    finally:
        await postfix.start()
    await office.marked(room, said, "✅ Sent to")
    texts = sorted(plain(mail).partition("\n")[0].strip() for mail in await office.received(2))
    assert texts == ["It is on its way.", "Later."]


async def test_while_the_homeserver_is_away_mail_is_taken_and_shown_afterwards(alone: Office) -> None:
    office, homeserver = alone, alone.synapse.homeserver
    await homeserver.stop()
    await office.start()
    first = office.mail()
    office.submit(first)  # raises unless the answer was 250
    office.drop_into_desk(office.mail("A question", "By IMAP."))
    await homeserver.start()
    room = await office.room_named("Order 7")
    await office.message_with(room, "Where is it?")
    await office.message_with(await office.room_named("A question"), "By IMAP.")

    await homeserver.kill()
    for number in (1, 2, 3):
        again = {"In_Reply_To": first["Message-ID"], "References": first["Message-ID"]}
        office.submit(office.mail("Re: Order 7", f"Number {number}.", **again))
    await homeserver.start()
    await office.message_with(room, "Number 3.")
    shown = [body.removeprefix(f"Anna Berg ({office.customer_address}): ") for body in await office.ann.bodies(room)]
    assert [body for body in shown if "Number" in body] == ["Number 1.", "Number 2.", "Number 3."]
