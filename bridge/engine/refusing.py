"""Whose rules refuse a mail, asked at the door before it is accepted.

In any doubt nobody refuses: when it cannot be read, or not in time, when the rules or the journal fail. What is
accepted then, and not wanted, the planner holds in quarantine. A mail is read here only where a rule may refuse it.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace

from bridge.core import placing
from bridge.core.decision import NO_STANDINGS, Decision
from bridge.core.errors import BridgeError
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Arrival
from bridge.core.ports import Journal, Reader, Rulebook
from bridge.engine.ahead import Ahead
from bridge.engine.aside import aside
from bridge.engine.rules import Rules

log = logging.getLogger("mailroom.refusals")

PATIENCE = 5.0
"""Seconds that a client waits for this at most; then the mail is accepted."""


class Refusals:
    """Asks the rules in force."""

    def __init__(
        self, journal: Journal, reader: Reader, ahead: Ahead, rules: Rules, patience: float = PATIENCE
    ) -> None:
        self._journal = journal
        self._reader = reader
        self._ahead = ahead
        self._rules = rules
        self._patience = patience

    async def of(self, arrival: Arrival) -> Mapping[str, str]:
        """The recipients who refuse it, each with the text for its sender. Raises nothing."""
        book, envelope = self._rules.now.rulebook, arrival.envelope
        if envelope is None or not book.refuses(envelope.rcpt_tos):
            return {}
        try:
            async with asyncio.timeout(self._patience):
                return await self._asked(book, arrival, envelope)
        except (BridgeError, TimeoutError) as error:
            log.warning("%s is accepted unasked: %s", arrival.key, type(error).__name__)
        except Exception as error:  # a fault of ours must not lose a mail
            log.exception("%s is accepted unasked", arrival.key, exc_info=error)
        return {}

    async def _asked(self, book: Rulebook, arrival: Arrival, envelope: Envelope) -> Mapping[str, str]:
        mail = await self._reader.read(arrival.original)
        if mail.unreadable:
            return {}
        unwanted: dict[str, str] = {}
        for recipient in envelope.rcpt_tos:
            await asyncio.sleep(0)  # others need not wait for all of a hundred decisions
            decisions = await self._decided(book, replace(envelope, rcpt_tos=(recipient,)), mail, arrival.at)
            if all(decision.action == "reject" for decision in decisions) and not _postmaster(recipient):
                trace = decisions[0].trace
                log.info("%s refused by %s:%d", arrival.key, trace.file, trace.line)
                unwanted[recipient] = decisions[0].scope.refusal
        if len(unwanted) < len(envelope.rcpt_tos):
            self._ahead.already(arrival, mail)
        return unwanted

    async def _decided(self, book: Rulebook, envelope: Envelope, mail: Mail, at: float) -> list[Decision]:
        scopes = book.asks(envelope, mail)
        standings = await self._journal.standings(placing.standing_query(scopes, mail)) if scopes else NO_STANDINGS
        return list(await aside(mail, book.decide, envelope, mail, at=at, standings=standings))


def _postmaster(recipient: str) -> bool:
    """Whoever has trouble with mail from here must be able to say so (RFC 5321 section 4.5.1)."""
    return recipient.partition("@")[0].casefold() == "postmaster"
