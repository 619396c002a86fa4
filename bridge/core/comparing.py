"""What becomes of one mail under two rulebooks: what moves, who gains or loses sight of it, which answers would change.

Pure, and made to be counted: a finding is the same value for every mail that it happens to, and tells nothing of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from bridge.core import placing
from bridge.core.addresses import Address
from bridge.core.decision import Decision, Scope
from bridge.core.differences import Difference, Topic, differences
from bridge.core.mail import Letter, Mail
from bridge.core.recipients import audience, forbidden
from bridge.core.setup import Setup


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that changes. `scope`: the inbox or list ("inbox:support"), or empty where it concerns several.

    `gained` and `lost`: user ids (of copies by mail: addresses) who see it now, or no longer; for the topic "answers":
    who may answer. `private`: the mail is in a private inbox on either side.
    """

    topic: Topic
    what: str
    scope: str = ""
    before: str = ""
    after: str = ""
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One mail's decisions under a rulebook, with the surroundings that belong to it."""

    decisions: Sequence[Decision]
    setup: Setup


@dataclass(slots=True)
class Comparer:
    """Compares; it remembers how pairs of scopes differ, since the same few come again and again."""

    _scopes: dict[tuple[int, int], tuple[Scope, Scope, tuple[Difference, ...]]] = field(default_factory=dict)

    def findings(self, mail: Mail, before: Side, after: Side) -> tuple[Finding, ...]:
        """All that changes for a mail; none exactly when it is decided, seen and answered as before."""
        found: list[Finding] = []
        private = any(decision.scope.private for decision in (*before.decisions, *after.decisions))
        for name, here, there in self._pairs(before, after):
            if here is None or there is None:
                words = ("arrives here", "") if there is None else ("", "arrives here")
                found.append(Finding("address", "mail", name, *words, private=private))
            else:
                found += (told(name, one, private=private) for one in self._decisions(here, there))
                found += _moved(name, here, there, before.setup, after.setup, private=private)
        found += _sight(before, after, private=private)
        if found or before.setup.own != after.setup.own:
            found += _answers(mail, before, after, private=private)
        return tuple(dict.fromkeys(found))

    def scopes(self, before: Scope, after: Scope) -> tuple[Difference, ...]:
        """How two scopes differ."""
        key = (id(before), id(after))
        known = self._scopes.get(key)
        if known is None or known[0] is not before or known[1] is not after:
            if len(self._scopes) >= _REMEMBERED:
                self._scopes.clear()
            known = self._scopes[key] = (before, after, differences(before, after))
        return known[2]

    def _pairs(self, before: Side, after: Side) -> Iterator[tuple[str, Decision | None, Decision | None]]:
        """Decisions of one scope on both sides; those that say otherwise, or stand alone.

        Several of one mail may be of the scope `unmatched`, where rules of two inboxes send it to triage; those that
        say the same are one.
        """
        names = dict.fromkeys(decision.scope.name for decision in (*before.decisions, *after.decisions))
        for name in names:
            old = self._once(decision for decision in before.decisions if decision.scope.name == name)
            new = self._once(decision for decision in after.decisions if decision.scope.name == name)
            if len(old) == len(new) == 1:
                yield name, old[0], new[0]
                continue
            for one in list(old):
                if (same := next((each for each in new if not self._decisions(one, each)), None)) is not None:
                    old.remove(one)
                    new.remove(same)
            yield from ((name, here, there) for here, there in zip_longest(old, new))

    def _once(self, decisions: Iterable[Decision]) -> list[Decision]:
        found: list[Decision] = []
        for decision in decisions:
            if all(self._decisions(one, decision) for one in found):
                found.append(decision)
        return found

    def _decisions(self, before: Decision, after: Decision) -> tuple[Difference, ...]:
        found = self.scopes(before.scope, after.scope)
        if before.action == after.action and before.captures == after.captures and before.withheld == after.withheld:
            return found
        whole = differences(before, after)
        return tuple(dict.fromkeys((*whole, *found)))


_REMEMBERED = 2_000
"""Pairs of scopes that are remembered."""


def told(scope: str, difference: Difference, *, private: bool) -> Finding:
    """A difference of that scope."""
    one = difference
    return Finding(one.topic, one.what, scope, one.before, one.after, private=private)


def shown_in(decision: Decision, setup: Setup) -> Scope | None:
    """The scope in whose room the mail appears; None when in none."""
    match decision.action:
        case "bridge":
            return decision.scope
        case "triage":
            return decision.scope if decision.scope.private else setup.triage
        case "drop" | "quarantine" | "reject" | "forward":
            return None


def room_words(scope: Scope | None) -> str:
    """Where a scope's mail appears."""
    if scope is None:
        return "no room"
    return scope.room.target or f"a room for each {scope.room.per} of {scope.name}"


def _moved(
    name: str, before: Decision, after: Decision, old: Setup, new: Setup, *, private: bool
) -> tuple[Finding, ...]:
    here, there = room_words(shown_in(before, old)), room_words(shown_in(after, new))
    return (Finding("room", "moves", name, here, there, private=private),) if here != there else ()


def _eyes(side: Side) -> tuple[frozenset[str], frozenset[str]]:
    """Who sees the mail, in whatever room, or by mail at once; and who sees its line in a lobby and may take it.

    Whoever may be given it by the rules sees it.
    """
    eyes: set[str] = set()
    takers: set[str] = set()
    for decision in side.decisions:
        shown = shown_in(decision, side.setup)
        if shown is not None and shown.room.lobby is not None and shown.room.lobby.on_take:
            takers.update(shown.room.members)
            eyes.update(user for user, _ in shown.assign if user in shown.room.members)
        elif shown is not None:
            eyes.update(shown.room.members)
        if decision.action in ("bridge", "triage", "forward"):
            eyes.update(copy.address.spec for copy in decision.scope.copies if copy.address)
    return frozenset(eyes), frozenset(takers)


def _sight(before: Side, after: Side, *, private: bool) -> Iterator[Finding]:
    scopes = {decision.scope.name for decision in (*before.decisions, *after.decisions)}
    scope = next(iter(scopes)) if len(scopes) == 1 else ""
    kinds = ("who sees the mail", "who sees its line in a lobby and may take it")
    for what, old, new in zip(kinds, _eyes(before), _eyes(after), strict=True):
        if old != new:
            gained, lost = tuple(sorted(new - old)), tuple(sorted(old - new))
            yield Finding("sight", what, scope, gained=gained, lost=lost, private=private)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer of one person to this mail would be: From, to whom, and whether the rules refuse a recipient."""

    identity: Address
    recipients: frozenset[str]
    refused: bool


def answers(mail: Mail, side: Side) -> dict[tuple[str, str], Answer]:
    """For each scope and person who may answer there: the answer, as if the mail began its conversation."""
    letter = _letter(mail)
    participants = frozenset(a.key for a in placing.newcomers(mail, side.setup.own, new=True))
    found: dict[tuple[str, str], Answer] = {}
    for decision in side.decisions:
        shown = shown_in(decision, side.setup)
        if shown is None or shown.sending is None:
            continue
        for user, identity in shown.sending.identities:
            people = audience(letter, shown.sending, identity, participants, side.setup).everyone
            refused = bool(forbidden(shown.sending.domains, people))
            found[decision.scope.name, user] = Answer(identity, frozenset(a.spec for a in people), refused)
    return found


def _letter(mail: Mail) -> Letter:
    return Letter(
        key="",
        conversation="",
        message_id=mail.message_id,
        references=(),
        from_=mail.from_,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        subject="",
        date=0.0,
        text="",
        list_post=placing.trusted_post(mail),
        kind=mail.kind,
    )


def _answers(mail: Mail, before: Side, after: Side, *, private: bool) -> list[Finding]:
    old, new = answers(mail, before), answers(mail, after)
    found: list[Finding] = []
    for scope in _scopes(old, new):
        gained = tuple(user for name, user in new if name == scope and (scope, user) not in old)
        lost = tuple(user for name, user in old if name == scope and (scope, user) not in new)
        if gained or lost:
            found.append(Finding("answers", "who may answer", scope, gained=gained, lost=lost, private=private))
        both = [(old[key], new[key]) for key in old if key[0] == scope and key in new]
        for here, there in both:
            if here.identity != there.identity:
                words = (here.identity.shown, there.identity.shown)
                found.append(Finding("answers", "answers leave as", scope, *words, private=private))
        if any(here.recipients != there.recipients for here, there in both):
            found.append(Finding("answers", "an answer would have other recipients", scope, private=private))
        if (was := any(a.refused for a, _ in both)) != (now := any(a.refused for _, a in both)):
            words = ("refused" if was else "sent", "refused" if now else "sent")
            found.append(Finding("answers", "an answer to this mail is", scope, *words, private=private))
    return found


def _scopes(*found: Iterable[tuple[str, str]]) -> list[str]:
    return list(dict.fromkeys(scope for each in found for scope, _ in each))
