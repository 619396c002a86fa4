"""The rulebook in force, and the planner's surroundings that follow from it.

One holder is shared by the turns; a reload swaps both values in one step, so that no turn sees half of a change.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.core.decision import Scope
from bridge.core.ports import Rulebook
from bridge.core.setup import Setup


@dataclass(frozen=True, slots=True)
class InForce:
    """One rulebook with its setup."""

    rulebook: Rulebook
    setup: Setup


class Rules:
    """The rulebook in force. `setup_for` makes the setup of a rulebook."""

    def __init__(self, rulebook: Rulebook, setup_for: Callable[[Rulebook], Setup]) -> None:
        self._setup_for = setup_for
        self._now = InForce(rulebook, setup_for(rulebook))

    @property
    def now(self) -> InForce:
        """What holds at this moment: take it once a turn."""
        return self._now

    def swap(self, rulebook: Rulebook) -> bool:
        """Put a new rulebook in force. False when it says the same as the old one."""
        if rulebook.digest == self._now.rulebook.digest:
            return False
        self._now = InForce(rulebook, self._setup_for(rulebook))
        return True

    def scope(self, name: str, rule: str = "") -> Scope | None:
        """The options in force now; None when nobody may send there any more."""
        return self._now.rulebook.scope(name, rule)
