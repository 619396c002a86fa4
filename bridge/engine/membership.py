"""Who belongs into which room by the rules in force, as effects that make it so.

Pure but for its names: `cause` says why, and one cause reconciles a room once.
"""

from collections.abc import Iterable

from bridge.core.effects import ADMIN_ROOM, SPACE, Admit
from bridge.core.ids import derive
from bridge.engine.rules import InForce

IMPORTED = "import"
"""The cause of the first invitation to rooms that history opened: import first, invite after."""


def admissions(
    force: InForce, rooms: Iterable[tuple[str, str, str, str]], cause: str, closed: frozenset[str] = frozenset()
) -> list[Admit]:
    """Make the members of `rooms` (key, room id, scope, rule) those that the rules name now.

    A room whose inbox or list is gone from the rules keeps its people; nobody can send from it any more. The space of
    an inbox has everyone who is in one of the rooms that it gathers: so `rooms` must be all of them. Of those, nobody
    belongs into the `closed` ones (keys) before they are opened again.
    """
    effects: list[Admit] = []
    spaces: dict[str, set[str]] = {}
    for key, _, name, rule in rooms:
        # Without `admins` in the settings the admin room's people were let in by hand.
        members = (force.setup.admins or None) if key == ADMIN_ROOM else None
        scope = force.rulebook.scope(name, rule) if key != ADMIN_ROOM else None
        if scope is not None:
            members = scope.room.members
        if members is not None and key not in closed:
            effects.append(Admit(derive("admit", key, cause), f"room:{key}", key, members))
        if scope is not None and scope.room.space and not key.startswith("is:"):
            spaces.setdefault(f"{SPACE}{name}", set()).update(scope.room.members)
    for space, people in spaces.items():
        effects.append(Admit(derive("admit", space, cause), f"room:{space}", space, tuple(sorted(people))))
    return effects
