"""Of what others send into encrypted rooms nothing stops the rest, waits for ever or encrypts a room."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.chat import encryption
from bridge.chat.client import Wire
from bridge.chat.connection import Identity
from bridge.chat.encrypted import Unwritten
from bridge.chat.encryption import ASKED, LONGEST, PATIENCE, Encryption
from bridge.chat.keybook import Keybook
from bridge.chat.keyring import Keyring
from bridge.chat.names import Names
from bridge.chat.olm import Opened
from bridge.chat.read import BARE, KEYLESS
from bridge.core.errors import CannotEncrypt, Permanent
from bridge.core.ids import Seed

ROOM, EVE = "!r:corp.example", "@eve:evil.example"
NAMES = Names(Seed(b"s" * 32), "corp.example", "@mailroom:corp.example")
KEY = {"type": "m.room.encrypted", "sender": EVE, "content": {}}


class Olm:
    """Reads nothing: every event's key is still to come, or its sender's devices are unknown."""

    def __init__(self) -> None:
        self.outcome = "no key"

    def open(self, event: dict[str, Any]) -> Opened:
        return Opened(self.outcome)

    def queried(self, answer: object) -> None:
        pass

    changed = rotate = queried

    def receive(self, events: list[Any], known: frozenset[str]) -> None:
        self.known = known

    def unknown(self, users: list[str]) -> list[str]:
        return []

    def wedged(self) -> list[tuple[str, str]]:
        return []

    greetings = wedged


class Bench:
    """Encryption that is awake, with a real book."""

    def __init__(self, folder: Path) -> None:
        self.book = Keybook(folder / "keys.db")
        self.olm = Olm()
        self.asked: list[Any] = []
        self.woken = asyncio.Event()
        self.woken.set()
        self.identity = Identity("", NAMES.bot)
        self.encryption = Encryption(cast(Keyring, self), cast(Wire, self), NAMES, Unwritten())

    @property
    def wire(self) -> "Bench":
        return self

    async def wake(self) -> None:
        self.woken.set()

    async def run(self, work: Callable[..., Any], *given: Any) -> Any:
        return work(*given)

    async def call(self, method: str, *path: str, body: Any = None, **more: object) -> dict[str, Any]:
        self.asked.append(body)
        return {}

    async def pushed(self, *events: dict[str, Any]) -> list[Any]:
        async with self.encryption.reading(events) as found:
            return list(found)

    async def synced(self, *keys: dict[str, Any]) -> list[Any]:
        async with self.encryption.reading([], {"to_device": {"events": list(keys)}}) as found:
            return list(found)


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def sealed(event: str = "$1", sender: str = EVE) -> dict[str, Any]:
    return {"type": "m.room.encrypted", "event_id": event, "room_id": ROOM, "sender": sender, "content": {"a": "b"}}


def deletion(target: str) -> dict[str, Any]:
    head = {"type": "m.room.redaction", "event_id": "$d", "room_id": ROOM, "sender": EVE}
    return {**head, "content": {"redacts": target}}


async def test_what_no_file_takes_does_not_stop_the_events_beside_it(bench: Bench) -> None:
    said = {"type": "m.room.message", "event_id": "$2", "room_id": ROOM, "sender": EVE, "content": {"body": "Hello."}}
    found = await bench.pushed(deletion("$\ud800"), sealed("$\ud8001"), said)
    assert said in found
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    found = await bench.pushed({**sealed(), "content": {"a": deep}}, said)
    assert said in found


async def test_nobody_encrypts_a_room_by_a_message_that_is_called_as_the_state_is(bench: Bench) -> None:
    event = {"type": "m.room.encryption", "event_id": "$1", "room_id": ROOM, "sender": EVE, "content": {}}
    await bench.pushed(event)
    assert not bench.encryption.knows(ROOM)
    await bench.pushed({**event, "state_key": ""})
    assert bench.encryption.knows(ROOM)


async def test_keys_for_others_keep_nobody_in_the_dark_for_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(encryption.time, "time", lambda: now)
    assert await bench.pushed(sealed()) == []
    assert bench.encryption.waits
    now += PATIENCE + 1
    assert await bench.synced(KEY) == []
    now += LONGEST
    (told,) = await bench.synced(KEY)
    assert (told["event_id"], told[KEYLESS]) == ("$1", 1)
    assert not bench.encryption.waits


async def test_events_without_keys_do_not_pile_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encryption, "KEPT", 3)
    found = await bench.pushed(*(sealed(f"${number}") for number in range(5)))
    assert [(each["event_id"], each[KEYLESS]) for each in found] == [("$3", 1), ("$4", 2)]
    assert len(bench.book.waiting()) == 3


async def test_unknown_devices_are_looked_up_for_a_few_senders_at_a_time_and_not_long(bench: Bench) -> None:
    bench.olm.outcome = "no device"
    await bench.pushed(*(sealed(f"${number}", f"@u{number}:evil.example") for number in range(20)))
    assert len(bench.asked) == ASKED
    assert all(body["timeout"] <= 1_000 for body in bench.asked)


async def test_what_is_not_encrypted_in_an_encrypted_room_is_no_answer_of_anybody(bench: Bench) -> None:
    content = {"msgtype": "m.text", "body": "yes, send it"}
    plain = {"type": "m.room.message", "event_id": "$1", "room_id": ROOM, "sender": EVE, "content": content}
    assert await bench.pushed(plain) == [plain]
    await bench.pushed({"type": "m.room.encryption", "event_id": "$2", "room_id": ROOM, "sender": EVE, "state_key": ""})
    assert await bench.pushed(plain) == [{**plain, BARE: 1}]
    notice = {**plain, "content": {"msgtype": "m.notice", "body": "beep"}}
    assert await bench.pushed(notice, plain) == [notice, {**plain, BARE: 2}]
    assert await bench.pushed({**plain, "room_id": "!other"}) == [{**plain, "room_id": "!other"}]


class Asleep(Bench):
    """Encryption that nobody has needed yet; `refuses`: it cannot wake."""

    def __init__(self, folder: Path, *, refuses: bool = False) -> None:
        super().__init__(folder)
        self.woken.clear()
        self.refuses = refuses

    async def wake(self) -> None:
        if self.refuses:
            raise CannotEncrypt("install it")
        self.woken.set()

    async def call(self, method: str, *path: str, body: Any = None, **more: object) -> dict[str, Any]:
        if "m.room.encryption" in path and ROOM not in path:
            raise Permanent("plain", code="404 M_NOT_FOUND")
        return {}


TURNED_ON = {"type": "m.room.encryption", "event_id": "$1", "room_id": ROOM, "sender": EVE, "state_key": ""}


async def test_a_room_that_somebody_encrypts_wakes_who_slept(tmp_path: Path) -> None:
    bench = Asleep(tmp_path)
    assert not await bench.encryption.covers("!other")
    assert not bench.woken.is_set()
    assert await bench.pushed(TURNED_ON) == [TURNED_ON]
    assert bench.woken.is_set()
    assert bench.encryption.knows(ROOM)


async def test_where_nothing_can_be_encrypted_nothing_is_said_in_encrypted_rooms_and_all_is_in_others(
    tmp_path: Path,
) -> None:
    bench = Asleep(tmp_path, refuses=True)
    assert await bench.pushed(TURNED_ON) == [TURNED_ON], "and the events beside it are taken in"
    for _ in range(2):
        with pytest.raises(CannotEncrypt, match="install it"):
            await bench.encryption.covers(ROOM)
    assert not await bench.encryption.covers("!other")


async def test_whose_keys_are_kept_is_who_reads_some_room(bench: Bench) -> None:
    await bench.encryption.remember(ROOM, ["@ann:corp.example"])
    await bench.encryption.remember("!other", ["@bob:corp.example"])
    await bench.synced(KEY)
    assert bench.olm.known == {"@ann:corp.example", "@bob:corp.example"}


async def test_what_cannot_be_read_is_counted_for_each_sender_and_hour(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 36_000.0
    monkeypatch.setattr(encryption.time, "time", lambda: now)
    bench.olm.outcome = "bad"
    found = await bench.pushed(sealed("$1"), sealed("$2"), sealed("$3", "@ann:corp.example"))
    assert [each[KEYLESS] for each in found] == [1, 2, 1]
    now += 3_600
    assert [each[KEYLESS] for each in await bench.pushed(sealed("$4"))] == [1]
