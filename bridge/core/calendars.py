"""A calendar's message, read: what is planned, when, where, by whom, and what the message asks.

Values only. Times are kept as written with their zone; whoever shows them puts them into the room's.
"""

from dataclasses import dataclass
from typing import Literal

Method = Literal["invite", "update", "cancel", "reply", "counter", "publish"]


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT (RFC 5545 section 3.6.1).

    `start`, `end`: ISO 8601 with an offset, without one when the event floats, a bare date when it lasts whole days
    (`end` is then the day after the last); empty when unknown. `zone`: the IANA zone of `start` or empty.
    `recurrence`: when it repeats, in plain English words, or empty; `rule`: the same as written (RRULE, section
    3.3.10). `occurrence`: which date of several it is about, written like `start`, or empty. `organizer`, `attendees`:
    addr-spec or name; `answer`: PARTSTAT of a reply, lower-cased.
    """

    title: str
    start: str = ""
    end: str = ""
    zone: str = ""
    place: str = ""
    organizer: str = ""
    attendees: tuple[str, ...] = ()
    recurrence: str = ""
    description: str = ""
    uid: str = ""
    sequence: int = 0
    answer: str = ""
    rule: str = ""
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a text/calendar part says (RFC 5546). `part`: its index among the parts."""

    method: Method
    events: tuple[Event, ...]
    part: int = -1
