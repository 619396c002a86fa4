"""Which rules a command means: those of the settings, or those in the directories it was given."""

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import settings_of

if TYPE_CHECKING:
    from bridge.app.trying import Book
    from bridge.config import Settings


class Rulebooks:
    """Compiles rules. The settings are read when they are first needed; what is wrong in them ends the command."""

    def __init__(self, context: click.Context) -> None:
        self._context = context

    @cached_property
    def found(self) -> "Settings":
        """The settings of this call."""
        return settings_of(self._context, "name a directory of rules (check and test: PATH; explain: --rules)")

    def settings(self) -> "Settings":
        """The settings of this call."""
        return self.found

    def books(self, paths: Sequence[Path]) -> "list[Book]":
        """The rulebooks behind paths, each by itself; without any that of the settings, held against them."""
        from bridge.app.rulebooks import compile_for, facts_of
        from bridge.app.trying import Book
        from bridge.routing import Facts, compile_rules

        if not paths:
            settings = self.settings()
            return [Book(settings.rules, compile_for(settings), facts_of(settings))]
        folders = dict.fromkeys(folder for path in paths for folder in folders_of(path))
        facts = Facts(now=time.time())
        return [Book(folder, compile_rules(folder, facts=facts), facts) for folder in folders]


def folders_of(path: Path) -> list[Path]:
    """The rules directories behind a path: a file's own, itself, or those in it."""
    if path.is_file():
        return [path.parent]
    if any(path.glob("*.yaml")):
        return [path]
    return sorted({file.parent for file in path.glob("*/*.yaml")}) or [path]
