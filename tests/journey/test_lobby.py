"""A lobby on real servers: one line for each conversation, edited in place."""

from tests.journey.conftest import MakeOffice
from tests.journey.office import PATIENCE, Office
from tests.servers.probe import Json, Probe
from tests.waiting import eventually


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
