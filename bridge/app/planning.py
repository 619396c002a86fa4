"""`rules plan`: mail that came is decided again, by the rules in force and by edited ones, and what differs is counted.

Nothing is sent, written or shown. Mails are read by workers, some at a time; what is kept is counts and a few examples.
"""

import asyncio
import hashlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bridge.app.import_files import Catalogue
from bridge.core import placing
from bridge.core.comparing import Comparer, Finding, Side
from bridge.core.decision import NO_STANDINGS, Standing
from bridge.core.errors import Permanent
from bridge.core.mail import Envelope, Mail
from bridge.core.plan import Raw, StandingQuery
from bridge.core.ports import Rulebook
from bridge.core.setup import Setup
from bridge.mail.pool import ReaderPool
from bridge.routing import CompiledRulebook, changes
from bridge.store.replay import BATCH, Came, Replay

AHEAD = 3
"""Batches that are read while an earlier one is decided."""

GROUPS = 2000
"""Different findings that are counted; what comes beyond is counted together."""


@dataclass(frozen=True, slots=True)
class Example:
    """A mail or room that a finding is about. `subject` and `sender` stay empty where an inbox is private."""

    key: str
    at: float = 0.0
    subject: str = ""
    sender: str = ""


@dataclass(slots=True)
class Group:
    """A finding, and how often. `rule`: the rule (or empty: the inbox) whose options change though no mail met them."""

    finding: Finding
    mails: int = 0
    rooms: int = 0
    rule: str = ""
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """What a plan found. `mails`: decided twice; `changed`: of them, those that anything changes for.

    `gone`: mails whose octets retention removed; `others`: findings beyond GROUPS; `whole`: False when time was up.
    """

    mails: int = 0
    changed: int = 0
    gone: int = 0
    others: int = 0
    whole: bool = True
    groups: dict[Finding, Group] = field(default_factory=dict)
    unmet: list[Group] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether anything changes at all."""
        return bool(self.groups or self.unmet or self.others)

    def count(self, finding: Finding, example: Example, most: int, *, mails: int = 0, rooms: int = 0) -> None:
        """Note a finding once more."""
        group = self.groups.get(finding)
        if group is None:
            if len(self.groups) >= GROUPS:
                self.others += 1
                return
            group = self.groups[finding] = Group(finding)
        group.mails += mails
        group.rooms += rooms
        if len(group.examples) < most:
            group.examples.append(example)


class Source(Protocol):
    """Where mail comes from, in the order in which it came. Methods block."""

    def mails(self) -> Iterator[Sequence[Came]]:
        """Batches."""

    def standings(self, key: str, query: StandingQuery) -> dict[str, Standing]:
        """What was known of a mail in scopes."""

    def rooms(self) -> Sequence[tuple[str, str, str]]:
        """Rooms that are open: key, scope, rule."""


Told = Callable[[int], None]
"""Hears how many mails are done."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`examples`: kept for each finding. `until`: when it stops, by `time.monotonic`. `workers`: that read mail."""

    examples: int = 3
    until: float = float("inf")
    workers: int = 2


async def plan(
    setup_for: Callable[[Rulebook], Setup],
    before: CompiledRulebook,
    after: CompiledRulebook,
    source: Source,
    told: Told = lambda _: None,
    limits: Limits = Limits(),
) -> Outcome:
    """Decide everything from `source` twice, in the surroundings of each rulebook. Raises Permanent, Transient."""
    outcome = Outcome()
    reader = ReaderPool(workers=limits.workers)
    await reader.start()
    try:
        work = _Work(outcome, before, after, Side((), setup_for(before)), Side((), setup_for(after)), source, limits)
        await work.run(reader, told)
    finally:
        await reader.close()
    for key, finding in changes.rooms(await asyncio.to_thread(source.rooms), before, after):
        where = key.rpartition(":")[0] if finding.private and key.startswith("corr:") else key  # it names a person
        outcome.count(finding, Example(where), limits.examples, rooms=1)
    outcome.unmet = [Group(finding) for finding in changes.doors(before, after)]
    met = {_bare(finding) for finding in outcome.groups}
    taken = {(f.scope, rule) for f in outcome.groups if f.what == "rule" for rule in (f.before, f.after)}
    for rule, finding in itertools.islice(changes.options(before, after), GROUPS):
        if _bare(finding) not in met and not (finding.what == "rule" and (finding.scope, rule) in taken):
            outcome.unmet.append(Group(finding, rule=rule))
    return outcome


def _bare(finding: Finding) -> Finding:
    """Without the mark that a mail which met it was in another inbox too, and a private one."""
    return replace(finding, private=False)


@dataclass(slots=True)
class _Work:
    outcome: Outcome
    before: CompiledRulebook
    after: CompiledRulebook
    old: Side
    new: Side
    source: Source
    limits: Limits
    comparer: Comparer = field(default_factory=Comparer)

    async def run(self, reader: ReaderPool, told: Told) -> None:
        batches = self.source.mails()
        ahead: deque[tuple[Sequence[Came], asyncio.Task[list[Mail | None]]]] = deque()
        more = True
        try:
            while more or ahead:
                if time.monotonic() > self.limits.until:
                    self.outcome.whole = False
                    return
                while more and len(ahead) < AHEAD:
                    batch = await asyncio.to_thread(next, batches, None)
                    more = batch is not None
                    if batch is not None:
                        ahead.append((batch, asyncio.create_task(_read(reader, batch))))
                if ahead:
                    batch, reading = ahead.popleft()
                    await self._decide(batch, await reading)
                    told(self.outcome.mails + self.outcome.gone)
        finally:
            for _, reading in ahead:
                reading.cancel()
            await asyncio.gather(*(reading for _, reading in ahead), return_exceptions=True)

    async def _decide(self, batch: Sequence[Came], mails: Sequence[Mail | None]) -> None:
        for came, mail in zip(batch, mails, strict=True):
            if mail is None:
                self.outcome.gone += 1
                continue
            scopes = {*self.before.asks(came.envelope, mail), *self.after.asks(came.envelope, mail)}
            standings = NO_STANDINGS
            if scopes:
                query = placing.standing_query(sorted(scopes), mail)
                standings = await asyncio.to_thread(self.source.standings, came.key, query)
            decisions = [
                book.decide(came.envelope, mail, at=came.at, standings=standings) for book in (self.before, self.after)
            ]
            old, new = Side(decisions[0], self.old.setup), Side(decisions[1], self.new.setup)
            self._note(came, mail, self.comparer.findings(mail, old, new))

    def _note(self, came: Came, mail: Mail, findings: Sequence[Finding]) -> None:
        self.outcome.mails += 1
        self.outcome.changed += bool(findings)
        for finding in findings:
            sender = "" if finding.private else mail.from_[0].spec if mail.from_ else ""
            example = Example(came.key, came.at, "" if finding.private else mail.subject, sender)
            self.outcome.count(finding, example, self.limits.examples, mails=1)


async def _read(reader: ReaderPool, batch: Sequence[Came]) -> list[Mail | None]:
    async def one(came: Came) -> Mail | None:
        try:
            return await reader.read(came.raw)
        except Permanent:  # retention took the file away
            return None

    return list(await asyncio.gather(*(one(came) for came in batch)))


@dataclass(frozen=True, slots=True)
class FromJournal:
    """The journal's mail since a moment (seconds since the epoch), of an order above `after`."""

    replay: Replay
    since: float
    after: int = 0

    def mails(self) -> Iterator[Sequence[Came]]:
        """Batches."""
        return self.replay.mails(self.since, self.after)

    def standings(self, key: str, query: StandingQuery) -> dict[str, Standing]:
        """What was known then."""
        return self.replay.standings(key, query)

    def rooms(self) -> Sequence[tuple[str, str, str]]:
        """Rooms that are open now."""
        return self.replay.rooms()


@dataclass(frozen=True, slots=True)
class FromFile:
    """The mail of an mbox or Maildir, as if each had come in this envelope at its date, into this journal."""

    catalogue: Catalogue
    envelope: Envelope
    replay: Replay
    now: float

    def mails(self) -> Iterator[Sequence[Came]]:
        """Batches; of a mail that is too large the octets are missing."""
        batch: list[Came] = []
        for order, (raw, date) in enumerate(self.catalogue.mails()):
            octets = b"" if raw is None else raw
            key = f"import:{hashlib.sha256(octets).hexdigest()}"
            where = Raw(path="/nonexistent") if raw is None else Raw(octets)
            batch.append(Came(order, key, self.now if date is None else date, self.envelope, where))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def standings(self, key: str, query: StandingQuery) -> dict[str, Standing]:
        """What is known now, of mail that the journal does not hold."""
        return self.replay.standings(key, query)

    def rooms(self) -> Sequence[tuple[str, str, str]]:
        """Rooms that are open now."""
        return self.replay.rooms()
