"""`mailroom rules test`: tries the mails of *.test.yaml on the rules beside them, and prints like a test runner."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import fail, read_settings
from bridge.cli.rulebooks import Rulebooks
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.app.trying import Report, Tried
    from bridge.config import Settings


@click.command("test")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path))
@click.option("-k", "word", default="", help="Only tests whose name holds this, whatever the case.")
@click.option("-v", "--verbose", is_flag=True, help="One line for each test instead of a dot.")
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/rules-test.schema.json).")
@click.pass_context
def test(
    context: click.Context, paths: tuple[Path, ...], word: str, verbose: bool, junit_file: Path | None, as_json: bool
) -> None:
    """Try the tests beside the rules, and exit with 1 when one fails, cannot be tried, or there is none.

    Without PATH: the rules of the settings, held against its accounts and identities. A PATH is a directory of rules, a
    file of tests in one, or a directory of such directories; each is tried by itself. Nothing is sent or written.
    """
    from bridge.app.kept import finder
    from bridge.app.trying import ENDING, trial_files, try_rules

    source = Rulebooks(context)
    chosen = [(book, trial_files(book.folder)) for book in source.books(paths)]
    only = {path.resolve() for path in paths if path.name.endswith(ENDING)}
    whole = {path.resolve() for path in paths if not path.name.endswith(ENDING)}
    if only:
        chosen = [
            (book, files if book.folder.resolve() in whole else [each for each in files if each.resolve() in only])
            for book, files in chosen
        ]
    quiet = as_json
    report = asyncio.run(
        try_rules(
            chosen,
            wanted=lambda name: word.casefold() in name.casefold(),
            find=finder(lambda: _settings(context)),
            clock=time.perf_counter,
            heard=lambda tried: None if quiet else _heard(tried, verbose),
        )
    )
    if junit_file is not None:
        from bridge.cli.junit import junit

        try:
            junit_file.write_text(junit(report), encoding="utf-8")
        except OSError as error:
            fail(f"{junit_file}: cannot be written: {error.strerror}")
    if as_json:
        click.echo(_json(report))
    else:
        _summary(report, [book.folder for book, _ in chosen], verbose)
    sys.exit(0 if report.ok else 1)


def _settings(context: click.Context) -> "Settings":
    """For a mail of the journal. Where the settings cannot be used, other tests are tried all the same."""
    from bridge.core.errors import Permanent

    found = read_settings(context)
    if isinstance(found, list):
        raise Permanent(f"a mail of the journal is found by the settings, and these cannot be used: {found[0]}")
    return found


def _heard(tried: "Tried", verbose: bool) -> None:
    word, colour = ("ok", "green") if tried.ok else ("ERROR", "red") if tried.error else ("FAILED", "red")
    if verbose:
        click.echo(f"{click.style(word.ljust(6), fg=colour)} {clean(f'{tried.file}:{tried.line}: {tried.name}')}")
    else:
        click.echo(click.style("." if tried.ok else word[0], fg=colour), nl=False)


def _summary(report: "Report", folders: Sequence[Path], verbose: bool) -> None:
    if report.tried and not verbose:
        click.echo()
    for problem in report.problems:
        click.echo(clean(str(problem)))
    for tried in report.tried:
        if not tried.ok:
            _failed(tried)
    if report.problems:
        click.echo(f"not tried: problems: {len(report.problems)}")
    elif not report.tried and report.left_out:
        click.echo(f"no test is called so; there are {report.left_out}")
    elif not report.tried:
        click.echo(f"no tests in {', '.join(map(str, folders))}: write them into a file that ends in .test.yaml")
    else:
        bad = sum(not tried.ok for tried in report.tried)
        words = f"{len(report.tried) - bad} passed" + (f", {bad} failed" if bad else "")
        words += f", {report.left_out} left out" if report.left_out else ""
        click.echo(click.style(words, fg="red" if bad else "green"))


def _failed(tried: "Tried") -> None:
    click.echo(clean(f"{tried.file}:{tried.line}: {tried.name}"))
    if tried.error:
        click.echo(f"    {clean(tried.error)}")
    for miss in tried.misses:
        click.echo(clean(f"    {tried.file}:{miss.line}:{miss.column}: {miss.key}"))
        click.echo(f"        expected  {clean(miss.expected)}")
        click.echo(f"        got       {clean(miss.actual)}")
    for taken in tried.taken:
        click.echo(f"    taken by {clean(taken)}")


def _json(report: "Report") -> str:
    from bridge.cli.printed_base import problem_json
    from bridge.cli.printed_rules import MissJson, TestJson, TestsJson

    tests = [
        TestJson(
            name=each.name,
            file=each.file,
            line=each.line,
            outcome="passed" if each.ok else "error" if each.error else "failed",
            seconds=each.seconds,
            error=each.error,
            misses=[
                MissJson(line=m.line, column=m.column, key=m.key, expected=m.expected, actual=m.actual)
                for m in each.misses
            ],
            taken=list(each.taken),
        )
        for each in report.tried
    ]
    problems = [problem_json("problem", each) for each in report.problems]
    printed = TestsJson(ok=report.ok, problems=problems, tests=tests, left_out=report.left_out)
    return printed.model_dump_json(indent=1)
