"""Explains one mail under the rules as they are in the files: the way to each decision, and what would come of it.

Nothing is sent or written. The mail is read in a worker that can be killed, as every mail is.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.app.import_door import envelope as only_envelope
from bridge.app.trying import Book, Kept, surroundings
from bridge.core.decision import Standing
from bridge.core.errors import Permanent
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Raw
from bridge.core.ports import Reader
from bridge.core.rehearsing import Rehearsal, rehearse
from bridge.routing.explaining import Explained, explain_mail
from bridge.routing.origins import Option, options


@dataclass(frozen=True, slots=True)
class Share:
    """What one inbox or list does with the mail, and why. `options`: those in force where the mail is shown."""

    explained: Explained
    rehearsal: Rehearsal
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A mail under a rulebook. `standings`: what was assumed or known of it, by scope, where a rule asks."""

    book: Book
    mail: Mail
    envelope: Envelope
    at: float
    standings: Mapping[str, Standing]
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Assumed:
    """How a mail that is no mail of the journal is taken to have come. Empty: as the rules and the mail suggest."""

    to: tuple[str, ...] = ()
    account: str = ""
    folder: str = ""
    mail_from: str | None = None
    standing: Standing = Standing()


async def explain(
    book: Book, octets: bytes, reader: Reader, *, at: float, assumed: Assumed, kept: Kept | None = None
) -> Explanation:
    """The explanation. `at`: when it came. `kept`: the mail of the journal that it is. Raises Permanent, Transient."""
    rulebook = book.compiled.rulebook
    if rulebook is None:
        raise Permanent("\n".join(str(problem) for problem in book.compiled.problems))
    mail = await reader.read(Raw(octets))
    envelope = kept.envelope if kept is not None and not assumed.to and not assumed.account else None
    if envelope is None:
        envelope = _envelope(book, mail, assumed)
    asking = rulebook.asks(envelope, mail)
    if kept is not None and asking:
        standings = await asyncio.to_thread(kept.standings, asking, mail)
    else:
        standings = dict.fromkeys(asking, assumed.standing)
    return await asyncio.to_thread(_explanation, book, mail, envelope, at, standings)


def _explanation(
    book: Book, mail: Mail, envelope: Envelope, at: float, standings: Mapping[str, Standing]
) -> Explanation:
    rulebook, written = book.compiled.rulebook, book.compiled.written
    assert rulebook is not None, "rules with problems were refused"
    ways = explain_mail(rulebook, written, envelope, mail, at=at, standings=standings)
    seen = rehearse(rulebook, envelope, mail, at=at, setup=surroundings(book), standings=standings)
    shares = tuple(
        Share(way, rehearsal, options(written, rehearsal.scope) if rehearsal.outcome == "bridged" else ())
        for way, rehearsal in zip(ways, seen, strict=True)
    )
    return Explanation(book, mail, envelope, at, standings, shares)


def _envelope(book: Book, mail: Mail, assumed: Assumed) -> Envelope:
    sender = assumed.mail_from
    if sender is None:
        sender = mail.author.spec if mail.author else ""
    if assumed.account:
        return Envelope("imap", sender, assumed.to, assumed.account, assumed.folder or "INBOX")
    if assumed.to:
        return Envelope("smtp", sender, assumed.to)
    assert book.compiled.rulebook is not None, "rules with problems were refused"
    only = only_envelope(book.compiled.rulebook, (), "", "")
    return Envelope("imap" if only.account else "smtp", sender, only.rcpt_tos, only.account, only.folder)
