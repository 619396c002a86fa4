"""Where each option in force was written: in the rule, its inbox or list, the defaults, or nowhere (built in).

Values are shown as the admin wrote them. It reads the documents alone and decides nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bridge.core.decision import Scope
from bridge.routing.documents import BoxDoc, RuleDoc
from bridge.routing.files import Rules
from bridge.routing.merge import From, Merged, lay_room, merge
from bridge.routing.option_docs import Options, RoomDoc, SendDoc
from bridge.routing.places import of_rule, written_rule
from bridge.yamldoc import Path

Source = Literal["rule", "inbox", "list", "unmatched", "defaults", "built-in"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option in force. `file` is empty and `line` 0 for what is built in."""

    key: str
    value: str
    source: Source
    file: str = ""
    line: int = 0


def options(rules: Rules, scope: Scope) -> tuple[Option, ...]:
    """The options of a scope under the rule that is merged into it, in the order of the reference."""
    merged, rule = _merged(rules, scope)
    room = dict(_written(rules, "room", merged.room, RoomDoc))
    sends = dict(_written(rules, "send", merged.send, SendDoc))
    if scope.sending is None:
        sends = {"send": _no_send(rules, merged, rule)}
    others = [_option(rules, "notify", merged.notify)] if merged.notify is not None else []
    for name, part in merged.parts.items():
        others += [_option(rules, f"{name}.{said.path[-1]}", said) for said in part.values()]
    others += [_option(rules, str(said.path[-1]), said) for said in _obeyed(merged, scope)]
    for option in _built_in(scope):
        found = sends if option.key.startswith("send.") else room
        if option.key == "notify":
            others += [] if merged.notify is not None else [option]
        elif option.key == "room.history" and option.key in found and found[option.key].value != option.value:
            found[option.key] = option  # what all inboxes are told does not open the past of a private one
        else:
            found.setdefault(option.key, option)
    return (*room.values(), *sends.values(), *others)


def _obeyed(merged: Merged, scope: Scope) -> Iterator[From]:
    """Options that are told as a whole. What all inboxes are told of closing means nothing where they share a room."""
    shared = scope.room.per != "conversation"
    return (said for key, said in merged.whole.items() if not (shared and key == "close"))


def _merged(rules: Rules, scope: Scope) -> tuple[Merged, tuple[RuleDoc, Path] | None]:
    kind, _, name = scope.name.partition(":")
    rule = written_rule(rules, scope.name, scope.rule) if scope.rule else None
    layers: list[tuple[Options | None, Path]] = [(rules.defaults, ("defaults",))]
    if kind == "unmatched":
        merged = merge([*layers, *([rule] if rule else [])])
        merged.send, merged.room = {}, {}
        if (own := _unmatched_room(rules)) is not None:
            if rules.defaults.room is not None:
                lay_room(merged.room, rules.defaults.room, ("defaults", "room"))
            lay_room(merged.room, own, (kind, "room"))
        return merged, rule
    box, path = _box(rules, kind, name)
    return merge([*layers, (box, path), *([rule] if rule else [])]), rule


def _unmatched_room(rules: Rules) -> RoomDoc | None:
    return rules.unmatched.room if rules.unmatched is not None else None


def _box(rules: Rules, kind: str, name: str) -> tuple[BoxDoc, Path]:
    if kind == "list":
        return rules.lists[name], ("lists", name)
    return rules.inboxes[name], ("inboxes", name)


def _written(
    rules: Rules, group: str, merged: dict[str, From], model: type[RoomDoc] | type[SendDoc]
) -> Iterator[tuple[str, Option]]:
    for name, field in model.model_fields.items():
        if name in merged:
            key = f"{group}.{field.alias or name}"
            yield key, _option(rules, key, merged[name])


def _no_send(rules: Rules, merged: Merged, rule: tuple[RuleDoc, Path] | None) -> Option:
    if rule is not None and rule[0].doing == "show":
        file, place = rules.place((*rule[1], "do"))
        return Option("send", "none (do: show)", "rule", file, place.line)
    who = merged.send.get("who")
    return Option("send", "none", "built-in") if who is None else _option(rules, "send", who)


def _option(rules: Rules, key: str, said: From) -> Option:
    file, place = rules.place(said.path)
    return Option(key, _flow(rules.value(said.path)), _source(said.path), file, place.line)


def _source(path: Path) -> Source:
    if of_rule(path):
        return "rule"
    sources: dict[str | int, Source] = {"inboxes": "inbox", "lists": "list", "unmatched": "unmatched"}
    return sources.get(path[0], "defaults")


def _flow(value: object) -> str:
    """The value on one line, as YAML."""
    match value:
        case str():
            plain = (
                value and value.isprintable() and not set(value) & set("{}[],#:\"'&*!|>%@`") and value == value.strip()
            )
            return value if plain else json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_flow, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
        case _:
            return "none"


def _built_in(scope: Scope) -> Iterator[Option]:
    """What holds where nobody says otherwise."""
    room, send = scope.room, scope.sending
    values: dict[str, object] = {
        "room.history": room.history,
        "room.federate": _flag(room.federate),
        "notify": scope.notify.mode,
    }
    if room.per is not None:
        values = {"room.per": room.per, "room.space": _flag(room.space), **values}
    if room.per != "conversation":
        values["room.thread-by"] = room.thread_by
    if send is not None:
        values |= {"send.by": send.by, "send.to": send.to, "send.hold": f"{send.hold:g}s", "send.quote": send.quote}
        values["send.prefix"] = json.dumps(send.prefix)
    for key, value in values.items():
        yield Option(key, str(value), "built-in")


def _flag(value: bool) -> str:
    return str(value).lower()
