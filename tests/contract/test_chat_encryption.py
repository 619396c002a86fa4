"""The Chat port's promises in encrypted rooms, kept in both modes on a real Synapse, with nio as the staff's client."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.chat import encryption, sync
from bridge.chat.registration import load
from bridge.core.effects import Attach, Tell
from bridge.core.errors import CannotEncrypt, Permanent
from bridge.core.mail import Part
from bridge.core.plan import Raw
from bridge.core.post import Said, Sealed
from tests.fakes.homeserver_world import GHOST, Side, World, a_mail, a_room, chat_world
from tests.servers.encrypted import Client
from tests.servers.probe import Json, Probe
from tests.servers.synapse import SynapseWithPool
from tests.waiting import eventually

People = Callable[..., Awaitable[Client]]


@pytest.fixture
async def office(synapse: SynapseWithPool, tmp_path: Path) -> AsyncIterator[World]:
    taken = await synapse.take()
    registration = load(json.loads(taken.path.read_text()))
    async with chat_world(synapse.homeserver, registration, keys=tmp_path) as made:
        yield made


@pytest.fixture
async def client(person: Callable[..., Awaitable[Probe]], tmp_path: Path) -> AsyncIterator[People]:
    """`await client("ann")`: a person with a client that encrypts."""
    made: list[Client] = []

    async def make(name: str) -> Client:
        folder = tmp_path / name
        folder.mkdir()
        made.append(await Client.of(await person(name), folder))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def words(key: str, text: str, **more: Any) -> Tell:
    return Tell(key, "l", "r", text, **more)


async def opened(side: Side, key: str, *people: Client, readers: tuple[str, ...] = ()) -> str:
    users = tuple(each.probe.user_id for each in people)
    room = await side.chat.open_room(a_room(key, *users, readers=readers or users))
    for each in people:
        await each.probe.join(room)
    return str(room)


async def sealed_events(probe: Probe, room: str) -> list[Json]:
    return await probe.events(room, "m.room.encrypted")


async def test_an_effect_done_again_shows_once_also_after_a_restart_and_when_it_was_forgotten(
    office: World, side: Side, client: People
) -> None:
    ann = await client("ann")
    room = await opened(side, "once", ann)
    first = await side.chat.tell(room, words("w1", "Once."), root=None, edits=None)
    assert await side.chat.tell(room, words("w1", "Once."), root=None, edits=None) == first
    assert await side.chat.tell(room, words("w1", "Once."), root=None, edits=None, doubtful=True) == first
    await side.chat.encryption.keys.aclose()
    async with office.again(side.mode) as again:
        assert await again.chat.tell(room, words("w1", "Once."), root=None, edits=None) == first
        edit = await again.chat.tell(room, words("w2", "Twice."), root=None, edits=first)
        both = await sealed_events(ann.probe, room)
        assert [event["event_id"] for event in both] == [first, edit]
        assert both[1]["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": first}
        sessions = {event["content"]["session_id"] for event in both}
        assert len(sessions) == 2, "no index is used for two contents"
        assert (await ann.hears(room, "Twice."))["event_id"] == edit


async def test_who_is_no_reader_any_more_gets_no_new_key_and_who_only_is_there_gets_none(
    side: Side, client: People
) -> None:
    ann, bob, eve = await client("ann"), await client("bob"), await client("eve")
    users = (ann.probe.user_id, bob.probe.user_id)
    room = await opened(side, "leaving", ann, bob, eve, readers=users)
    await side.chat.tell(room, words("a", "For two."), root=None, edits=None)
    await ann.hears(room, "For two.")
    await bob.hears(room, "For two.")
    assert "For two." not in str(await eve.read(room)), "the rules do not name her"
    await side.chat.admit(room, users[:1], readers=users[:1])
    await side.chat.tell(room, words("b", "For one."), root=None, edits=None)
    await ann.hears(room, "For one.")
    await bob.look()
    both = await sealed_events(ann.probe, room)
    assert len({event["content"]["session_id"] for event in both}) == 2
    assert bob.nio.olm is not None
    known = {session.id for session in bob.nio.olm.inbound_group_store}
    assert [event["content"]["session_id"] in known for event in both] == [True, False]


async def test_a_message_whose_key_never_comes_is_told_of(
    side: Side, client: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encryption, "PATIENCE", 0.5)
    monkeypatch.setattr(sync, "_SOON", 1)
    ann = await client("ann")
    room = await opened(side, "never", ann)
    shown = await side.chat.tell(room, words("a", "Hello."), root=None, edits=None)
    await ann.hears(room, "Hello.")
    event, _ = await ann.say_without_key(room, shown, "Unreadable.")
    post = side.chat.read((await side.inbox.event(event)).raw)
    assert isinstance(post, Sealed)
    assert post.keyless
    read = await ann.reply(room, shown, "Readable.")
    said = side.chat.read((await side.inbox.event(read)).raw)
    assert isinstance(said, Said)
    assert (said.body, said.reply_to) == ("Readable.", shown)


async def test_a_room_that_stands_is_encrypted_or_the_cure_is_named(side: Side, client: People) -> None:
    ann = await client("ann")
    version = {"room_version": "11"}  # whose creator has no power of its own
    open_room = await ann.probe.create_room(preset="private_chat", invite=[side.bot], **version)
    spec = a_room("theirs", ann.probe.user_id, target=open_room, readers=(ann.probe.user_id,))
    with pytest.raises(Permanent, match="turn encryption on in"):
        await side.chat.open_room(spec)
    levels = await ann.probe.state(open_room, "m.room.power_levels")
    await ann.probe.set_state(open_room, "m.room.power_levels", levels | {"users": levels["users"] | {side.bot: 100}})
    assert await side.chat.open_room(spec) == open_room
    assert (await ann.probe.state(open_room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
    await side.chat.tell(open_room, words("a", "In theirs."), root=None, edits=None)
    assert (await ann.hears(open_room, "In theirs."))["sealed"]


async def test_a_mail_with_pictures_and_files_shows_nothing_to_the_homeserver(side: Side, client: People) -> None:
    ann = await client("ann")
    room = await opened(side, "files", ann)
    png = b"\x89PNG\r\n\x1a\n picture"
    image = Part(index=1, name="logo.png", type="image/png", size=len(png), sha256="x", content_id="logo", inline=True)
    markup = '<p>See <img src="cid:logo">this.</p>'
    mail = a_mail("m1", "See this.", html=markup, images=(image,), at=1_000_000_000.0, subject="")
    first, second = await side.chat.show(room, mail, root=None, images={"logo": png})
    attach = Attach(
        "f1", "l", "r", "c", "x", "a", GHOST, Part(index=2, name="a.pdf", type="application/pdf", size=4, sha256="y")
    )
    third = await side.chat.attach(room, attach, Raw(b"%PDF"), root=None)
    await ann.hears(room, "a.pdf")
    read = {event["event_id"]: event for event in await ann.read(room)}
    assert set(read) == {first, second, third}
    assert all(event["sealed"] for event in read.values())
    assert "Anna Berg" in read[first]["content"]["body"]
    assert "mxc://" not in str(read[first]["content"])
    assert await ann.opened(read[second]["content"]) == png
    assert await ann.opened(read[third]["content"]) == b"%PDF"
    stored = await ann.probe.download(read[third]["content"]["file"]["url"])
    assert stored != b"%PDF"
    if side.mode == "appservice":
        assert read[first]["origin_server_ts"] == 1_000_000_000_000
    assert await side.chat.show(room, mail, root=None, images={"logo": png}, doubtful=True) == [first, second]


async def test_whoever_speaks_there_comes_back_when_it_was_removed(side: Side, client: People) -> None:
    ann = await client("ann")
    room = await opened(side, "removed", ann)
    shown = await side.chat.tell(room, words("a", "One."), root=None, edits=None)
    speaker = (await ann.probe.event(room, shown))["sender"]
    if speaker != side.bot:
        await side.connected.bot.call("POST", "rooms", room, "kick", body={"user_id": speaker})
    await side.chat.tell(room, words("b", "Two."), root=None, edits=None)
    assert (await ann.hears(room, "Two."))["sender"] == speaker


async def test_the_device_is_signed_by_its_account_and_never_runs_out_of_keys(side: Side, client: People) -> None:
    ann = await client("ann")
    await opened(side, "signed", ann)
    wire = side.chat.encryption.wire
    user, device = wire.identity.user, wire.identity.device
    found = await ann.probe.call("POST", "/keys/query", {"device_keys": {user: []}})
    (master,) = found["master_keys"][user]["keys"].values()
    (signing,) = found["self_signing_keys"][user]["keys"].values()
    assert f"ed25519:{master}" in found["self_signing_keys"][user]["signatures"][user]
    assert f"ed25519:{signing}" in found["device_keys"][user][device]["signatures"][user]
    claims = [
        ann.probe.call("POST", "/keys/claim", {"one_time_keys": {user: {device: "signed_curve25519"}}})
        for _ in range(60)
    ]
    claimed = await asyncio.gather(*claims)
    keys = [next(iter(answer["one_time_keys"][user][device].values())) for answer in claimed]
    assert all("key" in key for key in keys)
    assert any(key.get("fallback") for key in keys)

    async def again() -> bool:
        body = {"one_time_keys": {user: {device: "signed_curve25519"}}}
        answer = await ann.probe.call("POST", "/keys/claim", body)
        return not next(iter(answer["one_time_keys"][user][device].values())).get("fallback")

    await ann.probe.call(  # something comes for the device, so that its /sync ends
        "PUT", "/sendToDevice/m.dummy/x", {"messages": {user: {device: {}}}}
    )
    await eventually(again, every=0.2)


async def test_history_is_read_by_those_who_are_invited_after_it(side: Side, client: People) -> None:
    ann = await client("ann")
    user = ann.probe.user_id
    room = await side.chat.open_room(a_room("history", readers=(user,)))
    await side.chat.show(room, a_mail("m1", "Of long ago.", at=1_000_000_000.0), root=None, images={})
    await side.chat.admit(room, [user], readers=[user])
    await ann.probe.join(room)
    assert (await ann.hears(room, "Of long ago."))["sealed"]


async def test_whom_the_rules_name_stays_though_the_homeserver_tells_of_the_encryption_meanwhile(side: Side) -> None:
    """Its event of a new room may come while that is being remembered: it knows no readers."""
    encryption = side.chat.encryption
    await encryption.wake()
    readers = ["@ann:corp.example"]
    for number, told in enumerate(((readers, None), (None, readers), (None, readers, None))):
        await asyncio.gather(*(encryption.remember(f"!meanwhile{number}", each) for each in told))
        assert await encryption._readers(f"!meanwhile{number}") == frozenset(readers)


async def test_a_successor_is_encrypted_too_and_a_room_stays_so_for_its_members(side: Side, client: People) -> None:
    ann, bob = await client("ann"), await client("bob")
    users = [ann.probe.user_id, bob.probe.user_id]
    levels = {"users": {users[0]: 100, side.bot: 100}}
    room = await ann.probe.create_room(
        preset="private_chat",
        invite=[side.bot, users[1]],
        room_version="11",
        power_level_content_override=levels,
    )
    await bob.probe.join(room)
    await side.chat.rejoin(room, readers=users)
    assert (await ann.probe.state(room, "m.room.encryption"))["algorithm"] == "m.megolm.v1.aes-sha2"
    await side.chat.tell(room, words("a", "For two."), root=None, edits=None)
    await bob.hears(room, "For two.")
    await side.chat.admit(room, users[:1])  # by rules that do not ask for encryption any more
    await side.chat.tell(room, words("b", "For one."), root=None, edits=None)
    assert (await ann.hears(room, "For one."))["sealed"]
    await bob.look()
    newest = (await sealed_events(ann.probe, room))[-1]["content"]["session_id"]
    assert bob.nio.olm is not None
    assert newest not in {session.id for session in bob.nio.olm.inbound_group_store}


async def refuses(side: Side, room: str, key: str) -> bool:
    """Whether it is refused to speak there, for want of keys."""
    try:
        await side.chat.tell(room, words(key, "Hear me."), root=None, edits=None)
    except CannotEncrypt:
        return True
    return False


@pytest.mark.parametrize("lost", ["keys", "keys and journal"])
async def test_a_room_stays_encrypted_when_the_keys_are_lost_and_no_rule_asks_for_it(
    office: World, side: Side, client: People, lost: str
) -> None:
    ann = await client("ann")
    room = await opened(side, f"lost {lost}", ann)
    await side.chat.tell(room, words("a", "Before."), root=None, edits=None)
    await side.chat.encryption.keys.aclose()
    assert office.keys is not None
    (office.keys / f"{side.mode}.db").unlink()
    if lost != "keys":
        office.notes.clear()
    async with office.again(side.mode) as again:
        # In mode bot the homeserver knows other keys of the one device that there is.
        assert await refuses(again, room, "b") == (side.mode == "bot")
        if side.mode == "appservice":
            assert (await ann.hears(room, "Hear me."))["sealed"]
        plain = await again.chat.open_room(a_room(f"beside {lost}", ann.probe.user_id))
        await again.chat.tell(plain, words("c", "In the open."), root=None, edits=None)
        await again.chat.encryption.keys.aclose()
    assert not await ann.probe.messages(room)
    await ann.probe.join(plain)
    assert [event["content"]["body"] for event in await ann.probe.messages(plain)] == ["In the open."]


async def test_where_a_person_encrypts_a_room_both_sides_go_on_encrypted(side: Side, client: People) -> None:
    ann = await client("ann")
    room = await side.chat.open_room(a_room("theirs now", ann.probe.user_id))
    await ann.probe.join(room)
    before = await side.chat.tell(room, words("a", "In the open."), root=None, edits=None)
    assert not side.chat.encryption.knows(room)
    body = {"algorithm": "m.megolm.v1.aes-sha2"}
    await side.connected.bot.call("PUT", "rooms", room, "state", "m.room.encryption", "", body=body)  # as an admin may

    async def known() -> bool:
        return bool(side.chat.encryption.knows(room))

    await eventually(known)
    await side.chat.tell(room, words("b", "Sealed."), root=None, edits=None)
    assert (await ann.hears(room, "Sealed."))["sealed"]
    assert [event["event_id"] for event in await ann.probe.messages(room)] == [before]
    said = await ann.reply(room, before, "And so am I.")
    post = side.chat.read((await side.inbox.event(said)).raw)
    assert isinstance(post, Said)
    assert post.body == "And so am I."


async def test_who_has_no_keys_says_nothing_in_encrypted_rooms_and_goes_on_in_others(
    office: World, side: Side, client: People
) -> None:
    ann = await client("ann")
    keys, office.keys = office.keys, None
    try:
        async with office.again(side.mode) as keyless:
            room = await keyless.chat.open_room(a_room("no keys", ann.probe.user_id))
            await ann.probe.join(room)
            await keyless.chat.tell(room, words("a", "In the open."), root=None, edits=None)
            body = {"algorithm": "m.megolm.v1.aes-sha2"}
            await keyless.connected.bot.call("PUT", "rooms", room, "state", "m.room.encryption", "", body=body)
        async with office.again(side.mode) as keyless:
            mail = a_mail("m1", "For few eyes.")
            with pytest.raises(CannotEncrypt):
                await keyless.chat.show(room, mail, root=None, images={})
            part = Part(index=2, name="a.pdf", type="application/pdf", size=4, sha256="y")
            with pytest.raises(CannotEncrypt):
                await keyless.chat.attach(
                    room, Attach("f1", "l", "r", "c", "x", "a", GHOST, part), Raw(b"%PDF"), root=None
                )
            with pytest.raises(CannotEncrypt):
                await keyless.chat.open_room(a_room("asked for", ann.probe.user_id, readers=(ann.probe.user_id,)))
            assert "/upload" not in str(keyless.requests)
    finally:
        office.keys = keys
    assert [event["content"]["body"] for event in await ann.probe.messages(room)] == ["In the open."]
