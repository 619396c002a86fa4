"""A lobby on real servers: one line for each conversation, edited in place, and taken by a reaction."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import pytest

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, Office
from tests.servers.probe import Json, Probe
from tests.waiting import eventually

MakePerson = Callable[..., Awaitable[Probe]]


def with_lobby(office: Office, join: str) -> str:
    """The office's rules with a lobby for support."""
    room = f'{{per: conversation, lobby: "#lobby-{office.tag}", for: [ann, bob], join: {join}}}'
    return office.rules().replace("{per: conversation, for: [ann, bob], join: at-once}", room, 1)


async def lines(office: Office, lobby: str, who: Probe | None = None) -> dict[str, Json]:
    """The lines as clients show them, by event: each with the content of its newest edit, in order."""
    shown: dict[str, Json] = {}
    for event in await (who or office.ann).messages(lobby):
        relation = event["content"].get("m.relates_to", {})
        if relation.get("rel_type") == "m.replace":
            shown[relation["event_id"]] = event["content"]["m.new_content"]
        else:
            shown[event["event_id"]] = event["content"]
    return shown


async def line_with(office: Office, lobby: str, *words: str) -> tuple[str, Json]:
    """The line that holds all of these words, once there is one."""

    async def look() -> tuple[str, Json] | None:
        found = (await lines(office, lobby)).items()
        return next(((key, said) for key, said in found if all(word in said["body"] for word in words)), None)

    return await eventually(look, within=PATIENCE, every=0.1)


async def test_each_conversation_has_one_line_that_is_kept_true(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    office.write_rules(with_lobby(office, "at-once"))
    await office.start()
    first = office.mail("Order 7", "Where is it?")
    room, shown = await office.opened(first, "Where is it?")
    lobby = await office.aliased("lobby", office.ann)
    seven, said = await line_with(office, lobby, f"Anna Berg <{office.customer_address}>: Order 7", "1 mail, ")
    assert f"https://matrix.to/#/{room.replace(':', '%3A')}?via=" in said["body"]
    assert (said["msgtype"], said["m.mentions"]) == ("m.notice", {})  # people are told in the room itself
    office.submit(office.mail("Order 8", "And this one?"))
    await line_with(office, lobby, "Order 8")

    again = {"In_Reply_To": first["Message-ID"], "References": first["Message-ID"]}
    office.submit(office.mail("Re: Order 7", "Hello?", **again))
    assert (await line_with(office, lobby, "Order 7", "2 mails, ", "waits since"))[0] == seven
    answer = await office.ann.reply(room, shown, "On its way.")
    await office.marked(room, answer, "✅ Sent to")
    event, said = await line_with(office, lobby, "Order 7", "🟢", "answered")
    assert event == seven
    assert "waits" not in said["body"]

    assert office.process is not None
    await office.process.kill()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    office.submit(office.mail("Re: Order 7", "Thanks!", **again))
    assert (await line_with(office, lobby, "Order 7", "🔴", "3 mails, ", "waits since"))[0] == seven
    assert len(await lines(office, lobby)) == 2
    said_there = await office.ann.reply(lobby, seven, "Who takes it?")
    await office.marked(lobby, said_there, "Only a reply to a mail")
    assert len(await office.received()) == 1


async def members(office: Office, room: str) -> dict[str, str]:
    """The people of a room, ghosts and the bot aside, with their membership, by their short names."""
    found = await office.as_bot().all_state(room)
    people = {office.ann.user_id: "ann", office.bob.user_id: "bob"}
    return {
        people.get(event["state_key"], "stranger"): event["content"]["membership"]
        for event in found
        if event["type"] == "m.room.member"
        and event["state_key"] != office.bot_id
        and not event["state_key"].startswith("@_")
    }


def room_of(office: Office, said: Json) -> str:
    """The room that a line leads to."""
    found = re.search(r"https://matrix\.to/#/(\S+)\?via=", said["body"])
    assert found is not None
    return unquote(found[1])


async def become(office: Office, room: str, expected: dict[str, str]) -> None:
    async def look() -> bool:
        return await members(office, room) == expected

    await eventually(look, within=PATIENCE, every=0.1)


async def test_nobody_is_in_a_conversation_who_did_not_take_it(make_office: MakeOffice, person: MakePerson) -> None:
    office = await make_office(hold="0s")
    rules = with_lobby(office, "on-take")
    office.write_rules(rules)
    await office.start()
    first = office.mail("Order 7", "Where is it?")
    office.submit(first)
    lobby = await office.aliased("lobby", office.ann)
    await office.aliased("lobby", office.bob)
    line, said = await line_with(office, lobby, "Order 7", "🔴", "nobody has it: 👋 takes it")
    assert said["msgtype"] == "m.text"  # somebody must hear of it, and nobody is in the room
    room = room_of(office, said)
    assert await members(office, room) == {}
    again = {"In_Reply_To": first["Message-ID"], "References": first["Message-ID"]}
    office.submit(office.mail("Re: Order 7", "Hello?", **again))
    assert (await line_with(office, lobby, "Order 7", "2 mails, "))[1]["msgtype"] == "m.notice"

    mallory = await person("mallory")
    await office.as_bot().invite(lobby, mallory.user_id)  # an admin's mistake
    await mallory.join(lobby)
    await mallory.react(lobby, line, "👋")
    await office.ann.react(lobby, line, "👍")
    await office.ann.react(lobby, line, "✋")  # events of a room are planned in their order
    await become(office, room, {"ann": "invite"})
    await line_with(office, lobby, "Order 7", "🟡", "For Ann Berg")
    await office.ann.join(room)
    shown = await office.message_with(room, "Where is it?")
    await office.message_with(room, "Hello?")
    answer = await office.ann.reply(room, shown["event_id"], "On its way.")
    await office.marked(room, answer, "✅ Sent to")
    await line_with(office, lobby, "Order 7", "🟢", "answered", "For Ann Berg")

    assert office.process is not None
    await office.process.kill()
    await office.start()
    await eventually(lambda: office.log.count("mailroom runs") == 2, within=60)
    await office.bob.react(lobby, line, "👋🏽")
    await become(office, room, {"ann": "join", "bob": "invite"})
    await line_with(office, lobby, "Order 7", "For Bob Iwu")
    assert len(await lines(office, lobby)) == 1

    await office.bob.join(room)
    await office.change_rules(rules.replace("for: [ann, bob], join: on-take", "for: [ann], join: on-take", 1))
    await become(office, room, {"ann": "join", "bob": "leave"})
    await line_with(office, lobby, "Order 7", "nobody has it")
    office.submit(office.mail("Order 8", "And this one?"))
    other, said = await line_with(office, lobby, "Order 8")
    await office.change_rules(rules)
    await office.aliased("lobby", office.bob)
    assert await members(office, room_of(office, said)) == {}
    assert other != line


async def test_a_closed_conversation_comes_back_to_who_had_it(make_office: MakeOffice) -> None:
    office = await make_office(hold="0s")
    office.write_rules(with_lobby(office, "on-take"))
    await office.start()
    first = office.mail("Order 7", "Where is it?")
    office.submit(first)
    lobby = await office.aliased("lobby", office.ann)
    await office.aliased("lobby", office.bob)
    line, said = await line_with(office, lobby, "Order 7", "nobody has it")
    room = room_of(office, said)
    await office.bob.react(lobby, line, "👋")
    await become(office, room, {"bob": "invite"})
    await office.bob.join(room)
    await office.message_with(room, "Where is it?", office.bob)
    await office.bob.say(room, "!close")
    await become(office, room, {"bob": "leave"})
    await line_with(office, lobby, "⚪", "Order 7", "closed", "For Bob Iwu")
    again = {"In_Reply_To": first["Message-ID"], "References": first["Message-ID"]}
    office.submit(office.mail("Re: Order 7", "Hello?", **again))
    await become(office, room, {"bob": "invite"})
    assert (await line_with(office, lobby, "🟡", "Order 7", "2 mails, ", "For Bob Iwu"))[0] == line


@pytest.mark.parametrize("mode", ["appservice"])
async def test_history_has_its_lines_quietly_and_is_taken_like_new_mail(make_office: MakeOffice) -> None:
    office = await make_office()
    office.write_rules(with_lobby(office, "on-take"))
    old = office.mail("Order 1", "Long ago.", Date="Fri, 01 Mar 2024 09:00:00 +0000")
    later = office.mail("Order 2", "Also long ago.", Date="Sat, 02 Mar 2024 09:00:00 +0000")
    again = {"In_Reply_To": old["Message-ID"], "References": old["Message-ID"]}
    third = office.mail("Re: Order 1", "And?", Date="Sun, 03 Mar 2024 09:00:00 +0000", **again)
    path = office.folder / "history.mbox"
    octets = (mail.as_bytes().replace(b"\r\n", b"\n") for mail in (old, later, third))
    path.write_bytes(b"".join(b"From anna@client.example Fri Mar  1 09:00:00 2024\n" + each + b"\n" for each in octets))
    office.cli("import", str(path), "--to", office.support)
    lobby = await office.aliased("lobby", office.ann)
    line, said = await line_with(office, lobby, "Order 1", "2 mails, the last 2024-03-03 09:00 UTC", "nobody has it")
    assert {content["msgtype"] for content in (await lines(office, lobby)).values()} == {"m.notice"}
    room = room_of(office, said)
    assert await members(office, room) == {}
    await office.start()
    await office.ann.react(lobby, line, "👋")
    await become(office, room, {"ann": "invite"})
    await line_with(office, lobby, "Order 1", "🟡", "For Ann Berg")
    office.submit(office.mail("Order 3", "New."))
    _, said = await line_with(office, lobby, "Order 3", "🔴")
    assert said["msgtype"] == "m.text"
    assert len(await lines(office, lobby)) == 3
