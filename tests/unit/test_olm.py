"""What one device encrypts the other reads, and nobody else's word passes for its sender's: two machines, no server."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.chat import olm
from bridge.chat.keybook import Keybook
from bridge.chat.olm import Machine

ROOM, OTHER = "!r:corp.example", "!other:corp.example"
ANN, EVE, BOT = "@ann:corp.example", "@eve:corp.example", "@bot:corp.example"
TEXT = {"msgtype": "m.text", "body": "It is on its way."}


class Side:
    """A device with its files."""

    def __init__(self, folder: Path, user: str, device: str = "") -> None:
        self.folder, self.user, self.device = folder, user, device or f"DEVICE{user[1]}"
        self.begin()
        body = self.machine.upload(False, 0, fallback=False)
        assert body is not None
        self.machine.uploaded()
        self.keys: dict[str, Any] = body["device_keys"]
        self.once = [{name: key} for name, key in body["one_time_keys"].items()]

    def begin(self) -> None:
        file = self.folder / f"{self.user[1:4]}.db"
        self.book = Keybook(file)
        self.machine = Machine(file, self.user, self.device, "secret", self.book)

    def end(self) -> None:
        self.machine.close()
        self.book.close()

    def meets(self, other: "Side") -> None:
        self.knows(other)
        self.machine.claimed({"one_time_keys": {other.user: {other.device: other.once.pop()}}})

    def knows(self, other: "Side") -> None:
        self.machine.queried({"device_keys": {other.user: {other.device: other.keys}}})

    def gives(self, other: "Side", room: str = ROOM) -> None:
        for devices, messages in self.machine.share(room, [other.user]):
            self.machine.shared(room, devices)
            content = messages[other.user][other.device]
            other.machine.receive([{"type": "m.room.encrypted", "sender": self.user, "content": content}], {self.user})

    def says(self, event: str, sender: str = "", room: str = ROOM, **more: Any) -> dict[str, Any]:
        content = self.machine.encrypt(room, "m.room.message", {**TEXT, **more})
        return sent(event, content, sender or self.user)


def sent(event: str, content: dict[str, Any], sender: str, room: str = ROOM) -> dict[str, Any]:
    head = {"type": "m.room.encrypted", "event_id": event, "room_id": room, "sender": sender}
    return {**head, "origin_server_ts": 5, "content": content}


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side, Side]]:
    """Ann, Eve and the bot, who know each other's devices; the first two have met the bot."""
    made = Side(tmp_path, ANN), Side(tmp_path, EVE), Side(tmp_path, BOT)
    ann, eve, bot = made
    for one in (ann, eve):
        one.meets(bot)
        bot.knows(one)
    yield made
    for side in made:
        side.end()


def test_what_a_device_says_is_read_with_its_key_and_its_relation(sides: tuple[Side, Side, Side]) -> None:
    ann, _, bot = sides
    relation = {"m.in_reply_to": {"event_id": "$mail"}}
    before = ann.machine.share(ROOM, [])
    assert before == []
    ann.gives(bot)
    event = ann.says("$1", **{"m.relates_to": relation})
    assert event["content"]["m.relates_to"] == relation
    assert "body" not in str(event["content"])
    opened = bot.machine.open(event)
    assert opened.outcome == "opened"
    assert opened.event is not None
    assert opened.event["content"] == {**TEXT, "m.relates_to": relation}
    assert (opened.event["type"], opened.event["event_id"], opened.event["sender"]) == ("m.room.message", "$1", ANN)


def test_a_message_without_its_key_waits_and_is_read_when_it_came(sides: tuple[Side, Side, Side]) -> None:
    ann, _, bot = sides
    key = ann.machine.share(ROOM, [BOT])
    event = ann.says("$1")
    assert bot.machine.open(event).outcome == "no key"
    content = key[0][1][BOT][bot.device]
    bot.machine.receive([{"type": "m.room.encrypted", "sender": ANN, "content": content}], {ANN})
    assert bot.machine.open(event).outcome == "opened"


def test_a_message_is_read_again_as_itself_and_never_as_another_also_after_a_restart(
    sides: tuple[Side, Side, Side],
) -> None:
    ann, _, bot = sides
    ann.gives(bot)
    event = ann.says("$1")
    assert bot.machine.open(event).outcome == "opened"
    bot.end()
    bot.begin()
    assert bot.machine.open(event).outcome == "opened"
    assert bot.machine.open({**event, "event_id": "$2"}).outcome == "nothing"


def test_nobody_speaks_with_anothers_voice_or_in_another_room(sides: tuple[Side, Side, Side]) -> None:
    ann, eve, bot = sides
    eve.gives(bot)
    assert bot.machine.open(eve.says("$1", sender=ANN)).outcome == "no device"
    ann.gives(bot)
    moved = {**ann.says("$2"), "room_id": OTHER}
    assert bot.machine.open(moved).outcome == "no key"
    forged = sent("$3", {**ann.says("$4")["content"], "ciphertext": "AwgAEnACgAkLmt6q"}, ANN)
    assert bot.machine.open(forged).outcome in ("bad", "no key")


def test_a_key_that_eve_passes_on_as_hers_does_not_hide_what_ann_says(sides: tuple[Side, Side, Side]) -> None:
    ann, eve, bot = sides
    ann.machine.share(ROOM, [BOT])
    session = ann.machine._olm.outbound_group_sessions[ROOM]
    eve.machine._olm.outbound_group_sessions[ROOM] = session
    eve.gives(bot)
    session.users_shared_with.clear()
    event = ann.says("$1")
    assert bot.machine.open(event).outcome == "no device"
    ann.gives(bot)
    later = ann.says("$2")
    assert bot.machine.open(later).outcome == "opened"


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        ({}, "nothing"),  # deleted
        ({"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": {}}, "bad"),
        ({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": 5, "session_id": "x"}, "bad"),
        ({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "x"}, "no key"),
    ],
)
def test_what_is_malformed_will_never_be_readable(
    sides: tuple[Side, Side, Side], content: dict[str, Any], outcome: str
) -> None:
    assert sides[2].machine.open(sent("$1", content, ANN)).outcome == outcome


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"device_keys": []},
        {"device_keys": {ANN: []}},
        {"device_keys": {ANN: {"X": None}}},
        {"device_keys": {ANN: {"X": {"keys": {"ed25519:X": "no key"}, "signatures": 5}}}},
        {"one_time_keys": {ANN: {"X": {}}}},
        {"one_time_keys": {ANN: {"DEVICEa": {"signed_curve25519:A": {"key": "x", "signatures": {}}}}}},
        {"one_time_keys": {ANN: {"DEVICEa": {"signed_curve25519:A": 5}}}},
    ],
)
def test_whatever_others_publish_spoils_nothing(sides: tuple[Side, Side, Side], answer: dict[str, Any]) -> None:
    ann, _, bot = sides
    bot.machine.queried(answer)
    bot.machine.claimed(answer)
    bot.machine.receive([None, {}, {"type": "m.room.encrypted", "sender": ANN, "content": answer}], {ANN})
    bot.knows(ann)
    ann.gives(bot)
    assert bot.machine.open(ann.says("$1")).outcome == "opened"


def test_after_a_rotation_or_a_restart_there_is_a_new_key(sides: tuple[Side, Side, Side]) -> None:
    ann, _, bot = sides
    ann.gives(bot)
    first = ann.says("$1")["content"]["session_id"]
    ann.machine.rotate(ROOM)
    ann.gives(bot)
    second = ann.says("$2")["content"]["session_id"]
    ann.end()
    ann.begin()
    ann.gives(bot)
    third = ann.says("$3")["content"]["session_id"]
    assert len({first, second, third}) == 3


def test_one_time_keys_are_written_down_before_anyone_can_use_them(sides: tuple[Side, Side, Side]) -> None:
    ann, eve, bot = sides
    body = bot.machine.upload(True, 0, fallback=True)
    assert body is not None
    bot.end()  # the answer never came
    bot.begin()
    name, key = next(iter(body["one_time_keys"].items()))
    eve.machine._olm.session_store = type(eve.machine._olm.session_store)()
    eve.machine.claimed({"one_time_keys": {BOT: {bot.device: {name: key}}}})
    bot.knows(eve)
    eve.gives(bot)
    assert bot.machine.open(eve.says("$1")).outcome == "opened"
    assert ann is not eve


def test_keys_are_uploaded_when_half_of_them_are_used_or_the_last_resort_was(sides: tuple[Side, Side, Side]) -> None:
    bot = sides[2]
    assert bot.machine.upload(True, 50, fallback=True) is None
    assert bot.machine.upload(True, 26, fallback=True) is None
    few = bot.machine.upload(True, 20, fallback=True)
    assert few is not None
    assert "fallback_keys" not in few
    assert len(few["one_time_keys"]) == 30
    used = bot.machine.upload(True, 50, fallback=False)
    assert used is not None
    assert list(used) == ["fallback_keys"]
    (key,) = used["fallback_keys"].values()
    assert key["fallback"] is True
    assert key["signatures"][BOT]


def test_what_eve_copies_from_anns_session_hides_nothing_that_ann_said(sides: tuple[Side, Side, Side]) -> None:
    ann, eve, bot = sides
    ann.gives(bot)
    eve.machine._olm.outbound_group_sessions[ROOM] = session = ann.machine._olm.outbound_group_sessions[ROOM]
    session.users_shared_with.clear()
    eve.gives(bot)
    event = ann.says("$1")
    assert bot.machine.open({**event, "event_id": "$copy", "sender": EVE}).outcome == "opened"
    assert bot.machine.open(event).outcome == "opened"
    assert bot.machine.open({**event, "event_id": "$again"}).outcome == "nothing"


def sessions(bot: Side) -> tuple[int, int]:
    """How many the file holds: for keys, and for rooms."""
    with contextlib.closing(sqlite3.connect(bot.folder / "bot.db")) as file:
        (one,), (two,) = (
            file.execute(f"select count(*) from {table}").fetchone()
            for table in ("olmsessions", "megolminboundsessions")
        )
        return one, two


def test_strangers_cannot_fill_the_file_and_take_nothing_away_from_others(
    sides: tuple[Side, Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(olm, "STRANGERS", 5)
    ann, eve, bot = sides
    ann.gives(bot)
    before = ann.says("$1")
    for number in range(20):  # rooms without end, and from time to time a session as of a new device
        if number % 4 == 0:
            for session in eve.machine._olm.session_store.values():
                session.clear()
            eve.meets(bot)
        (message,) = eve.machine.share(f"!{number}:evil.example", [BOT])
        content = message[1][BOT][bot.device]
        bot.machine.receive([{"type": "m.room.encrypted", "sender": EVE, "content": content}], {ANN})
    unknown = {
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": "made up",
        "ciphertext": content["ciphertext"],
    }
    bot.machine.receive([{"type": "m.room.encrypted", "sender": EVE, "content": unknown}], {ANN})
    assert "made up" not in dict(bot.machine._olm.session_store.items())
    one, two = sessions(bot)
    assert one + two == 2 + 5
    assert len(list(bot.machine._olm.inbound_group_store)) + len(list(bot.machine._olm.session_store)) == 2 + 5
    newest = eve.says("$2", room="!19:evil.example")
    assert bot.machine.open({**newest, "room_id": "!19:evil.example"}).outcome == "opened"
    assert bot.machine.open(before).outcome == "opened"
    bot.end()
    bot.begin()
    assert len(list(bot.machine._olm.inbound_group_store)) + len(list(bot.machine._olm.session_store)) == 2 + 5
    assert bot.machine.open(before).outcome == "opened"


def test_who_is_no_stranger_any_more_keeps_what_was_given(
    sides: tuple[Side, Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, eve, bot = sides
    (message,) = eve.machine.share(ROOM, [BOT])
    content = message[1][BOT][bot.device]
    bot.machine.receive([{"type": "m.room.encrypted", "sender": EVE, "content": content}], set())
    monkeypatch.setattr(olm, "STRANGERS", 0)
    bot.machine.receive([], {EVE})
    assert bot.machine.open(eve.says("$1")).outcome == "opened"
    assert bot.book.beyond(0) == []


def test_of_one_user_so_many_devices_are_taken_in(
    sides: tuple[Side, Side, Side], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(olm, "DEVICES", 2)
    _, _, bot = sides
    many = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        many.append(Side(folder, "@new:corp.example", f"D{number}"))
        many[-1].end()
    bot.machine.queried({"device_keys": {"@new:corp.example": {side.device: side.keys for side in many}}})
    assert [device.id for device in bot.machine._all_devices("@new:corp.example")] == ["D0", "D1"]
