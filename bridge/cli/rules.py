"""`mailroom rules check`: every problem of rule files with its place, before the daemon meets them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bridge.cli.common import settings_of
from bridge.cli.rules_history import history
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.cli.printed import ProblemJson
    from bridge.routing import Compiled
    from bridge.yamldoc import Problem


@click.group()
def rules() -> None:
    """Look at rule files without the daemon."""


rules.add_command(history)


@rules.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/rules-check.schema.json).")
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], as_json: bool) -> None:
    """Say all problems of the rules, as file:line:column, and exit with 1 when there is one.

    Without PATH: the rules of the settings, held against its accounts and identities. A PATH is a directory of rules
    (a file stands for the directory it is in), or a directory of such directories; it is checked by itself.
    """
    books = [_alone(folder) for path in paths for folder in _folders(path)] if paths else [_of_settings(context)]
    problems = [each for book in books for each in book.problems]
    warnings = [each for book in books for each in book.warnings]
    ok = not problems
    if as_json:
        from bridge.cli.printed import RulesJson

        lines = [_printed("problem", each) for each in problems] + [_printed("warning", each) for each in warnings]
        click.echo(RulesJson(ok=ok, problems=lines).model_dump_json(indent=1))
        sys.exit(0 if ok else 1)
    for problem in problems:
        click.echo(clean(str(problem)))
    for warning in warnings:
        click.echo(clean(f"{warning} (warning)"))
    if ok:
        count = sum(len(book.rulebook.scopes) for book in books if book.rulebook)
        click.echo(f"fine: inboxes and lists: {count}")
    sys.exit(0 if ok else 1)


def _printed(level: Literal["problem", "warning"], problem: "Problem") -> "ProblemJson":
    from bridge.cli.printed import ProblemJson

    place = {"file": problem.file, "line": problem.line, "column": problem.column, "path": problem.path}
    return ProblemJson.model_validate({"level": level, **place, "what": problem.what, "cure": problem.cure})


def _of_settings(context: click.Context) -> "Compiled":
    settings = settings_of(context)
    from bridge.app.rulebooks import compile_for

    return compile_for(settings)


def _alone(folder: Path) -> "Compiled":
    from bridge.routing import Facts, compile_rules

    return compile_rules(folder, facts=Facts())


def _folders(path: Path) -> list[Path]:
    """The rulebooks behind a path."""
    if path.is_file():
        return [path.parent]
    if any(path.glob("*.yaml")):
        return [path]
    return sorted({file.parent for file in path.glob("*/*.yaml")}) or [path]
