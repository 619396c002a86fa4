"""`mailroom rules explain`: the way of one mail through the rules, and what would come of it."""

import asyncio
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from bridge.cli.common import fail
from bridge.cli.rulebooks import Rulebooks
from bridge.cli.show import clean

if TYPE_CHECKING:
    from bridge.app.explaining import Explanation


@click.command("explain")
@click.argument("mail", metavar="[MAIL.eml|-]", required=False)
@click.option("--message-id", "name", help="A mail of the journal, by its Message-ID or the key of its arrival.")
@click.option("--rules", "folder", type=click.Path(exists=True, path_type=Path), help="Other rules than the settings'.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="A recipient of the envelope; may be said several times.")
@click.option("--account", default="", help="The IMAP account it lay in.")
@click.option("--folder", "box", default="", help="The IMAP folder it lay in; INBOX by default.")
@click.option("--from-envelope", "sender", help="The envelope sender; by default that of From.")
@click.option("--at", "moment", help='When it came: "2026-11-23 10:00"; by default now.')
@click.option("--conversation", type=click.Choice(["new", "existing", "answered"]), default="new", show_default=True)
@click.option("--known", is_flag=True, help="Its author wrote there before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/rules-explain.schema.json).")
@click.pass_context
def explain(
    context: click.Context,
    mail: str | None,
    name: str | None,
    folder: Path | None,
    to: tuple[str, ...],
    account: str,
    box: str,
    sender: str | None,
    moment: str | None,
    conversation: str,
    known: bool,
    as_json: bool,
) -> None:
    """Say where a mail goes and why: who is addressed, which conditions held, the options, who sees and may answer it.

    MAIL is a file, or - for standard input. A mail of the journal brings its envelope and moment along, and what the
    journal knows of it today. Nothing is sent or written.
    """
    if (mail is None) == (name is None):
        raise click.UsageError("name a mail: a file, -, or --message-id")
    from bridge.app.explaining import Assumed
    from bridge.app.explaining import explain as explained
    from bridge.app.kept import finder
    from bridge.core.decision import Standing, Talk
    from bridge.mail.pool import ReaderPool

    source = Rulebooks(context)
    (book, *others) = source.books([folder] if folder is not None else [])
    if others:
        raise click.UsageError("--rules names several rulebooks")
    for problem in book.compiled.problems:
        click.echo(clean(str(problem)), err=True)
    if book.compiled.rulebook is None:
        fail("the rules have problems: mend them first")
    standing = Standing(cast(Talk, conversation), known or conversation != "new")
    assumed = Assumed(to, account, box, sender, standing)
    zone = book.compiled.written.zone

    async def work() -> "Explanation":
        kept = await finder(source.settings)(name) if name is not None else None
        octets = kept.octets if kept is not None else _read(mail or "-")
        at = _moment(moment, zone) if moment is not None else kept.at if kept is not None else time.time()
        reader = ReaderPool(workers=1)
        await reader.start()
        try:
            return await explained(book, octets, reader, at=at, assumed=assumed, kept=kept)
        finally:
            await reader.close()

    found = asyncio.run(work())
    if as_json:
        from bridge.cli.explain_json import explain_json

        click.echo(explain_json(found).model_dump_json(indent=1))
        return
    from bridge.app.explained import lines

    for line in lines(found):
        click.echo(clean(line))


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        fail(f"{name}: cannot be read: {error.strerror}")


def _moment(text: str, zone: str) -> float:
    from bridge.app.trying import seconds

    try:
        return seconds(datetime.fromisoformat(text), zone)
    except ValueError:
        raise click.UsageError('--at is no moment: write "2026-11-23 10:00"') from None
