"""`mailroom rules check`: every problem of rule files with its place, before the daemon meets them."""

import gc
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.rulebooks import Rulebooks
from bridge.cli.rules_explain import explain
from bridge.cli.rules_history import history
from bridge.cli.rules_plan import plan
from bridge.cli.rules_test import test
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.yamldoc import Problem


@click.group()
def rules() -> None:
    """Look at rule files without the daemon."""


rules.add_command(history)
rules.add_command(test)
rules.add_command(explain)
rules.add_command(plan)


@rules.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="json: deploy/schemas/rules-check.schema.json; github: annotations of a workflow.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--unused-days",
    metavar="N",
    type=click.IntRange(min=0),
    default=90,
    show_default=True,
    help="Warn of rules that took nothing for so long, where the journal reaches back; 0: never.",
)
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], form: str, as_json: bool, unused_days: int) -> None:
    """Say all problems of the rules, as file:line:column, and exit with 1 when there is one.

    Without PATH: the rules of the settings, held against its accounts and identities. A PATH is a directory of rules
    (a file stands for the directory it is in), or a directory of such directories; it is checked by itself.
    """
    found = Rulebooks(context)
    gc.disable()  # compiling builds much and leaves no cycles behind: to look for them takes half as long again
    try:
        books = [book.compiled for book in found.books(paths)]
    finally:
        gc.enable()
    problems = [each for book in books for each in book.problems]
    warnings = [each for book in books for each in book.warnings]
    if not paths and unused_days:
        from bridge.app.unused import unused
        from bridge.core.errors import BridgeError

        (book,) = books
        try:
            warnings += unused(found.settings(), book, unused_days, time.time())
        except (BridgeError, OSError) as error:
            click.echo(f"which rules take nothing cannot be told, for the journal cannot be read: {error}", err=True)
    ok = not problems
    if as_json or form == "json":
        from bridge.cli.printed import RulesJson
        from bridge.cli.printed_base import problem_json

        lines = [problem_json("problem", each) for each in problems] + [
            problem_json("warning", each) for each in warnings
        ]
        click.echo(RulesJson(ok=ok, problems=lines).model_dump_json(indent=1))
        sys.exit(0 if ok else 1)
    for level, each in (*(("error", each) for each in problems), *(("warning", each) for each in warnings)):
        if form == "github":
            click.echo(_annotation(level, each))
        else:
            click.echo(clean(f"{each} (warning)" if level == "warning" else str(each)))
    if ok:
        count = sum(len(book.rulebook.scopes) for book in books if book.rulebook)
        alone = " (the settings were not looked at: accounts, identities)" if paths else ""
        click.echo(f"fine: inboxes and lists: {count}{alone}")
    sys.exit(0 if ok else 1)


def _annotation(level: str, problem: "Problem") -> str:
    """A workflow command of GitHub: it marks the line in the change. A path counts from the working directory."""
    file = os.path.relpath(problem.file) if Path(problem.file).is_relative_to(Path.cwd()) else problem.file
    words = ": ".join(word for word in (problem.path, problem.what, problem.cure) if word)
    place = f"file={_escaped(file)},line={problem.line},col={problem.column}"
    return f"::{level} {place}::{_escaped(words, value=False)}"


def _escaped(text: str, *, value: bool = True) -> str:
    """What would end a property's value, or the command, is written with a percent sign."""
    text = clean(text).replace("%", "%25")
    return text.replace(":", "%3A").replace(",", "%2C") if value else text


@rules.command()
@click.option("--tests", is_flag=True, help="The schema of *.test.yaml instead.")
def schema(tests: bool) -> None:
    """Print the JSON Schema of rule files, for editors that complete and check YAML.

    `mailroom rules schema > rules/rules.schema.json`, and as the first line of each rule file
    `# yaml-language-server: $schema=rules.schema.json`; a new version of mailroom may bring a new schema.
    """
    from bridge.routing.schema import rules_schema, trials_schema

    click.echo(trials_schema() if tests else rules_schema(), nl=False)
