"""Which rules of a scope can hold for a mail at all, found by its addresses, domains and list instead of asking each.

It only leaves out rules whose conditions cannot hold; whether they hold, and in which order, `tree` and `book` say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge

from bridge.routing.address_conditions import held
from bridge.routing.tree import All, Case, Either, Field, Leaf, Needs, Node, Not

Numbers = tuple[int, ...]
"""Numbers of rules, ascending."""


@dataclass(frozen=True, slots=True)
class Postings:
    """For one field: the rules that some value needs. Rules with equal needs share one tuple, so that a thousand rules
    on one large group cost its addresses once."""

    exact: Mapping[str, tuple[Numbers, ...]]
    domains: Mapping[str, tuple[Numbers, ...]]


@dataclass(frozen=True, slots=True)
class Index:
    """`always`: the rules that nothing leaves out."""

    always: Numbers
    fields: tuple[tuple[Field, Postings], ...] = ()

    def candidates(self, case: Case) -> Iterable[int]:
        """The numbers of the rules to ask, ascending."""
        found: set[int] = set()
        for name, postings in self.fields:
            for folded in held(name, case).folded:
                for numbers in postings.exact.get(folded, ()):
                    found.update(numbers)
                for numbers in postings.domains.get(folded.rpartition("@")[2], ()):
                    found.update(numbers)
        if not found:
            return self.always
        return merge(self.always, sorted(found)) if self.always else sorted(found)


def index_of(conditions: Sequence[Node]) -> Index:
    """The index over rules, by the conditions of each in order."""
    always: list[int] = []
    rules: dict[Needs, list[int]] = {}
    for number, node in enumerate(conditions):
        needs = needed(node)
        if needs is None:
            always.append(number)
        for need in dict.fromkeys(needs or ()):
            rules.setdefault(need, []).append(number)
    made: dict[Field, tuple[dict[str, list[Numbers]], dict[str, list[Numbers]]]] = {}
    for need, numbers in rules.items():
        exact, domains = made.setdefault(need.field, ({}, {}))
        shared = tuple(numbers)
        for texts, table in ((need.exact, exact), (need.domains, domains)):
            for text in texts:
                table.setdefault(text, []).append(shared)
    fields = ((name, Postings(_tuples(exact), _tuples(domains))) for name, (exact, domains) in made.items())
    return Index(tuple(always), tuple(fields))


def needed(node: Node) -> tuple[Needs, ...] | None:
    """Needs of which at least one must be met for the node to hold; None when it can hold for any mail."""
    match node:
        case Leaf():
            return None if node.needs is None else (node.needs,)
        case All():
            choices = [needs for child in node.below if (needs := needed(child)) is not None]
            return min(choices, key=_breadth) if choices else None
        case Either():
            each = [needed(child) for child in node.below]
            some = [needs for needs in each if needs is not None]
            return tuple(need for needs in some for need in needs) if len(some) == len(each) else None
        case Not():
            return None


def _breadth(needs: tuple[Needs, ...]) -> int:
    """How much may meet them: a domain counts as many addresses."""
    return sum(len(need.exact) + 100 * len(need.domains) for need in needs)


def _tuples(table: Mapping[str, list[Numbers]]) -> dict[str, tuple[Numbers, ...]]:
    return {text: tuple(numbers) for text, numbers in table.items()}
