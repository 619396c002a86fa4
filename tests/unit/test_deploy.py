"""What deploy/ tells an operator to do exists."""

import configparser
import re
from pathlib import Path

import click
import pytest

from bridge.cli.main import main

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = (DEPLOY / "mailroom.service").read_text()


def words_after(text: str, command: str) -> list[list[str]]:
    """Every use of a command, as words."""
    return [found.split() for found in re.findall(rf"(?:^|`){command} ([a-z][^`|;#>\n\\]*)", text, re.MULTILINE)]


@pytest.mark.parametrize("words", words_after((DEPLOY / "runbook.md").read_text(), "mr"), ids=" ".join)
def test_every_command_of_the_runbook_exists(words: list[str]) -> None:
    context = click.Context(main)
    command: click.Command = main
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_unit_runs_the_daemon_and_reloads_it() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string(UNIT)
    service = unit["Service"]
    assert service["ExecStart"].endswith("/mailroom --config /etc/mailroom/mailroom.yaml run")
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert (service["ProtectSystem"], service["NoNewPrivileges"], service["User"]) == ("strict", "yes", "mailroom")
    assert service["StateDirectory"] == "mailroom"
