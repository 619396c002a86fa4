"""What leaves and what stays: replies, commands, plain talk, side rooms, notices, other bridges, sealed messages."""

from collections.abc import Awaitable, Callable

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office, plain
from tests.servers.probe import Probe

Person = Callable[..., Awaitable[Probe]]


async def sent(office: Office, count: int) -> list[str]:
    """The texts of all mails the customer has, once there are `count`."""
    return [plain(mail) for mail in await office.received(count)]


async def test_by_default_only_a_reply_to_mail_leaves(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    ann = office.ann
    room, shown = await office.opened(office.mail(), "Where is it?")
    said = await ann.say_in_thread(room, shown, "Side: what a fool.", to=shown)
    await office.marked(room, said, "the internal side room")
    await ann.say_in_thread(room, shown, "Side: indeed.")
    await ann.send(
        room,
        {
            "msgtype": "m.notice",
            "body": "A robot's words.",
            "m.relates_to": {"m.in_reply_to": {"event_id": shown}},
        },
    )
    mention = {"m.mentions": {"user_ids": [office.bob.user_id]}}
    said = await ann.reply(room, shown, "Bob, can you look?", **mention)
    await office.marked(room, said, "It mentions a colleague, so it was taken for a note.")
    sealed = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "y", "sender_key": "z"}
    await ann.send(room, sealed, "m.room.encrypted")
    await office.message_with(room, "I cannot read encrypted messages")

    said = await ann.reply(room, shown, "An answer.")
    await office.marked(room, said, "✅ Sent to")
    mark = next(
        event["event_id"]
        for event in await ann.messages(room)
        if event["content"].get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id") == said
    )
    remark = await ann.reply(room, mark, "Good that it went.")
    await office.marked(room, remark, "Only a reply to a mail, or to an earlier answer, is sent.")
    await ann.reply(room, said, "An afterthought.")
    first, second = await sent(office, 2)
    assert "An answer." in first
    assert "An afterthought." in second
    assert not [text for text in (first, second) if "Side" in text or "robot" in text or "Bob" in text]


async def test_where_everything_said_is_sent_notes_and_strangers_still_stay(
    make_office: MakeOffice, person: Person
) -> None:
    office = await make_office(hold="0s")
    office.write_rules(office.rules().replace("by: reply", "by: all"))
    await office.start()
    ann = office.ann
    room, shown = await office.opened(office.mail(), "Where is it?")
    await ann.say(room, "// a note")
    await ann.say_in_thread(room, shown, "In the side room.")
    ghost = await person("irc_eve")
    await office.as_bot().invite(room, ghost.user_id)
    await ghost.join(room)
    other = await ghost.say(room, "Said on another network.")
    await office.marked(room, other, "You are not among those who may send from here.")
    await ann.send(room, {"msgtype": "m.notice", "body": "A robot's words."})
    said = await ann.say(room, "Just saying.")
    await office.marked(room, said, "✅ Sent to")
    await ann.send(room, {"msgtype": "m.emote", "body": "waves"})
    first, second = await sent(office, 2)
    assert "Just saying." in first
    assert "waves" in second

    head = {
        "List_Id": f"<users-{office.tag}.list.example>",
        "List_Post": f"<mailto:{office.customer.user}@list.example>",
    }
    office.submit(office.mail("Other", "In the list.", **head), [office.lists])
    listed = await office.room_named("users")
    root = await office.message_with(listed, "In the list.")
    await ann.say(listed, "Nobody knows to which.")
    said = await ann.say_in_thread(listed, root["event_id"], "To this one.")
    await office.marked(listed, said, "✅ Sent to")
    assert "To this one." in (await sent(office, 3))[-1]


async def test_with_the_command_only_the_command_sends(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    office.write_rules(office.rules().replace("by: reply", "by: command"))
    await office.start()
    ann = office.ann
    room, shown = await office.opened(office.mail(), "Where is it?")
    await ann.reply(room, shown, "A reply is a note here.")
    await ann.say(room, "!sender is no command")
    empty = await ann.say(room, "!send")
    await office.marked(room, empty, "!send needs the words to send.")
    said = await ann.say(room, "!send It is on its way.")
    await office.marked(room, said, "✅ Sent to")
    (text,) = await sent(office, 1)
    assert "It is on its way." in text
    assert "!send" not in text
