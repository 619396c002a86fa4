"""Compiles who takes new conversations, and the tags they carry."""

from bridge.core.decision import Digest, RoomRule
from bridge.routing.merge import From
from bridge.routing.people import Directory
from bridge.yamldoc import Complain

TAG = 40
"""Characters of a tag."""


def compile_assign(
    said: From | None, people: Directory, room: RoomRule, digest: Digest | None, complain: Complain
) -> tuple[tuple[str, str], ...]:
    """User ids and names in the order in which they take turns: as written, the people of a group by their names."""
    if said is None:
        return ()
    found: dict[str, str] = {}
    for name in said.value.rotate:
        for someone in sorted(people.resolve((name,), said.path, complain), key=lambda each: each.key):
            found.setdefault(someone.matrix, someone.name)
            if room.members and someone.matrix not in room.members:
                complain(said.path, f"{someone.key} is no member of the room", f"add {someone.key} to `for`")
    if digest is not None:
        complain(said.path, "mail of a digest is nobody's: it is read, not taken", "remove `assign` or `digest`")
    return tuple(found.items())


def compile_tags(said: From | None, complain: Complain) -> tuple[str, ...]:
    """The tags, each once."""
    if said is None:
        return ()
    for tag in said.value:
        if not tag.isprintable() or len(tag) > TAG:
            complain(said.path, f"{tag[:TAG]!r} is no tag", f"write at most {TAG} characters on one line")
    return tuple(dict.fromkeys(said.value))
