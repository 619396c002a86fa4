"""What a new room is made with: the body of createRoom, with all state inside.

Pure. The bot keeps the power; ghosts and people have none that could invite, encrypt or close the room, since mail has
no authority (I7) and membership follows the rules.
"""

from dataclasses import dataclass
from typing import Any

from bridge.chat.limits import cut, label
from bridge.core.effects import RoomSpec

Content = dict[str, Any]

_ENCRYPTED: tuple[Content, ...] = (
    {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
)


@dataclass(frozen=True, slots=True)
class Context:
    """`space`: room id of the inbox's space or empty. `creator_listed`: before room version 12 the creator needs an
    entry in the power levels; from 12 on it must not have one (its power is infinite)."""

    bot: str
    server: str
    space: str
    creator_listed: bool


def room(spec: RoomSpec, context: Context) -> Content:
    """The createRoom body for a mail room, without alias and invitations."""
    bridge = {
        "bridgebot": context.bot,
        "protocol": {"id": "email", "displayname": "Email"},
        "channel": {"id": spec.key, "displayname": label(spec.name)},
    }
    state = [
        *_state(spec.history),
        *(_ENCRYPTED if spec.readers else ()),
        # Bridge information, MSC2346: unstable name, and the one other bridges agree on.
        {"type": "m.bridge", "state_key": _state_key(spec.key), "content": bridge},
        {"type": "uk.half-shot.bridge", "state_key": _state_key(spec.key), "content": bridge},
    ]
    if context.space:
        parent = {"via": [context.server], "canonical": True}
        state.append({"type": "m.space.parent", "state_key": context.space, "content": parent})
    return {
        **_common(spec.name, spec.topic, spec.federate, context),
        "initial_state": state,
    }


def space(spec: RoomSpec, context: Context) -> Content:
    """The createRoom body for the space that gathers an inbox's rooms."""
    common = _common(spec.space_name or spec.space, "", spec.federate, context)
    common["creation_content"]["type"] = "m.space"
    return {**common, "initial_state": _state("shared")}


def _common(name: str, topic: str, federate: bool, context: Context) -> Content:
    shown: Content = {"name": label(name) or "(no subject)"}
    if topic:
        shown["topic"] = cut(topic, 2_000)
    return {
        **shown,
        "preset": "private_chat",
        "visibility": "private",
        "creation_content": {"m.federate": federate},
        "power_level_content_override": _power(context),
    }


def _state(history: str) -> list[Content]:
    visible = {"shared": "shared", "invited": "invited"}[history]
    return [
        {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": visible}},
        {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "invite"}},
        {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
    ]


def _power(context: Context) -> Content:
    guarded = (
        *("m.room.power_levels", "m.room.encryption", "m.room.tombstone", "m.room.server_acl"),
        *("m.room.history_visibility", "m.room.join_rules", "m.room.guest_access", "m.space.child", "m.space.parent"),
        *("m.bridge", "uk.half-shot.bridge"),
    )
    return {
        "users": {context.bot: 100} if context.creator_listed else {},
        "users_default": 0,
        "events_default": 0,
        "state_default": 50,
        "invite": 50,
        "kick": 50,
        "ban": 50,
        "redact": 50,
        "notifications": {"room": 50},
        "events": dict.fromkeys(guarded, 100),
    }


def _state_key(key: str) -> str:
    return f"org.matrix-mailroom://{cut(key, 200)}"  # a state key has at most 255 octets
