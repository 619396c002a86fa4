"""`mailroom queue`: what waits, is held or failed, and why; try it again or drop it.

The text of mails is never printed, but by `show --raw`.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import fail, settings_of
from bridge.cli.entry import full, listing, veiled
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.cli.printed import EntryJson
    from bridge.store.queue import Detail, Entry, Queue, State

OPEN = ("new", "quarantined", "waiting", "claimed", "held", "buried")
CLOSED = ("planned", "done", "cancelled")
SHORTEST = 4
"""Characters of an abbreviated key: a shorter one is likelier a slip."""

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (see deploy/schemas).")


@click.group()
def queue() -> None:
    """See what waits and why; retry it, drop it.

    An entry is an arrival (a mail or a room event that came in) or an effect (something to do, in its lane). KEY may
    be abbreviated to a beginning that no other key has.
    """


@queue.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is planned, done or dropped (the newest of it).")
@click.option("--state", "states", multiple=True, type=click.Choice(OPEN + CLOSED), help="Only these states.")
@click.option("--lane", default="", help="Only effects in lanes that begin so: mail:, conv:, room:admin, …")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 100_000))
@as_json_option
@click.pass_context
def list_(
    context: click.Context, everything: bool, states: tuple[str, ...], lane: str, limit: int, as_json: bool
) -> None:
    """List what waits, is held or failed, oldest first, each with the reason."""
    folder = _folder(context)
    from bridge.store import lookup

    wanted: Sequence[State] = states or (OPEN + CLOSED if everything else OPEN)  # type: ignore[assignment]  # a Choice
    newest = bool(set(wanted) & set(CLOSED))
    entries = [] if lane else lookup.arrivals(folder, wanted, limit=limit + 1, newest=newest)
    entries += lookup.effects(folder, wanted, lane=lane, limit=limit + 1, newest=newest)
    more = len(entries) > limit
    entries = entries[-limit:] if newest else entries[:limit]
    if as_json:
        _json(entries, more=more)
        return
    listing(entries)
    if more:
        click.echo(f"… and more: --limit {limit * 10} shows more of them")


@queue.command()
@click.argument("key")
@click.option("--raw", is_flag=True, help="Write the original mail, octet for octet, to standard output.")
@as_json_option
@click.pass_context
def show(context: click.Context, key: str, raw: bool, as_json: bool) -> None:
    """Show one entry in full: state, reasons, envelope or recipients, what it led to, what the server said."""
    from bridge.store.queue import Queue

    folder = _folder(context)
    with Queue.open(folder) as opened:
        detail = opened.show(_key(folder, key))
        if raw:
            _raw(opened.show(detail.cause) if detail.cause else detail)
            return
    if as_json:
        from bridge.cli.printed import DetailJson

        content = veiled(detail.content)
        made = DetailJson(
            entry=_entry(detail.entry),
            content=content if isinstance(content, dict) else {},
            cause=detail.cause,
            outcome=detail.outcome,
            traces=list(detail.traces),
            assigned=list(detail.assigned),
            tags=list(detail.tags),
            receipt=detail.receipt,
            octets=_octets(detail),
        )
        click.echo(made.model_dump_json(indent=1))
        return
    from bridge.store import lookup

    full(detail, _octets(detail), lookup.caused(folder, detail.entry.key))


@queue.command()
@click.argument("keys", nargs=-1, metavar="KEY...")
@click.option("--all-failed", is_flag=True, help="Every effect that was given up.")
@as_json_option
@click.pass_context
def retry(context: click.Context, keys: tuple[str, ...], all_failed: bool, as_json: bool) -> None:
    """Try given-up or postponed effects again now; release arrivals from quarantine.

    Who got an answer already is not sent it again.
    """
    folder = _folder(context)
    if bool(keys) is all_failed:
        raise click.UsageError("name keys, or say --all-failed")
    if all_failed:
        from bridge.store import lookup

        keys = tuple(entry.key for entry in lookup.effects(folder, ("buried",), limit=100_000))
    _each(folder, keys, lambda opened, key: opened.retry(key), as_json=as_json)


@queue.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option(
    "--reason", default="dropped by an operator", show_default=True, help="Kept with it, and told the author."
)
@as_json_option
@click.pass_context
def drop(context: click.Context, keys: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Give up effects for good, or arrivals in quarantine. The row and the original mail stay for the record.

    The author of a dropped answer is told so in the room.
    """
    _each(_folder(context), keys, lambda opened, key: _drop(opened, key, clean(reason)), as_json=as_json)


def _drop(opened: "Queue", key: str, reason: str) -> "Entry":
    import json

    from bridge.app.dropping import notices
    from bridge.store import codec

    detail = opened.show(key)
    if detail.entry.what == "arrival":
        return opened.drop(key, reason)
    effect = codec.load_effect(detail.entry.kind, json.dumps(detail.content))
    accepted = tuple((detail.receipt or {}).get("accepted", ()))
    return opened.drop(key, reason, notices(effect, accepted, reason))


def _each(folder: Path, keys: Sequence[str], act: "Callable[[Queue, str], Entry]", *, as_json: bool) -> None:
    """Do it to every key; one that fails does not stop the others, but is said, and the exit status is 1."""
    from bridge.core.errors import BridgeError
    from bridge.store.queue import Queue

    done, failures = [], []
    with Queue.open(folder) as opened:
        for given in keys:
            try:
                done.append(act(opened, _key(folder, given)))
            except BridgeError as error:
                failures.append(f"{given}: {error.text}")
    if as_json:
        _json(done)
    else:
        for entry in done:
            click.echo(clean(f"{entry.key}: {entry.state}"))
        if not done and not failures:
            click.echo("there is nothing")
    for failure in failures:
        click.echo(clean(failure), err=True)
    sys.exit(1 if failures else 0)


def _folder(context: click.Context) -> Path:
    """The state folder, with a journal in it."""
    folder = settings_of(context).state
    from bridge.store.database import FILE_NAME

    if not (folder / FILE_NAME).exists():
        fail(f"there is no journal in {folder} yet: start the daemon once")
    return folder


def _key(folder: Path, given: str) -> str:
    """The one key that `given` means. Raises Permanent."""
    from bridge.core.errors import Permanent
    from bridge.store import lookup

    found = lookup.keys_like(folder, given)
    if not found:
        raise Permanent(f"there is nothing in the queue with the key {given}")
    if found == [given]:
        return given
    if len(found) > 1:
        raise Permanent(f"several keys begin with {given}: {', '.join(found)}")
    if len(given) < SHORTEST:
        raise Permanent(f"{given} is too short: write at least {SHORTEST} characters of the key")
    return found[0]


def _raw(detail: "Detail") -> None:
    octets = detail.octets
    if detail.path:
        try:
            octets = Path(detail.path).read_bytes()
        except FileNotFoundError:
            octets = b""
    if not octets:
        fail("its original is no longer kept, or it never had one")
    sys.stdout.buffer.write(octets)


def _octets(detail: "Detail") -> int:
    if not detail.path:
        return len(detail.octets)
    path = Path(detail.path)
    return path.stat().st_size if path.exists() else 0


def _entry(entry: "Entry") -> "EntryJson":
    from dataclasses import asdict

    from bridge.cli.printed import EntryJson

    return EntryJson.model_validate(asdict(entry))


def _json(entries: "Sequence[Entry]", *, more: bool = False) -> None:
    from bridge.cli.printed import QueueJson

    click.echo(QueueJson(entries=[_entry(entry) for entry in entries], more=more).model_dump_json(indent=1))
