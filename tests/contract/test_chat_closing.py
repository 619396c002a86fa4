"""The Chat port's promises about rooms that are closed and opened again, kept in both modes on a real Synapse."""

import pytest

from bridge.core.errors import BridgeError, RoomLost
from tests.fakes.homeserver_world import Person, Side, World, a_mail, a_room

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHY = "This conversation is closed."


async def child_of(person: Person, room: str) -> tuple[str, object]:
    """The space that the room names as its own, and what the space says of it."""
    state = await person.call("GET", "rooms", room, "state")
    space = next(event["state_key"] for event in state if event["type"] == "m.space.parent")
    await person.join(space)
    return space, await person.state(space, "m.space.child", room)


async def test_a_closed_room_is_empty_and_in_no_space_and_opened_it_is_as_before(office: World, side: Side) -> None:
    ann, bob = await office.person("ann"), await office.person("bob")
    key = f"space:closing:{side.mode}"
    spec = a_room(f"closing:{side.mode}", ann.user, bob.user, space=key, space_name="Support")
    room = await side.chat.open_room(spec)
    await ann.join(room)
    await side.chat.show(room, a_mail(f"first:{side.mode}"), root=None, images={})
    space, child = await child_of(ann, room)
    assert child == {"via": ["corp.example"]}
    before = {user for user, state in (await ann.members(room)).items() if state in ("join", "invite")}

    await side.chat.close_room(room, key, WHY)
    await side.chat.close_room(room, key, WHY)  # as after a crash
    assert await ann.state(space, "m.space.child", room) == {}
    own = await ann.call("GET", "rooms", room, "state", "m.room.member", ann.user)
    assert (own["membership"], own["reason"]) == ("leave", WHY)
    with pytest.raises(PermissionError):
        await bob.join(room)

    await side.chat.reopen_room(room, spec)
    await side.chat.reopen_room(room, spec)
    await ann.join(room)
    assert await ann.state(space, "m.space.child", room) == {"via": ["corp.example"]}
    members = await ann.members(room)
    assert (members[ann.user], members[bob.user], members[side.bot]) == ("join", "invite", "join")
    assert [user for user in before - {ann.user, bob.user, side.bot} if members[user] != "leave"] == []
    await side.chat.show(room, a_mail(f"second:{side.mode}", "I am back."), root=None, images={})
    assert "I am back." in (await ann.messages(room))[-1]["content"]["body"]
    after = {user for user, state in (await ann.members(room)).items() if state in ("join", "invite")}
    assert after == before, "the ghost came back with its mail"


async def test_who_may_no_longer_see_it_is_not_there_when_it_is_opened(office: World, side: Side) -> None:
    ann, bob = await office.person("ann"), await office.person("bob")
    room = await side.chat.open_room(a_room(f"gone:{side.mode}", ann.user, bob.user))
    await side.chat.reopen_room(room, a_room(f"gone:{side.mode}", ann.user))
    await ann.join(room)
    assert (await ann.members(room))[bob.user] == "leave"


async def test_a_room_that_the_bot_was_thrown_out_of_is_lost_for_both(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = str((await ann.call("POST", "createRoom", body={"preset": "private_chat"}))["room_id"])
    for act in (side.chat.close_room(room, "", WHY), side.chat.reopen_room(room, a_room("lost", ann.user))):
        with pytest.raises(RoomLost):
            await act


async def test_a_room_that_is_left_is_forgotten_by_everyone_of_ours(office: World, side: Side) -> None:
    ann = await office.person("ann")
    key = f"space:leaving:{side.mode}"
    spec = a_room(f"leaving:{side.mode}", ann.user, space=key, space_name="Support", alias=f"leaving-{side.mode}")
    room = await side.chat.open_room(spec)
    await ann.join(room)
    await side.chat.show(room, a_mail(f"leaving:{side.mode}"), root=None, images={})
    space, _ = await child_of(ann, room)
    alias = (await ann.state(room, "m.room.canonical_alias"))["alias"]

    await side.chat.leave_room(room, key)
    await side.chat.leave_room(room, key)  # as after a crash
    assert await ann.state(space, "m.space.child", room) == {}
    left = await ann.call("GET", "rooms", room, "members")
    there = {event["state_key"]: event["content"]["membership"] for event in left["chunk"]}
    assert there[ann.user] == "leave"
    joined = await side.connected.bot.call("GET", "joined_rooms")
    assert room not in joined["joined_rooms"]
    with pytest.raises(BridgeError):  # what is forgotten cannot be looked at, as before it was left
        await side.connected.bot.call("GET", "rooms", room, "state")
    own = side.connected.names.alias(side.connected.names.alias_localpart(spec.key))
    for name in (own, alias) if side.mode == "bot" else (own,):
        with pytest.raises(PermissionError):
            await ann.call("GET", "directory", "room", name)


async def test_a_room_that_is_gone_is_left_silently(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = str((await ann.call("POST", "createRoom", body={"preset": "private_chat"}))["room_id"])
    await side.chat.leave_room(room, "")
