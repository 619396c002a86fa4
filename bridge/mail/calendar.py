"""What a calendar's message says: invitations, updates, cancellations and answers (RFC 5545, 5546, 6047).

Every program writes them a little differently, so each field is read by itself, and what is broken is empty. Events
and characters are bounded. Never raises for content, and never asks a server about anything.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from urllib.parse import unquote

from bridge.core import recurring
from bridge.core.addresses import parse_spec
from bridge.core.calendars import Calendar, Event, Method
from bridge.mail import bidi, ics, mime, zones
from bridge.mail.charset import clean, decode, one_line
from bridge.mail.ics import Component, Line
from bridge.mail.mime import Node

EVENTS = 20
"""Events of one message that are kept."""

ATTENDEES = 100
"""Attendees of one event that are kept."""

OCTETS = 1_000_000
"""Octets of a calendar part above which it is only attached."""

PARTS = 4
"""Calendar parts of one mail that are looked into."""

TYPES = frozenset({"text/calendar", "application/ics"})

_METHODS: dict[str, Method] = {
    "": "publish",
    "PUBLISH": "publish",
    "REQUEST": "invite",
    "ADD": "update",
    "CANCEL": "cancel",
    "REPLY": "reply",
    "COUNTER": "counter",
}
"""REFRESH and DECLINECOUNTER are between programs: their mail's text says it all."""

_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})?(Z)?)?\Z")
_DURATION = re.compile(
    r"([+-])?P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,7})S)?)?\Z"
)
_RULE = re.compile(r"[A-Za-z0-9=;,+:-]{1,300}\Z")
_ANSWERS = frozenset({"accepted", "declined", "tentative", "delegated", "needs-action", "completed", "in-process"})
_LINKS = ("X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL", "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK")


def read(raw: bytes, root: Node) -> Calendar | None:
    """The first calendar part of the mail that holds events. `raw`: the octets that `root` is a tree of."""
    likely = (node for node in root.walk() if not node.children and _is_calendar(node))
    for node in islice(likely, PARTS):
        if node.end - node.start > 2 * OCTETS:
            continue
        data = mime.payload(raw, node)[0]
        if len(data) > OCTETS:
            continue
        text = clean(decode(data, node.params.get("charset", "") or "utf-8")[0])
        found = understood(text, node.params.get("method", ""), node.index)
        if found is not None:
            return found
    return None


def _is_calendar(node: Node) -> bool:
    named = node.name.lower().endswith(".ics") and node.type in ("application/octet-stream", "text/plain")
    return node.type in TYPES or named


def understood(text: str, method: str = "", part: int = -1) -> Calendar | None:
    """The calendar in iCalendar text; None when it holds no event. `method`: of the type, where the text says none."""
    found = ics.components(text)
    top = next((each for each in found if each.name == "VCALENDAR"), None)
    if top is None:
        return None
    asked = _METHODS.get((top.text("METHOD") or method).upper())
    if asked is None:
        return None
    rules = {zone.text("TZID"): zone for zone in found if zone.name == "VTIMEZONE"}
    floating = top.text("X-WR-TIMEZONE")
    written = [each for each in found if each.name == "VEVENT" and each.within in ("VCALENDAR", "")]
    events = tuple(_event(each, rules, floating, asked) for each in written[:EVENTS])
    if not events:
        return None
    if asked == "invite" and all(event.sequence > 0 for event in events):
        asked = "update"
    return Calendar(asked, events, part)


def _event(event: Component, rules: dict[str, Component], floating: str, method: Method) -> Event:
    start, zone = _when(event.first("DTSTART"), rules, floating)
    end, _ = _when(event.first("DTEND"), rules, floating)
    if start is not None and end is None and (length := _duration(event.text("DURATION"))) is not None:
        whole = length if isinstance(start, datetime) else timedelta(days=max(length.days, 1))
        end = start + whole
    if start is not None and end is not None and (type(end) is not type(start) or not _follows(start, end)):
        end = None
    about, _ = _when(event.first("RECURRENCE-ID"), rules, floating)
    rule = event.text("RRULE").upper()
    rule = rule if _RULE.match(rule) else ""
    sequence = event.text("SEQUENCE")
    people = event.lines.get("ATTENDEE", ())[:ATTENDEES]
    organizer = event.first("ORGANIZER")
    return Event(
        title=one_line(event.text("SUMMARY"))[:300],
        start=_iso(start),
        end=_iso(end),
        zone=zone,
        place=_place(event),
        organizer=_person(organizer) if organizer else "",
        attendees=tuple(dict.fromkeys(who for line in people if (who := _person(line)))),
        recurrence=recurring.in_words(rule, _iso(start), "en") if rule else "",
        description=bidi.contained(event.text("DESCRIPTION")[:4000]),
        uid=one_line(event.text("UID"))[:500],
        sequence=int(sequence[:9]) if sequence.isascii() and sequence.isdigit() else 0,
        answer=_answer(people) if method in ("reply", "counter") else "",
        rule=rule,
        occurrence=_iso(about),
    )


def _when(line: Line | None, rules: dict[str, Component], floating: str) -> tuple[datetime | date | None, str]:
    """A DATE or DATE-TIME (section 3.3.4, 3.3.5) with its offset, and the zone's IANA name where there is one."""
    match = _DATE.match(line.value.strip().upper()) if line else None
    if line is None or match is None or not 1900 <= int(match[1]) <= 2200:
        return None, ""
    numbers = [int(each or 0) for each in match.groups()[:6]]
    try:
        if match[4] is None:
            return date(*numbers[:3]), ""
        local = datetime(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], min(numbers[5], 59))
    except ValueError:
        return None, ""
    if match[7]:
        return zones.place(local, "UTC", ()), "UTC"
    tzid = line.params.get("TZID", "")
    own = rules.get(tzid)
    zone = zones.named(tzid or floating) or zones.named(own.text("X-LIC-LOCATION") if own else "")
    return zones.place(local, zone, _observances(own) if own else ()), zone


def _observances(zone: Component) -> list[zones.Observance]:
    found = []
    for part in zone.parts[:40]:
        start, shift = _DATE.match(part.text("DTSTART")), zones.offset(part.text("TZOFFSETTO"))
        if start is None or start[4] is None or shift is None:
            continue
        numbers = [int(each or 0) for each in start.groups()[:6]]
        try:
            begins = datetime(max(numbers[0], 1), numbers[1], numbers[2], numbers[3], numbers[4])
        except ValueError:
            continue
        rule = recurring.parts(part.text("RRULE"))
        found.append(zones.Observance(begins, shift, rule, part.name == "DAYLIGHT"))
    return found


def _follows(start: datetime | date, end: datetime | date) -> bool:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (start.tzinfo is None) == (end.tzinfo is None) and start <= end
    return start < end


def _duration(written: str) -> timedelta | None:
    match = _DURATION.match(written.upper())
    if match is None or match[1] == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return length if timedelta(0) < length < timedelta(days=3660) else None


def _iso(at: datetime | date | None) -> str:
    return at.isoformat() if at is not None else ""


def _place(event: Component) -> str:
    place = one_line(event.text("LOCATION"))[:500]
    links = (one_line(event.text(name)) for name in _LINKS)
    link = next((each for each in links if each.startswith("https://") and len(each) <= 500), "")
    return place if not link or link in place else f"{place} · {link}" if place else link


def _person(line: Line) -> str:
    """The addr-spec of a calendar user address, else the common name: Exchange writes directory names too."""
    for written in (line.value, line.params.get("EMAIL", "")):
        address = parse_spec(unquote(written.strip().partition("?")[0].removeprefix("mailto:").removeprefix("MAILTO:")))
        if address is not None:
            return address.spec
    return one_line(line.params.get("CN", ""))[:200]


def _answer(people: Sequence[Line]) -> str:
    answers: Iterable[str] = (line.params.get("PARTSTAT", "").lower() for line in people)
    return next((answer for answer in answers if answer in _ANSWERS and answer != "needs-action"), "")
