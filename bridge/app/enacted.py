"""Rulebooks that the journal remembers, compiled again: of the files on disk nothing is read here."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from bridge.app.rulebooks import compile_for
from bridge.config import Settings
from bridge.routing import Compiled
from bridge.store import rulebooks


def compile_texts(settings: Settings, texts: Mapping[str, str], server: str = "") -> Compiled:
    """The rulebook of files that are no longer on disk, by name."""
    with tempfile.TemporaryDirectory(prefix="mailroom-rules-") as place:
        directory = Path(place) / settings.rules.name
        directory.mkdir()
        for name, text in texts.items():
            (directory / name).write_bytes(text.encode())
        return compile_for(settings, server, directory)


def last_in_force(settings: Settings, server: str = "") -> Compiled | None:
    """The rulebook that was in force last, as the journal remembers it; None when it knows none that still compiles.

    Raises Permanent, Transient.
    """
    newest = next(iter(rulebooks.history(settings.state)), None)
    texts = rulebooks.texts(settings.state, newest.digest) if newest else None
    compiled = compile_texts(settings, texts, server) if texts is not None else None
    return compiled if compiled is not None and compiled.rulebook is not None else None
