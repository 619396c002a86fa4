"""The daemon as seen from outside: what its parts tell is counted and shown at `listen.metrics`.

Imported only where that is set. It looks and never acts, but for one small write that shows whether the journal can be
written.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence

from bridge.app.watched import Watched
from bridge.config import Bind, Settings
from bridge.core.errors import BridgeError, Permanent
from bridge.core.happened import Happened, Tally
from bridge.mail.smtpd import Server
from bridge.web import Condition, Latest, Metrics, answer, peer, rules, serve

PROBED = 10.0
"""Seconds for which a write counts: who asks for the health more often costs no more commits."""


class Watch:
    """What is known of the running daemon. `observe` is told from the beginning, `shown` opens the listener."""

    def __init__(self, settings: Settings, bind: Bind) -> None:
        self._settings = settings
        self._bind = bind
        self._latest = Latest()
        self._metrics = Metrics(self._latest, settings.accounts, time.time)
        self._journal: Watched
        self._probed = 0.0
        self._writable = Condition("journal", "ok", "can be written")

    def observe(self, happened: Happened) -> None:
        """Remember and count it."""
        self._latest.observe(happened)
        self._metrics.observe(happened)

    async def opened(self) -> Watched:
        """The journal, which tells from now on. Raises as `Journal.open`."""
        self._journal = await Watched.told(self._settings.state, self.observe)
        return self._journal

    @contextlib.asynccontextmanager
    async def shown(self, servers: Sequence[Server]) -> AsyncIterator[None]:
        """Listen while the context is open. Raises Permanent when that cannot be."""
        bind = self._bind

        async def metrics(accept: str) -> tuple[bytes, str]:
            tally: Tally | None = None
            with contextlib.suppress(BridgeError):
                tally = await self._journal.tally()
            return self._metrics.page(accept, tally)

        async def health() -> tuple[int, str]:
            return answer(await self._conditions(servers))

        async with contextlib.AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(serve(bind.host, bind.port, metrics=metrics, health=health))
            except OSError as error:
                where, cure = f"{bind.host}:{bind.port}", "choose another address for `listen.metrics`"
                raise Permanent(f"cannot listen on {where}: {error.strerror or error}; {cure}") from None
            yield

    async def _conditions(self, servers: Sequence[Server]) -> list[Condition]:
        now = time.time()
        found = [await self._kept(now), rules(self._latest)]
        for server in servers:
            where = server.address if not isinstance(server.address, tuple) else "{}:{}".format(*server.address[:2])
            up = server.serving
            found.append(Condition(f"door {where}", "ok" if up else "problem", "listens" if up else "does not listen"))
        found.append(peer("homeserver", "homeserver", self._latest, now))
        found.append(peer("room events", "chat", self._latest, now))
        if self._latest.state("encryption"):
            found.append(peer("encryption", "encryption", self._latest, now))
        found += [peer(f"account {name}", f"imap:{name}", self._latest, now) for name in self._settings.accounts]
        inner = ("planner", "delivery", "watch", "matrix", "reload", "idling")
        return found + [peer(f"part {name}", name, self._latest, now) for name in inner if self._latest.state(name)]

    async def _kept(self, now: float) -> Condition:
        if not 0 <= now - self._probed < PROBED:
            self._probed = now
            try:
                await self._journal.probe()
                self._writable = Condition("journal", "ok", "can be written")
            except BridgeError as error:
                self._writable = Condition("journal", "problem", f"cannot be written: {error.text}")
        return self._writable
