"""Windows of time: hours, days and holidays on the clock of some zone. Pure: the moment is the mail's own.

The clock is the one on the wall: in the night in which it is put back, an hour that comes twice counts twice. A window
over midnight belongs to the day on which it begins.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from bridge.routing.tree import All, Case, Hit, Leaf, Node
from bridge.routing.when_doc import WindowDoc
from bridge.yamldoc import Complain, Path, closest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?\s*-\s*([0-9]{1,2})(?::([0-9]{2}))?\Z")
_DAY = timedelta(days=1)
_LATEST = 253_370_764_800.0
"""The year 9999: no clock says more."""


def _local(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(min(max(at, 0.0), _LATEST), zone)


@dataclass(frozen=True, slots=True)
class Window:
    """All that is said must hold. `hours`: minutes of the day, from (counted) to (not counted); a span that ends before
    it begins goes over midnight; none: the whole day. `days`: 0 is Monday. `holidays`: only on them, never, or None.
    `closed`: the holidays, as 2027-03-31, or 12-25 for every year.
    """

    hours: tuple[tuple[int, int], ...]
    days: frozenset[int]
    holidays: bool | None
    zone: tzinfo
    closed: frozenset[str]
    words: str

    def holds(self, at: float) -> bool:
        """Whether the moment `at` (seconds since the epoch) is in the window."""
        local = _local(at, self.zone)
        today, minute = local.date(), local.hour * 60 + local.minute
        if not self.hours:
            return self._on(today)
        for start, end in self.hours:
            if start < end:
                if start <= minute < end and self._on(today):
                    return True
            elif (minute >= start and self._on(today)) or (minute < end and self._on(today - _DAY)):
                return True
        return False

    def _on(self, day: date) -> bool:
        said = day.isoformat()
        return day.weekday() in self.days and self.holidays in (None, bool({said, said[5:]} & self.closed))


@dataclass(frozen=True, slots=True)
class Clock:
    """The zone and the holidays of the rule files, and their windows by name."""

    zone: tzinfo = UTC
    holidays: frozenset[str] = frozenset()
    named: Mapping[str, tuple[Window, ...]] | None = None


def day(at: float, base: Clock) -> date:
    """The date at a moment (seconds since the epoch), in the zone of the top level."""
    return _local(at, base.zone).date()


def until(last: date, path: Path, base: Clock, conditions: Node) -> Node:
    """`conditions` that hold no longer than the day `last`."""
    said = last.isoformat()
    hit = Hit(f"expires is {said}")
    leaf = Leaf("expires", said, path, lambda case: hit if day(case.at, base) <= last else None)
    return All((leaf, *(conditions.below if isinstance(conditions, All) else (conditions,))), path[:-1])


def zone_of(name: str, path: Path, complain: Complain) -> tzinfo | None:
    """A time zone by its IANA name; None, with a complaint, when there is none such."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a directory of zones an OSError
        cure = _near(name) or "write one of the IANA database, a large city of the country: Europe/Berlin"
        complain(path, f"{name!r} is no time zone", cure)
        return None


def _near(name: str) -> str:
    """The zone that was misspelt, by its last part: Europe/Luxembourg is not what Europe/Hamburg means."""
    zones = available_timezones()
    by_city = {zone.rpartition("/")[2].casefold(): zone for zone in sorted(zones)}
    found = difflib.get_close_matches(name.rpartition("/")[2].casefold()[:100], by_city, n=1, cutoff=0.8)
    return f"did you mean {by_city[found[0]]!r}?" if found else ""


def clock(zone: str, holidays: Iterable[str], times: Mapping[str, tuple[WindowDoc, ...]], complain: Complain) -> Clock:
    """Compile what the top level says of time; every named window is checked, used or not."""
    base = Clock((zone and zone_of(zone, ("zone",), complain)) or UTC, frozenset(holidays))
    named = {
        name: tuple(
            window
            for index, doc in enumerate(docs)
            if (window := _window(doc, ("times", name, *((index,) if len(docs) > 1 else ())), base, complain))
        )
        for name, docs in times.items()
    }
    return Clock(base.zone, base.holidays, named)


def time(wanted: tuple[str | WindowDoc, ...], path: Path, base: Clock, complain: Complain) -> Leaf:
    """A condition on when the mail came: any of the windows holds."""
    windows: list[tuple[Window, Hit]] = []
    said: list[str] = []
    for index, one in enumerate(wanted):
        here = (*path, index) if len(wanted) > 1 else path
        if isinstance(one, str):
            found = (base.named or {}).get(one)
            if found is None:
                cure = closest(one, base.named or {}) or "define it in `times` at the top level"
                complain(here, f"no window of `times` is called {one!r}", cure)
            said.append(one)
            windows += [(window, Hit(f"time is {one}")) for window in found or ()]
        elif (window := _window(one, here, base, complain)) is not None:
            said.append(window.words)
            windows.append((window, Hit(f"time is {window.words}")))

    def test(case: Case) -> Hit | None:
        return next((hit for window, hit in windows if window.holds(case.at)), None)

    return Leaf("time", " or ".join(said), path, test)


def _window(doc: WindowDoc, path: Path, base: Clock, complain: Complain) -> Window | None:
    zone = base.zone if doc.zone is None else zone_of(doc.zone, (*path, "zone"), complain)
    hours = tuple(_spans(doc.hours or (), (*path, "hours"), complain))
    days = frozenset(_days(doc.days or ("mon-sun",), (*path, "days"), complain))
    if doc.holidays is not None and not base.holidays:
        complain(
            (*path, "holidays"), "no holidays are known", "list them at the top level: holidays: [01-01, 2027-03-26]"
        )
    words = [*(doc.days or ()), *(doc.hours or ())]
    if doc.holidays is not None:
        words.append("holidays" if doc.holidays else "no holidays")
    if doc.zone is not None:
        words.append(doc.zone)
    return None if zone is None else Window(hours, days, doc.holidays, zone, base.holidays, " ".join(words))


def _spans(written: Iterable[str], path: Path, complain: Complain) -> Iterator[tuple[int, int]]:
    for text in written:
        match = _HOURS.match(text)
        start, end = (_minute(match[1], match[2]), _minute(match[3], match[4])) if match else (-1, -1)
        if not 0 <= start < 1440 or not 0 <= end <= 1440:
            complain(path, f"{text!r} is no span of hours", 'write "9:00-17:30", or over midnight "22:00-6:00"')
        elif start == end:
            complain(path, f"{text!r} is no time at all", "leave `hours` out for the whole day")
        else:
            yield start, end


def _minute(hour: str, minute: str | None) -> int:
    """Minutes of the day; -1 when a clock does not show them."""
    return int(hour) * 60 + int(minute or 0) if int(minute or 0) < 60 else -1


def _days(written: Iterable[str], path: Path, complain: Complain) -> Iterator[int]:
    for text in written:
        first, dash, last = (part.strip() for part in text.casefold().partition("-"))
        ends = (first, last if dash else first)
        wrong = next((end for end in ends if end not in DAYS), None)
        if wrong is not None:
            near = closest(wrong[:3], DAYS)
            cure = near if near.startswith("did") else "write mon, tue, wed, thu, fri, sat or sun, or mon-fri"
            complain(path, f"{text!r} is no day of the week", cure)
            continue
        start, end = (DAYS.index(end) for end in ends)
        yield from (day % 7 for day in range(start, end + 1 if start <= end else end + 8))
