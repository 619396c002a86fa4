"""`mailroom run`: the daemon, in the foreground."""

import asyncio
import gc
import logging

import click

from bridge.cli.common import collect_seldom, settings_of


@click.command()
@click.option("--log", "levels", default="info", show_default=True, help="Level, or levels by part: info,imap=debug.")
@click.option("--log-format", type=click.Choice(["human", "json"]), default="human", show_default=True)
@click.pass_context
def run(context: click.Context, levels: str, log_format: str) -> None:
    """Run the daemon until it is told to stop (SIGTERM, Ctrl-C). SIGHUP reads rules and certificates again."""
    gc.disable()  # nothing that is imported becomes garbage: looking for it takes a tenth of the start
    settings = settings_of(context)
    from bridge import log
    from bridge.app import daemon

    collect_seldom()
    try:
        chosen = log.parse_levels(levels)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--log") from None
    log.setup(chosen, style="json" if log_format == "json" else "human")
    logging.captureWarnings(True)
    asyncio.run(daemon.run(settings))
