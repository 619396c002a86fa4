"""The Chat port's promises about rooms, membership and what people do in them, kept in both modes on a real Synapse."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.core.effects import Tell
from bridge.core.errors import Permanent, RoomLost, Transient
from bridge.core.post import Edited, Member, Reacted, Redacted, Replaced, Said, Sealed
from tests.fakes.homeserver_world import Person, Side, World, a_mail, a_room

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_room_is_made_whole(office: World, side: Side) -> None:
    ann = await office.person("ann")
    spec = a_room("whole", ann.user, topic="t", history="invited", space="space:whole", space_name="Support")
    room = await side.chat.open_room(spec)
    await ann.join(room)
    assert (await ann.state(room, "m.room.name"))["name"] == "Question whole"
    assert (await ann.state(room, "m.room.history_visibility"))["history_visibility"] == "invited"
    assert (await ann.state(room, "m.room.create"))["m.federate"] is False
    assert (await ann.state(room, "m.room.guest_access"))["guest_access"] == "forbidden"
    bridge = await ann.state(room, "m.bridge", "org.matrix-mailroom://whole")
    assert bridge == await ann.state(room, "uk.half-shot.bridge", "org.matrix-mailroom://whole")
    assert bridge["bridgebot"] == side.bot
    invited = [user for user, state in (await ann.members(room)).items() if state == "invite"]
    assert len(invited) == (1 if side.mode == "appservice" else 0), "the sender's ghost joins with the first mail"


async def test_the_space_gathers_the_rooms_and_has_the_members(office: World, side: Side) -> None:
    ann, bob = await office.person("ann"), await office.person("bob")
    spec = a_room("spaced", ann.user, space="space:gather", space_name="Support")
    room = await side.chat.open_room(spec)
    second = await side.chat.open_room(replace(spec, key="spaced:2", members=(ann.user, bob.user)))
    await ann.join(room)
    hierarchy = await ann.call("GET", "rooms", room, "state")
    parent = next(event for event in hierarchy if event["type"] == "m.space.parent")
    space = parent["state_key"]
    for person in (ann, bob):
        await person.join(space)
    assert (await ann.state(space, "m.room.create"))["type"] == "m.space"
    assert (await ann.state(space, "m.space.child", room))["via"] == ["corp.example"]
    assert (await bob.state(space, "m.space.child", second))["via"] == ["corp.example"]


async def test_who_leaves_an_inbox_leaves_its_space(office: World, side: Side) -> None:
    ann, bob = await office.person("ann"), await office.person("bob")
    await side.chat.admit_space("space:none", (ann.user,))
    room = await side.chat.open_room(a_room("left", ann.user, bob.user, space="space:left", space_name="Left"))
    await ann.join(room)
    state = await ann.call("GET", "rooms", room, "state")
    space = next(event for event in state if event["type"] == "m.space.parent")["state_key"]
    for person in (ann, bob):
        await person.join(space)
    await side.chat.admit_space("space:left", (ann.user,))
    assert (await ann.state(space, "m.room.member", bob.user))["membership"] == "leave"
    assert (await ann.state(space, "m.room.member", ann.user))["membership"] == "join"


async def test_nobody_but_the_bot_has_power(office: World, side: Side) -> None:
    ann, eve = await office.person("ann"), await office.person("eve")
    room = await side.chat.open_room(a_room("power", ann.user))
    await ann.join(room)
    with pytest.raises(PermissionError, match="M_FORBIDDEN"):
        await ann.call("POST", "rooms", room, "invite", body={"user_id": eve.user})
    with pytest.raises(PermissionError, match="M_FORBIDDEN"):
        await ann.call(
            "PUT", "rooms", room, "state", "m.room.encryption", "", body={"algorithm": "m.megolm.v1.aes-sha2"}
        )


async def test_opening_again_adopts_and_invites_who_is_missing(office: World, side: Side) -> None:
    ann, bob = await office.person("ann"), await office.person("bob")
    room = await side.chat.open_room(a_room("adopt", ann.user))
    async with office.again(side.mode) as restarted:
        assert await restarted.chat.open_room(a_room("adopt", ann.user, bob.user)) == room
    await bob.join(room)


async def test_a_room_of_someone_else_under_our_alias_is_refused(office: World, side: Side) -> None:
    names = side.connected.names
    eve = await office.person("eve")
    made = await eve.call("POST", "createRoom", body={"preset": "public_chat"})
    await side.connected.bot.call("POST", "join", made["room_id"], body={})
    alias = names.alias(names.alias_localpart("trap"))
    await side.connected.bot.call("PUT", "directory", "room", alias, body={"room_id": made["room_id"]})
    with pytest.raises(Permanent, match="not ours"):
        await side.chat.open_room(a_room("trap"))


async def test_one_bad_member_never_holds_up_the_mail(
    office: World, side: Side, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("badmember", "@nobody:elsewhere.example", ann.user))
    await ann.join(room)
    await side.chat.show(room, a_mail("badmember:1"), root=None, images={})
    assert len(await ann.messages(room)) == 1
    assert "@nobody:elsewhere.example" in caplog.text


async def test_a_named_room_is_made_when_missing_and_entered_when_there(office: World, side: Side) -> None:
    dan = await office.person("dan")
    alias = f"#alerts-{side.mode}"
    made = await side.chat.open_room(a_room("alerts", dan.user, target=alias))
    await dan.join(made)
    assert (await dan.call("GET", "directory", "room", f"{alias}:corp.example"))["room_id"] == made
    assert (await dan.state(made, "m.room.canonical_alias"))["alias"] == f"{alias}:corp.example"
    public = await dan.call(
        "POST", "createRoom", body={"preset": "public_chat", "room_alias_name": f"lists-{side.mode}"}
    )
    assert await side.chat.open_room(a_room("lists", target=f"#lists-{side.mode}:corp.example")) == public["room_id"]
    await dan.call("POST", "createRoom", body={"preset": "private_chat", "room_alias_name": f"shut-{side.mode}"})
    with pytest.raises(RoomLost, match=f"invite {side.bot}"):
        await side.chat.open_room(a_room("shut", target=f"#shut-{side.mode}"))
    with pytest.raises(Transient) as far:
        await side.chat.open_room(a_room("far", target="#x:far.example"))
    assert not far.value.peer_down, "another server is away, not ours"


async def test_membership_is_reconciled(office: World, side: Side) -> None:
    ann, bob, cleo = [await office.person(name) for name in ("ann", "bob", "cleo")]
    room = await side.chat.open_room(a_room("admit", ann.user, bob.user))
    await side.chat.show(room, a_mail("admit:1"), root=None, images={})
    await ann.join(room)
    await side.chat.admit(room, (ann.user, cleo.user))
    members = await ann.members(room)
    assert members[ann.user] == "join"
    assert members[bob.user] == "leave"
    assert members[cleo.user] == "invite"
    ours = [user for user in members if user not in (ann.user, bob.user, cleo.user)]
    assert {members[user] for user in ours} == {"join"}
    with pytest.raises(Permanent, match=r"cannot invite @x:far\.example"):
        await side.chat.admit(room, (ann.user, cleo.user, "@x:far.example"))


async def test_the_bots_words_can_be_edited_in_place_and_name_people(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("tell", ann.user))
    await ann.join(room)
    asked = await ann.say(room, "q")
    mark = Tell(key="mark:1", lane="l", room="r", text="waiting", reply_to=asked, meaning="mark")
    event = await side.chat.tell(room, mark, root=None, edits=None)
    loud = Tell(key="mark:2", lane="l", room="r", text="failed", mention=(ann.user,), edits="mark:1")
    edit = await side.chat.tell(room, loud, root=None, edits=event)
    assert await side.chat.tell(room, loud, root=None, edits=event, doubtful=True) == edit
    contents = {m["event_id"]: m["content"] for m in await ann.messages(room)}
    assert contents[event]["msgtype"] == "m.notice"
    assert contents[event]["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
    assert contents[edit]["m.new_content"]["body"] == "failed"
    assert contents[edit]["m.mentions"] == {"user_ids": [ann.user]}
    assert contents[edit]["m.relates_to"] == {"rel_type": "m.replace", "event_id": event}

    other = await side.chat.open_room(a_room("tell-elsewhere", ann.user))
    await ann.join(other)
    moved = await side.chat.tell(other, replace(loud, key="mark:3"), root=None, edits=event)
    (said,) = [m["content"] for m in await ann.messages(other) if m["event_id"] == moved]
    assert said["body"] == "failed", "words that would edit those of another room are said anew"
    assert "m.relates_to" not in said


async def test_what_people_do_arrives_once_and_what_we_say_does_not(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("read", ann.user))
    await ann.join(room)
    (mail,) = await side.chat.show(room, a_mail("read:1"), root=None, images={})
    reply = await ann.say(room, "1", body="Sent today", **{"m.relates_to": {"m.in_reply_to": {"event_id": mail}}})
    new: dict[str, Any] = {"m.new_content": {"msgtype": "m.text", "body": "Sent!"}}
    edit = await ann.say(
        room, "2", body="* Sent!", **new, **{"m.relates_to": {"rel_type": "m.replace", "event_id": reply}}
    )
    annotation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": mail, "key": "👍\ufe0f"}}
    reaction = (await ann.call("PUT", "rooms", room, "send", "m.reaction", "3", body=annotation))["event_id"]
    sealed = (await ann.call("PUT", "rooms", room, "send", "m.room.encrypted", "4", body={"algorithm": "x"}))[
        "event_id"
    ]
    redaction = (await ann.call("PUT", "rooms", room, "redact", reply, "5", body={}))["event_id"]
    posts = [side.chat.read((await side.inbox.event(e)).raw) for e in (reply, edit, reaction, sealed, redaction)]
    said, edited, reacted, unreadable, redacted = posts
    assert isinstance(said, Said)
    assert (said.sender, said.body, said.reply_to, said.room) == (ann.user, "Sent today", mail, room)
    assert isinstance(edited, Edited)
    assert (edited.target, edited.said.body) == (reply, "Sent!")
    assert isinstance(reacted, Reacted)
    assert (reacted.target, reacted.symbol) == (mail, "👍")
    assert isinstance(unreadable, Sealed)
    assert isinstance(redacted, Redacted)
    assert redacted.target == reply
    assert f"event:{mail}" not in side.inbox.arrivals


async def test_kicks_invitations_and_upgrades_arrive(office: World, side: Side) -> None:
    dan = await office.person("dan")
    made = await dan.call("POST", "createRoom", body={"preset": "private_chat", "invite": [side.bot]})
    room = made["room_id"]
    await side.chat.open_room(a_room("changes", target=room))
    kicked = await _kick_and_find(dan, room, side.bot)
    gone = side.chat.read((await side.inbox.event(kicked)).raw)
    assert isinstance(gone, Member)
    assert (gone.user, gone.membership, gone.by) == (side.bot, "leave", dan.user)
    await dan.call("POST", "rooms", room, "invite", body={"user_id": side.bot})
    async with side.inbox.changed:
        await side.inbox.changed.wait_for(lambda: _invited(side, room, dan))
    await side.chat.rejoin(room)
    upgraded = await dan.call("POST", "rooms", room, "upgrade", body={"new_version": "12"})
    tombstone = next(
        event
        for event in (await dan.call("GET", "rooms", room, "messages", query={"dir": "b"}))["chunk"]
        if event["type"] == "m.room.tombstone"
    )
    moved = side.chat.read((await side.inbox.event(tombstone["event_id"])).raw)
    assert isinstance(moved, Replaced)
    assert moved.successor == upgraded["replacement_room"]


async def _kick_and_find(dan: Person, room: str, user: str) -> str:
    await dan.call("POST", "rooms", room, "kick", body={"user_id": user})
    page = await dan.call("GET", "rooms", room, "messages", query={"dir": "b"})
    return str(next(e["event_id"] for e in page["chunk"] if e.get("state_key") == user))


def _invited(side: Side, room: str, dan: Person) -> bool:
    posts = [side.chat.read(arrival.raw) for arrival in side.inbox.arrivals.values()]
    wanted = (room, side.bot, "invite", dan.user)
    return any(isinstance(p, Member) and (p.room, p.user, p.membership, p.by) == wanted for p in posts)


async def test_a_room_is_found_under_the_alias_of_the_rules_and_a_second_one_stands_without(
    office: World, side: Side
) -> None:
    ann = await office.person("ann")
    word = f"order-{side.mode}"
    first = await side.chat.open_room(a_room(f"{word}:1", ann.user, alias=word))
    second = await side.chat.open_room(a_room(f"{word}:2", ann.user, alias=word))
    assert first != second
    found = await ann.call("GET", "directory", "room", f"#{word}:corp.example")
    assert found["room_id"] == first


async def test_who_may_stay_is_neither_removed_nor_invited(office: World, side: Side) -> None:
    ann, bob, cleo, dan = [await office.person(name) for name in ("ann", "bob", "cleo", "dan")]
    room = await side.chat.open_room(a_room("staying", bob.user, dan.user))
    for each in (bob, dan):
        await each.join(room)
    for _ in range(2):
        await side.chat.admit(room, [ann.user], [ann.user, bob.user, cleo.user])
        people = {
            user: state
            for user, state in (await bob.members(room)).items()
            if user in (ann.user, bob.user, cleo.user, dan.user)
        }
        assert people == {ann.user: "invite", bob.user: "join", dan.user: "leave"}


async def test_a_room_that_is_adopted_is_gathered_in_its_space_too(office: World, side: Side) -> None:
    ann = await office.person("ann")
    spec = a_room("hall", ann.user, target=f"#hall-{side.mode}", space="space:hall", space_name="Support")
    room = await side.chat.open_room(replace(spec, space=""))
    assert await side.chat.open_room(spec) == room
    await ann.join(room)
    (invited,) = [each for each in await _invitations(ann) if each != room]
    await ann.join(invited)
    children = [event["state_key"] for event in await _state(ann, invited) if event["type"] == "m.space.child"]
    assert children == [room]


async def _invitations(person: Person) -> list[str]:
    return list((await person.call("GET", "sync"))["rooms"].get("invite", {}))


async def _state(person: Person, room: str) -> list[dict[str, Any]]:
    return list(await person.call("GET", "rooms", room, "state"))


async def test_what_the_bot_said_is_taken_back_and_again_is_harmless(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("unsaid", ann.user))
    await ann.join(room)
    line = await side.chat.tell(room, Tell("unsaid-1", "l", "r", "Anna: Salary"), root=None, edits=None)
    edit = await side.chat.tell(room, Tell("unsaid-2", "l", "r", "Anna: Salary!"), root=None, edits=line)
    for key in ("once", "once", "again"):
        await side.chat.unsay(room, [line, edit, "$gone:elsewhere.example"], f"unsay-{key}")
    assert "Salary" not in json.dumps(await ann.call("GET", "rooms", room, "messages", query={"dir": "b"}))
