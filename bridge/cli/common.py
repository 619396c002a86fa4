"""What commands share: finding the settings, and saying what is wrong in one way."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from bridge.config import Settings
    from bridge.yamldoc import Problem

_YOUNG = 10_000
"""New objects after which garbage is looked for among them."""


def settings_of(context: click.Context, without: str = "") -> "Settings":
    """The settings of this call. Prints every problem and exits with 1 when they cannot be used.

    `without`: how to do without them, told where there are none.
    """
    settings = read_settings(context)
    if isinstance(settings, list):
        for problem in settings:
            click.echo(str(problem), err=True)
        if without and no_settings(context):
            click.echo(f"without settings: {without}", err=True)
        sys.exit(1)
    return settings


def read_settings(context: click.Context) -> "Settings | list[Problem]":
    """The settings of this call, or what is wrong with them."""
    from bridge.config import load_settings

    return load_settings(settings_path(context))


def settings_path(context: click.Context) -> Path:
    """Where the settings are, or would be."""
    from bridge.config import find_settings

    given: Path | None = context.find_root().params.get("config")
    return find_settings(given, os.environ)


def no_settings(context: click.Context) -> bool:
    """Whether nobody named settings, and there are none where they are looked for."""
    named = context.find_root().params.get("config") or os.environ.get("MAILROOM_CONFIG")
    return not named and not settings_path(context).exists()


def collect_seldom() -> None:
    """Garbage collection for who runs long: nothing that is loaded by now is ever walked through again.

    Mails become garbage by their last reference; of cycles there are few, and looking for them at each 700 new objects,
    as Python does, costs a twentieth of the work.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG)
    gc.enable()


def fail(text: str) -> NoReturn:
    """Say why it did not work, and exit with 1."""
    click.echo(text, err=True)
    sys.exit(1)
