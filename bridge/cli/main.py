"""The command `mailroom` with its subcommands; imports what a subcommand needs when it is called.

Importing all of it at once would take a second (FACTS of the packages), too long for `mailroom --help`.
"""

import importlib
from pathlib import Path
from typing import Any

import click

from bridge.cli.common import fail
from bridge.core.errors import BridgeError

COMMANDS = {
    "init": "bridge.cli.init:init",
    "check": "bridge.cli.check:check",
    "run": "bridge.cli.run:run",
    "import": "bridge.cli.import_:import_",
    "status": "bridge.cli.status:status",
    "queue": "bridge.cli.queue:queue",
    "rules": "bridge.cli.rules:rules",
    "recipients": "bridge.cli.recipients:recipients",
    "read": "bridge.cli.read:read",
}
"""Where each subcommand lives."""


class Lazy(click.Group):
    """A group that imports its subcommands late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a subcommand."""
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run; what went wrong is said in words."""
        try:
            return super().invoke(ctx)
        except BridgeError as error:
            fail(error.text)
        except PermissionError as error:
            fail(f"{error.filename or 'a file'}: permission denied: run this as the daemon's user")


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file; else $MAILROOM_CONFIG, ./mailroom.yaml, /etc/mailroom/mailroom.yaml.",
)
@click.version_option(package_name="matrix-mailroom", prog_name="mailroom")
def main(config: Path | None) -> None:
    """Mailroom joins email and Matrix."""
