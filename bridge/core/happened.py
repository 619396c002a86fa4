"""What happened, for who counts it, and how much the journal holds, as numbers.

It is told after the commit, never before: a number must not claim what did not happen (I9). Who is told keeps no text
of a mail and no address; names of accounts and scopes are the most that may be shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bridge.core.effects import Effect, Receipt
from bridge.core.plan import Pending, Plan
from bridge.core.ports import Health


@dataclass(frozen=True, slots=True)
class Accepted:
    """These arrivals were new, and are kept."""

    new: Sequence[Pending]


@dataclass(frozen=True, slots=True)
class Settled:
    """A plan was settled."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Done:
    """An effect was done."""

    effect: Effect
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class PutOff:
    """An effect could not be done now."""

    effect: Effect


@dataclass(frozen=True, slots=True)
class Buried:
    """An effect was given up."""

    effect: Effect


@dataclass(frozen=True, slots=True)
class InForce:
    """A rulebook is in force."""

    digest: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A worker did not survive a mail: it took too long, or died."""

    why: Literal["late", "died"]


@dataclass(frozen=True, slots=True)
class BacksOff:
    """A mailbox account is tried again in so many seconds; 0: it is connected."""

    account: str
    seconds: float


Happened = Accepted | Settled | Done | PutOff | Buried | InForce | Unread | BacksOff | Health

Observe = Callable[[Happened], None]
"""Is told; never waits and never raises."""


def unobserved(_: Happened) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much the journal holds at one moment.

    `arrivals`: by state (new, quarantined). `lanes`: by state (ready, claimed, blocked). `effects`: by state (waiting,
    held, buried). `oldest`: since when the lane that waits longest has been waiting, seconds since the epoch; None when
    nothing is due. What waits for its own time (a hold, a digest) is not due.
    """

    arrivals: Mapping[str, int] = field(default_factory=dict)
    lanes: Mapping[str, int] = field(default_factory=dict)
    effects: Mapping[str, int] = field(default_factory=dict)
    lost_rooms: int = 0
    oldest: float | None = None
