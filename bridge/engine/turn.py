"""One planning turn: look at an arrival, ask the rules and the journal, make the plan.

It reads and decides; settling is the planner's business, so that order is kept there. Nothing here acts on the world.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.core import events, handed_in, placing, sender
from bridge.core.decision import EVERY_STANDING, NO_STANDINGS, Decision, Standing
from bridge.core.effects import ADMIN_ROOM, Tell
from bridge.core.errors import Conflict, Transient
from bridge.core.ids import derive
from bridge.core.mail import Mail
from bridge.core.plan import MailQuery, MailView, Pending, Plan
from bridge.core.ports import Chat, Journal, Rulebook
from bridge.core.post import Member, Post, Replaced, Said
from bridge.core.setup import Setup
from bridge.core.showing import Look, plan_mail, scope_of
from bridge.core.subjects import base_subject
from bridge.engine.ahead import Ahead
from bridge.engine.aside import aside, is_large
from bridge.engine.rules import Rules

SENDING = 2.0
"""Seconds until a delivery report is looked at again whose answer is just being sent."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an arrival turned out to be. `touches`: names that tie it to others; two arrivals that share one must be
    planned one after the other. `decided`: what a rulebook said of it that need not ask the journal, and which."""

    pending: Pending
    mail: Mail | None
    post: Post | None
    touches: frozenset[str]
    decided: tuple[Rulebook, Sequence[Decision]] | None = None


class Turn:
    """Reads and plans arrivals."""

    def __init__(self, journal: Journal, chat: Chat, ahead: Ahead, rules: Rules) -> None:
        self._journal = journal
        self._chat = chat
        self._ahead = ahead
        self._rules = rules

    async def see(self, pending: Pending) -> Seen:
        """Read it, in a worker when it is a mail."""
        if pending.kind == "event":
            post = self._chat.read(pending.raw.data)
            touches = {f"room:{_room(post)}"} if post else set()
            if isinstance(post, Said) and self._rules.now.rulebook.rated:
                touches.add("rate")  # two rooms at the same moment: the second must count the answer of the first
            return Seen(pending, None, post, frozenset(touches))
        mail = placing.apart(pending, await self._ahead.read(pending))
        subject = f"subject:{base_subject(mail.subject).casefold()}"
        touches = {mail.message_id or mail.content, subject, *placing.ancestors(mail)}
        book = self._rules.now.rulebook
        scopes = book.asks(pending.envelope, mail) if pending.envelope else ()
        if scopes and mail.author:
            touches.add(f"author:{mail.author.key}")  # whoever wrote twice at once is known at the second
        decisions = await aside(mail, self._expected, book, pending, mail, scopes)
        for decision in decisions:
            if decision.action in ("quarantine", "reject") and not pending.released:
                touches.add("quarantine")  # the notice counts what is held: each must see the one before
            if len(decision.scope.assign) > 1:
                touches.add(f"turn:{decision.scope.name}:{decision.scope.rule}")  # strictly one after the other
        return Seen(pending, mail, None, frozenset(touches), None if scopes else (book, decisions))

    def _expected(self, book: Rulebook, pending: Pending, mail: Mail, scopes: Sequence[str]) -> list[Decision]:
        """What may be decided: what rules ask the journal is known only when it is planned."""
        envelope = pending.envelope
        if envelope is None:
            return []
        guesses = EVERY_STANDING if scopes else (Standing(),)
        standings = (dict.fromkeys(scopes, guess) for guess in guesses)
        return [each for known in standings for each in book.decide(envelope, mail, at=pending.at, standings=known)]

    async def plan(self, seen: Seen) -> Plan:
        """Decide, on the journal as it is now."""
        if seen.mail is not None:
            return await self._plan_mail(seen.pending, seen.mail, seen.decided)
        return await self._plan_post(seen.pending, seen.post)

    def is_plain(self, seen: Seen) -> bool:
        """Whether it may be planned with others: a mail that is not large, decided already, by the rules in force."""
        if seen.mail is None or seen.decided is None or seen.pending.envelope is None:
            return False
        return seen.decided[0] is self._rules.now.rulebook and not is_large(seen.mail)

    async def settle_plain(self, several: Sequence[Seen]) -> Sequence[Plan]:
        """Plan and settle plain arrivals that share no name: what `plan` makes of each, in one transaction.

        The journal is asked before this first waits, so that order is the caller's. Raises what `plan` and `settle`
        raise, whichever of them it is about, and Conflict when one of them is no longer plain.
        """
        setup = self._rules.now.setup
        those: list[tuple[Pending, Mail, Sequence[Decision]]] = []
        for seen in several:
            if seen.mail is None or seen.decided is None or not self.is_plain(seen):
                raise Conflict("the rules were changed since it was read")
            those.append((seen.pending, seen.mail, seen.decided[1]))

        def decide(found: Sequence[MailView]) -> Sequence[Plan]:
            views = iter(found)
            looks = [tuple(_looked(each, next(views)) for each in decisions) for _, _, decisions in those]
            return [
                plan_mail(pending, mail, look, setup) for (pending, mail, _), look in zip(those, looks, strict=True)
            ]

        asked = {
            pending.key: [_query(each, pending, mail, setup) for each in decisions]
            for pending, mail, decisions in those
        }
        return await self._journal.settle_on_view(asked, decide)

    async def _plan_mail(
        self, pending: Pending, mail: Mail, decided: tuple[Rulebook, Sequence[Decision]] | None
    ) -> Plan:
        assert pending.envelope is not None, "a mail arrives in an envelope"
        force = self._rules.now
        if decided is not None and decided[0] is force.rulebook:
            decisions = decided[1]
        else:  # it asks the journal, or the rules were changed since
            scopes = force.rulebook.asks(pending.envelope, mail)
            standings = await self._journal.standings(placing.standing_query(scopes, mail)) if scopes else NO_STANDINGS
            decide = force.rulebook.decide
            decisions = await aside(mail, decide, pending.envelope, mail, at=pending.at, standings=standings)
        looks = [await self._look(decision, pending, mail, force.setup) for decision in decisions]
        return await aside(mail, plan_mail, pending, mail, tuple(looks), force.setup)

    async def _look(self, decision: Decision, pending: Pending, mail: Mail, setup: Setup) -> Look:
        return _looked(decision, await self._journal.mail_view(_query(decision, pending, mail, setup)))

    async def _plan_post(self, pending: Pending, post: Post | None) -> Plan:
        force = self._rules.now
        if post is None:
            return Plan(arrival=pending.key, outcome="ignored", words="an event that means nothing here")
        view = await self._journal.event_view(events.query(post))
        if view.room and _removes(post, force.setup.bot):
            await self._journal.lose_room(_room(post), "the bot is not in the room")
        letter = view.replied.letter if view.replied else None
        # Two inboxes may share a room: what holds is the right to send of the one whose mail is answered.
        talk = view.line or view.conversation
        name, rule = (talk.scope, talk.rule) if talk else (view.scope, view.rule)
        if answered := letter or view.last:
            rule = answered.rule
        scope = force.rulebook.scope(name, rule) if name else None
        if scope is not None and scope.sending is not None and scope.sending.rate and isinstance(post, Said):
            rate = scope.sending.rate
            earlier = await self._journal.answered_at(scope.name, rate.mails)
            view = replace(view, full_until=earlier + rate.per if earlier is not None else 0.0)
        return events.plan_event(pending, post, view, scope, force.setup)


def _query(decision: Decision, pending: Pending, mail: Mail, setup: Setup) -> MailQuery:
    scope = scope_of(decision, setup, released=pending.released)
    handed = handed_in.taken(mail, scope, setup)
    envelope = pending.envelope if handed.by is None else None
    query = placing.query(scope, handed.mail, envelope, forged=sender.forged(handed.mail, setup))
    return replace(query, held=True) if decision.action in ("quarantine", "reject") else query


def _looked(decision: Decision, view: MailView) -> Look:
    if view.answer is not None and view.answer.begun:  # its mark is yet to say that it was sent
        raise Transient("a report came before the mail server had taken the answer", retry_after=SENDING)
    return Look(decision, view)


def _room(post: Post) -> str:
    return post.said.room if hasattr(post, "said") else post.room


def _removes(post: Post, bot: str) -> bool:
    """Whether the bot can no longer speak there: removed, or the room was replaced."""
    match post:
        case Replaced():
            return True
        case Member(membership="leave" | "ban"):
            return post.user == bot
        case _:
            return False


def quarantined(pending: Pending, words: str) -> Plan:
    """The plan for an arrival that could not be planned: it is kept, and the admin room knows of it (I1)."""
    text = f"A {pending.kind} could not be handled and is kept: {words}. `mailroom queue show {pending.key}`."
    notice = Tell(derive("stumbled", pending.key), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text)
    return Plan(arrival=pending.key, outcome="quarantined", words=words, effects=(notice,))
