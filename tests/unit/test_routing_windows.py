"""Rules ask for the time by the clock on the wall of a zone: hours, days, holidays, also over midnight and over DST."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.mail import Envelope, Mail
from bridge.routing import Compiled, Facts, compile_rules
from bridge.routing.when_doc import WindowDoc
from bridge.routing.windows import clock

TOP = """\
domain: d.example
people: {ann: Ann}
zone: Europe/Berlin
holidays: [12-25, 2026-12-26]
times:
  office: {days: mon-fri, hours: [9:00-12:00, 13:00-17:30], holidays: false}
  night: {hours: 22:00-6:00}
  duty: [{days: sat}, {days: sun}, {holidays: true}]
  tokyo: {hours: 9-17, zone: Asia/Tokyo}
"""
INBOX = """\
inboxes:
  s:
    address: s@d.example
    room: {{for: ann}}
    rules: [{{name: r, when: {{time: {when}}}}}]
"""
BERLIN = ZoneInfo("Europe/Berlin")


def compiled(directory: Path, when: str, top: str = TOP) -> Compiled:
    (directory / "a.yaml").write_text(top + INBOX.format(when=when))
    return compile_rules(directory, facts=Facts())


def taken(directory: Path, when: str, moment: str, zone: ZoneInfo = BERLIN, top: str = TOP) -> str | None:
    found = compiled(directory, when, top)
    assert found.rulebook is not None, [str(problem) for problem in found.problems]
    at = datetime.fromisoformat(moment).replace(tzinfo=zone).timestamp()
    (decision,) = found.rulebook.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), Mail("c", 1), at=at)
    return decision.trace.words.partition("inbox s: ")[2] if decision.trace.rule else None


@pytest.mark.parametrize(
    ("when", "moment", "why"),
    [
        # 2026-11-23 is a Monday
        ("office", "2026-11-23 09:00", "time is office"),
        ("office", "2026-11-23 08:59:59", None),
        ("office", "2026-11-23 11:59:59", "time is office"),
        ("office", "2026-11-23 12:00", None),
        ("office", "2026-11-23 17:29", "time is office"),
        ("office", "2026-11-28 10:00", None),
        ("office", "2026-12-25 10:00", None),
        ("[office, night]", "2026-11-28 23:00", "time is night"),
        ("night", "2026-11-23 05:59", "time is night"),
        ("night", "2026-11-23 06:00", None),
        ("night", "2026-11-23 22:00", "time is night"),
        ("duty", "2026-11-29 10:00", "time is duty"),
        ("duty", "2026-12-25 10:00", "time is duty"),
        ("duty", "2026-12-24 10:00", None),
        ("{hours: 9-17}", "2026-11-23 16:59", "time is 9-17"),
        ("{hours: 0:00-24:00, days: [tue, 'wed - thu']}", "2026-11-26 23:59", "time is tue wed - thu 0:00-24:00"),
        ("{days: sat-mon}", "2026-11-23 10:00", "time is sat-mon"),
        ("{days: sat-mon}", "2026-11-24 10:00", None),
        ("{days: Sun}", "2026-11-29 10:00", "time is Sun"),
        ("{holidays: true}", "2026-12-26 00:00", "time is holidays"),
        ("{holidays: true}", "2026-12-27 00:00", None),
        ("{holidays: true}", "2031-12-25 12:00", "time is holidays"),
        ("{holidays: true}", "2031-12-26 12:00", None),
        # what goes over midnight belongs to the day on which it begins
        ("{days: fri, hours: 22:00-6:00}", "2026-11-28 03:00", "time is fri 22:00-6:00"),
        ("{days: fri, hours: 22:00-6:00}", "2026-11-27 03:00", None),
        ("{days: fri, hours: 22:00-6:00}", "2026-11-27 23:00", "time is fri 22:00-6:00"),
        ("{holidays: true, hours: 20:00-4:00}", "2026-12-27 03:59", "time is 20:00-4:00 holidays"),
        ("{holidays: true, hours: 20:00-4:00}", "2026-12-25 03:59", None),
    ],
)
def test_windows(tmp_path: Path, when: str, moment: str, why: str | None) -> None:
    assert taken(tmp_path, when, moment) == why


def test_a_window_may_have_a_zone_of_its_own(tmp_path: Path) -> None:
    assert taken(tmp_path, "tokyo", "2026-11-23 09:00", ZoneInfo("Asia/Tokyo"))
    assert taken(tmp_path, "tokyo", "2026-11-23 00:59", ZoneInfo("UTC"))
    assert taken(tmp_path, "tokyo", "2026-11-23 08:00", ZoneInfo("UTC")) is None
    assert taken(tmp_path, "{hours: 9-17, zone: UTC}", "2026-11-23 09:30") is None


def test_without_a_zone_it_is_utc(tmp_path: Path) -> None:
    top = "domain: d.example\npeople: {ann: Ann}\n"
    assert taken(tmp_path, "{hours: 9-10}", "2026-07-01 09:30", ZoneInfo("UTC"), top)
    assert taken(tmp_path, "{hours: 9-10}", "2026-07-01 09:30", BERLIN, top) is None


@pytest.mark.parametrize(
    ("utc", "inside"),
    [
        # Berlin puts its clock on at 2026-03-29 01:00 UTC, from 2:00 to 3:00
        ("2026-03-29 00:59", True),
        ("2026-03-29 01:00", False),
        ("2026-03-30 00:00", True),
        # and back at 2026-10-25 01:00 UTC, from 3:00 to 2:00: the hour from 2:00 comes twice
        ("2026-10-24 22:30", False),
        ("2026-10-24 23:30", True),
        ("2026-10-25 00:30", True),
        ("2026-10-25 01:30", True),
        ("2026-10-25 02:30", False),
    ],
)
def test_the_clock_on_the_wall_counts_when_it_is_put_on_and_back(tmp_path: Path, utc: str, inside: bool) -> None:
    assert (taken(tmp_path, "{hours: 1:00-3:00}", utc, ZoneInfo("UTC")) is not None) is inside


def test_office_hours_stay_where_they_are_in_summer(tmp_path: Path) -> None:
    for day, first in (("2026-03-27", "08:00"), ("2026-03-30", "07:00"), ("2026-10-26", "08:00")):
        assert taken(tmp_path, "office", f"{day} {first}", ZoneInfo("UTC"))
        before = datetime.fromisoformat(f"{day} {first}") - timedelta(minutes=1)
        assert taken(tmp_path, "office", str(before), ZoneInfo("UTC")) is None


@pytest.mark.parametrize("at", [-1.0, 0.0, 1e18, float("inf")])
def test_no_moment_raises(tmp_path: Path, at: float) -> None:
    book = compiled(tmp_path, "[office, night, duty, tokyo]").rulebook
    assert book is not None
    assert book.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), Mail("c", 1), at=at)


@pytest.mark.parametrize(
    ("when", "problem"),
    [
        ("offce", "no window of `times` is called 'offce': did you mean 'office'?"),
        ("[night, weekend]", ".2: no window of `times` is called 'weekend': known are duty, night, office, tokyo"),
        ("{hrs: 9-17}", ".hrs: this key is unknown: did you mean 'hours'?"),
        ("{zone: UTC}", "says no time: write hours, days or holidays"),
        # sexagesimal and octal traps are texts, and so are days that YAML takes for truth
        ("{hours: 9:00}", '.hours: \'9:00\' is no span of hours: write "9:00-17:30", or over midnight "22:00-6:00"'),
        (
            "{hours: 1:30:00}",
            '.hours: \'1:30:00\' is no span of hours: write "9:00-17:30", or over midnight "22:00-6:00"',
        ),
        ("{hours: 017}", '.hours: \'017\' is no span of hours: write "9:00-17:30", or over midnight "22:00-6:00"'),
        (
            "{hours: 9:60-10}",
            '.hours: \'9:60-10\' is no span of hours: write "9:00-17:30", or over midnight "22:00-6:00"',
        ),
        (
            "{hours: 24:00-25:00}",
            '.hours: \'24:00-25:00\' is no span of hours: write "9:00-17:30", or over midnight "22:00-6:00"',
        ),
        ("{hours: 9-9}", ".hours: '9-9' is no time at all: leave `hours` out for the whole day"),
        ("{days: no}", ".days: 'no' is no day of the week: write mon, tue, wed, thu, fri, sat or sun, or mon-fri"),
        ("{days: thurs}", ".days: 'thurs' is no day of the week: did you mean 'thu'?"),
        ("{days: mon-}", ".days: 'mon-' is no day of the week: write mon, tue, wed, thu, fri, sat or sun, or mon-fri"),
        ("{holidays: yes}", ".holidays: must be true or false"),
        ("{days: mon, zone: Europe/Berln}", ".zone: 'Europe/Berln' is no time zone: did you mean 'Europe/Berlin'?"),
        (
            "{days: mon, zone: ../etc/passwd}",
            ".zone: '../etc/passwd' is no time zone: "
            "write one of the IANA database, a large city of the country: Europe/Berlin",
        ),
        ("{days: mon, zone: Europe}", ".zone: 'Europe' is no time zone: "),
        (
            "{days: mon, zone: Europe/Hamburg}",
            ".zone: 'Europe/Hamburg' is no time zone: write one of the IANA database",
        ),
        ("{days: mon, zone: berlin}", ".zone: 'berlin' is no time zone: did you mean 'Europe/Berlin'?"),
    ],
)
def test_mistakes_are_named_with_their_cure(tmp_path: Path, when: str, problem: str) -> None:
    (found,) = compiled(tmp_path, when).problems
    told = str(found).partition("rules.1.when.time")[2]
    assert told.removeprefix(": ").startswith(problem)


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        ("zone: CEST\n", "a.yaml:3:7: zone: 'CEST' is no time zone: "),
        ("zone: no\n", "a.yaml:3:7: zone: 'no' is no time zone: "),
        (
            "holidays: 2026-02-30\n",
            "a.yaml:3:11: holidays: is no date: "
            "write year, month and day, 2027-03-31, or month and day for every year, 12-25",
        ),
        ("holidays: [12-25, 25.12.]\n", "a.yaml:3:19: holidays.2: is no date: "),
        ("holidays: 02-30\n", "a.yaml:3:11: holidays: is no date: "),
        ("times: {x: {hours: 9}}\n", "a.yaml:3:20: times.x.hours: '9' is no span of hours: "),
        ("times: {x: [{days: mon}, {days: m}]}\n", "a.yaml:3:33: times.x.2.days: 'm' is no day of the week: "),
        ("times: {x: {holidays: true}}\n", "a.yaml:3:23: times.x.holidays: no holidays are known: "),
        ("times: {x: []}\n", "a.yaml:3:12: times.x: is empty: write at least one"),
    ],
)
def test_what_the_top_level_says_of_time_is_checked_used_or_not(tmp_path: Path, top: str, problem: str) -> None:
    start = "domain: d.example\npeople: {ann: Ann}\n"
    (found,) = compiled(tmp_path, "{days: mon}", start + top).problems
    assert str(found).removeprefix(f"{tmp_path}/").startswith(problem)


@given(
    at=st.floats(0, 4e9),
    start=st.integers(0, 1439),
    end=st.integers(0, 1440),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_hours_agree_with_the_clock_of_the_zone(at: float, start: int, end: int, zone: str) -> None:
    if start == end:
        return
    said = f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}"
    complaints: list[str] = []
    made = clock(zone, (), {"x": (WindowDoc(hours=said),)}, lambda path, what, cure: complaints.append(what))
    assert (complaints, made.named is not None) == ([], True)
    assert made.named is not None
    shown = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone))
    minute = shown.hour * 60 + shown.minute
    inside = start <= minute < end if start < end else minute >= start or minute < end
    assert made.named["x"][0].holds(at) is inside
