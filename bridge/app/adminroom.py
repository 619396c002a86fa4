"""What the daemon does when an admin says `!rules …` in the admin room, and what it answers.

The answer holds nothing of a mail: of explanations it leaves out addresses, names and captured words, and of private
inboxes all but the rule. Long answers are cut; the command line has the rest. Rule files are only read. What explains
and plans is imported when it is first asked for: most daemons never are, and every start would pay for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bridge.app.reload import Asked
from bridge.app.rulebooks import compile_for, facts_of
from bridge.config import Settings
from bridge.core.commands import WORD
from bridge.core.effects import Obey
from bridge.core.errors import BridgeError
from bridge.core.ports import Reader
from bridge.routing import Compiled

log = logging.getLogger("mailroom.rules")

LINES = 60
"""Lines of an answer."""

WIDTH = 400
"""Characters of a line."""

HELP = f"""\
{WORD} check: every problem and warning of the rule files
{WORD} plan: what the rule files change, tried on the mail of the last days
{WORD} explain ID: why a mail went where it went; ID is its Message-ID, or a key of `mailroom queue list`
{WORD} reload: read the rule files again now"""


class RuleWords:
    """Does the commands. `reload` reads the rules again and says whether they are in force; None before it can."""

    def __init__(self, settings: Settings, server: str, reader: Reader) -> None:
        self._settings = settings
        self._server = server
        self._reader = reader
        self.reload: Callable[[Asked], Awaitable[bool]] | None = None

    async def obey(self, asked: Obey) -> str:
        """Do it and return what to tell. Raises Transient when it cannot be done now."""
        log.info("%s says: %s %s", asked.author, WORD, " ".join(asked.command[:1]))
        match asked.command:
            case ("check",):
                return self._checked(await self._compiled())
            case ("explain", name):
                return await self._explained(name)
            case ("plan",):
                return await self._planned()
            case ("reload",) if self.reload is None:
                return "Not now: the daemon is starting or importing."
            case ("reload",) if self.reload is not None:
                return await self._reloaded(self.reload, asked.author)
            case _:
                return HELP

    async def _compiled(self) -> Compiled:
        return await asyncio.to_thread(compile_for, self._settings, self._server)

    def _checked(self, compiled: Compiled) -> str:
        found = [str(problem) for problem in compiled.problems]
        found += [f"{warning} (warning)" for warning in compiled.warnings]
        if compiled.rulebook is not None:
            found.append(f"fine: inboxes and lists: {len(compiled.rulebook.scopes)}")
        return _cut(found, "mailroom rules check")

    async def _planned(self) -> str:
        from bridge.app.plan_brief import brief

        return _cut((await brief(self._settings)).splitlines(), "mailroom rules plan")

    async def _explained(self, name: str) -> str:
        from bridge.app.explained import lines
        from bridge.app.explaining import Assumed, explain
        from bridge.app.kept import finder
        from bridge.app.trying import Book

        compiled = await self._compiled()
        if compiled.rulebook is None:
            return f"The rule files have problems, and nothing can be explained by them: `{WORD} check` lists them."
        book = Book(self._settings.rules, compiled, facts_of(self._settings, self._server))
        try:
            kept = await finder(lambda: self._settings)(name)
            found = await explain(book, kept.octets, self._reader, at=kept.at, assumed=Assumed(), kept=kept)
        except BridgeError as error:
            return error.text
        return _cut(list(lines(found, told_all=False)), f"mailroom rules explain --message-id '{name}'")

    async def _reloaded(self, reload: Callable[[Asked], Awaitable[bool]], who: str) -> str:
        if await reload(Asked("admin", who)):
            return "The rules as they are in the files are in force."
        return f"The rule files have problems; the rules in force stay. `{WORD} check` lists the problems."


def _cut(found: Sequence[str], command: str) -> str:
    shown = [line if len(line) <= WIDTH else f"{line[:WIDTH]}…" for line in found[:LINES]]
    if len(found) > LINES:
        shown.append(f"… and {len(found) - LINES} more lines: `{command}` on the host prints all.")
    return "\n".join(shown)
