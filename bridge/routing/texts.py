"""The texts of a mail that a condition looks at, taken out once for all rules.

A stranger may write thousands of addresses into a mail, and an admin thousands of rules: most rules must be done with
all texts in one look. It holds texts and knows nothing of patterns.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

LONGEST = 10_000
"""Characters of a value that are looked at: a header of megabytes must not cost a thousand rules their time each."""

_FEW = 8
"""Texts up to which to look at each is as quick."""


@dataclass(frozen=True)
class Texts:
    """`pairs`: each text, cut to `LONGEST`, and the same case-folded."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, values: Iterable[str]) -> "Texts":
        """Texts as a mail holds them."""
        return cls(tuple((seen := value[:LONGEST], seen.casefold()) for value in values))

    @cached_property
    def many(self) -> bool:
        """Whether to look at all of them together first. Texts of several lines cannot be laid beneath each other."""
        return len(self.pairs) > _FEW and not any("\n" in seen or "\n" in folded for seen, folded in self.pairs)

    @cached_property
    def folded(self) -> frozenset[str]:
        """All of them case-folded."""
        return frozenset(folded for _, folded in self.pairs)

    @cached_property
    def domains(self) -> frozenset[str]:
        """What stands behind the last @ of each, case-folded."""
        return frozenset(folded.rpartition("@")[2] for folded in self.folded)

    @cached_property
    def lines(self) -> str:
        """All of them case-folded, each between two line ends."""
        return "\n".join(("", *(folded for _, folded in self.pairs), ""))

    @cached_property
    def folded_octets(self) -> bytes:
        """As `lines`, without the outermost line ends."""
        return self.lines[1:-1].encode("utf-8", "replace")

    @cached_property
    def octets(self) -> bytes:
        """The texts themselves, a line each."""
        return "\n".join(seen for seen, _ in self.pairs).encode("utf-8", "replace")
