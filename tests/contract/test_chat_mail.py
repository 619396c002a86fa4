"""The Chat port's promises about mail in rooms, kept in both modes on a real Synapse."""

import time

import pytest

from bridge.core.addresses import Address
from bridge.core.decision import Notify
from bridge.core.effects import Attach, RoomSpec, Speaker
from bridge.core.errors import Permanent, RoomLost
from bridge.core.mail import Part
from bridge.core.plan import Raw
from tests.fakes.homeserver_world import GHOST, Side, World, a_mail, a_room

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_known_conversation_costs_one_request_a_mail(office: World, side: Side) -> None:
    ann = await office.person("ann")
    space = {"space": "space:cost", "space_name": "Cost"}
    opened = await side.chat.open_room(a_room("cost:0", ann.user, **space))
    await side.chat.show(opened, a_mail("cost:show:0"), root=None, images={})
    with side.counted() as fresh:
        room = await side.chat.open_room(a_room("cost:1", ann.user, **space))
        await side.chat.show(room, a_mail("cost:show:1"), root=None, images={})
    with side.counted() as known:
        await side.chat.show(room, a_mail("cost:show:2"), root=None, images={})
    joins = ["POST rooms"] if side.mode == "appservice" else []
    assert fresh == ["POST createRoom", "PUT rooms", *joins, "PUT rooms"]
    assert known == ["PUT rooms"]


async def test_a_new_sender_costs_two_more(office: World, side: Side) -> None:
    speaker = Speaker(Address("new", "client.example", "New"), ghost=True)
    with side.counted() as made:
        room = await side.chat.open_room(RoomSpec(key="sender", name="x", speaker=speaker))
        await side.chat.show(room, a_mail("sender:1", speaker=speaker), root=None, images={})
    extra = 3 if side.mode == "appservice" else 0  # register, display name, and the join
    assert len(made) == 2 + extra


async def test_members_see_the_mail_and_the_senders_real_address(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("seen", ann.user))
    show = a_mail("seen:1", subject="Order 7", html="<p>Where is my <b>order</b>?</p>", banner="New here")
    (event,) = await side.chat.show(room, show, root=None, images={})
    await ann.join(room)
    (message,) = await ann.messages(room)
    assert message["event_id"] == event
    content = message["content"]
    assert "<b>order</b>" in content["formatted_body"]
    assert "<strong>Order 7</strong>" in content["formatted_body"]
    assert "Order 7" in content["body"]
    assert "New here" in content["body"]
    assert content["m.mentions"] == {}
    if side.mode == "appservice":
        profile = await ann.call("GET", "profile", message["sender"])
        assert profile["displayname"] == "Anna Berg (anna@client.example)"
        assert "anna" not in message["sender"]
    else:
        assert message["sender"] == side.bot
        assert content["body"].startswith("Anna Berg (anna@client.example): ")
        assert content["com.beeper.per_message_profile"]["displayname"] == "Anna Berg (anna@client.example)"


async def test_the_same_effect_shows_once_even_after_a_restart_of_ours(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("once", ann.user))
    first = await side.chat.show(room, a_mail("once:1"), root=None, images={})
    assert await side.chat.show(room, a_mail("once:1"), root=None, images={}) == first
    async with office.again(side.mode) as restarted:
        assert await restarted.chat.open_room(a_room("once", ann.user)) == room
        assert await restarted.chat.show(room, a_mail("once:1"), root=None, images={}) == first
    await ann.join(room)
    assert len(await ann.messages(room)) == 1


async def test_a_doubtful_effect_is_looked_for_before_it_is_sent(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("doubt", ann.user))
    first = await side.chat.show(room, a_mail("doubt:1"), root=None, images={})
    with side.counted() as made:
        assert await side.chat.show(room, a_mail("doubt:1"), root=None, images={}, doubtful=True) == first
    assert made == ["GET rooms"]
    second = await side.chat.show(room, a_mail("doubt:2"), root=None, images={}, doubtful=True)
    assert second != first


async def test_nobodys_words_can_pass_for_ours_in_a_read_back(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("forged", ann.user))
    await ann.join(room)
    forged = await ann.say(room, "t", **{"org.matrix-mailroom.key": "forged:1.0"})
    shown = await side.chat.show(room, a_mail("forged:1"), root=None, images={}, doubtful=True)
    assert list(shown) != [forged]


async def test_a_mail_over_the_event_limit_is_split_and_a_huge_one_attached(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("big", ann.user))
    paragraphs = "\n\n".join(f"{n} " + "wörd " * 200 for n in range(80))
    parts = await side.chat.show(room, a_mail("big:1", paragraphs), root=None, images={})
    huge = paragraphs * 30
    head, file = await side.chat.show(room, a_mail("big:2", huge), root=None, images={})
    await ann.join(room)
    messages = {m["event_id"]: m["content"] for m in await ann.messages(room)}
    assert len(parts) > 1
    joined = " ".join(messages[part]["body"] for part in parts)
    assert all(f"{n} wörd" in joined for n in range(80))
    assert "attached" in messages[head]["body"]
    assert await side.chat.fetch(messages[file]["url"], 10**8) == huge.encode()


async def test_a_lone_surrogate_never_reaches_the_server(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("surrogate\ud800", ann.user, topic="\udfff"))
    await side.chat.show(room, a_mail("surrogate:1", "a\ud800b", subject="\udc00"), root=None, images={})
    await ann.join(room)
    assert "a\ufffdb" in (await ann.messages(room))[0]["content"]["body"]


async def test_inline_images_are_uploaded_once_a_room(office: World, side: Side) -> None:
    part = Part(1, "logo.png", "image/png", 4, "digest", inline=True, content_id="logo@x")
    show = a_mail("img:1", html='<p>Hi <img src="cid:logo@x" alt="logo"><img src="cid:lost"></p>', images=(part,))
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("img", ann.user))
    await side.chat.show(room, show, root=None, images={"logo@x": b"\x89PNG"})
    again = a_mail("img:2", html=show.html, images=(part,))
    with side.counted() as made:
        await side.chat.show(room, again, root=None, images={"logo@x": b"\x89PNG"})
    await ann.join(room)
    body = (await ann.messages(room))[0]["content"]["formatted_body"]
    mxc = body.split('src="')[1].split('"')[0]
    assert await side.chat.fetch(mxc, 100) == b"\x89PNG"
    assert "cid:" not in body
    assert made == ["PUT rooms"]


async def test_a_file_keeps_its_name_and_octets(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("file", ann.user))
    part = Part(2, "Rechnung.pdf", "application/pdf", 5, "d")
    attach = Attach("file:1", "l", room, "c", "x", "a", GHOST, part)
    event = await side.chat.attach(room, attach, Raw(b"%PDF-"), root=None)
    whole = Attach("file:2", "l", room, "c", "x", "a", GHOST, None)
    await side.chat.attach(room, whole, Raw(b"From: x\r\n\r\n"), root=None)
    await ann.join(room)
    first, second = await ann.messages(room)
    assert first["event_id"] == event
    assert first["content"]["msgtype"] == "m.file"
    assert first["content"]["filename"] == "Rechnung.pdf"
    assert await side.chat.fetch(first["content"]["url"], 100) == b"%PDF-"
    assert second["content"]["info"]["mimetype"] == "message/rfc822"
    with pytest.raises(Permanent, match="limit of 3 octets"):
        await side.chat.fetch(first["content"]["url"], 3)


async def test_a_thread_gathers_a_conversation_and_a_refused_one_is_left_away(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("thread", ann.user))
    (root,) = await side.chat.show(room, a_mail("thread:1", threaded=True), root=None, images={})
    (inside,) = await side.chat.show(room, a_mail("thread:2", threaded=True), root=root, images={})
    (outside,) = await side.chat.show(room, a_mail("thread:3", threaded=True), root=inside, images={})
    await ann.join(room)
    messages = {m["event_id"]: m["content"] for m in await ann.messages(room)}
    assert messages[inside]["m.relates_to"]["event_id"] == root
    assert messages[inside]["m.relates_to"]["rel_type"] == "m.thread"
    assert "m.relates_to" not in messages[outside]


async def test_the_loudness_is_the_message_type(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("loud", ann.user))
    for number, notify in enumerate((Notify("all"), Notify("none"), Notify("mention", (ann.user,)))):
        await side.chat.show(room, a_mail(f"loud:{number}", "@room look", notify=notify), root=None, images={})
    await ann.join(room)
    contents = [m["content"] for m in await ann.messages(room)]
    assert [c["msgtype"] for c in contents] == ["m.text", "m.notice", "m.text"]
    assert [c["m.mentions"] for c in contents] == [{}, {}, {"user_ids": [ann.user]}]


async def test_history_keeps_its_time_where_the_mode_can(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("past", ann.user))
    await side.chat.show(room, a_mail("past:1", at=1_000_000_000.5), root=None, images={})
    await side.chat.show(room, a_mail("past:2", at=-5.0), root=None, images={})
    await side.chat.show(room, a_mail("past:3", at=time.time() + 10**7), root=None, images={})
    await ann.join(room)
    times = {m["content"]["org.matrix-mailroom.key"]: m["origin_server_ts"] for m in await ann.messages(room)}
    assert times["past:3.0"] <= time.time() * 1000 + 1000
    if side.mode == "appservice":
        assert times["past:1.0"] == 1_000_000_000_500
        assert times["past:2.0"] == 0


async def test_a_removed_bot_says_that_the_room_is_lost_and_can_come_back(office: World, side: Side) -> None:
    dan = await office.person("dan")
    made = await dan.call("POST", "createRoom", body={"preset": "private_chat", "invite": [side.bot]})
    room = made["room_id"]
    await side.chat.open_room(a_room("removed", target=room))
    await side.chat.show(room, a_mail("removed:1"), root=None, images={})
    for user in [u for u in await dan.members(room) if u != dan.user]:
        await dan.call("POST", "rooms", room, "kick", body={"user_id": user})
    with pytest.raises(RoomLost):
        await side.chat.show(room, a_mail("removed:2"), root=None, images={})
    with pytest.raises(RoomLost, match="invite @"):
        await side.chat.rejoin(room)
    await dan.call("POST", "rooms", room, "invite", body={"user_id": side.bot})
    await side.chat.rejoin(room)
    await side.chat.show(room, a_mail("removed:2"), root=None, images={})
    assert len(await dan.messages(room)) == 2


async def test_a_banned_sender_is_spoken_for_by_the_bot(office: World, side: Side) -> None:
    dan = await office.person("dan")
    made = await dan.call("POST", "createRoom", body={"preset": "private_chat", "invite": [side.bot]})
    room = made["room_id"]
    await side.chat.open_room(a_room("banned", target=room))
    await side.chat.show(room, a_mail("banned:1"), root=None, images={})
    for user in [u for u in await dan.members(room) if u not in (dan.user, side.bot)]:
        await dan.call("POST", "rooms", room, "ban", body={"user_id": user})
    await side.chat.show(room, a_mail("banned:2"), root=None, images={})
    last = (await dan.messages(room))[-1]
    assert last["sender"] == side.bot
    assert "anna@client.example" in last["content"]["body"]
