"""While the daemon waits for the homeserver at its start: mail leaves all the same, and falls back to mail in the end.

Only where the rules have a fallback; else waiting is all there is to do.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from bridge.app.rulebooks import setup_maker
from bridge.config import Settings
from bridge.core.ports import Mailboxes, Reader, Rulebook, Submission
from bridge.engine.delivery import Peers
from bridge.engine.rules import Rules
from bridge.engine.standby import Absent, Standby
from bridge.mail.compose import compose
from bridge.mail.enclosing import enclose
from bridge.store.journal import Journal


@contextlib.asynccontextmanager
async def standing_by(
    settings: Settings,
    journal: Journal,
    reader: Reader,
    submission: Submission,
    mailboxes: Mailboxes,
    rulebook: Rulebook | None,
) -> AsyncIterator[None]:
    """Stand by while the context is open. `rulebook`: None where nobody is to stand by."""
    if rulebook is None or rulebook.fallback is None:
        yield
        return
    peers = Peers(
        journal=journal,
        chat=Absent(),
        submission=submission,
        reader=reader,
        compose=compose,
        enclose=enclose,
        mailboxes=mailboxes,
        mail_schedule=settings.retry.schedule,
    )
    # Who we are on the homeserver is not known yet; nothing that leaves as mail depends on it.
    rules = Rules(rulebook, setup_maker(settings, journal.seed, ""))
    standby = asyncio.create_task(Standby(peers, rules, time.time).run())
    try:
        yield
    finally:
        standby.cancel()
        await asyncio.gather(standby, return_exceptions=True)
