"""Reading events: what people say is understood, whatever else is in the event."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.chat.names import Names
from bridge.chat.read import BARE, KEYLESS, read_event
from bridge.core.addresses import Address
from bridge.core.ids import Seed
from bridge.core.post import Edited, Member, Reacted, Redacted, Replaced, Said, Sealed

NAMES = Names(Seed(b"0" * 16), "corp.example", "@mailroom:corp.example")
GHOST = NAMES.ghost(Address("anna", "client.example"))


def event(kind: str = "m.room.message", content: Any = None, **more: Any) -> bytes:
    base = {
        "type": kind,
        "event_id": "$e",
        "room_id": "!r",
        "sender": "@ann:corp.example",
        "origin_server_ts": 1_500,
        "content": {"msgtype": "m.text", "body": "hi"} if content is None else content,
    }
    return json.dumps({**base, **more}).encode()


def said(**content: Any) -> Said:
    post = read_event(event(content={"msgtype": "m.text", "body": "hi", **content}), NAMES)
    assert isinstance(post, Said)
    return post


def test_a_message() -> None:
    assert said() == Said("$e", "!r", "@ann:corp.example", 1.5, "text", "hi")


@pytest.mark.parametrize("sender", ["@mailroom:corp.example", GHOST])
@pytest.mark.parametrize("kind", ["m.room.message", "m.reaction", "m.room.encrypted", "m.room.redaction"])
def test_nothing_of_our_own_comes_back(sender: str, kind: str) -> None:
    assert read_event(event(kind, sender=sender, redacts="$x"), NAMES) is None


def test_only_an_explicit_reply_is_one() -> None:
    answer = {"m.in_reply_to": {"event_id": "$m"}}
    assert said(**{"m.relates_to": answer}).reply_to == "$m"
    thread = {"rel_type": "m.thread", "event_id": "$t", **answer}
    inside = said(**{"m.relates_to": {**thread, "is_falling_back": False}})
    assert (inside.reply_to, inside.thread) == ("$m", "$t")
    falling = said(**{"m.relates_to": {**thread, "is_falling_back": True}})
    assert (falling.reply_to, falling.thread) == ("", "$t")


def test_the_reply_fallback_never_leaks() -> None:
    relation = {"m.relates_to": {"m.in_reply_to": {"event_id": "$m"}}}
    quoted = {
        "body": "> <@bob:corp.example> internal\n> secret\n\nSent today",
        "format": "org.matrix.custom.html",
        "formatted_body": "<mx-reply><blockquote>secret</blockquote></mx-reply>Sent <b>today</b>",
    }
    post = said(**quoted, **relation)
    assert (post.body, post.html) == ("Sent today", "Sent <b>today</b>")
    assert said(body="> a quote of mine\nyes").body == "> a quote of mine\nyes"
    unclosed = {**quoted, "formatted_body": "yes<MX-REPLY>secret"}
    assert said(**unclosed, **relation).html == "yes"


def test_mentions_are_declared_or_linked() -> None:
    link = '<a href="https://matrix.to/#/%40bob%3Acorp.example">Bob</a> <a href="https://matrix.to/#/!room">x</a>'
    post = said(
        **{"m.mentions": {"user_ids": ["@ann:corp.example", 7, "nobody"]}},
        format="org.matrix.custom.html",
        formatted_body=link,
    )
    assert post.mentions == ("@ann:corp.example", "@bob:corp.example")


def test_an_edit_carries_the_new_content() -> None:
    content = {
        "msgtype": "m.text",
        "body": "* new",
        "m.new_content": {"msgtype": "m.text", "body": "new"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$old"},
    }
    post = read_event(event(content=content), NAMES)
    assert isinstance(post, Edited)
    assert (post.target, post.said.body, post.said.event) == ("$old", "new", "$e")


@pytest.mark.parametrize("place", ["top", "content"])
def test_a_redaction_in_both_places(place: str) -> None:
    raw = (
        event("m.room.redaction", {}, redacts="$x") if place == "top" else event("m.room.redaction", {"redacts": "$x"})
    )
    post = read_event(raw, NAMES)
    assert isinstance(post, Redacted)
    assert post.target == "$x"


def test_a_reaction_without_its_variation_selector() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$x", "key": "❤\ufe0f"}
    post = read_event(event("m.reaction", {"m.relates_to": relation}), NAMES)
    assert post == Reacted("$e", "!r", "@ann:corp.example", 1.5, "$x", "❤")


def test_files_and_captions() -> None:
    file = {"msgtype": "m.image", "url": "mxc://s/m", "info": {"mimetype": "image/png", "size": 3}}
    plain, captioned = said(**file, body="a.png"), said(**file, body="look", filename="a.png")
    assert plain.media is not None
    assert captioned.media == plain.media
    assert (captioned.type, captioned.body, captioned.media.name) == ("media", "look", "a.png")
    odd = said(**{**file, "info": {"size": "x", "mimetype": []}}, body="")
    assert odd.media is not None
    assert (odd.media.name, odd.media.size) == ("file", 0)
    assert read_event(event(content={**file, "body": "a", "url": "https://evil.example"}), NAMES) is None


def test_a_message_that_ought_to_be_encrypted_is_told_and_a_notice_is_none() -> None:
    edit = {"msgtype": "m.text", "body": "* a", "m.new_content": {"msgtype": "m.text", "body": "a"}}
    edit["m.relates_to"] = {"rel_type": "m.replace", "event_id": "$0"}
    for content in ({"msgtype": "m.text", "body": "!send"}, edit):
        refused = read_event(event(content=content, **{BARE: True}), NAMES)
        assert isinstance(refused, Sealed)
        assert refused.bare
    assert isinstance(read_event(event(content={"msgtype": "m.notice", "body": "a"}, **{BARE: True}), NAMES), Said)


def test_an_encrypted_message_or_file_is_told() -> None:
    assert isinstance(read_event(event("m.room.encrypted", {}), NAMES), Sealed)
    for mark, count in ((True, 1), (7, 7), (2**70, 2**53), (-1, 0), ("1", 0), ([], 0)):
        unreadable = read_event(event("m.room.encrypted", {}, **{KEYLESS: mark}), NAMES)
        assert isinstance(unreadable, Sealed)
        assert (unreadable.keyless, unreadable.count) == (count > 0, count)
    sealed = {"msgtype": "m.file", "body": "a", "file": {"url": "mxc://s/m"}}
    assert isinstance(read_event(event(content=sealed), NAMES), Sealed)


def test_an_encrypted_file_is_a_file_with_what_opens_it() -> None:
    file = {"url": "mxc://s/m", "key": {"k": "K", "alg": "A256CTR"}, "iv": "I", "hashes": {"sha256": "H"}, "v": "v2"}
    post = said(msgtype="m.file", body="a.pdf", file=file, info={"mimetype": "application/pdf", "size": 3})
    assert post.media is not None
    assert (post.media.mxc, post.media.name, post.media.size) == ("mxc://s/m", "a.pdf", 3)
    assert json.loads(post.media.cipher) == {"key": "K", "iv": "I", "sha256": "H"}
    for broken in ({"key": {}}, {"key": 5}, {"iv": []}, {"hashes": {"sha256": "x" * 200}}, {"url": "http://x"}):
        content = {"msgtype": "m.file", "body": "a.pdf", "file": {**file, **broken}}
        assert isinstance(read_event(event(content=content), NAMES), Sealed)


def test_a_sticker_is_a_picture() -> None:
    post = read_event(event("m.sticker", {"body": "cat", "url": "mxc://s/m"}), NAMES)
    assert isinstance(post, Said)
    assert post.type == "media"


def test_membership_of_people_and_the_bot_but_not_of_ghosts() -> None:
    def member(user: str, state: str = "leave", **more: Any) -> bytes:
        return event("m.room.member", {"membership": state}, state_key=user, **more)

    gone = read_event(member("@mailroom:corp.example", sender="@mailroom:corp.example"), NAMES)
    assert isinstance(gone, Member)
    assert gone.membership == "leave"
    assert read_event(member(GHOST), NAMES) is None
    assert read_event(member("@bob:corp.example", "dancing"), NAMES) is None
    renamed = member("@bob:corp.example", "join", unsigned={"prev_content": {"membership": "join"}})
    assert read_event(renamed, NAMES) is None


def test_a_tombstone_names_the_successor() -> None:
    post = read_event(event("m.room.tombstone", {"replacement_room": "!new"}, state_key=""), NAMES)
    assert isinstance(post, Replaced)
    assert post.successor == "!new"
    assert read_event(event("m.room.tombstone", {"replacement_room": 7}, state_key=""), NAMES) is None


def test_no_surrogate_comes_in() -> None:
    assert said(body="a\ud800").body == "a\ufffd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    *("type", "event_id", "room_id", "sender", "origin_server_ts", "content", "state_key", "redacts", "unsigned"),
    *("msgtype", "body", "formatted_body", "format", "m.relates_to", "m.new_content", "m.mentions", "user_ids"),
    *("rel_type", "m.in_reply_to", "url", "info", "file", "filename", "membership", "prev_content", "key"),
)


@settings(max_examples=100, deadline=None)
@given(st.recursive(JSON, lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8), max_leaves=20))
def test_any_json_is_read_without_raising(value: Any) -> None:
    read_event(json.dumps(value).encode(), NAMES)
    kinds = ("m.room.message", "m.sticker", "m.reaction", "m.room.member", "m.room.redaction", "m.room.tombstone")
    for kind in kinds:
        read_event(event(kind, value), NAMES)
        read_event(event(kind, {"msgtype": "m.text", "body": "x", "m.relates_to": value, "m.mentions": value}), NAMES)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_octets_are_read_without_raising(raw: bytes) -> None:
    assert read_event(raw, NAMES) is None or raw.startswith(b"{")


def test_deep_nesting_is_read_without_raising() -> None:
    assert read_event(b"[" * 100_000, NAMES) is None
    assert read_event(b'{"a":' * 900 + b"1" + b"}" * 900, NAMES) is None
