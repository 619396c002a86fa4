"""What a rule asks, as a small tree: evaluated when a mail is decided, walked when a decision is explained.

A leaf's words are the admin's own, never text of the mail: they stand in logs, and private inboxes have rules too.
What a regex captured is text of the mail: it goes into templates of the mail's own room, and into no trace.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from bridge.core.decision import Standing
from bridge.core.mail import Envelope, Mail
from bridge.routing.texts import Texts
from bridge.yamldoc import Path

Field = Literal["from", "to", "cc", "to-or-cc", "recipient", "sender", "list"]
"""A condition over which an index can be built."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is asked about: a mail in one scope. `at`: when it came, in seconds since the epoch.

    `taken`: texts of the mail that were taken out for another scope already.
    """

    envelope: Envelope
    mail: Mail
    at: float
    standing: Standing = Standing()
    taken: dict[str, Texts] = field(default_factory=dict, repr=False, compare=False)

    def texts(self, name: str, values: Callable[["Case"], Iterable[str]]) -> Texts:
        """What `values` takes out of this case; once, for all who ask by that name."""
        found = self.taken.get(name)
        if found is None:
            found = self.taken[name] = Texts.of(values(self))
        return found


@dataclass(frozen=True, slots=True)
class Hit:
    """Why a condition holds, in the admin's words, and what the named groups of its regex captured."""

    words: str
    captures: tuple[tuple[str, str], ...] = ()


Test = Callable[[Case], Hit | None]
"""None when the condition does not hold."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a mail must have for a leaf to hold, all of it: a value of `field` (`address_conditions.INDEXED`) that, case
    folded, is one of `exact`, or whose part after the last @ is one of `domains`. An index can leave out other rules.
    """

    field: Field
    exact: frozenset[str]
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. `label`: its key as written ("header X-Priority"); `patterns`: the admin's words for what is
    wanted. `asks`: it reads `case.standing`. `needs`: None when the leaf can hold for a mail with any value. `groups`:
    the names that its regexes capture.
    """

    label: str
    patterns: str
    path: Path
    test: Test
    asks: bool = False
    needs: Needs | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    """Every one of `below` holds; none at all: it always holds."""

    below: tuple["Node", ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of `below` holds; the first that does says why."""

    below: tuple["Node", ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Not:
    """`below` does not hold."""

    below: "Node"
    path: Path


Node = Leaf | All | Either | Not


@dataclass(frozen=True, slots=True)
class Result:
    """A node as it turned out for one case, with everything below it, asked or not."""

    node: Node
    hit: Hit | None
    below: tuple["Result", ...] = ()


ALWAYS = Hit("always")


def meet(node: Node, case: Case) -> Hit | None:
    """Why the conditions hold, or None. Asks in the order written, and no further than it must."""
    match node:
        case Leaf():
            return node.test(case)
        case All():
            hits: list[Hit] = []
            for child in node.below:
                hit = meet(child, case)
                if hit is None:
                    return None
                hits.append(hit)
            return _together(hits)
        case Either():
            return next((hit for child in node.below if (hit := meet(child, case)) is not None), None)
        case Not():
            return Hit(words(node)) if meet(node.below, case) is None else None


def explain(node: Node, case: Case) -> Result:
    """Every node's own result, in the order written. The root's hit is that of `meet`."""
    match node:
        case Leaf():
            return Result(node, node.test(case))
        case All():
            below = tuple(explain(child, case) for child in node.below)
            hits = [result.hit for result in below if result.hit is not None]
            return Result(node, _together(hits) if len(hits) == len(below) else None, below)
        case Either():
            below = tuple(explain(child, case) for child in node.below)
            return Result(node, next((result.hit for result in below if result.hit is not None), None), below)
        case Not():
            inner = explain(node.below, case)
            return Result(node, Hit(words(node)) if inner.hit is None else None, (inner,))


def words(node: Node) -> str:
    """What the node asks for, in the admin's words."""
    match node:
        case Leaf():
            return f"{node.label} is {node.patterns}"
        case All():
            return " and ".join(words(child) for child in node.below) or ALWAYS.words
        case Either():
            return f"({' or '.join(words(child) for child in node.below)})"
        case Not():
            return f"not ({words(node.below)})"


def leaves(node: Node) -> Iterator[Leaf]:
    """Every condition of the tree, in the order written."""
    match node:
        case Leaf():
            yield node
        case All() | Either():
            for child in node.below:
                yield from leaves(child)
        case Not():
            yield from leaves(node.below)


def _together(hits: list[Hit]) -> Hit:
    """All of them as one. A name that several regexes capture keeps the first one's text."""
    if len(hits) == 1:
        return hits[0]
    if not hits:
        return ALWAYS
    captures: dict[str, str] = {}
    for hit in hits:
        for name, text in hit.captures:
            captures.setdefault(name, text)
    return Hit(" and ".join(hit.words for hit in hits), tuple(captures.items()))
