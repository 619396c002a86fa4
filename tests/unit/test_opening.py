"""Who gets the keys of encrypted rooms: all whom the rules name, also while they are not let in yet."""

from dataclasses import replace

from bridge.core import opening
from bridge.core.decision import Lobby, Scope
from bridge.core.effects import OpenRoom, ReopenRoom, RoomSpec
from bridge.core.plan import MailView
from bridge.core.showing import Look, plan_mail
from tests.unit.worlds import CLIENT, DESK, SETUP, TALK, a_mail, bridged, pending

SEALED = replace(DESK, room=replace(DESK.room, encryption=True))
TAKEN = replace(SEALED, room=replace(SEALED.room, lobby=Lobby("#desk", True)))


def opened(scope: Scope, view: MailView | None = None, *, quiet: bool = False) -> list[RoomSpec]:
    looks = (Look(bridged(scope), view or MailView()),)
    effects = plan_mail(pending("smtp:1", quiet=quiet), a_mail(), looks, SETUP).effects
    specs = [effect.room for effect in effects if isinstance(effect, OpenRoom)]
    return specs + [effect.spec for effect in effects if isinstance(effect, ReopenRoom)]


def test_an_encrypted_room_has_readers_and_another_has_none() -> None:
    assert [spec.readers for spec in opened(SEALED)] == [DESK.room.members]
    assert [spec.readers for spec in opened(DESK)] == [()]


def test_who_is_invited_later_can_read_what_was_said_before() -> None:
    (spec,) = opened(SEALED, quiet=True)
    assert (spec.members, spec.readers) == ((), DESK.room.members)


def test_a_lobby_of_encrypted_rooms_is_encrypted_too_and_whoever_may_take_can_read() -> None:
    specs = opened(TAKEN)
    assert {spec.key.partition(":")[0] for spec in specs} == {"conv", "is"}
    assert all(spec.readers == DESK.room.members for spec in specs)
    assert opening.lobby(TAKEN, quiet=True).readers == DESK.room.members


def test_a_room_that_is_opened_again_has_the_readers_of_now() -> None:
    talk = replace(TALK, state="closed")
    view = MailView(conversation=talk, joined=True, participants=frozenset({CLIENT.key}))
    fewer = replace(SEALED, room=replace(SEALED.room, members=DESK.room.members[:1]))
    assert [spec.readers for spec in opened(fewer, view)] == [DESK.room.members[:1]]
