"""The lobby of rooms for each conversation. It is refused where it would mean nothing: a room of threads has none."""

from collections.abc import Callable

from bridge.core.decision import Lobby
from bridge.routing.merge import From
from bridge.routing.people import Directory
from bridge.yamldoc import Complain

_CURE = "say `per: conversation`, or remove it"


def compile_lobby(
    merged: dict[str, From],
    *,
    for_each_conversation: bool,
    people: Directory,
    target: Callable[[From], str],
    complain: Complain,
) -> Lobby | None:
    """The lobby that merged options of a room name. What all inboxes are told is passed over where it fits not."""
    said, join = merged.get("lobby"), merged.get("join")
    if not for_each_conversation:
        for each in (said, join):
            if each is not None and each.path[0] not in ("defaults", "before") and each.value != "at-once":
                complain(each.path, "a lobby goes with a room for each conversation", _CURE)
        return None
    on_take = join is not None and join.value == "on-take"
    if said is None:
        if on_take and join is not None:
            complain(
                join.path, "nobody could take a conversation: there is no lobby", 'say `lobby: "#…"`, or remove it'
            )
        return None
    names = people.resolve(merged["for_"].value, merged["for_"].path, complain) if "for_" in merged else ()
    return Lobby(target(said), on_take, tuple((someone.matrix, someone.name) for someone in names))
