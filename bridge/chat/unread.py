"""Marks events that could not be read, or ought to have been encrypted, and counts them for each room and sender.

Whoever sends them without end must not make the bot answer without end; who is told what is decided elsewhere. The
count is of this hour and this run, and bounded.
"""

import time
from collections import Counter
from typing import Any

HOUR = 3600
_MANY = 20_000


class Unread:
    """The counts."""

    def __init__(self) -> None:
        self._hour = 0
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def marked(self, event: dict[str, Any], mark: str) -> dict[str, Any]:
        """The event with the mark: how many such events its sender sent into its room within this hour."""
        hour, who = int(time.time() // HOUR), (mark, str(event.get("room_id")), str(event.get("sender")))
        if hour != self._hour or len(self._counts) > _MANY:
            self._hour = hour
            self._counts.clear()
        self._counts[who] += 1
        return {**event, mark: self._counts[who]}
