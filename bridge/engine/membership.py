"""Who belongs into which room by the rules in force, as effects that make it so.

Pure but for its names: `cause` says why, and one cause reconciles a room once.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bridge.core import lobby, opening
from bridge.core.decision import Scope
from bridge.core.effects import ADMIN_ROOM, SPACE, Admit, Effect
from bridge.core.ids import derive
from bridge.engine.rules import InForce

IMPORTED = "import"
"""The cause of the first invitation to rooms that history opened: import first, invite after."""


SPREAD = 0.2
"""Seconds between edits of lines by a change of rules, so that live mail goes between them."""

Rooms = Sequence[tuple[str, str, str, str]]
"""Open rooms: key, room id, scope, rule."""

NOBODY: Mapping[str, str] = MappingProxyType({})


def admissions(
    force: InForce,
    rooms: Rooms,
    cause: str,
    closed: frozenset[str] = frozenset(),
    assignees: Mapping[str, str] = NOBODY,
) -> list[Admit]:
    """Make the members of `rooms` those that the rules name now.

    A room whose inbox or list is gone from the rules keeps its people; nobody can send from it any more. The space of
    an inbox has everyone who is in one of the rooms that it gathers: so `rooms` must be all of them. Of those, nobody
    belongs into the `closed` ones (keys) before they are opened again. Where people take conversations nobody is
    invited but who has one (`assignees`, by room), and no member removed who is there.
    """
    effects: list[Admit] = []
    spaces: dict[str, set[str]] = {}
    for key, _, name, rule in rooms:
        # Without `admins` in the settings the admin room's people were let in by hand.
        members = (force.setup.admins or None) if key == ADMIN_ROOM else None
        scope = force.rulebook.scope(name, rule) if key != ADMIN_ROOM else None
        if scope is not None:
            members = scope.room.members
        readers = opening.readers(scope) if scope is not None else ()
        if key in closed:
            pass
        elif members is not None and scope is not None and _taken(key, scope):
            invited = opening.invited(scope, assignees.get(key, ""))
            if invited or cause != IMPORTED:
                named = derive("admit", key, cause)
                effects.append(Admit(named, f"room:{key}", key, invited, staying=members, readers=readers))
        elif members is not None:
            effects.append(Admit(derive("admit", key, cause), f"room:{key}", key, members, readers=readers))
        if scope is not None and scope.room.space and not key.startswith("is:"):
            spaces.setdefault(f"{SPACE}{name}", set()).update(scope.room.members)
    for space, people in spaces.items():
        effects.append(Admit(derive("admit", space, cause), f"room:{space}", space, tuple(sorted(people))))
    return effects


def _taken(key: str, scope: Scope) -> bool:
    """Whether the room is that of a conversation which people take before they come in."""
    return scope.room.lobby is not None and scope.room.lobby.on_take and key.startswith("conv:")


def departed(force: InForce, rooms: Rooms, assignees: Mapping[str, str], now: float) -> list[Effect]:
    """Have the lines told anew of conversations that somebody has who is no member any more.

    Named by the members of now, so that rules which change something else tell nothing.
    """
    effects: list[Effect] = []
    for key, _, name, rule in rooms:
        scope = force.rulebook.scope(name, rule) if key.startswith("conv:") and key in assignees else None
        if scope is None or assignees[key] in scope.room.members:
            continue
        cause = derive("for", *scope.room.members)
        effects += lobby.retold(scope, key.removeprefix("conv:"), cause, now + len(effects) * SPREAD)
    return effects
