"""What two rulebooks say otherwise before any mail comes: who belongs into rooms that are there, what arrives at all.

Of conditions nothing is compared here: what they do, a mail shows.
"""

from collections.abc import Iterator, Sequence

from bridge.core.comparing import Comparer, Finding, told
from bridge.core.decision import Scope
from bridge.core.differences import Difference
from bridge.routing.book import CompiledRulebook, Ruled


def doors(before: CompiledRulebook, after: CompiledRulebook) -> Iterator[Finding]:
    """Addresses, accounts, inboxes and lists that come or go."""
    pairs = (
        ("addresses that are taken", before.recipients(), after.recipients()),
        ("accounts that are bridged", before.accounts, after.accounts),
        ("inboxes and lists", before.scopes, after.scopes),
    )
    for what, old, new in pairs:
        gained, lost = tuple(sorted(set(new) - set(old))), tuple(sorted(set(old) - set(new)))
        if gained or lost:
            yield Finding("address", what, gained=gained, lost=lost)


def options(before: CompiledRulebook, after: CompiledRulebook) -> Iterator[tuple[str, Finding]]:
    """What inboxes, lists and their rules say otherwise: the rule's name (empty for all of it), and what changes."""
    comparer = Comparer()
    for name, old, new in _pairs(before, after):
        private = old.base.private or new.base.private
        for difference in comparer.scopes(old.base, new.base):
            yield "", told(name, difference, private=private)
        if old.action != new.action:
            yield "", told(name, Difference("action", "action", old.action, new.action), private=private)
        here, there = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
        for rule in dict.fromkeys((*here, *there)):
            one, other = here.get(rule), there.get(rule)
            if one is None or other is None:
                words = ("there", "") if other is None else ("", "there")
                yield rule, Finding("rule", "rule", name, *words, private=private)
                continue
            for difference in comparer.scopes(one.scope, other.scope):
                yield rule, told(name, difference, private=private)
            if one.action != other.action:
                yield rule, told(name, Difference("action", "action", one.action, other.action), private=private)


def rooms(
    opened: Sequence[tuple[str, str, str]], before: CompiledRulebook, after: CompiledRulebook
) -> Iterator[tuple[str, Finding]]:
    """Who gains or loses sight of rooms that are open (key, scope, rule), and the right to answer there: by room key.

    It follows what a reload does: a room whose inbox is gone keeps its people, and nobody may answer from it.
    """
    for key, name, rule in opened:
        old, new = before.scope(name, rule), after.scope(name, rule)
        if old is None or old == new:
            continue
        private = old.private or (new is not None and new.private)
        if new is not None and old.room.members != new.room.members:
            gained, lost = _both(old.room.members, new.room.members)
            yield key, Finding("sight", "members of open rooms", name, gained=gained, lost=lost, private=private)
        gained, lost = _both(_senders(old), _senders(new))
        if gained or lost:
            yield (
                key,
                Finding("answers", "who may answer in open rooms", name, gained=gained, lost=lost, private=private),
            )


def _pairs(before: CompiledRulebook, after: CompiledRulebook) -> Iterator[tuple[str, Ruled, Ruled]]:
    for name, ruled in before.scopes.items():
        if name in after.scopes:
            yield name, ruled, after.scopes[name]
    yield "unmatched", before.unmatched, after.unmatched


def _both(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(sorted(set(new) - set(old))), tuple(sorted(set(old) - set(new)))


def _senders(scope: Scope | None) -> tuple[str, ...]:
    return tuple(user for user, _ in scope.sending.identities) if scope and scope.sending else ()
