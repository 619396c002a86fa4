"""Time zones as calendars name them: by their name at IANA, by Windows' name, or by rules of their own (VTIMEZONE).

A mail's own rules count only where its zone is known by no name: they are often wrong, and a stranger's rule may repeat
each second. Nothing is kept from one mail to the next. Never raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}\Z")
_OFFSET = re.compile(r"([+-])([01][0-9])([0-5][0-9])(?:[0-5][0-9])?\Z")
_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)\Z")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UTC = frozenset({"utc", "gmt", "z", "zulu", "etc/utc", "etc/gmt", "greenwich mean time", "coordinated universal time"})

_WINDOWS = (
    "AUS Central|Australia/Darwin;AUS Eastern|Australia/Sydney;Afghanistan|Asia/Kabul;Alaskan|America/Anchorage;"
    "Aleutian|America/Adak;Altai|Asia/Barnaul;Arab|Asia/Riyadh;Arabian|Asia/Dubai;Arabic|Asia/Baghdad;"
    "Argentina|America/Buenos_Aires;Astrakhan|Europe/Astrakhan;Atlantic|America/Halifax;"
    "Aus Central W.|Australia/Eucla;Azerbaijan|Asia/Baku;Azores|Atlantic/Azores;Bahia|America/Bahia;"
    "Bangladesh|Asia/Dhaka;Belarus|Europe/Minsk;Bougainville|Pacific/Bougainville;Canada Central|America/Regina;"
    "Cape Verde|Atlantic/Cape_Verde;Caucasus|Asia/Yerevan;Cen. Australia|Australia/Adelaide;"
    "Central America|America/Guatemala;Central Asia|Asia/Bishkek;Central Brazilian|America/Cuiaba;"
    "Central Europe|Europe/Budapest;Central European|Europe/Warsaw;Central Pacific|Pacific/Guadalcanal;"
    "Central|America/Chicago;=Central Standard Time (Mexico)|America/Mexico_City;Chatham Islands|Pacific/Chatham;"
    "China|Asia/Shanghai;Cuba|America/Havana;Dateline|Etc/GMT+12;E. Africa|Africa/Nairobi;"
    "E. Australia|Australia/Brisbane;E. Europe|Europe/Chisinau;E. South America|America/Sao_Paulo;"
    "Easter Island|Pacific/Easter;Eastern|America/New_York;=Eastern Standard Time (Mexico)|America/Cancun;"
    "Egypt|Africa/Cairo;Ekaterinburg|Asia/Yekaterinburg;FLE|Europe/Kiev;Fiji|Pacific/Fiji;GMT|Europe/London;"
    "GTB|Europe/Bucharest;Georgian|Asia/Tbilisi;Greenland|America/Godthab;Greenwich|Atlantic/Reykjavik;"
    "Haiti|America/Port-au-Prince;Hawaiian|Pacific/Honolulu;India|Asia/Calcutta;Iran|Asia/Tehran;"
    "Israel|Asia/Jerusalem;Jordan|Asia/Amman;Kaliningrad|Europe/Kaliningrad;Korea|Asia/Seoul;Libya|Africa/Tripoli;"
    "Line Islands|Pacific/Kiritimati;Lord Howe|Australia/Lord_Howe;Magadan|Asia/Magadan;"
    "Magallanes|America/Punta_Arenas;Marquesas|Pacific/Marquesas;Mauritius|Indian/Mauritius;Middle East|Asia/Beirut;"
    "Montevideo|America/Montevideo;Morocco|Africa/Casablanca;Mountain|America/Denver;"
    "=Mountain Standard Time (Mexico)|America/Mazatlan;Myanmar|Asia/Rangoon;N. Central Asia|Asia/Novosibirsk;"
    "Namibia|Africa/Windhoek;Nepal|Asia/Katmandu;New Zealand|Pacific/Auckland;Newfoundland|America/St_Johns;"
    "Norfolk|Pacific/Norfolk;North Asia East|Asia/Irkutsk;North Asia|Asia/Krasnoyarsk;North Korea|Asia/Pyongyang;"
    "Omsk|Asia/Omsk;Pacific SA|America/Santiago;Pacific|America/Los_Angeles;"
    "=Pacific Standard Time (Mexico)|America/Tijuana;Pakistan|Asia/Karachi;Paraguay|America/Asuncion;"
    "Qyzylorda|Asia/Qyzylorda;Romance|Europe/Paris;=Russia Time Zone 10|Asia/Srednekolymsk;"
    "=Russia Time Zone 11|Asia/Kamchatka;=Russia Time Zone 3|Europe/Samara;Russian|Europe/Moscow;"
    "SA Eastern|America/Cayenne;SA Pacific|America/Bogota;SA Western|America/La_Paz;SE Asia|Asia/Bangkok;"
    "Saint Pierre|America/Miquelon;Sakhalin|Asia/Sakhalin;Samoa|Pacific/Apia;Sao Tome|Africa/Sao_Tome;"
    "Saratov|Europe/Saratov;Singapore|Asia/Singapore;South Africa|Africa/Johannesburg;South Sudan|Africa/Juba;"
    "Sri Lanka|Asia/Colombo;Sudan|Africa/Khartoum;Syria|Asia/Damascus;Taipei|Asia/Taipei;Tasmania|Australia/Hobart;"
    "Tocantins|America/Araguaina;Tokyo|Asia/Tokyo;Tomsk|Asia/Tomsk;Tonga|Pacific/Tongatapu;Transbaikal|Asia/Chita;"
    "Turkey|Europe/Istanbul;Turks And Caicos|America/Grand_Turk;US Eastern|America/Indianapolis;"
    "US Mountain|America/Phoenix;=UTC|Etc/UTC;=UTC+12|Etc/GMT-12;=UTC+13|Etc/GMT-13;=UTC-02|Etc/GMT+2;"
    "=UTC-08|Etc/GMT+8;=UTC-09|Etc/GMT+9;=UTC-11|Etc/GMT+11;Ulaanbaatar|Asia/Ulaanbaatar;Venezuela|America/Caracas;"
    "Vladivostok|Asia/Vladivostok;Volgograd|Europe/Volgograd;W. Australia|Australia/Perth;"
    "W. Central Africa|Africa/Lagos;W. Europe|Europe/Berlin;W. Mongolia|Asia/Hovd;West Asia|Asia/Tashkent;"
    "West Bank|Asia/Hebron;West Pacific|Pacific/Port_Moresby;Yakutsk|Asia/Yakutsk;Yukon|America/Whitehorse;"
)
"""Windows' names without " Standard Time" ("=": the whole name) and the zone that each means (Unicode CLDR,
windowsZones, territory 001)."""

_BY_WINDOWS_NAME = {
    (name[1:] if name.startswith("=") else f"{name} Standard Time").lower(): zone
    for name, _, zone in (pair.partition("|") for pair in _WINDOWS.split(";") if pair)
}


@dataclass(frozen=True, slots=True)
class Observance:
    """One half of a VTIMEZONE (RFC 5545 section 3.6.5): from `start` on (local time), each year by `rule`."""

    start: datetime
    offset: timedelta
    rule: dict[str, str]
    daylight: bool = False

    def onset(self, at: datetime) -> datetime | None:
        """When it last began, at the local time `at`; None: never before."""
        if self.start > at:
            return None
        if not self.rule:
            return self.start
        found = (self._in(year) for year in (at.year, at.year - 1))
        return next((onset for onset in found if onset is not None and onset <= at), self.start)

    def _in(self, year: int) -> datetime | None:
        month = self.rule.get("BYMONTH", "")
        number = int(month) if month.isdecimal() and 1 <= int(month[:3]) <= 12 else self.start.month
        match = _DAY.match(self.rule.get("BYDAY", ""))
        if match is None:
            return _moment(year, number, self.start.day, self.start)
        weekday, nth = _WEEKDAYS.index(match[2]), int(match[1] or 1)
        if nth > 0:
            first = date(year, number, 1)
            day = 1 + (weekday - first.weekday()) % 7 + 7 * (nth - 1)
        else:
            last = (date(year + number // 12, number % 12 + 1, 1)) - timedelta(days=1)
            day = last.day - (last.weekday() - weekday) % 7 + 7 * (nth + 1)
        return _moment(year, number, day, self.start)


def _moment(year: int, month: int, day: int, at: datetime) -> datetime | None:
    try:
        return at.replace(year=year, month=month, day=day)
    except ValueError:
        return None


def offset(written: str) -> timedelta | None:
    """A UTC offset as iCalendar writes it (RFC 5545 section 3.3.14)."""
    match = _OFFSET.match(written.strip())
    if match is None:
        return None
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return -ahead if match[1] == "-" else ahead


def named(tzid: str) -> str:
    """The IANA name that a TZID means: itself, the end of a path of some program's own, or Windows' name; or empty."""
    name = tzid.strip(" \"'/")
    if name.lower() in _UTC:
        return "UTC"
    if zone := _BY_WINDOWS_NAME.get(name.lower()):
        return zone
    pieces = name.split("/")
    candidates = [name, *("/".join(pieces[-count:]) for count in (3, 2, 1) if len(pieces) > count)]
    return next((each for each in candidates if _NAME.match(each) and _known(each)), "")


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def place(at: datetime, zone: str, observances: Sequence[Observance]) -> datetime:
    """A local time with its offset: by the zone's IANA name, else by the mail's own rules, else left floating."""
    if zone:
        known: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)
        return at.replace(tzinfo=known)
    begun = [(onset, each) for each in observances if (onset := each.onset(at)) is not None]
    if begun:
        return at.replace(tzinfo=timezone(max(begun, key=lambda pair: pair[0])[1].offset))
    if observances:
        usual = next((each for each in observances if not each.daylight), observances[0])
        return at.replace(tzinfo=timezone(usual.offset))
    return at
