"""What conditions are compiled on: the names that rule files define, some settings, and where problems go.

It decides nothing, and no condition keeps it: a compiled leaf holds only what it compares with.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.routing.patterns import BadPattern
from bridge.routing.people import Directory
from bridge.yamldoc import Complain, Path

SPAM_HEADERS = ("X-Spam-Flag", "X-Spam-Status", "X-Spam")
"""The fields in which filters say Yes (SpamAssassin, rspamd and those that copy them)."""

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Ground:
    """`spam_headers`: the fields in which the filter before us says Yes."""

    complain: Complain
    people: Directory = field(default_factory=Directory)
    spam_headers: tuple[str, ...] = SPAM_HEADERS

    def read(self, path: Path, make: Callable[[], M]) -> M | None:
        """What `make` compiles of patterns; None, with a complaint, when a regex among them cannot be read."""
        try:
            return make()
        except BadPattern as error:
            self.complain(path, f"this regex cannot be read: {error}", "see the syntax of RE2")
            return None
