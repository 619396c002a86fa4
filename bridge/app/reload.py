"""Hot reload of the rules: compiled beside the running rulebook and swapped as one, or not at all.

A broken file leaves the old rules in force; the log and the admin room hear of it, once for each state of the files.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from bridge.engine.engine import Engine
from bridge.routing import Compiled

log = logging.getLogger("mailroom.rules")

LOOK = 1.0
"""Seconds between looks at the directory."""


def stamp(directory: Path) -> str:
    """What the rule files look like from outside; changes when one is saved, added or removed."""
    found = hashlib.sha256()
    for path in sorted(directory.glob("*.yaml")):
        try:
            seen = path.stat()
        except OSError:
            continue
        found.update(f"{path.name}:{seen.st_mtime_ns}:{seen.st_size}:{seen.st_ino};".encode())
    return found.hexdigest()


class Reloader:
    """Looks for changed rules and puts them in force. `force` asks for a look now (SIGHUP)."""

    def __init__(self, directory: Path, compiled: Callable[[], Compiled], engine: Engine) -> None:
        self._directory = directory
        self._compiled = compiled
        self._engine = engine
        self._asked = asyncio.Event()

    def force(self) -> None:
        """Compile now, whether a file seems changed or not."""
        self._asked.set()

    async def run(self) -> None:
        """Look until cancelled. The first look always compiles: files may have changed while the daemon started."""
        seen = ""
        while True:
            try:
                await asyncio.wait_for(self._asked.wait(), LOOK)
            except TimeoutError:
                now = stamp(self._directory)
                if now == seen:
                    continue
                await asyncio.sleep(0.2)
                if stamp(self._directory) != now:
                    continue  # an editor is still writing: the next look finds the whole
            self._asked.clear()
            seen = stamp(self._directory)
            try:
                await self.reload()
            except Exception:
                self._asked.set()  # half of it may be done: whoever starts us again must finish it
                raise

    async def reload(self) -> bool:
        """Compile and swap. False when the rules have problems and the old ones stay."""
        compiled = await asyncio.to_thread(self._compiled)
        for warning in compiled.warnings:
            log.warning("%s", warning)
        if compiled.rulebook is None:
            for problem in compiled.problems:
                log.error("%s", problem)
            shown = "\n".join(str(problem) for problem in compiled.problems[:10])
            more = f"\n… and {len(compiled.problems) - 10} more" if len(compiled.problems) > 10 else ""
            text = f"The edited rules have problems; the old ones stay in force:\n{shown}{more}"
            await self._engine.tell_admins(f"rules:{stamp(self._directory)}", text)
            return False
        if await self._engine.swap(compiled.rulebook):
            log.info("rules in force: %s", compiled.rulebook.digest)
        return True
