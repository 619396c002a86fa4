"""Admins look after the rules from the admin room; nobody else is obeyed there, and no mail is."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.servers.probe import Json
from tests.waiting import eventually


async def answered(office: Office, room: str, event: str) -> str:
    """What the bot replied to that message, once it did."""

    async def look() -> str:
        return next((text for text in await replies(office, room, event)), "")

    return await eventually(look, within=40, every=0.1)


async def replies(office: Office, room: str, event: str) -> list[str]:
    def is_one(found: Json) -> bool:
        relation = found["content"].get("m.relates_to", {})
        return found["sender"] == office.bot_id and relation.get("m.in_reply_to", {}).get("event_id") == event

    return [str(found["content"]["body"]) for found in await office.bob.messages(room) if is_one(found)]


async def test_an_admin_mends_the_rules_from_the_admin_room_and_nobody_else_may(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    await office.start()
    room = await office.aliased("mailroom")
    assert await answered(office, room, await office.bob.say(room, "!rules check")) == "fine: inboxes and lists: 4"

    broken = office.rules().replace("address: alerts-", "adress: alerts-")
    line = 1 + broken[: broken.index("adress:")].count("\n")
    office.write_rules(broken)
    await office.admins_hear("the old ones stay in force")
    told = await answered(office, room, await office.bob.say(room, "!rules check"))
    assert f"rules.yaml:{line}:5: inboxes.alerts.adress: this key is unknown: did you mean 'address'?" in told
    assert "the rules in force stay" in await answered(office, room, await office.bob.say(room, "!rules reload"))

    await office.as_bot().invite(room, office.ann.user_id)
    await office.ann.join(room)
    before = office.log.count("rules in force")
    first = await office.ann.say(room, "!rules reload")
    assert "Only those named under `admins`" in await answered(office, room, first)
    second = await office.ann.say(room, "!rules check")

    mended = office.rules().replace("to: sender", "to: all")
    office.write_rules(mended)
    third = await office.bob.say(room, "!rules reload")
    assert await answered(office, room, third) == "The rules as they are in the files are in force."
    assert office.log.count("rules in force") == before + 1
    assert await replies(office, room, second) == []

    mail = office.mail("!rules reload", "!rules reload", Message_ID=f"<one-{office.tag}@client.example>")
    office.submit(mail)
    shown = await office.room_named("!rules reload")
    await office.message_with(shown, "!rules reload")
    told = await answered(office, room, await office.bob.say(room, f"!rules explain <one-{office.tag}@client.example>"))
    assert "inbox:support\n" in told
    assert "  send.to        all  (inbox rules/rules.yaml:" in told
    assert office.customer.user not in told
    assert office.log.count("says: !rules reload") == 2

    told = await answered(office, room, await office.bob.say(room, "!rules plan"))
    assert "Tried on the mail of 7 days" in told
    assert office.customer.user not in told
