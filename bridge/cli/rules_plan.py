"""`mailroom rules plan`: what edited rules would change, tried on the mail that came. Sends and writes nothing."""

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import no_settings, settings_of
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.app.plan_books import Book
    from bridge.app.planning import Group, Outcome, Source
    from bridge.cli.printed import PlanGroupJson
    from bridge.config import Settings
    from bridge.store.replay import Replay
    from bridge.yamldoc import Problem

_DAY = 86_400.0
_UNITS = {"m": 60.0, "h": 3600.0, "d": _DAY, "w": 7 * _DAY, "y": 365 * _DAY}


def _span(context: click.Context, option: click.Parameter, text: str) -> float:
    """A time back from now, in seconds."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 6 and unit in _UNITS):
        raise click.BadParameter(f"{text!r} is no time span: write 12h, 30d, 4w or 1y", context, option)
    return int(number) * _UNITS[unit]


@click.command()
@click.option(
    "--rules",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The edited rules; else those of the settings.",
)
@click.option("--against", default="", metavar="DIR|DIGEST", help="What to compare with; else what is in force.")
@click.option(
    "--since",
    callback=_span,
    default="30d",
    metavar="SPAN",
    show_default=True,
    help="Try mail that came since: 12h, 30d, 4w.",
)
@click.option("--mbox", type=click.Path(exists=True, path_type=Path), help="Try the mail of this mbox or Maildir.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="With --mbox: as whom its mail was addressed; repeatable.")
@click.option("--account", metavar="NAME", default="", help="With --mbox: as if it lay in this account.")
@click.option("--folder", metavar="FOLDER", default="", help="With --account: the folder.")
@click.option("--limit-examples", default=3, show_default=True, type=click.IntRange(0, 1000), help="For each change.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/rules-plan.schema.json).")
@click.pass_context
def plan(
    context: click.Context,
    directory: Path | None,
    against: str,
    since: float,
    mbox: Path | None,
    to: tuple[str, ...],
    account: str,
    folder: str,
    limit_examples: int,
    as_json: bool,
) -> None:
    """Try edited rules on the mail that came, beside the rules in force, and say what would change.

    Rules that are saved where the daemon looks are in force at once: copy the directory, edit the copy, and try it with
    --rules. Each mail is decided twice, in its original envelope and at the time it came; what the journal knew then of
    its conversation and author is taken from what was filed before it. Nothing is sent or written.

    Where there are no settings, --rules, --against with a directory and --mbox are enough.

    Exits with 3 when something changes, 0 when nothing does, 1 when the rules have problems.
    """
    from bridge.app.plan_books import Problems, alone, edited, running
    from bridge.store.replay import Replay

    if mbox is None and (to or account or folder):
        raise click.UsageError("--to, --account and --folder say how the mail of --mbox came")
    settings: Settings | None = None
    try:
        if directory and mbox and Path(against or "/dev/null").is_dir() and no_settings(context):
            after, before = alone(directory, "the rules"), alone(Path(against), "those")
        else:
            settings = settings_of(context, "say --rules DIR, --against DIR and --mbox FILE")
            after = edited(settings, directory)
            before = running(settings, against, after.rulebook.digest)
    except Problems as problems:
        _refuse(problems.problems)
    if before.rulebook.digest == after.rulebook.digest:
        _nothing(before, after, as_json=as_json)
        return
    with Replay(settings.state if settings else Path("/dev/null")) as replay:  # there: no journal, nothing known
        source, total, gone = _source(replay, before, after, since, mbox, to, account, folder)
        outcome = _run(settings, before, after, source, total, limit_examples, silent=as_json)
    outcome.gone += gone
    if as_json:
        click.echo(_json(before, after, outcome))
    else:
        _print(before, after, outcome)
    sys.exit(3 if outcome.anything else 0)


def _nothing(before: "Book", after: "Book", *, as_json: bool) -> None:
    """Files that say the same, word for word: there is nothing to try."""
    from bridge.app.planning import Outcome

    if as_json:
        click.echo(_json(before, after, Outcome()))
        return
    click.echo(clean(f"{after.words}, beside {before.words}"))
    click.echo("Both say the same, word for word: nothing would change. Edit a copy, and try that with --rules DIR.")


def _refuse(problems: "tuple[Problem, ...]") -> None:
    for problem in problems:
        click.echo(clean(str(problem)), err=True)
    sys.exit(1)


def _source(
    replay: "Replay",
    before: "Book",
    after: "Book",
    since: float,
    mbox: Path | None,
    to: tuple[str, ...],
    account: str,
    folder: str,
) -> "tuple[Source, int, int]":
    """Where the mail comes from, how much it is, and of how much the octets are gone."""
    from bridge.app import import_door
    from bridge.app.import_files import catalogue
    from bridge.app.planning import FromFile, FromJournal
    from bridge.core.errors import Permanent

    now = time.time()
    if mbox is None:
        every, gone = replay.count(now - since)
        return FromJournal(replay, now - since), every - gone, gone
    try:
        envelope = import_door.envelope(after.rulebook, to, account, folder)
    except Permanent:
        envelope = import_door.envelope(before.rulebook, to, account, folder)  # an address that is to go
    found = catalogue(mbox)
    return FromFile(found, envelope, replay, now), len(found), 0


def _run(
    settings: "Settings | None",
    before: "Book",
    after: "Book",
    source: "Source",
    total: int,
    examples: int,
    *,
    silent: bool,
) -> "Outcome":
    from bridge.app.plan_books import setups
    from bridge.app.planning import Limits, plan

    watched = sys.stderr.isatty() and not silent
    with click.progressbar(length=total, label="trying", file=sys.stderr, hidden=not watched) as bar:

        def told(done: int) -> None:
            bar.update(done - bar.pos)

        work = plan(setups(settings), before.rulebook, after.rulebook, source, told, Limits(examples))
        return asyncio.run(work)


def _print(before: "Book", after: "Book", outcome: "Outcome") -> None:
    from bridge.app import plan_words
    from bridge.cli.show import moment

    click.echo(clean(f"{after.words}, beside {before.words}"))
    click.echo(plan_words.headline(outcome))
    for title, groups in plan_words.sections(outcome):
        click.echo(f"\n{click.style(title, bold=True)}")
        for group in groups:
            click.echo(clean(f"  {plan_words.line(group)}"))
            for one in group.examples:
                click.echo(click.style(clean(f"    {plan_words.example(one, moment(one.at))}"), dim=True))
    if outcome.others:
        click.echo(f"… and {outcome.others:,} more that are not listed")


def _json(before: "Book", after: "Book", outcome: "Outcome") -> str:
    from bridge.cli.printed import PlanJson

    return PlanJson(
        before=before.rulebook.digest,
        after=after.rulebook.digest,
        mails=outcome.mails,
        changed=outcome.changed,
        gone=outcome.gone,
        unlisted=outcome.others,
        changes=[_group(group) for group in (*outcome.groups.values(), *outcome.unmet)],
    ).model_dump_json(indent=1)


def _group(group: "Group") -> "PlanGroupJson":
    from dataclasses import asdict

    from bridge.cli.printed import PlanGroupJson

    counts = {"mails": group.mails, "rooms": group.rooms, "rule": group.rule}
    return PlanGroupJson.model_validate(
        {**asdict(group.finding), **counts, "examples": [asdict(one) for one in group.examples]}
    )
