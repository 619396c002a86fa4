"""Hot reload of the rules: compiled beside the running rulebook and swapped as one, or not at all.

A broken file leaves the old rules in force; the log, `mailroom status` and the admin room hear of it, once for each
state of the files, and again when it is mended. It never writes a rule file.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from bridge.core.ports import Enacted, Health
from bridge.engine.engine import Engine
from bridge.routing import Compiled

log = logging.getLogger("mailroom.rules")

LOOK = 1.0
"""Seconds between looks at the directory."""

SETTLE = 0.2
"""Seconds for which files must stay the same before they are read: an editor may be writing still."""

GONE = 3
"""Looks at which a file that was there must be missing before it counts as removed: some ways of saving, and of
checking out, take files away for a moment, and rules without them would be other rules."""

AGAIN = 5
"""How often files that change while they are read are read anew before what was read counts."""

HEALTH = "rules"
"""The name under which `mailroom status` shows whether the files are in force."""


class Remembers(Protocol):
    """What a reload asks of the journal."""

    async def report(self, health: Health) -> None:
        """Keep the state of the rules."""

    async def enact(self, rulebook: Enacted) -> None:
        """Note which rulebook is in force."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Why the rules are read again: changed files, SIGHUP, or `who` in the admin room."""

    cause: Literal["files", "hangup", "admin"] = "files"
    who: str = ""


def seen(directory: Path) -> dict[str, str]:
    """What the rule files look like from outside, by name; a value changes when its file is saved."""
    found: dict[str, str] = {}
    for path in sorted(directory.glob("*.yaml")):
        try:
            now = path.stat()
        except OSError:
            continue
        found[path.name] = f"{now.st_mtime_ns}:{now.st_size}:{now.st_ino}"
    return found


def stamp(directory: Path) -> str:
    """All of `seen` in one word."""
    files = "".join(f"{name}:{look};" for name, look in seen(directory).items())
    return hashlib.sha256(files.encode("utf-8", "surrogateescape")).hexdigest()


class Looks:
    """Tells by what files look like when they are to be read again."""

    def __init__(self) -> None:
        self._known: dict[str, str] | None = None
        self._missing = 0

    def due(self, now: dict[str, str]) -> bool:
        """Whether they changed since they were read; a file that is missing must be so for GONE looks before."""
        if now == self._known:
            self._missing = 0
            return False
        if self._known is not None and not self._known.keys() <= now.keys() and self._missing < GONE:
            self._missing += 1
            return False
        return True

    def read(self, now: dict[str, str]) -> None:
        """They are read now, looking like this."""
        self._known = now
        self._missing = 0


class Reloader:
    """Looks for changed rules and puts them in force. `force` asks for a look now (SIGHUP)."""

    def __init__(
        self,
        directory: Path,
        compiled: Callable[[], Compiled],
        engine: Engine,
        journal: Remembers,
        clock: Callable[[], float],
        broken: Health | None = None,
    ) -> None:
        """`broken`: what was wrong with the files at the start, if the admin room has not heard of it."""
        self._directory = directory
        self._compiled = compiled
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._asked = asyncio.Event()
        self._why = Asked()
        self._one = asyncio.Lock()
        self._broken = False
        self._untold = broken

    def force(self, why: Asked | None = None) -> None:
        """Compile now, whether a file seems changed or not. `why`: SIGHUP when nothing is said."""
        self._why = why or Asked("hangup")
        self._asked.set()

    async def run(self) -> None:
        """Look until cancelled. The first look always compiles: files may have changed while the daemon started."""
        looks = Looks()
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), LOOK)
            except TimeoutError:
                now = seen(self._directory)
                if not looks.due(now):
                    continue
                await asyncio.sleep(SETTLE)
                if seen(self._directory) != now:
                    continue  # the next look finds the whole
            self._asked.clear()
            why, self._why = self._why, Asked()
            looks.read(seen(self._directory))
            try:
                await self.reload(why)
            except Exception:
                self.force(why)  # half of it may be done: whoever starts us again must finish it
                raise

    async def reload(self, why: Asked | None = None) -> bool:
        """Compile and swap. False when the rules have problems and the old ones stay.

        A repetition does what an earlier try left undone. Raises Transient.
        """
        why = why or Asked()
        async with self._one:  # the admin room may ask while a look is under way
            compiled = await self._settled()
            for warning in compiled.warnings:
                log.warning("%s", warning)
            if compiled.rulebook is None:
                await self._refuse(compiled)
                return False
            digest = compiled.rulebook.digest
            if await self._engine.swap(compiled.rulebook):
                log.info("rules in force: %s", digest)
            await self._journal.enact(Enacted(digest, why.cause, compiled.texts, why.who))
            await self._journal.report(Health(HEALTH, "ok", f"in force: {digest[:12]}", self._clock()))
            if self._broken:
                text = "The rules have no problems any more; they are in force."
                await self._engine.tell_admins(f"rules-mended:{stamp(self._directory)}:{self._clock():.0f}", text)
                self._broken = False
            if self._untold is not None:
                text = f"At the start: {self._untold.detail}\nThe rules have no problems any more; they are in force."
                await self._engine.tell_admins(f"rules-at-start:{self._untold.since:.6f}", text)
                self._untold = None
            return True

    async def _settled(self) -> Compiled:
        """The rules as they stood at one moment: what was half written while it was read does not count."""
        for _ in range(AGAIN):
            before = seen(self._directory)
            compiled = await asyncio.to_thread(self._compiled)
            if seen(self._directory) == before:
                break
        return compiled

    async def _refuse(self, compiled: Compiled) -> None:
        self._broken, self._untold = True, None
        problems = compiled.problems
        for problem in problems:
            log.error("%s", problem)
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        words = f"the edited rules have problems, the old ones stay in force: {problems[0]}{more}"
        await self._journal.report(Health(HEALTH, "failed", words, self._clock()))
        shown = "\n".join(str(problem) for problem in problems[:10])
        rest = f"\n… and {len(problems) - 10} more" if len(problems) > 10 else ""
        text = f"The edited rules have problems; the old ones stay in force:\n{shown}{rest}"
        await self._engine.tell_admins(f"rules:{stamp(self._directory)}", text)
