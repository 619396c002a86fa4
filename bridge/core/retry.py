"""When to try again: pure arithmetic on attempts. Jitter comes from the key, so that it is the same each time."""

from dataclasses import dataclass

from bridge.core.ids import derive

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """Delays in seconds after the 1st, 2nd, … failure; the last repeats until `give_up` seconds after the first try.

    `warn_after`: from this attempt on, the author is told (RFC 5321 section 4.5.4.1: two tries in the first hour, give
    up after 4-5 days, all settable). `jitter`: fraction by which a delay may be longer.
    """

    delays: tuple[float, ...]
    give_up: float
    warn_after: int = 0
    jitter: float = 0.1

    def next(self, key: str, attempts: int, first_at: float, now: float) -> float | None:
        """The moment of the next try after `attempts` failures, or None: give up."""
        delay = self.delays[min(attempts, len(self.delays)) - 1] if attempts else 0.0
        share = int(derive(key, str(attempts))[:8], 16) / 0xFFFFFFFF
        moment = now + delay * (1 + self.jitter * share)
        return None if moment - first_at > self.give_up else moment


MAIL = Schedule((60, 300, 900, 3600, 7200, 14_400), give_up=5 * DAY, warn_after=5)
"""For submission."""

CHAT = Schedule((1, 2, 5, 15, 60, 300), give_up=7 * DAY)
"""For the homeserver: a room must not wait long once it is back."""

FAULT = Schedule((1, 5, 30, 300), give_up=3600)
"""For chat when the fault is ours: its lane must not stand for a week before a person hears of it."""

PLANNING = Schedule((1, 5, 30), give_up=60)
"""For planning turns that failed by a fault of ours: then quarantine."""
