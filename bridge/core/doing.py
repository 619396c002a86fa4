"""An effect while it is being done: as it was claimed, and what came of it. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.effects import Effect, Receipt


@dataclass(frozen=True, slots=True)
class Task:
    """An effect claimed for doing: the head of its lane.

    `attempts` counts this one too; `first_at`: when it was first tried; `due`: when it was to be done. `progress`:
    what earlier attempts already achieved.
    """

    effect: Effect
    attempts: int
    first_at: float
    progress: Receipt = Receipt()


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """An effect, by its key, that is done: what its peer gave for it, and the effects that follow.

    `effect`: the effect as it was claimed; None: the journal looks it up.
    """

    key: str
    receipt: Receipt
    then: Sequence[Effect] = ()
    effect: Effect | None = None
