"""Writes the sample of mailroom.yaml and its schema from the types, so that they can never fall behind them.

Keys that must be said stand there with an example; the others are commented out at their default.
"""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.config.settings import Settings
from bridge.yamldoc.schema import json_schema

EXAMPLE: dict[str, Any] = {
    "homeserver": {
        "url": "https://matrix.corp.example",
        "mode": "appservice",
        "registration": "registration.yaml",
    },
    "accounts": {"eva": {"user": "eva", "password_file": "eva.pass", "imap": "imaps://mail.corp.example"}},
    "listen": {"smtp": "127.0.0.1:2525", "lmtp": "lmtp.sock", "matrix": "127.0.0.1:9009"},
    "submission": {
        "main": {
            "user": "desk",
            "password_file": "desk.pass",
            "url": "smtps://mail.corp.example",
            "identities": "[support@corp.example, eva@corp.example]",
        }
    },
    "outbound": "observe",
    "own_domains": "[corp.example]",
    "state": "/var/lib/mailroom",
    "rules": "rules",
    "admin_room": '"#mailroom"',
}
"""What an installation says; everything else stands at its default."""

_HEAD = """\
# Settings of Mailroom: copy to mailroom.yaml, mode 0600, and restart after a change. Secrets are in files of their own.
# Relative paths count from this file. Durations: 15s, 10m, 2h, 14d, 2y. Sizes: 500kB, 25MB.
# yaml-language-server: $schema=schemas/settings.schema.json
"""


def sample() -> str:
    """The text of deploy/mailroom.example.yaml."""
    return _HEAD + "\n".join(_model(Settings, EXAMPLE, "")) + "\n"


def settings_schema() -> str:
    """The text of deploy/schemas/settings.schema.json."""
    return json_schema(Settings, "Settings of Mailroom")


def _model(model: type[BaseModel], example: dict[str, Any], indent: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = field.alias or name
        said = example.get(key)
        if not indent:
            yield ""
        inner = _inner(field)
        words = field.description or (inner.__doc__ or "").partition("\n")[0]
        if inner is None:
            line = f"{indent}{key}: {said}" if said is not None else f"{indent}# {key}:{_default(field)}"
            yield f"{line}  # {words}"
            continue
        yield f"{indent}{key}:  # {words}" if said is not None else f"{indent}# {key}:  # {words}"
        if get_origin(field.annotation) is not dict:
            yield from _commented(_model(inner, said or {}, indent + "  "), hide=said is None, indent=indent)
            continue
        for entry, inside in (said or {}).items():
            yield f"{indent}  {entry}:"
            yield from _model(inner, inside, indent + "    ")


def _commented(lines: Iterator[str], *, hide: bool, indent: str) -> Iterator[str]:
    for line in lines:
        yield f"{indent}# {line.removeprefix(indent).replace('# ', '', 1)}" if hide else line


def _inner(field: FieldInfo) -> type[BaseModel] | None:
    annotation: Any = field.annotation
    if get_origin(annotation) is dict:
        annotation = get_args(annotation)[1]
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.default is None or field.default == ():
        return ""
    kinds = {getattr(getattr(item, "func", None), "__name__", "") for item in field.metadata}
    return " " + _shown(field.default, duration="_duration" in kinds, size="_size" in kinds)


def _shown(value: Any, *, duration: bool, size: bool) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(item, duration=isinstance(item, int | float), size=size) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if duration:
        for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
            if value % seconds == 0:
                return f"{value / seconds:.0f}{unit}"
    if size:
        return f"{value // 1_000_000}MB"
    return str(value)
