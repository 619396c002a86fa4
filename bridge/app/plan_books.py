"""Which two rulebooks a plan compares: the edited files, and what is in force by the journal's word, or another.

Where there are no settings, two directories are compared by themselves.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bridge.app.enacted import compile_texts
from bridge.app.rulebooks import compile_for, setup_maker
from bridge.config import Settings
from bridge.core.errors import Permanent
from bridge.core.ids import Seed
from bridge.core.ports import Rulebook
from bridge.core.rehearsing import rehearsal_setup
from bridge.core.setup import Setup
from bridge.routing import Compiled, CompiledRulebook, Facts, compile_rules
from bridge.store import rulebooks
from bridge.yamldoc import Problem


@dataclass(frozen=True, slots=True)
class Book:
    """A rulebook, and what it is called."""

    rulebook: CompiledRulebook
    words: str


class Problems(Exception):
    """The rules have problems: nothing can be planned."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("the rules have problems")
        self.problems = problems


def edited(settings: Settings, directory: Path | None) -> Book:
    """The rules of a directory, or of the settings' one. Raises Problems."""
    where = directory or settings.rules
    return Book(_whole(compile_for(settings, directory=where)), f"the rules in {where}")


def alone(directory: Path, words: str) -> Book:
    """The rules of a directory, held against no settings. Raises Problems."""
    return Book(_whole(compile_rules(directory, facts=Facts(now=time.time()))), f"{words} in {directory}")


def setups(settings: Settings | None) -> Callable[[Rulebook], Setup]:
    """Makes the surroundings of a rulebook; without settings, those in which every answer may leave."""
    if settings is None:
        return partial(rehearsal_setup, bot="", admin_room=Facts().admin_room)
    return setup_maker(settings, Seed(b"a plan names nothing"), "")


def running(settings: Settings, against: str, edited_digest: str, *, before_last: bool = False) -> Book:
    """What to compare with: a directory, a remembered rulebook by its first digits, or (empty) what is in force.

    Where no rulebook was in force yet, the files of the settings would be. `before_last`: where the edited rules are in
    force already, those before them. Raises Problems (a directory's), Permanent.
    """
    if against and Path(against).is_dir():
        return Book(_whole(compile_for(settings, directory=Path(against))), f"those in {against}")
    history = rulebooks.history(settings.state)
    if against:
        found = {each.digest: each for each in reversed(history) if each.digest.startswith(against)}
        if len(found) != 1:
            what = "several rulebooks that begin" if found else "neither a directory nor a rulebook that begins"
            raise Permanent(f"there is {what} with {against!r}: `mailroom rules history` names them")
        return _remembered(settings, next(iter(found.values())))
    if not history:
        return Book(_whole(compile_for(settings)), f"those in {settings.rules} (none was in force yet)")
    if before_last and history[0].digest == edited_digest and len(history) > 1:
        return _remembered(settings, history[1])
    return _remembered(settings, history[0])


def _remembered(settings: Settings, entry: rulebooks.Rulebook) -> Book:
    texts = rulebooks.texts(settings.state, entry.digest)
    if texts is None:
        raise Permanent(f"the text of {entry.digest[:12]} is no longer kept: say --against with a directory")
    compiled = compile_texts(settings, texts)
    if compiled.rulebook is None:
        why = compiled.problems[0]
        raise Permanent(
            f"the rules in force ({entry.digest[:12]}) cannot be compiled any more, with these settings or this version"
            f" ({Path(why.file).name}:{why.line}: {why.what}): say --against with a directory"
        )
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at))
    until = "" if entry.until is None else time.strftime(" to %Y-%m-%d %H:%M", time.localtime(entry.until))
    return Book(compiled.rulebook, f"those in force since {when}{until}")


def _whole(compiled: Compiled) -> CompiledRulebook:
    if compiled.rulebook is None:
        raise Problems(compiled.problems)
    return compiled.rulebook
