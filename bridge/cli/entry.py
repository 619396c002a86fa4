"""How entries of the queue look to people. Only what is known to be no mail text is shown; all else is veiled."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.show import ago, clean, coloured, moment, table

if TYPE_CHECKING:
    from bridge.store.queue import Detail, Entry

_ABBREVIATED = 10

_NAMES = (
    "key lane room room_id space target conversation letter arrival event author scope rule meaning subject_of edits"
    " reply_to mention members readers history federate threaded held not_before at notify mode people speaker address"
    " ghost local domain draft message_id mail_from from_ to cc in_reply_to references date media mxc type size sha256"
    " part command index inline images why auto loop original kind door rcpt_tos account folder peer"
)
SHOWN = frozenset(_NAMES.split())
"""Fields of effects and envelopes that hold names and numbers. A field that is not here is not shown: subjects, texts,
names of people, rooms and files come from mails."""


_SAID = frozenset({"key", "lane"})
_MOMENTS = frozenset({"date", "at", "not_before"})


def veiled(value: Any) -> Any:
    """The value without the text of mails: what is not known to be harmless is only counted."""
    match value:
        case dict():
            return {key: veiled(inner) if key in SHOWN else _veil(inner) for key, inner in value.items()}
        case list():
            return [veiled(inner) for inner in value]
        case _:
            return value


def _veil(value: Any) -> Any:
    return f"({len(value)} characters, not shown)" if isinstance(value, str) else "(not shown)"


def short(key: str) -> str:
    """Keys of effects are long digests: their beginning says enough."""
    return key[:_ABBREVIATED] if len(key) == 32 and key.isalnum() else key


def listing(entries: "Sequence[Entry]") -> None:
    """A table of entries."""
    if not entries:
        click.echo("nothing waits")
        return
    now = time.time()
    rows = [
        (short(e.key), e.kind, e.state, ago(e.at, now), ago(e.due, now) if e.due > now else "", e.lane[:24], e.words)
        for e in entries
    ]
    table(("KEY", "KIND", "STATE", "CAME", "DUE", "LANE", "WHY"), rows)


def full(detail: "Detail", octets: int, led_to: "Sequence[Entry]") -> None:
    """One entry with everything but the text of mails."""
    entry, now = detail.entry, time.time()
    lines = {
        "key": entry.key,
        "what": f"{entry.kind} ({entry.what})",
        "state": entry.state,
        "came": f"{moment(entry.at)} ({ago(entry.at, now)})",
        "due": f"{moment(entry.due)} ({ago(entry.due, now)})" if entry.due else "",
        "lane": entry.lane,
        "attempts": str(entry.attempts) if entry.attempts else "",
        "outcome": detail.outcome,
        "why": entry.words,
        "assigned": ", ".join(detail.assigned),
        "tags": ", ".join(detail.tags),
        "cause": detail.cause,
        "original": f"{octets} octets, `mailroom queue show --raw {entry.key}` writes them" if octets else "",
    }
    for name, text in lines.items():
        if text:
            click.echo(f"{name:9} {coloured(text) if name == 'state' else clean(text)}")
    for trace in detail.traces:
        place, _, words = trace.partition(": ")
        click.echo(f"{'rule':9} {clean(words if words.startswith(place) else trace)}")
    _tree("envelope" if entry.what == "arrival" else "content", detail.content)
    _tree("receipt", detail.receipt or {})
    if led_to:
        click.echo("led to")
        listing(led_to)


def _tree(title: str, content: dict[str, Any]) -> None:
    lines = list(_lines(veiled(content) if title != "receipt" else content, "  "))
    if lines:
        click.echo("\n".join((title, *lines)))


def _lines(value: dict[str, Any], indent: str) -> Iterator[str]:
    for key, inner in value.items():
        if key in _SAID or inner in (None, "", [], 0, False):
            continue
        name = key.rstrip("_")
        match inner:
            case float() if key in _MOMENTS:
                yield f"{indent}{name}: {moment(inner)}"
            case {"local": local, "domain": domain}:
                yield clean(f"{indent}{name}: {local}@{domain}")
            case dict():
                yield f"{indent}{name}:"
                yield from _lines(inner, indent + "  ")
            case list():
                yield clean(f"{indent}{name}: {', '.join(map(_one, inner))}")
            case _:
                yield clean(f"{indent}{name}: {inner}")


def _one(value: Any) -> str:
    match value:
        case {"local": local, "domain": domain}:
            return f"{local}@{domain}"
        case dict():
            return " ".join(f"{key}={inner}" for key, inner in value.items())
        case _:
            return str(value)
