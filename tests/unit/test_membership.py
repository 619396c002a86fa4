"""Who belongs into which room follows the rules in force, spaces included."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.core.decision import NO_STANDINGS, Decision, RoomRule, Scope, Standing
from bridge.core.mail import Envelope, Mail
from bridge.engine.membership import admissions
from bridge.engine.rules import InForce
from tests.unit.worlds import ANN, BOB, DESK, SETUP

CLEO = "@cleo:corp.example"


class Book:
    """A rulebook of one inbox with one rule."""

    digest = "d"

    def knows(self, recipient: str) -> bool:
        return False

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        return ()

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> list[Decision]:
        return []

    def scope(self, name: str, rule: str = "") -> Scope | None:
        if name != DESK.name:
            return None
        return replace(DESK, room=RoomRule((ANN, CLEO), per="conversation")) if rule == "big" else DESK

    def people(self) -> frozenset[str]:
        return frozenset()

    def own(self) -> frozenset[str]:
        return frozenset()


FORCE = InForce(Book(), SETUP)


def members(*rooms: tuple[str, str, str, str]) -> dict[str, tuple[str, ...]]:
    return {effect.room: effect.members for effect in admissions(FORCE, rooms, "cause")}


def test_each_room_has_the_members_of_its_scope_and_rule() -> None:
    made = members(("conv:1", "!1", DESK.name, ""), ("conv:2", "!2", DESK.name, "big"))
    assert made["conv:1"] == (ANN, BOB)
    assert made["conv:2"] == (ANN, CLEO)


def test_the_space_has_everyone_who_is_in_one_of_its_rooms() -> None:
    made = members(("conv:1", "!1", DESK.name, ""), ("conv:2", "!2", DESK.name, "big"))
    assert made[f"space:{DESK.name}"] == (ANN, BOB, CLEO)


def test_a_named_room_is_in_no_space() -> None:
    assert set(members(("is:#alerts", "!1", DESK.name, ""))) == {"is:#alerts"}


def test_a_room_whose_inbox_is_gone_keeps_its_people() -> None:
    assert members(("conv:9", "!9", "inbox:gone", "")) == {}


def test_the_admin_room_has_the_admins() -> None:
    assert members(("admin", "!a", "", "")) == {"admin": SETUP.admins}


def test_an_admin_room_without_named_admins_is_left_alone() -> None:
    alone = InForce(Book(), replace(SETUP, admins=()))
    assert admissions(alone, [("admin", "!a", "", "")], "cause") == []


def test_another_cause_reconciles_again_and_the_same_does_not() -> None:
    rooms = [("conv:1", "!1", DESK.name, "")]
    one, two = admissions(FORCE, rooms, "one"), admissions(FORCE, rooms, "two")
    assert {e.key for e in one} == {e.key for e in admissions(FORCE, rooms, "one")}
    assert not {e.key for e in one} & {e.key for e in two}
