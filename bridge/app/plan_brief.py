"""`!rules plan` in the admin room: a plan of bounded cost as a short text, beside the daemon's own work.

It says nothing of single mails: the admin room is no place for what they say.
"""

import asyncio
import time

from bridge.app import plan_words
from bridge.app.plan_books import Book, Problems, edited, running, setups
from bridge.app.planning import FromJournal, Limits, plan
from bridge.config import Settings
from bridge.store.replay import Replay

DAYS = 7
MAILS = 1000
"""Mail of so many days, and the newest so many of them, is tried."""

SECONDS = 20.0
"""After so long it tells what it found until then."""

LINES = 15
"""Changes that are named."""


async def brief(settings: Settings) -> str:
    """What the rule files would change; when they are in force already, what they changed. Raises Permanent, Transient.

    Reads mail in one worker of its own, so that new mail does not wait for it.
    """
    try:
        after, before = await asyncio.to_thread(_books, settings)
    except Problems as found:
        shown = [str(problem) for problem in found.problems[:10]]
        more = [f"… and {len(found.problems) - 10} more"] if len(found.problems) > 10 else []
        return "\n".join(["The rules have problems:", *shown, *more])
    since = time.time() - DAYS * 86_400
    limits = Limits(examples=0, until=time.monotonic() + SECONDS, workers=1)
    with await asyncio.to_thread(Replay, settings.state) as replay:
        first = await asyncio.to_thread(replay.newest, since, MAILS)
        source = FromJournal(replay, since, first)
        outcome = await plan(setups(settings), before.rulebook, after.rulebook, source, limits=limits)
    tried = f"Tried on the mail of {DAYS} days, at most {MAILS:,}."
    return "\n".join([f"{after.words}, beside {before.words}.", *plan_words.in_short(outcome, LINES), tried])


def _books(settings: Settings) -> tuple[Book, Book]:
    after = edited(settings, None)
    return after, running(settings, "", after.rulebook.digest, before_last=True)
