"""What conditions are compiled on: the names that rule files define, some settings, and where problems go.

It decides nothing, and no condition keeps it: a compiled leaf holds only what it compares with.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from bridge.core.mail import SPAM_HEADERS
from bridge.routing.patterns import BadPattern
from bridge.routing.people import Directory
from bridge.routing.windows import Clock
from bridge.yamldoc import Complain, Path

MOST_ADDRESSES = 1_000_000
"""Addresses in all conditions of one rulebook, those of groups counted each time they are named."""

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Ground:
    """`spam_headers`: the fields in which the filter before us says Yes. `authserv`: the lower-cased authserv-ids whose
    authentication results count; None: not known here. `kept`: what `once` made, by its key. `spent`: how much of what
    is bounded. `unread`: the names of groups in regexes that cannot be read, lest they are called unknown.
    """

    complain: Complain
    people: Directory = field(default_factory=Directory)
    clock: Clock = field(default_factory=Clock)
    spam_headers: tuple[str, ...] = SPAM_HEADERS
    authserv: frozenset[str] | None = None
    kept: dict[object, object] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=set)

    def read(self, path: Path, make: Callable[[], M]) -> M | None:
        """What `make` compiles of patterns; None, with a complaint, when a regex among them cannot be read."""
        try:
            return make()
        except BadPattern as error:
            self.complain(path, f"this regex cannot be read: {error}", error.cure)
            self.unread.update(error.names)
            return None

    def once(self, key: Hashable, make: Callable[[], M]) -> M:
        """What `make` makes, the same for an equal key: a hundred rules that name one large group share it."""
        if key not in self.kept:
            self.kept[key] = make()
        return cast(M, self.kept[key])

    def affords(self, path: Path, addresses: int) -> bool:
        """Whether a condition of so many more addresses is still bounded; else with a complaint."""
        self.spent["addresses"] += addresses
        if self.spent["addresses"] <= MOST_ADDRESSES:
            return True
        what = f"conditions come to more than {MOST_ADDRESSES:,} addresses"
        self.complain(path, what, "name large groups in fewer conditions")
        return False
