"""When an event repeats (RRULE, RFC 5545 section 3.3.10), said in a person's words.

Rules that no short sentence says are shown as they are written. Pure; nothing is ever expanded into dates.
"""

import re
from datetime import date

from bridge.core.decision import Language
from bridge.core.words.times import Times, times

_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)\Z")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_SAID = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "COUNT", "UNTIL", "WKST"})


def parts(rule: str) -> dict[str, str]:
    """A rule's parts by upper-case name."""
    pairs = (part.partition("=") for part in rule.upper().split(";")[:20])
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def in_words(rule: str, start: str, language: Language) -> str:
    """The rule in words. `start`: when the event begins, ISO 8601, for what the rule leaves to it."""
    said, says = parts(rule), times(language)
    sentence = _often(said, _day_of(start), says) if said.keys() <= _SAID else ""
    if not sentence:
        return says.as_written.format(rule=rule[:200])
    if end := _DATE.match(said.get("UNTIL", "")):
        until = _real(int(end[1]), int(end[2]), int(end[3]))
        return says.until.format(rule=sentence, date=says.date_of(until)) if until else sentence
    if (count := _number(said, "COUNT", 0)) > 0:
        return says.times.format(rule=sentence, n=count)
    return sentence


def _often(said: dict[str, str], start: date | None, says: Times) -> str:
    every = _number(said, "INTERVAL", 1)
    days = [match for each in said.get("BYDAY", "").split(",") if each and (match := _DAY.match(each))]
    if len(days) != len([each for each in said.get("BYDAY", "").split(",") if each]) or every < 1:
        return ""
    match said.get("FREQ"):
        case "DAILY" if not days and not said.keys() & {"BYMONTHDAY", "BYMONTH", "BYSETPOS"}:
            return says.daily if every == 1 else says.daily_n.format(n=every)
        case "DAILY" | "WEEKLY" if every == 1 and {day[2] for day in days} == set(_WEEKDAYS[:5]):
            return says.workdays
        case "WEEKLY" if not said.keys() & {"BYMONTHDAY", "BYMONTH", "BYSETPOS"}:
            return _weekly([_WEEKDAYS.index(day[2]) for day in days], every, start, says)
        case "MONTHLY" if "BYMONTH" not in said:
            return _monthly(said, days, every, start, says)
        case "YEARLY":
            return _yearly(said, days, every, start, says)
        case _:
            return ""


def _weekly(days: list[int], every: int, start: date | None, says: Times) -> str:
    chosen = sorted(set(days)) or ([start.weekday()] if start else [])
    if not chosen:
        return ""
    if every == 2 and len(chosen) == 1:
        return says.weekly_second.format(day=says.weekdays[chosen[0]])
    listed = says.listed([says.weekdays[day] for day in chosen])
    return says.weekly.format(days=listed) if every == 1 else says.weekly_n.format(n=every, days=listed)


def _monthly(said: dict[str, str], days: list[re.Match[str]], every: int, start: date | None, says: Times) -> str:
    if days:
        nth = _nth(said, days)
        if not nth:
            return ""
        values = {"nth": says.ordinals[nth], "day": says.weekdays[_WEEKDAYS.index(days[0][2])]}
        return says.monthly_nth.format(**values) if every == 1 else says.monthly_n_nth.format(n=every, **values)
    written = said.get("BYMONTHDAY", str(start.day) if start else "")
    if "BYSETPOS" in said or not written.isdecimal() or not 1 <= int(written[:3]) <= 31:
        return ""
    day = int(written)
    return says.monthly.format(day=day) if every == 1 else says.monthly_n.format(n=every, day=day)


def _yearly(said: dict[str, str], days: list[re.Match[str]], every: int, start: date | None, says: Times) -> str:
    month = _number(said, "BYMONTH", start.month if start else 0)
    if not 1 <= month <= 12:
        return ""
    if days:
        nth = _nth(said, days)
        if not nth or every != 1:
            return ""
        day = says.weekdays[_WEEKDAYS.index(days[0][2])]
        return says.yearly_nth.format(nth=says.ordinals[nth], day=day, month=says.months[month - 1])
    number = _number(said, "BYMONTHDAY", start.day if start else 0)
    if not 1 <= number <= 31 or "BYSETPOS" in said:
        return ""
    on = says.day_month.format(day=number, month=says.months[month - 1])
    return says.yearly.format(date=on) if every == 1 else says.yearly_n.format(n=every, date=on)


def _nth(said: dict[str, str], days: list[re.Match[str]]) -> int:
    """Which one of a month's weekdays: by the day itself, or by BYSETPOS, as Outlook writes it; 0: no one."""
    if len(days) != 1 or "BYMONTHDAY" in said:
        return 0
    written = days[0][1] or said.get("BYSETPOS", "")
    number = int(written) if re.fullmatch(r"[+-]?[0-9]", written) else 0
    return number if number in (1, 2, 3, 4, 5, -1) else 0


def _number(said: dict[str, str], name: str, default: int) -> int:
    """A part that is one number; -1 when it is something else."""
    if name not in said:
        return default
    return int(said[name]) if said[name].isascii() and said[name].isdigit() and len(said[name]) <= 4 else -1


def _day_of(start: str) -> date | None:
    found = re.match(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", start)
    return _real(int(found[1]), int(found[2]), int(found[3])) if found else None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
