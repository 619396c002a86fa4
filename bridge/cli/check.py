"""`mailroom check`: tries everything that the settings name, and says what to do about what does not work."""

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

import click

from bridge.cli.common import settings_path
from bridge.cli.show import finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.app.peers import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON (deploy/schemas/check.schema.json).")
@click.pass_context
def check(context: click.Context, as_json: bool) -> None:
    """Test settings, rules, homeserver, mailboxes, submission, listeners and disk; one line per finding with its cure.

    Makes and leaves a probe room on the homeserver, and may invite one member of staff there for a moment. Sends no
    mail and changes no mailbox. Works beside a running daemon. Exits with 1 when there is a problem.
    """
    from bridge.app import doctor

    found = asyncio.run(tell(doctor.check(settings_path(context)), quiet=as_json))
    ok = all(each.level != "problem" for each in found)
    if as_json:
        from bridge.cli.printed import CheckJson, FindingJson

        lines = [FindingJson(what=f.what, level=f.level, words=f.words, cure=f.cure) for f in found]
        click.echo(CheckJson(ok=ok, findings=lines).model_dump_json(indent=1))
    sys.exit(0 if ok else 1)


async def tell(findings: "AsyncIterator[Finding]", *, quiet: bool = False) -> "list[Finding]":
    """Print findings as they come, and return them."""
    ours = logging.getLogger("mailroom")
    before = ours.level
    ours.setLevel(logging.CRITICAL)  # what they log, the findings say
    try:
        found = []
        async for each in findings:
            found.append(each)
            if not quiet:
                finding(each)
        return found
    finally:
        ours.setLevel(before)
