"""`mailroom import`: history from an mbox, a Maildir or a mailbox account, quietly; or what that would make.

Says how far it is while it works, and at the end what became of every mail.
"""

import asyncio
import gc
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import collect_seldom, fail, settings_of

if TYPE_CHECKING:
    from bridge.app.import_preview import Preview
    from bridge.app.import_reading import Count, Origin
    from bridge.app.importing import Result
    from bridge.config import Settings
    from bridge.store.history import Standing

_EVERY = 5.0
"""Seconds between lines of progress where nobody watches."""

_AGAIN = "Run the same command again: it goes on where it was."
_WORDS = {
    "bridged": "shown",
    "duplicate": "shown before, through another door",
    "echo": "our own, in their conversations already",
    "dropped": "dropped by a rule",
    "forwarded": "passed on to another inbox",
    "quarantined": "held in quarantine (`mailroom queue list`)",
    "failed": "given up (`mailroom queue list`)",
}


@click.command("import")
@click.argument("source", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--to", multiple=True, metavar="ADDRESS", help="For a file: as whom its mail was addressed; repeatable.")
@click.option("--account", metavar="NAME", default="", help="Fetch from this account; for a file: as if it lay there.")
@click.option("--folder", metavar="FOLDER", default="", help="The folder of that account; else those it watches.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="For an account: the first day to fetch.")
@click.option("--no-invite", is_flag=True, help="Invite nobody to the rooms; the same import without this does later.")
@click.option("--dry-run", is_flag=True, help="Print the rooms and threads it would make, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def import_(
    context: click.Context,
    source: Path | None,
    to: tuple[str, ...],
    account: str,
    folder: str,
    since: datetime | None,
    no_invite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Bring in history from SOURCE (an mbox or a Maildir), or from --account NAME --since DATE.

    Nobody is notified: rooms are filled first, people are invited after. Mail that is there already does not come
    twice, so an import that was stopped is simply run again. Works beside a running daemon.
    """
    gc.disable()  # as in `mailroom run`
    settings = settings_of(context)
    origin = _origin(settings, source, to, account, folder, since)
    try:
        if dry_run:
            from bridge.app.import_preview import preview

            gc.enable()
            _print_preview(asyncio.run(preview(settings, origin)), as_json=as_json)
            return
        from bridge.app.importing import bring_in

        collect_seldom()
        with _Ticker(silent=as_json) as ticker:
            result = asyncio.run(bring_in(settings, origin, ticker.tell, invite=not no_invite))
    except KeyboardInterrupt:
        fail(f"\nStopped. {_AGAIN}")
    _print_result(result, as_json=as_json)
    sys.exit(0 if result.complete else 1)


def _origin(
    settings: "Settings",
    source: Path | None,
    to: tuple[str, ...],
    account: str,
    folder: str,
    since: datetime | None,
) -> "Origin":
    from bridge.app import import_door
    from bridge.app.import_reading import FromAccount, FromFile
    from bridge.app.rules_at_start import rulebook_or_refuse

    if account and account not in settings.accounts:
        raise click.BadParameter(f"the settings have no account {account!r}", param_hint="--account")
    if folder and not account:
        raise click.UsageError("--folder needs --account")
    if source is not None:
        if since is not None:
            raise click.UsageError("--since is for an account, not for a file")
        return FromFile(source, import_door.envelope(rulebook_or_refuse(settings), to, account, folder))
    if to or not account or since is None:
        raise click.UsageError("name an mbox or Maildir, or --account NAME with --since DATE")
    return FromAccount(account, since.date(), (folder,) if folder else ())


class _Ticker:
    """Says how far it is: a bar where someone watches, else a line now and then."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._watched = sys.stderr.isatty() and not silent
        self._said = time.monotonic()
        self._bar = click.progressbar(length=0, label="", file=sys.stderr, show_eta=False) if self._watched else None

    def __enter__(self) -> "_Ticker":
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def tell(self, count: "Count", standing: "Standing") -> None:
        """Hears the numbers."""
        done = count.known + count.large + max(0, count.new - standing.unplanned - standing.unshown)
        total = "" if count.total is None else f" of {count.total}"
        words = f"read {count.read}{total}, done {done}"
        if standing.inviting:
            words += f", rooms to invite to {standing.inviting}"
        if self._bar is not None:
            self._bar.label = words
            self._bar.length = max(count.total or count.read, 1)
            self._bar.pos = min(done, self._bar.length)
            self._bar.render_progress()
        elif not self._silent and time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            click.echo(words, err=True)


def _print_result(result: "Result", *, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        click.echo(json.dumps(asdict(result) | {"complete": result.complete}, indent=2))
        return
    click.echo(f"{result.read} read, {result.new} new, already there: {result.known}")
    for outcome, number in sorted(result.outcomes.items()):
        click.echo(f"  {number} {_WORDS.get(outcome, outcome)}")
    if result.large:
        click.echo(f"  {result.large} left out: too large")
    if result.rooms_invited:
        click.echo(f"people were invited to {result.rooms_invited} room(s)")
    if result.waiting:
        click.echo(f"{result.waiting} conversation(s) wait: `mailroom queue list` says why. {_AGAIN}")


def _print_preview(preview: "Preview", *, as_json: bool) -> None:
    rooms: dict[str, list[str]] = {}
    for name, talk in preview.talks.items():
        rooms.setdefault(talk.room, []).append(name)
    count, new = preview.count, set(preview.opened)
    if as_json:
        shown = [
            {
                "scope": preview.talks[names[0]].scope,
                "room": preview.opened[room].name if room in new else room,
                "new": room in new,
                "conversations": [
                    {
                        "subject": preview.talks[name].subject,
                        "thread": preview.talks[name].threaded,
                        "new": name in preview.begun,
                        "mails": preview.mails[name],
                    }
                    for name in names
                ],
            }
            for room, names in rooms.items()
        ]
        totals = {"read": count.read, "new": count.new, "known": count.known, "large": count.large}
        click.echo(json.dumps({**totals, "outcomes": preview.outcomes, "rooms": shown}, indent=2, ensure_ascii=False))
        return
    for room, names in sorted(rooms.items(), key=lambda item: preview.talks[item[1][0]].scope):
        first = preview.talks[names[0]]
        title = preview.opened[room].name if room in new else f"{first.subject or room} (is there already)"
        mails = sum(preview.mails[name] for name in names)
        click.echo(f"{first.scope}: room {title}: {mails} mail(s)")
        for name in names:
            if preview.talks[name].threaded:
                click.echo(f"    thread {preview.talks[name].subject or '(no subject)'}: {preview.mails[name]} mail(s)")
    threads = sum(preview.talks[name].threaded for name in preview.begun)
    click.echo(f"{count.read} read, {count.new} new, already there: {count.known}")
    click.echo(f"would make {len(new)} room(s) and {threads} thread(s)")
    for outcome, number in sorted(preview.outcomes.items()):
        click.echo(f"  {number} {_WORDS.get(outcome, outcome)}")
    if count.large:
        click.echo(f"  {count.large} left out: too large")
