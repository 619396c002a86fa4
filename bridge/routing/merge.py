"""Lays rule over inbox over defaults, key by key, and remembers where each value came from.

`is` and `per` replace each other, and replacing removes `lobby` and `join`; everything else is inherited.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from bridge.routing.documents import RuleDoc
from bridge.routing.option_docs import Options, RoomDoc
from bridge.yamldoc import Path

PARTS = ("show", "attachments", "mailbox")
WHOLE = ("copy_", "digest", "acknowledge", "fallback", "assign", "tags", "forwarded_by", "keep", "close")


@dataclass(frozen=True, slots=True)
class From:
    """A value and the path where it was written."""

    value: Any
    path: Path


@dataclass(slots=True)
class Merged:
    """Options in force: by field name of RoomDoc and SendDoc. `send` is empty when nobody said anything.

    `parts`: the other options that are merged key by key, by their name in `Options`. `whole`: those of which the more
    particular one replaces the other.
    """

    room: dict[str, From] = field(default_factory=dict)
    send: dict[str, From] = field(default_factory=dict)
    notify: From | None = None
    parts: dict[str, dict[str, From]] = field(default_factory=dict)
    whole: dict[str, From] = field(default_factory=dict)
    forward: From | None = None


def merge(layers: Iterable[tuple[Options | None, Path]]) -> Merged:
    """Merge layers, the most general first."""
    merged = Merged()
    for layer, path in layers:
        if layer is None:
            continue
        if layer.room is not None:
            lay_room(merged.room, layer.room, (*path, "room"))
        if layer.send is not None:
            merged.send.update(_given(layer.send, (*path, "send")))
        if layer.notify is not None:
            merged.notify = From(layer.notify, (*path, "notify"))
        for name in PARTS:
            if (doc := getattr(layer, name)) is not None:
                merged.parts.setdefault(name, {}).update(_given(doc, (*path, name)))
        for name in WHOLE:
            if (value := getattr(layer, name)) is not None:
                merged.whole[name] = From(value, (*path, Options.model_fields[name].alias or name))
        if isinstance(layer, RuleDoc) and layer.forward is not None:
            merged.forward = From(layer.forward, (*path, "forward"))
    return merged


def lay_room(under: dict[str, From], over: RoomDoc, path: Path) -> None:
    """Lay a room's options over others, in place."""
    given = _given(over, path)
    if "per" in given or "is_" in given:
        for key in ("per", "is_", "lobby", "join"):
            under.pop(key, None)
    under.update(given)


def _given(doc: BaseModel, path: Path) -> dict[str, From]:
    """The fields that were written, not those that stand at their default."""
    fields = type(doc).model_fields
    return {
        name: From(getattr(doc, name), (*path, fields[name].alias or name)) for name in sorted(doc.model_fields_set)
    }
