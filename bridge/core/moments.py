"""Moments of calendars in a room's zone, and in the words of its language.

Pure but for the tables of time zones, which the standard library reads once.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bridge.core.decision import Language
from bridge.core.words.times import Times, times

_LATEST = 4_102_444_800.0
"""The year 2100: what lies later is nobody's appointment, and near the end of all calendars no zone can be counted."""


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(written: str, zone: str) -> datetime | date | None:
    """ISO 8601 in the zone: a bare date stays one, and what floats stays as it is. None when it is neither."""
    try:
        if len(written) == 10:
            return date.fromisoformat(written)
        moment = datetime.fromisoformat(written)
        return moment if moment.tzinfo is None else moment.astimezone(_zone(zone))
    except (ValueError, OverflowError):
        return None


def at(seconds: float, zone: str, language: Language) -> str:
    """A moment (seconds since the epoch): Tuesday, 1 December 2026, 10:00 (Europe/Berlin)."""
    moment = datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST), UTC).astimezone(_zone(zone))
    says = times(language)
    return says.zone.format(when=_moment(moment, says), zone=zone)


def minute(seconds: float, zone: str) -> str:
    """A moment (seconds since the epoch) as every language writes it: 2026-12-01 10:00 CET."""
    moment = datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST), UTC).astimezone(_zone(zone))
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def day(written: str, zone: str, language: Language) -> str:
    """One date of a calendar, with its hour where it has one; empty when it is none."""
    found, says = local(written, zone), times(language)
    if found is None:
        return ""
    return _moment(found, says) if isinstance(found, datetime) else says.day_of(found)


def span(start: str, end: str, zone: str, language: Language) -> str:
    """From when to when, with the zone: Tuesday, 1 December 2026, 10:00–11:30 (Europe/Berlin). Empty when unknown."""
    begins, ends, says = local(start, zone), local(end, zone), times(language)
    if begins is None:
        return ""
    if not isinstance(begins, datetime):
        whole = ends is not None and not isinstance(ends, datetime) and ends > begins
        last = ends - timedelta(days=1) if ends is not None and whole else begins
        if last == begins:
            return says.all_day.format(day=says.day_of(begins))
        return says.stretch.format(start=says.day_of(begins), end=says.day_of(last))
    shown = zone if begins.tzinfo is not None else says.floating
    return says.zone.format(when=_between(begins, ends, says), zone=shown)


def _between(begins: datetime, ends: datetime | date | None, says: Times) -> str:
    if not isinstance(ends, datetime) or ends == begins:
        return _moment(begins, says)
    if ends.date() == begins.date():
        return says.span.format(day=says.day_of(begins), start=f"{begins:%H:%M}", end=f"{ends:%H:%M}")
    return says.stretch.format(start=_moment(begins, says), end=_moment(ends, says))


def _moment(moment: datetime, says: Times) -> str:
    return says.moment.format(day=says.day_of(moment), start=f"{moment:%H:%M}")
