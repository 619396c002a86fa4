"""That a room is encrypted is never forgotten, and nothing but the homeserver's plain word makes a room a plain one."""

import asyncio
import os
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.app import doctor
from bridge.chat.client import Wire
from bridge.chat.connection import Identity
from bridge.chat.encrypted import ANY, Encrypted, Unwritten
from bridge.core.errors import Permanent, RoomLost, Transient
from bridge.store.journal import Journal

ROOM, BOT = "!r:corp.example", "@mailroom:corp.example"
NONE = Permanent("none", code="404 M_NOT_FOUND")


class Server:
    """Answers whether a room is encrypted; `asked` counts."""

    identity = Identity("", BOT)

    def __init__(self) -> None:
        self.answer: Exception | None = NONE
        self.asked = 0
        self.meanwhile: list[Any] = []

    async def call(self, *path: str) -> dict[str, Any]:
        self.asked += 1
        for done in self.meanwhile:
            await done
        self.meanwhile = []
        if self.answer is not None:
            raise self.answer
        return {}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def notes() -> Unwritten:
    return Unwritten()


def looking(server: Server, notes: Unwritten) -> Encrypted:
    return Encrypted(cast(Wire, server), notes)


def encryption(room: str = ROOM, **more: Any) -> dict[str, Any]:
    return {"type": "m.room.encryption", "room_id": room, "state_key": "", "content": {}, **more}


async def test_a_plain_room_is_asked_for_once_and_an_encrypted_one_stays_so_whatever_is_said_later(
    server: Server, notes: Unwritten
) -> None:
    known = looking(server, notes)
    assert [await known.covers(ROOM) for _ in range(3)] == [False] * 3
    assert server.asked == 1
    assert not await known.any()
    assert await known.heed(encryption())
    assert await known.covers(ROOM)
    again = looking(server, notes)
    assert await again.any()
    assert await again.covers(ROOM), "after a restart too, and although the homeserver denies it"
    assert server.asked == 1


async def test_a_room_whose_state_says_so_is_encrypted_and_written_down(server: Server, notes: Unwritten) -> None:
    server.answer = None
    assert await looking(server, notes).covers(ROOM)
    assert await notes.bookmark(ANY)
    assert await notes.bookmark(f"{ANY}:{ROOM}")


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (Permanent("no such path", code="404"), Permanent),
        (Permanent("what?", code="404 M_UNRECOGNIZED"), Permanent),
        (Permanent("not in the room", code="403 M_FORBIDDEN"), RoomLost),
        (Transient("away", peer_down=True), Transient),
    ],
)
async def test_who_may_not_know_takes_no_room_for_a_plain_one(
    server: Server, notes: Unwritten, answer: Exception, raised: type[Exception]
) -> None:
    server.answer = answer
    known = looking(server, notes)
    for _ in range(2):
        with pytest.raises(raised):
            await known.covers(ROOM)


async def test_what_happens_while_the_homeserver_is_asked_counts(server: Server, notes: Unwritten) -> None:
    known = looking(server, notes)
    server.meanwhile = [known.heed(encryption())]
    await known.covers(ROOM)
    assert await known.covers(ROOM)
    other = looking(server, Unwritten())
    server.meanwhile = [other.heed(encryption())]
    await other.made(ROOM)
    assert await other.covers(ROOM)


async def test_a_room_that_the_bot_was_out_of_is_looked_at_again(server: Server, notes: Unwritten) -> None:
    known = looking(server, notes)
    assert not await known.covers(ROOM)
    server.answer = None
    assert not await known.covers(ROOM)
    gone = {"type": "m.room.member", "room_id": ROOM, "state_key": BOT, "content": {"membership": "leave"}}
    assert not await known.heed(gone)
    assert await known.covers(ROOM)


async def test_a_new_room_is_looked_at_now_and_then_for_a_homeserver_may_encrypt_all_of_them(
    server: Server, notes: Unwritten
) -> None:
    known = looking(server, notes)
    for number in range(5):
        await known.made(f"!{number}")
        assert not await known.covers(f"!{number}")
    assert server.asked == 1
    forcing = looking(server, notes)
    server.answer, server.asked = None, 0
    for number in range(5, 8):
        await forcing.made(f"!{number}")
        assert await forcing.covers(f"!{number}")
    assert server.asked == 3


async def test_nobody_says_so_by_an_event_that_is_no_state_or_has_no_room(server: Server, notes: Unwritten) -> None:
    known = looking(server, notes)
    strange: list[dict[str, Any]] = [encryption(state_key="x"), encryption(room_id=7), {"type": "m.room.encryption"}]
    for event in strange:
        assert not await known.heed(event)
    assert await known.heed(encryption("!\ud800"))
    assert not await known.covers(ROOM)


async def test_a_room_is_written_down_once(server: Server) -> None:
    class Counted(Unwritten):
        written = 0

        async def accept(self, *given: Any) -> object:
            self.written += 1
            await asyncio.sleep(0)
            return await super().accept(*given)

    notes = Counted()
    known = looking(server, notes)
    await asyncio.gather(*(known.note(ROOM) for _ in range(5)))
    await looking(server, notes).note(ROOM)
    assert notes.written == 2


async def test_the_journal_keeps_it_and_a_check_looks_at_keys_then_whatever_the_rules_say(
    server: Server, tmp_path: Path
) -> None:
    assert not doctor.sealed(tmp_path)
    assert not os.listdir(tmp_path), "and leaves nothing behind"
    for _ in range(2):
        async with await Journal.open(tmp_path) as journal:
            await Encrypted(cast(Wire, server), journal).note(ROOM)
            assert not await Encrypted(cast(Wire, server), journal).covers("!other")
    assert doctor.sealed(tmp_path)
