"""What waited while the rules changed is done by the rules of now: nobody comes in who left, nothing is said open."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from bridge.core.aftermath import Postpone, failed
from bridge.core.decision import Lobby, Scope
from bridge.core.effects import Admit, CloseRoom, Effect, OpenRoom, ReopenRoom, RoomSpec, Tell
from bridge.core.errors import RoomLost
from bridge.core.ports import Task
from bridge.core.retry import CHAT
from bridge.engine.delivery import Delivery, Peers
from bridge.engine.rules import Rules
from tests.unit.worlds import ANN, BOB, BOT, DESK, NOW, SETUP

CLEO = "@cleo:corp.example"
SPEC = RoomSpec(key="conv:a", name="Order 7", members=(ANN, BOB))
WORD = Tell("k", "conv:a", "conv:a", "Where is it?")


@dataclass
class World:
    """A journal, a chat and rules in one, as far as deliveries ask them."""

    scope_now: Scope | None = DESK
    refuses: bool = False
    did: list[tuple[Any, ...]] = field(default_factory=list)

    trust = 3600.0

    @property
    def journal(self) -> "World":
        return self

    chat = now = journal
    rulebook, setup = object(), SETUP

    def scope(self, name: str, rule: str) -> Scope | None:
        assert (name, rule) == (DESK.name, "")
        return self.scope_now

    async def room(self, key: str) -> str | None:
        return None if isinstance(self.opening, OpenRoom) else "!a"

    opening: Effect | None = None

    async def room_rule(self, key: str) -> tuple[str, str]:
        return DESK.name, ""

    async def encrypt(self, room: str, readers: Sequence[str]) -> None:
        if self.refuses:
            raise RoomLost("encrypted rooms need another homeserver")
        self.did.append(("encrypt", room, tuple(readers)))

    async def open_room(self, spec: RoomSpec) -> str:
        self.did.append(("open", spec.members, spec.readers))
        return "!a"

    async def reopen_room(self, room: str, spec: RoomSpec) -> None:
        self.did.append(("reopen", spec.members, spec.readers))

    async def admit(
        self, room: str, members: Sequence[str], staying: Sequence[str] = (), *, readers: Sequence[str] = ()
    ) -> None:
        self.did.append(("admit", tuple(members), tuple(staying), tuple(readers)))

    async def close_room(self, room: str, space: str, reason: str) -> None:
        self.did.append(("close", room))

    async def tell(self, room: str, tell: Tell, **more: object) -> str:
        self.did.append(("tell", tell.text))
        return "$1"

    async def done(self, effect: Effect) -> list[tuple[Any, ...]]:
        self.opening = effect
        delivery = Delivery(cast(Peers, self), cast(Rules, self), lambda: NOW)
        await delivery.do(Task(effect, 1, NOW))
        return self.did


def with_members(*users: str, **more: object) -> Scope:
    return replace(DESK, room=replace(DESK.room, members=users, **more))


async def test_a_room_that_waited_to_be_opened_has_the_members_of_now() -> None:
    effect = OpenRoom("o", "conv:a", SPEC)
    assert await World(with_members(BOB, CLEO)).done(effect) == [("open", (BOB, CLEO), ())]
    assert await World(None).done(effect) == [("open", (ANN, BOB), ())]


async def test_history_that_waited_still_invites_nobody() -> None:
    effect = OpenRoom("o", "conv:a", replace(SPEC, members=()))
    assert await World(with_members(BOB, CLEO)).done(effect) == [("open", (), ())]


async def test_who_took_a_conversation_and_left_the_company_is_not_let_in() -> None:
    lobby = {"lobby": Lobby("#desk", on_take=True)}
    opened = OpenRoom("o", "conv:a", replace(SPEC, members=(ANN,)))
    assert await World(with_members(BOB, CLEO, **lobby)).done(opened) == [("open", (), ())]
    taken = Admit("t", "room:conv:a", "conv:a", (ANN,), staying=(ANN, BOB))
    assert await World(with_members(BOB, CLEO, **lobby)).done(taken) == [("admit", (), (BOB,), ())]


async def test_a_room_that_is_opened_again_does_not_bring_back_who_left() -> None:
    effect = ReopenRoom("r", "conv:a", "conv:a", SPEC, conversation="a")
    assert await World(with_members(BOB)).done(effect) == [("reopen", (BOB,), ())]


async def test_a_room_planned_before_the_rules_asked_for_encryption_is_made_encrypted() -> None:
    effect = OpenRoom("o", "conv:a", SPEC)
    assert await World(with_members(ANN, encryption=True)).done(effect) == [("open", (ANN,), (ANN,))]


async def test_nothing_is_said_in_a_room_before_it_is_as_the_rules_of_now_say() -> None:
    did = await World(with_members(ANN, encryption=True)).done(WORD)
    assert did == [("encrypt", "!a", (ANN,)), ("tell", "Where is it?")]
    assert await World().done(WORD) == [("tell", "Where is it?")]


async def test_an_encrypted_room_whose_group_is_empty_is_encrypted_all_the_same() -> None:
    did = await World(with_members(encryption=True)).done(WORD)
    assert did[0] == ("encrypt", "!a", (BOT,))
    (opened,) = await World(with_members(encryption=True)).done(OpenRoom("o", "conv:a", SPEC))
    assert opened == ("open", (), (BOT,))


async def test_where_nothing_can_be_encrypted_mail_waits_and_is_not_said_open() -> None:
    world = World(with_members(ANN, encryption=True), refuses=True)
    with pytest.raises(RoomLost) as refused:
        await world.done(WORD)
    assert world.did == []
    verdict = failed(Task(WORD, 1, NOW), refused.value, CHAT, NOW)
    assert isinstance(verdict, Postpone)
    assert not verdict.counted


async def test_people_leave_a_room_also_where_it_cannot_be_encrypted() -> None:
    world = World(with_members(BOB, encryption=True), refuses=True)
    await world.done(Admit("t", "room:conv:a", "conv:a", (ANN, BOB)))
    await world.done(CloseRoom("c", "conv:a", "conv:a", "space:a", "closed"))
    assert world.did == [("admit", (BOB,), (), (BOB,)), ("close", "!a")]
