"""The rooms that mail opens: what a conversation's room is called and who is in it, and the lobby of an inbox.

Pure. History is imported first, people are invited after: an import never notifies.
"""

from collections.abc import Mapping

from bridge.core import assigning, placing
from bridge.core.decision import Scope
from bridge.core.effects import SPACE, RoomSpec, Speaker
from bridge.core.plan import Assignment, Conversation
from bridge.core.templates import fill, slug
from bridge.core.words import words


def room(
    scope: Scope,
    conversation: Conversation,
    speaker: Speaker,
    values: Mapping[str, str],
    given: Assignment | None,
    *,
    quiet: bool,
) -> RoomSpec:
    """The room in which a conversation appears. `values`: what its mail offers to templates."""
    own = not conversation.threaded
    title = fill(scope.room.name, values, 200) or (
        conversation.subject or words(scope.looks.language).no_subject if own else scope.title
    )
    if scope.room.per == "correspondent" and speaker.address and not scope.room.name:
        title = speaker.address.shown
    about = assigning.line(scope, given) if own else ""
    topic = fill(scope.room.topic, values, 1000)
    return RoomSpec(
        key=conversation.room,
        name=title[:200],
        members=() if quiet else invited(scope, given.user if given else ""),
        target=scope.room.target,
        topic=" · ".join(part for part in (about, topic) if part),
        alias="" if scope.room.target else slug(fill(scope.room.alias, values, 100)),
        space="" if scope.room.target or not scope.room.space else f"{SPACE}{scope.name}",
        space_name=scope.title,
        history=scope.room.history,
        federate=scope.room.federate,
        speaker=speaker,
        readers=readers(scope),
    )


def invited(scope: Scope, *having: str) -> tuple[str, ...]:
    """Who of the members is let into a conversation's room: where people take conversations, those who have it."""
    if scope.room.lobby is None or not scope.room.lobby.on_take:
        return scope.room.members
    return tuple(user for user in scope.room.members if user in having)


def lobby(scope: Scope, *, quiet: bool) -> RoomSpec:
    """The room with a line for each conversation; all members are in it."""
    assert scope.room.lobby is not None
    return RoomSpec(
        key=placing.lobby_key(scope),
        name=words(scope.looks.language).lobby.format(title=scope.title)[:200],
        members=() if quiet else scope.room.members,
        target=scope.room.lobby.target,
        space=f"{SPACE}{scope.name}" if scope.room.space else "",
        space_name=scope.title,
        history=scope.room.history,
        federate=scope.room.federate,
        readers=readers(scope),
    )


def readers(scope: Scope) -> tuple[str, ...]:
    """Who get the keys of a scope's rooms; empty where these are not encrypted."""
    return scope.room.members if scope.room.encryption else ()
