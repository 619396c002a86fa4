"""Rooms as people meet them: spaces, power, threads, notification; and what happens when the bot is thrown out."""

from collections.abc import Awaitable, Callable

from tests.journey.conftest import MakeOffice
from tests.journey.office import Office
from tests.servers.probe import Json, MatrixError, Probe
from tests.waiting import eventually

Person = Callable[..., Awaitable[Probe]]


async def state_of(office: Office, room: str) -> dict[str, Json]:
    return {event["type"]: event["content"] for event in await office.ann.all_state(room)}


async def test_a_room_is_made_whole_and_belongs_to_its_space(office: Office) -> None:
    first = office.mail()
    room, shown = await office.opened(first, "Where is it?")
    state = await state_of(office, room)
    assert state["m.room.create"]["m.federate"] is False
    assert state["m.room.history_visibility"] == {"history_visibility": "shared"}
    assert state["m.room.join_rules"]["join_rule"] == "invite"
    assert state["uk.half-shot.bridge"]["protocol"]["id"] == "email"
    assert state["uk.half-shot.bridge"]["bridgebot"] == office.bot_id
    assert "m.room.encryption" not in state
    event = await office.ann.event(room, shown)
    levels = state["m.room.power_levels"]
    assert levels["users_default"] == 0
    assert set(levels.get("users", {})) <= {office.bot_id}
    if office.mode == "appservice":
        assert event["sender"] not in (office.bot_id, office.ann.user_id)
        profile = await office.ann.call("GET", f"/profile/{event['sender']}/displayname")
        assert profile["displayname"] == f"Anna Berg ({office.customer_address})"
        assert "anna" not in event["sender"]
    else:
        assert event["sender"] == office.bot_id
        assert event["content"]["body"].startswith(f"Anna Berg ({office.customer_address}): ")
    for attempt in (
        office.ann.invite(room, "@eva:corp.example"),
        office.ann.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
    ):
        try:
            await attempt
            refused = False
        except MatrixError as error:
            refused = error.status == 403
        assert refused

    office.submit(office.mail("Order 8", "And this one?"))
    second = await office.room_named("Order 8")
    space = next(event["state_key"] for event in await office.ann.all_state(room) if event["type"] == "m.space.parent")
    await office.ann.join(space)
    assert (await state_of(office, space))["m.room.create"]["type"] == "m.space"

    async def children() -> bool:
        found = {event["state_key"] for event in await office.ann.all_state(space) if event["type"] == "m.space.child"}
        return found == {room, second}

    await eventually(children, every=0.1)
    assert (await office.ann.state(space, "m.room.name"))["name"] == "support"

    # A member of staff may leave; the others go on.
    await office.bob.join(room)
    await office.ann.leave(room)
    office.submit(office.mail("Re: Order 7", "Hello?", In_Reply_To=first["Message-ID"]))
    await office.message_with(room, "Hello?", office.bob)
    said = await office.bob.reply(room, shown, "I am here.")
    await office.marked(room, said, "✅ Sent to", office.bob)
    assert office.ann.user_id in await office.bob.members(room, "leave")


async def test_notification_is_the_type_of_the_message(make_office: MakeOffice) -> None:
    office = await make_office()
    mention = '- {name: big, when: {from: "big@client.example"}, notify: {mention: ann}}\n      - {name: noise'
    office.write_rules(office.rules().replace("- {name: noise", mention))
    await office.start()
    office.submit(office.mail("Disk full", "At 91 %.", From="robot@host.example"), [office.alerts])
    alerts = await office.aliased("alerts")
    root = await office.message_with(alerts, "At 91 %.", office.bob)
    office.submit(office.mail("Re: Disk full", "At 93 %.", From="robot@host.example"), [office.alerts])
    second = await office.message_with(alerts, "At 93 %.", office.bob)
    office.submit(office.mail("Fan broken", "Hot.", From="robot@host.example"), [office.alerts])
    third = await office.message_with(alerts, "Hot.", office.bob)
    assert second["content"]["m.relates_to"]["event_id"] == root["event_id"]
    assert second["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert "m.relates_to" not in third["content"]
    office.submit(office.mail("Re: Disk full", "Mine too.", From="other@else.example"), [office.alerts])
    apart = await office.message_with(alerts, "Mine too.", office.bob)
    assert "m.relates_to" not in apart["content"], "who took no part has a thread of their own"
    assert "New here" not in apart["content"]["body"], "and quoted nothing"
    assert {event["sender"] for event in (root, second, third)} == {office.bot_id}
    assert root["content"]["msgtype"] == "m.text"
    assert root["content"]["m.mentions"] == {}

    room, shown = await office.opened(office.mail("Hello", "By the big client."), "By the big client.")
    assert (await office.ann.event(room, shown))["content"]["m.mentions"] == {}
    room, shown = await office.opened(office.mail("Big hello", "It is urgent.", From="big@client.example"), "urgent")
    content = (await office.ann.event(room, shown))["content"]
    assert (content["msgtype"], content["m.mentions"]) == ("m.text", {"user_ids": [office.ann.user_id]})

    head = {"List_Id": f"<users-{office.tag}.list.example>", "List_Post": "<mailto:users@list.example>"}
    office.submit(office.mail("A topic", "To the list.", **head), [office.lists])
    listed = await office.message_with(await office.room_named("users"), "To the list.")
    assert (listed["content"]["msgtype"], listed["content"]["m.mentions"]) == ("m.notice", {})


async def test_mail_waits_for_a_bot_that_was_thrown_out_and_follows_an_upgraded_room(office: Office) -> None:
    bob = office.bob
    room = await bob.create_room(name="Alerts", room_alias_name=f"alerts-{office.tag}", preset="private_chat")
    await bob.invite(room, office.bot_id)
    office.submit(office.mail("Disk", "At 91 %."), [office.alerts])
    await office.message_with(room, "At 91 %.", bob)

    await bob.kick(room, office.bot_id)
    told = await office.admins_hear("Mail for it waits")
    assert bob.user_id in told["content"]["body"]
    assert f"invite {office.bot_id} there again" in told["content"]["body"]
    assert told["content"]["m.mentions"] == {"user_ids": [bob.user_id]}
    office.submit(office.mail("Disk", "At 93 %."), [office.alerts])
    elsewhere, _ = await office.opened(office.mail("Order 8", "Unharmed."), "Unharmed.")
    assert elsewhere != room
    assert await office.count(room, "At 93 %.", bob) == 0
    await bob.invite(room, office.bot_id)
    waited = await office.message_with(room, "At 93 %.", bob)
    assert waited["content"]["m.relates_to"]["rel_type"] == "m.thread"
    assert await office.count(room, "At 93 %.", bob) == 1

    upgraded = await bob.call("POST", f"/rooms/{room}/upgrade", {"new_version": "11"})
    successor = str(upgraded["replacement_room"])
    await bob.invite(successor, office.bot_id)
    office.submit(office.mail("Disk", "At 95 %."), [office.alerts])
    await office.message_with(successor, "At 95 %.", bob)
    assert await office.count(room, "At 95 %.", bob) == 0
