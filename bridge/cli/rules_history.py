"""`mailroom rules history`: which rulebook was in force when, and what changed in its files.

Reads what the daemon noted in the journal, beside it or without it, and never a rule file.
"""

import difflib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import fail, settings_of
from bridge.cli.show import age, clean, moment, table

if TYPE_CHECKING:
    from bridge.cli.printed import EnactedJson, RuleFileJson
    from bridge.store.rulebooks import Rulebook

_CAUSES = {
    "start": "at the start",
    "import": "by an import",
    "files": "a file changed",
    "hangup": "SIGHUP",
    "admin": "admin room",
}
_SHOWN = 12
"""Digits of a digest that are printed; `--show` takes as few as are unique."""


@click.command()
@click.option("--diff", is_flag=True, help="Show what changed, file by file.")
@click.option("--show", metavar="DIGEST", help="Print the files of that rulebook; its first digits are enough.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500), help="So many changes at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/rules-history.schema.json).")
@click.pass_context
def history(context: click.Context, diff: bool, show: str | None, limit: int, as_json: bool) -> None:
    """Show which rules were in force since when, newest first, and what changed with each.

    The last 500 changes are remembered, with up to 16 MB of their compressed text.
    """
    from bridge.cli.printed import RulesHistoryJson
    from bridge.store import rulebooks

    state = settings_of(context).state
    known = rulebooks.history(state)
    entries = [_shown(state, known, show)] if show is not None else _changes(state, known[:limit], known)
    if as_json:
        kept = entries if diff or show is not None else [_without_diffs(entry) for entry in entries]
        click.echo(RulesHistoryJson(rulebooks=kept, more=show is None and len(known) > limit).model_dump_json(indent=1))
    elif show is not None:
        _print_files(entries[0])
    elif not entries:
        click.echo("no rulebook was in force yet: the daemon has not run with these settings")
    else:
        _print(entries, diff=diff)
        if len(known) > limit:
            click.echo(f"… and {len(known) - limit} before, see --limit")


def _changes(state: Path, entries: "list[Rulebook]", known: "list[Rulebook]") -> "list[EnactedJson]":
    from bridge.store import rulebooks

    found: list[EnactedJson] = []
    texts: Mapping[str, str] | None = None
    for index, entry in enumerate(entries):
        texts = rulebooks.texts(state, entry.digest) if index == 0 else texts
        before = rulebooks.texts(state, known[index + 1].digest) if index + 1 < len(known) else None
        files = [] if texts is None or before is None else _differences(before, texts)
        found.append(_entry(entry, files, compared=texts is not None and before is not None))
        texts = before
    return found


def _shown(state: Path, known: "list[Rulebook]", wanted: str) -> "EnactedJson":
    from bridge.cli.printed import RuleFileJson
    from bridge.store import rulebooks

    entry = the_one(known, wanted)
    texts = rulebooks.texts(state, entry.digest)
    if texts is None:
        fail(f"the text of {entry.digest[:_SHOWN]} is no longer kept")
    files = [RuleFileJson(file=name, text=text) for name, text in sorted(texts.items())]
    return _entry(entry, files, compared=False)


def the_one(known: "list[Rulebook]", wanted: str) -> "Rulebook":
    """The newest rulebook whose digest begins so. Exits with 1 when there is none, or more than one."""
    found = {each.digest: each for each in reversed(known) if wanted and each.digest.startswith(wanted)}
    if len(found) != 1:
        fail(f"{'several rulebooks begin' if found else 'no rulebook begins'} with {wanted!r}: see `rules history`")
    return next(iter(found.values()))


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> "list[RuleFileJson]":
    from bridge.cli.printed import RuleFileJson

    found: list[RuleFileJson] = []
    for name in sorted({*before, *after}):
        if before.get(name) == after.get(name):
            continue
        old, new = before.get(name), after.get(name)
        head = (f"a/{name}" if old is not None else "/dev/null", f"b/{name}" if new is not None else "/dev/null")
        lines = list(difflib.unified_diff((old or "").splitlines(), (new or "").splitlines(), *head, lineterm=""))
        added = sum(line.startswith("+") for line in lines[2:])
        removed = sum(line.startswith("-") for line in lines[2:])
        found.append(RuleFileJson(file=name, added=added, removed=removed, diff="\n".join(lines)))
    return found


def _entry(entry: "Rulebook", files: "list[RuleFileJson]", *, compared: bool) -> "EnactedJson":
    from bridge.cli.printed import EnactedJson

    said = {"digest": entry.digest, "at": entry.at, "until": entry.until, "cause": entry.cause, "who": entry.who}
    return EnactedJson.model_validate({**said, "compared": compared, "files": files})


def _without_diffs(entry: "EnactedJson") -> "EnactedJson":
    return entry.model_copy(update={"files": [file.model_copy(update={"diff": ""}) for file in entry.files]})


def _print(entries: "list[EnactedJson]", *, diff: bool) -> None:
    now = time.time()
    rows = [
        (moment(e.at), age((e.until or now) - e.at), e.digest[:_SHOWN], _CAUSES[e.cause], e.who, _summary(e))
        for e in entries
    ]
    if not diff:
        table(("IN FORCE SINCE", "FOR", "DIGEST", "CAUSE", "WHO", "CHANGED"), rows)
        return
    for entry, row in zip(entries, rows, strict=True):
        since, span, digest, *rest = row
        click.echo(clean(f"{since}  {digest}  for {span}  {'  '.join(word for word in rest if word)}"))
        for line in (line for file in entry.files for line in file.diff.split("\n")):
            colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
            click.echo(click.style(f"  {clean(line)}".rstrip(), fg=colour))
        click.echo()


def _summary(entry: "EnactedJson") -> str:
    if not entry.compared:
        return "nothing to compare with"
    return ", ".join(f"{file.file} +{file.added} -{file.removed}" for file in entry.files)


def _print_files(entry: "EnactedJson") -> None:
    for file in entry.files:
        click.echo(click.style(f"# {clean(file.file)}", bold=True))
        for line in file.text.split("\n"):
            click.echo(clean(line))
