"""Correspondents' reactions in rooms, in both modes on a real Synapse."""

import pytest

from bridge.core.effects import React
from tests.fakes.homeserver_world import GHOST, Side, World, a_mail, a_room

pytestmark = pytest.mark.asyncio(loop_scope="module")


def react(key: str, room: str) -> React:
    return React(key, "l", room, "c", "x", GHOST, "👍", "👍 from Anna Berg <anna@client.example>", "show:1")


async def test_a_ghost_reacts_and_the_bot_says_who_did(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("reacted", ann.user))
    (mail,) = await side.chat.show(room, a_mail("reacted:1"), root=None, images={})
    (event,) = await side.chat.react(room, react("reacted:2", room), root=None, target=mail)
    await ann.join(room)
    made = await ann.call("GET", "rooms", room, "event", event)
    relation = made["content"]["m.relates_to"]
    if side.mode == "appservice":
        assert made["type"] == "m.reaction"
        assert relation == {"rel_type": "m.annotation", "event_id": mail, "key": "👍"}
    else:
        assert made["content"]["msgtype"] == "m.notice"
        assert made["content"]["body"] == "👍 from Anna Berg <anna@client.example>"
        assert relation == {"m.in_reply_to": {"event_id": mail}}
        assert made["content"]["m.mentions"] == {}


async def test_the_same_reaction_again_changes_nothing(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("again", ann.user))
    (mail,) = await side.chat.show(room, a_mail("again:1"), root=None, images={})
    first = await side.chat.react(room, react("again:2", room), root=None, target=mail)
    assert await side.chat.react(room, react("again:2", room), root=None, target=mail) == first
    assert await side.chat.react(room, react("again:2", room), root=None, target=mail, doubtful=True) == first
    other = await side.chat.react(room, react("again:3", room), root=None, target=mail)
    assert len(other) == (0 if side.mode == "appservice" else 1)  # one person, one reaction of a kind; two lines


async def test_what_cannot_be_reacted_to_is_told_in_words(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("words", ann.user))
    (event,) = await side.chat.react(room, react("words:1", room), root=None, target=None)
    await ann.join(room)
    made = await ann.call("GET", "rooms", room, "event", event)
    assert made["content"]["body"] == "👍 from Anna Berg <anna@client.example>"
    assert "m.relates_to" not in made["content"]
