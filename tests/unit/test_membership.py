"""Who belongs into which room follows the rules in force, spaces included."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.core.decision import NO_STANDINGS, Decision, Lobby, RoomRule, Scope, Standing
from bridge.core.effects import Line
from bridge.core.mail import Envelope, Mail
from bridge.engine.membership import IMPORTED, admissions, departed
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


def test_an_encrypted_room_names_those_who_get_its_keys() -> None:
    (plain,) = admissions(FORCE, [("conv:a", "!a", DESK.name, "")], "cause")[:1]
    assert plain.readers == ()
    sealed = replace(DESK, room=replace(DESK.room, encryption=True))

    class Sealed(Book):
        def scope(self, name: str, rule: str = "") -> Scope | None:
            return sealed

    (admit,) = admissions(InForce(Sealed(), SETUP), [("conv:a", "!a", DESK.name, "")], "cause")[:1]
    assert admit.readers == admit.members == DESK.room.members


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


LOBBY = RoomRule((ANN, BOB), per="conversation", lobby=Lobby("#desk", True, ((ANN, "Ann Berg"),)))


class Taken(Book):
    """Where people take conversations; the rule `at once` invites them."""

    def scope(self, name: str, rule: str = "") -> Scope | None:
        room = replace(LOBBY, lobby=Lobby("#desk")) if rule == "at once" else LOBBY
        return replace(DESK, room=room) if name == DESK.name else None


TAKING = InForce(Taken(), SETUP)
ROOMS = [("conv:1", "!1", DESK.name, ""), ("conv:2", "!2", DESK.name, ""), ("is:#desk", "!d", DESK.name, "")]


def test_where_people_take_conversations_only_who_has_one_is_invited_and_members_who_are_there_stay() -> None:
    made = {e.room: (e.members, e.staying) for e in admissions(TAKING, ROOMS, "cause", assignees={"conv:1": ANN})}
    assert made["conv:1"] == ((ANN,), (ANN, BOB))
    assert made["conv:2"] == ((), (ANN, BOB))
    assert made["is:#desk"] == ((ANN, BOB), ())
    assert made[f"space:{DESK.name}"] == ((ANN, BOB), ())


def test_who_is_no_member_any_more_neither_stays_nor_is_invited_and_the_line_is_told_anew() -> None:
    assignees = {"conv:1": CLEO, "conv:2": ANN}
    made = {e.room: (e.members, e.staying) for e in admissions(TAKING, ROOMS, "cause", assignees=assignees)}
    assert made["conv:1"] == ((), (ANN, BOB))
    (line,) = departed(TAKING, ROOMS, assignees, 5.0)
    assert isinstance(line, Line)
    assert (line.conversation, line.room, line.not_before) == ("1", "is:#desk", 5.0)
    assert departed(TAKING, ROOMS, assignees, 5.0) == [line]
    assert departed(FORCE, ROOMS, {"conv:1": CLEO}, 5.0) == []


def test_an_import_lets_nobody_into_conversations_that_are_to_be_taken() -> None:
    made = {e.room for e in admissions(TAKING, ROOMS, IMPORTED)}
    assert made == {"is:#desk", f"space:{DESK.name}"}


def test_rules_that_invite_at_once_again_let_everybody_in() -> None:
    (made, _) = admissions(TAKING, [("conv:1", "!1", DESK.name, "at once")], "cause")
    assert (made.members, made.staying) == ((ANN, BOB), ())
