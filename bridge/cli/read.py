"""`mailroom read`: how a mail was understood, for people or as JSON."""

import asyncio
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bridge.app.mailfiles import MailFile


@click.command("read")
@click.argument("files", metavar="FILE...|-", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option(
    "--parent",
    "parents",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="An earlier mail of the conversation, by which unmarked history is known; may be said several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line a file (deploy/schemas/read.schema.json).")
def read(files: tuple[str, ...], parents: tuple[str, ...], as_json: bool) -> None:
    """Show how mails are understood: what is new in them and what is history, their kind and why, files, problems.

    Each FILE holds one mail as it was transferred; - is standard input. It needs no settings. What cannot be read is
    told in its place, and the exit status is 0 then, too.
    """
    from bridge.app.mailfiles import read_files

    async def work() -> None:
        first = True
        async for found in read_files(files, parents):
            if as_json:
                _print_json(found)
            else:
                _print(found, apart=not first)
            first = False

    asyncio.run(work())


def _print_json(found: "MailFile") -> None:
    from bridge.cli.read_json import read_json

    click.echo(read_json(found.name, found.mail).model_dump_json().encode())  # UTF-8 whatever the terminal speaks


def _print(found: "MailFile", *, apart: bool) -> None:
    from bridge.cli.read_shown import shown

    if apart:
        click.echo()
    for line in shown(found):
        click.echo(line)
