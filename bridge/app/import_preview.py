"""What an import would make, found out without writing anything and without a homeserver.

It reads, decides and plans with the functions of the real turn, over what the journal knows and what it would have
learned from the mails before.
"""

import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from bridge.app.import_reading import Count, Origin, hand_over
from bridge.app.rulebooks import setup_maker
from bridge.app.rules_at_start import rulebook_or_refuse
from bridge.config import Settings
from bridge.core import handed_in, placing
from bridge.core.decision import NO_STANDINGS, Standing
from bridge.core.effects import OpenRoom, RoomSpec, Show
from bridge.core.ids import Seed
from bridge.core.mail import Mail
from bridge.core.plan import (
    Arrival,
    Bookmark,
    Conversation,
    Kin,
    MailQuery,
    MailView,
    Pending,
    Plan,
    Raw,
    StandingQuery,
)
from bridge.core.showing import Look, plan_mail, scope_of
from bridge.engine.rules import InForce
from bridge.mail.pool import ReaderPool
from bridge.store import blobs
from bridge.store.history import History


@dataclass(slots=True)
class Preview:
    """What would be. `opened`: rooms to be made; `talks`: every conversation that mail would go to, and how much."""

    count: Count = field(default_factory=Count)
    outcomes: Counter[str] = field(default_factory=Counter)
    opened: dict[str, RoomSpec] = field(default_factory=dict)
    talks: dict[str, Conversation] = field(default_factory=dict)
    mails: Counter[str] = field(default_factory=Counter)
    begun: set[str] = field(default_factory=set)


async def preview(settings: Settings, origin: Origin) -> Preview:
    """Go through everything from `origin`. Raises Permanent, Transient."""
    rulebook = rulebook_or_refuse(settings)
    force = InForce(rulebook, setup_maker(settings, Seed(b"a preview names nothing"), "")(rulebook))
    reader = ReaderPool()
    await reader.start()
    try:
        with History(settings.state) as history, tempfile.TemporaryDirectory() as aside:
            rehearsal = _Rehearsal(force, reader, history)
            made = rehearsal.preview
            spool = partial(blobs.Spool, Path(aside))
            await hand_over(settings, origin, made.count, rehearsal.take, rehearsal.bookmark, spool)
            return made
    finally:
        await reader.close()


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    force: InForce
    reader: ReaderPool
    history: History
    preview: Preview = field(default_factory=Preview)
    learned: "_Learned" = field(default_factory=lambda: _Learned())
    keys: set[str] = field(default_factory=set)

    async def bookmark(self, source: str) -> str | None:
        return await asyncio.to_thread(self.history.bookmark, source)

    async def take(self, arrivals: Sequence[Arrival], _: Bookmark | None) -> int:
        """Plan arrivals in order and keep what they would leave behind."""
        known = await asyncio.to_thread(lambda: {a.key for a in arrivals if self.history.known(a.key)})
        fresh = list({a.key: a for a in arrivals if a.key not in known and a.key not in self.keys}.values())
        mails = await asyncio.gather(*(self.reader.read(arrival.original) for arrival in fresh))
        for arrival, mail in zip(fresh, mails, strict=True):
            self.keys.add(arrival.key)
            self._plan(arrival, mail)
        return len(fresh)

    def _plan(self, arrival: Arrival, mail: Mail) -> None:
        envelope = arrival.envelope
        assert envelope is not None, "a mail arrives in an envelope"
        pending = Pending(0, arrival.key, "mail", Raw(), arrival.at, envelope, quiet=True)
        looks = []
        standings: Mapping[str, Standing] = NO_STANDINGS
        if scopes := self.force.rulebook.asks(envelope, mail):
            asked = placing.standing_query(scopes, mail)
            standings = self.learned.standings(asked, self.history.standings(asked))
        for decision in self.force.rulebook.decide(envelope, mail, at=arrival.at, standings=standings):
            scope = scope_of(decision, self.force.setup)
            query = placing.query(scope, handed_in.taken(mail, scope, self.force.setup).mail, envelope)
            looks.append(Look(decision, self.learned.view(query, self.history.mail_view(query))))
        plan = plan_mail(pending, mail, tuple(looks), self.force.setup)
        self.learned.settle(plan)
        self._tell(plan)

    def _tell(self, plan: Plan) -> None:
        made = self.preview
        made.outcomes[plan.outcome] += 1
        made.begun.update(conversation.id for conversation in plan.conversations)
        for effect in plan.effects:
            match effect:
                case OpenRoom(room=room):
                    made.opened.setdefault(room.key, room)
                case Show(conversation=name):
                    made.talks.setdefault(name, self.learned.conversations[name])
                    made.mails[name] += 1


@dataclass(slots=True)
class _Learned:
    """What the journal would know of the mails so far, as far as planning mail asks for it."""

    contents: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    participants: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    correspondents: set[tuple[str, str]] = field(default_factory=set)
    rooms: set[str] = field(default_factory=set)

    def standings(self, query: StandingQuery, before: Mapping[str, Standing]) -> Mapping[str, Standing]:
        """What rules may ask, with what was learned since."""
        ids = (query.message_id, *query.ancestors)
        return {
            scope: Standing(
                "existing"
                if was.conversation == "new" and any((scope, i) in self.anchors for i in ids)
                else was.conversation,
                was.known or (scope, query.author) in self.correspondents,
            )
            for scope, was in before.items()
        }

    def view(self, query: MailQuery, before: MailView) -> MailView:
        """The journal's answer, with what was learned since."""
        if before.conversation is not None:
            self.conversations.setdefault(before.conversation.id, before.conversation)
        said = self.contents[query.scope, query.message_id or query.content]
        ids = [i for i in (query.message_id, *query.ancestors, *query.hints) if i]
        bound = [i for i in ids if (query.scope, i) in self.anchors]
        conversation, joined, hinted = before.conversation, before.joined, before.hinted
        if bound and (conversation is None or (joined and bound[0] == query.message_id)):
            conversation = self.conversations[self.anchors[query.scope, bound[0]]]
            hinted = bound[0] in query.hints
            joined = not hinted and bound[0] != query.message_id
        elif conversation is None and query.thread_key:
            conversation = self.conversations.get(query.thread_key)
        people = before.participants if conversation == before.conversation else frozenset()
        return replace(
            before,
            duplicate=before.duplicate or query.content in said,
            twin=before.twin or bool(said - {query.content}),
            conversation=conversation,
            joined=joined,
            hinted=hinted,
            apart=self._apart(query.own_thread_key) or before.apart,
            participants=people | self.participants[conversation.id] if conversation else frozenset(),
            bound=before.bound | frozenset(bound),
            open_rooms=before.open_rooms | self.rooms.intersection(query.rooms),
        )

    def _apart(self, key: str) -> Kin | None:
        found = self.conversations.get(key)
        return None if found is None else Kin(found, frozenset(self.participants[found.id]))

    def settle(self, plan: Plan) -> None:
        """Learn from a plan."""
        self.conversations.update((conversation.id, conversation) for conversation in plan.conversations)
        for filed in plan.letters:
            self.contents[filed.scope, filed.letter.message_id or filed.content].add(filed.content)
        for anchor in plan.anchors:
            self.anchors.setdefault((anchor.scope, anchor.message_id), anchor.conversation)
        for conversation, address in plan.participants:
            self.participants[conversation].add(address)
        self.correspondents.update(plan.correspondents)
        self.rooms.update(effect.room.key for effect in plan.effects if isinstance(effect, OpenRoom))
