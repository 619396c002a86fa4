"""What happens to mail while the chat is away for long: it is forwarded by mail to those whom the rules name.

It appears in Matrix later all the same. Since when the homeserver is away is kept in the journal, so that a restart
does not begin to count anew. Never forwards history, nor what went through here before, and only so much at a time
(I10).
"""

import contextlib
import math
from collections.abc import Callable, Sequence

from bridge.core import passing, placing
from bridge.core.decision import NO_STANDINGS, Scope
from bridge.core.effects import Effect
from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.core.plan import Bookmark, Pending, Unshown
from bridge.core.ports import Journal, Reader
from bridge.engine.aside import aside
from bridge.engine.rules import Rules

AWAY = "homeserver-away"
"""The bookmark that holds the moment since which the homeserver is away; empty while it is there."""

TOGETHER = 20
"""Mails that are looked at together."""

PAUSE = 10.0
"""Seconds between two looks at most."""


class Fallback:
    """Watches how long the homeserver is away. `wake` is called when mail is to leave."""

    def __init__(
        self, journal: Journal, reader: Reader, rules: Rules, clock: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._rules = rules
        self._clock = clock
        self._wake = wake
        self._since: float | None = None
        self._shows = self._arrivals = 0
        self._next = 0.0
        self._later, self._digest = math.inf, ""

    async def remember(self) -> None:
        """Take up what an earlier run of the daemon noted."""
        noted = await self._journal.bookmark(AWAY)
        self._since = float(noted) if noted else None

    async def gone(self) -> None:
        """The homeserver gave a sign of being away."""
        if self._since is None:
            self._since, self._shows, self._arrivals, self._later = self._clock(), 0, 0, math.inf
            await self._journal.accept([], Bookmark(AWAY, f"{self._since:.3f}"))

    async def back(self) -> None:
        """It answers."""
        if self._since is not None:
            self._since = None
            await self._journal.accept([], Bookmark(AWAY, ""))

    async def look(self) -> None:
        """Forward what waits, if the time has come. Cheap while there is nothing to do."""
        shortest, now = self._rules.now.rulebook.fallback, self._clock()
        if self._since is None or shortest is None or now - self._since < shortest or now < self._next:
            return
        self._next = now + min(PAUSE, shortest / 4)
        digest = self._rules.now.rulebook.digest
        if digest != self._digest or now - self._since >= self._later:  # what was passed over may be due now
            self._shows = self._arrivals = 0
            self._later, self._digest = math.inf, digest
        found = [*await self._planned(), *await self._unplanned()]
        if found:
            await self._journal.add(found)
            self._wake()

    async def _planned(self) -> list[Effect]:
        """Mails whose showing waits."""
        waiting: Sequence[Unshown] = await self._journal.unshown(after=self._shows, limit=TOGETHER)
        found: list[Effect] = []
        for each in waiting:
            scope = self._rules.scope(each.scope, each.rule)
            if scope is not None and self._due(scope, each.due):
                with contextlib.suppress(Permanent):  # its original is gone: there is nothing to forward
                    mail = await self._reader.read(await self._journal.raw(each.arrival))
                    found += self._effects(each.arrival, mail, scope)
            self._shows = max(self._shows, each.order)
        return found

    async def _unplanned(self) -> list[Effect]:
        """Mails that nobody plans while the daemon waits for the homeserver at its start."""
        found: list[Effect] = []
        for pending in await self._journal.pending(after=self._arrivals, limit=TOGETHER):
            if pending.kind == "mail" and not pending.quiet:
                with contextlib.suppress(Permanent):
                    found += await self._decided(pending)
            self._arrivals = max(self._arrivals, pending.order)
        return found

    async def _decided(self, pending: Pending) -> list[Effect]:
        envelope, book = pending.envelope, self._rules.now.rulebook
        assert envelope is not None, "a mail arrives in an envelope"
        mail = await self._reader.read(pending.raw)
        scopes = book.asks(envelope, mail)
        standings = await self._journal.standings(placing.standing_query(scopes, mail)) if scopes else NO_STANDINGS
        decisions = await aside(mail, book.decide, envelope, mail, at=pending.at, standings=standings)
        found: list[Effect] = []
        for decision in decisions:
            gathered = decision.window if placing.shared_room(decision.scope, mail) else 0.0
            if decision.action == "bridge" and self._due(decision.scope, gathered):
                found += self._effects(pending.key, mail, decision.scope)
        return found

    def _due(self, scope: Scope, shown: float) -> bool:
        """Whether it is time for this scope's mail: none is late that a digest, due at `shown`, would not show yet.

        What waits longer is noted: it is looked at again then.
        """
        wish = scope.fallback
        if wish is None or self._since is None:
            return False
        wait = max(wish.after, shown - self._since)
        if self._clock() - self._since < wait:
            self._later = min(self._later, wait)
            return False
        return True

    def _effects(self, arrival: str, mail: Mail, scope: Scope) -> tuple[Effect, ...]:
        assert self._since is not None, "asked before"
        return passing.fallen_back(arrival, mail, scope, self._since, self._clock(), self._rules.now.setup)
