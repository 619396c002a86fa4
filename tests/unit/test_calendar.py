"""What calendars' messages say, in the manner of each program that writes them; broken ones never raise."""

import base64
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.calendars import Calendar, Event
from bridge.mail import calendar, ics, zones
from bridge.mail.parse import read_mail


def made(*lines: str, method: str = "REQUEST", zone: str = "") -> Calendar:
    event = "\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT"))
    whole = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\n{zone}{event}\r\nEND:VCALENDAR\r\n"
    found = calendar.understood(whole)
    assert found is not None
    return found


def event(*lines: str, method: str = "REQUEST", zone: str = "") -> Event:
    (found,) = made(*lines, method=method, zone=zone).events
    return found


EXCHANGE_ZONE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:{name}",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:16010101T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
        "",
    )
)


def test_an_invitation_of_outlook_is_read_whole() -> None:
    found = made(
        "ORGANIZER;CN=Ann Berg:MAILTO:ann@corp.example",
        'ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN="Iwu, Bob":MAILTO',
        " :bob@corp.example",
        "DESCRIPTION;LANGUAGE=en-GB:The figures\\, all of them.\\nBring yours\\; please.",
        "SUMMARY;LANGUAGE=en-GB:Budget\\, part 2",
        "DTSTART;TZID=W. Europe Standard Time:20261201T100000",
        "DTEND;TZID=W. Europe Standard Time:20261201T113000",
        "UID:040000008200E00074C5B7101A82E00800000000",
        "LOCATION;LANGUAGE=en-GB:Room 4",
        "SEQUENCE:0",
        "BEGIN:VALARM",
        "DESCRIPTION:REMINDER",
        "TRIGGER;RELATED=START:-PT15M",
        "ACTION:DISPLAY",
        "END:VALARM",
        zone=EXCHANGE_ZONE.format(name="W. Europe Standard Time"),
    )
    assert found.method == "invite"
    assert found.events == (
        Event(
            title="Budget, part 2",
            start="2026-12-01T10:00:00+01:00",
            end="2026-12-01T11:30:00+01:00",
            zone="Europe/Berlin",
            place="Room 4",
            organizer="ann@corp.example",
            attendees=("bob@corp.example",),
            description="The figures, all of them.\nBring yours; please.",
            uid="040000008200E00074C5B7101A82E00800000000",
        ),
    )


def test_an_update_of_google_in_utc_with_a_meeting_to_join() -> None:
    found = made(
        "DTSTART:20261201T090000Z",
        "DTEND:20261201T100000Z",
        "ORGANIZER;CN=ann@corp.example:mailto:ann@corp.example",
        "UID:7kukuqrfedlm2f9t@google.example",
        "ATTENDEE;CUTYPE=INDIVIDUAL;CN=Kim;X-NUM-GUESTS=0:mailto:kim@customer.example",
        "X-GOOGLE-CONFERENCE:https://meet.example/abc",
        "SEQUENCE:2",
        "SUMMARY:Kick-off",
        "TRANSP:OPAQUE",
    )
    assert found.method == "update"
    (only,) = found.events
    assert (only.start, only.zone, only.place) == ("2026-12-01T09:00:00+00:00", "UTC", "https://meet.example/abc")
    assert only.sequence == 2


@pytest.mark.parametrize(
    ("method", "lines", "meant"),
    [
        ("CANCEL", ["SEQUENCE:3", "STATUS:CANCELLED"], "cancel"),
        ("REPLY", ["ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@corp.example"], "reply"),
        ("COUNTER", ["ATTENDEE;PARTSTAT=TENTATIVE:mailto:bob@corp.example"], "counter"),
        ("PUBLISH", [], "publish"),
        ("ADD", [], "update"),
    ],
)
def test_each_method_has_its_word(method: str, lines: list[str], meant: str) -> None:
    assert made("SUMMARY:x", *lines, method=method).method == meant


@pytest.mark.parametrize(
    ("people", "answer"),
    [
        (["ATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:mailto:bob@corp.example"], "accepted"),
        (["ATTENDEE;CN=Bob;PARTSTAT=Declined:MAILTO:bob@corp.example"], "declined"),
        (
            ["ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@b.example", "ATTENDEE;PARTSTAT=TENTATIVE:mailto:c@d.example"],
            "tentative",
        ),
        (["ATTENDEE;PARTSTAT=X-MAYBE:mailto:a@b.example"], ""),
        ([], ""),
    ],
)
def test_an_answer_says_which(people: list[str], answer: str) -> None:
    assert event("SUMMARY:x", *people, method="REPLY").answer == answer


@pytest.mark.parametrize(
    ("written", "start", "zone"),
    [
        ("DTSTART;VALUE=DATE:20261224", "2026-12-24", ""),
        ("DTSTART:20261224", "2026-12-24", ""),
        ("DTSTART:20261224T180000", "2026-12-24T18:00:00", ""),
        ("DTSTART;TZID=Europe/Berlin:20260701T180000", "2026-07-01T18:00:00+02:00", "Europe/Berlin"),
        # the paths of Evolution, old Lightning and Zimbra
        (
            "DTSTART;TZID=/freeassociation.example/Europe/Paris:20260701T180000",
            "2026-07-01T18:00:00+02:00",
            "Europe/Paris",
        ),
        (
            "DTSTART;TZID=/mozilla.example/20050126_1/America/New_York:20260701T180000",
            "2026-07-01T18:00:00-04:00",
            "America/New_York",
        ),
        ('DTSTART;TZID="Europe/Brussels":20260701T180000', "2026-07-01T18:00:00+02:00", "Europe/Brussels"),
        ("DTSTART;TZID=Tokyo Standard Time:20260701T180000", "2026-07-01T18:00:00+09:00", "Asia/Tokyo"),
        ("DTSTART;TZID=Pacific Standard Time:20261201T180000", "2026-12-01T18:00:00-08:00", "America/Los_Angeles"),
        ("DTSTART;TZID=GMT:20260701T180000", "2026-07-01T18:00:00+00:00", "UTC"),
        ("DTSTART;TZID=Nowhere:20260701T180000", "2026-07-01T18:00:00", ""),
        ("DTSTART:20261399T990000", "", ""),
        ("DTSTART:tomorrow", "", ""),
        ("DTSTART:00010101T000000Z", "", ""),
        ("DTSTART:20260630T235960Z", "2026-06-30T23:59:59+00:00", "UTC"),
    ],
)
def test_moments_in_every_manner(written: str, start: str, zone: str) -> None:
    found = event(written)
    assert (found.start, found.zone) == (start, zone)


@pytest.mark.parametrize(
    ("local", "start"),
    [
        ("20261201T100000", "2026-12-01T10:00:00+01:00"),
        ("20260701T100000", "2026-07-01T10:00:00+02:00"),
        ("20260329T010000", "2026-03-29T01:00:00+01:00"),
        ("20260329T040000", "2026-03-29T04:00:00+02:00"),
        ("20261025T040000", "2026-10-25T04:00:00+01:00"),
    ],
)
@pytest.mark.parametrize("name", ["Customized Time Zone", "tzone://Microsoft/Custom", "(UTC+01:00) Here and there"])
def test_a_zone_without_a_name_goes_by_its_own_rules(name: str, local: str, start: str) -> None:
    found = event(f'DTSTART;TZID="{name}":{local}', zone=EXCHANGE_ZONE.format(name=name))
    assert (found.start, found.zone) == (start, "")


def test_a_known_name_counts_more_than_the_rules_beside_it() -> None:
    wrong = EXCHANGE_ZONE.format(name="America/New_York")
    assert event("DTSTART;TZID=America/New_York:20261201T100000", zone=wrong).start.endswith("-05:00")
    named = wrong.replace("TZID:America/New_York", "TZID:mine\r\nX-LIC-LOCATION:America/New_York")
    assert event("DTSTART;TZID=mine:20261201T100000", zone=named).zone == "America/New_York"


def test_a_zone_that_changes_each_second_takes_no_time() -> None:
    hostile = EXCHANGE_ZONE.format(name="Odd").replace("FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU", "FREQ=SECONDLY")
    assert event("DTSTART;TZID=Odd:20261201T100000", zone=hostile).start.startswith("2026-12-01T10:00:00+0")


def test_one_mail_never_teaches_another_a_zone() -> None:
    event("DTSTART;TZID=Mine:20261201T100000", zone=EXCHANGE_ZONE.format(name="Mine"))
    assert event("DTSTART;TZID=Mine:20261201T100000").start == "2026-12-01T10:00:00"


def test_every_windows_zone_names_one_that_is_there() -> None:
    assert len(zones._BY_WINDOWS_NAME) > 130
    assert [name for name in zones._BY_WINDOWS_NAME if not zones.named(name)] == []
    assert zones.named("central europe standard time") == "Europe/Budapest"


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (["DTSTART:20261201T100000Z", "DURATION:PT1H30M"], "2026-12-01T11:30:00+00:00"),
        (["DTSTART;VALUE=DATE:20261201", "DURATION:P2D"], "2026-12-03"),
        (["DTSTART:20261201T100000Z", "DURATION:-PT1H"], ""),
        (["DTSTART:20261201T100000Z", "DTEND:20261201T090000Z"], ""),
        (["DTSTART:20261201T100000Z", "DTEND;VALUE=DATE:20261202"], ""),
        (["DTSTART:20261201T100000Z", "DTEND:20261201T110000"], ""),
        (["DTSTART:20261201T100000Z"], ""),
    ],
)
def test_where_an_event_ends(lines: list[str], end: str) -> None:
    assert event(*lines).end == end


def test_people_without_an_address_have_their_name() -> None:
    found = event(
        "ORGANIZER;CN=Ann Berg:invalid:nomail",
        "ATTENDEE;CN=Bob Iwu:/o=Corp/ou=Site/cn=Recipients/cn=bob",
        "ATTENDEE;CN=Kim;EMAIL=kim@customer.example:urn:uuid:1234",
        "ATTENDEE:mailto:cleo%2Bx@corp.example",
        "ATTENDEE:",
    )
    assert found.organizer == "Ann Berg"
    assert found.attendees == ("Bob Iwu", "kim@customer.example", "cleo+x@corp.example")


def test_a_description_turns_nothing_but_its_own_words() -> None:
    assert event("DESCRIPTION:pay \u202etxt\\nfrom \u2067here").description == "pay txt\nfrom \u2067here\u2069"


def test_one_date_of_several_is_named() -> None:
    found = event("SUMMARY:x", "RECURRENCE-ID;TZID=Europe/Berlin:20261208T100000", "DTSTART:20261209T100000Z")
    assert found.occurrence == "2026-12-08T10:00:00+01:00"


def as_part(head: str, body: bytes, *, alone: bool = False) -> bytes:
    part = b"Content-Type: " + head.encode() + b"\r\n\r\n" + body
    if alone:
        return b"From: Ann <ann@corp.example>\r\nSubject: x\r\n" + part
    lead = b'From: Ann <ann@corp.example>\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    return lead + b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n" + part + b"\r\n--b--\r\n"


TEXT = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Übergabe\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("text/calendar; charset=utf-8; method=REQUEST", TEXT.encode()),
        ("text/calendar; charset=iso-8859-1; method=REQUEST", TEXT.encode("latin-1")),
        ("text/calendar; method=REQUEST", TEXT.replace("METHOD:REQUEST\r\n", "").encode()),
        (
            'application/ics; name="invite.ics"\r\nContent-Transfer-Encoding: base64\r\n'
            "Content-Disposition: attachment; filename=invite.ics",
            base64.encodebytes(TEXT.encode()),
        ),
        ('application/octet-stream; name="a.ics"', TEXT.encode()),
        ("text/calendar", TEXT.replace("\r\n", "\n").encode()),
        ("text/calendar", TEXT[: TEXT.index("END:VEVENT")].encode()),
    ],
)
def test_a_calendar_is_found_however_it_is_sent(head: str, body: bytes) -> None:
    for alone in (False, True):
        found = read_mail(as_part(head, body, alone=alone)).calendar
        assert found is not None
        assert [each.title for each in found.events] == ["Übergabe"]
        assert found.method == "invite"
        assert found.part == (0 if alone else 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no calendar",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
        b"BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT",
        b"\xff\xfe\x00",
    ],
)
def test_what_holds_no_event_is_no_calendar(body: bytes) -> None:
    assert read_mail(as_part("text/calendar; method=REQUEST", body)).calendar is None


def test_broken_lines_are_stepped_over() -> None:
    found = event(
        ";;:", "SUMMARY", ":x", "DTSTART;TZID=:20261201T100000Z", "DESCRIPTION:one", "two\\nthree", 'UID;X="a:7'
    )
    assert (found.title, found.start, found.description) == ("", "2026-12-01T10:00:00+00:00", "onetwo\nthree")


def test_events_people_and_lengths_are_bounded() -> None:
    many = (
        "BEGIN:VEVENT\r\n" + "ATTENDEE:mailto:a@b.example\r\n" * 1000 + "SUMMARY:" + "x" * 5000 + "\r\nEND:VEVENT\r\n"
    )
    found = calendar.understood("BEGIN:VCALENDAR\r\n" + many * 10)
    assert found is not None
    assert len(found.events) <= calendar.EVENTS
    crowd = event(*(f"ATTENDEE:mailto:a{n}@b.example" for n in range(300)), f"SUMMARY:{'x' * 5000}")
    assert len(crowd.attendees) == calendar.ATTENDEES
    assert len(crowd.title) == 300
    nested = calendar.understood("BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 100_000)
    assert nested is not None


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "BEGIN:VCALENDAR",
                "END:VCALENDAR",
                "BEGIN:VEVENT",
                "END:VEVENT",
                "BEGIN:VTIMEZONE",
                "TZID:X",
                "BEGIN:STANDARD",
                "END:STANDARD",
                "END:VTIMEZONE",
                "TZOFFSETTO:+9900",
                "TZOFFSETTO:-1200",
                "DTSTART:19000101T000000",
                "DTSTART;TZID=X:22001231T235959",
                "DTEND;TZID=X:20260101T000000",
                "RRULE:FREQ=YEARLY;BYDAY=5SU;BYMONTH=2",
                "RRULE:FREQ=MONTHLY;BYDAY=-9MO;INTERVAL=0",
                "DURATION:P99999W",
                "METHOD:REPLY",
                "SEQUENCE:99999999999999999999",
            ]
        ),
        st.text(max_size=60),
        st.builds(
            lambda name, params, value: f"{name};{params}:{value}",
            st.sampled_from(["DTSTART", "DTEND", "RRULE", "ATTENDEE", "ORGANIZER", "SUMMARY", "SEQUENCE", "DURATION"]),
            st.text(max_size=20),
            st.text(max_size=30),
        ),
    ),
    max_size=30,
)


@given(LINES)
def test_no_calendar_raises(lines: list[str]) -> None:
    calendar.understood("\r\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines)))
    calendar.understood("\n".join(lines))


@given(st.dates().map(lambda day: datetime(day.year, day.month, day.day)), st.text(max_size=40))
def test_every_rule_of_a_zone_has_an_answer(at: datetime, rule: str) -> None:
    half = f"BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETTO:+0100\r\nRRULE:{rule}\r\nEND:STANDARD\r\n"
    assert calendar.understood(
        f"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\n{half}END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=X:{at:%Y%m%dT%H%M%S}"
    )


@given(st.binary(max_size=400))
def test_no_octets_raise(data: bytes) -> None:
    assert read_mail(as_part("text/calendar; method=REQUEST", data)).content


def test_a_megabyte_of_anything_is_quick() -> None:
    for piece in ('ATTENDEE;CN="', "BEGIN:VEVENT\n", "X;A=", "\\n", "DESCRIPTION:x\n ", ";", '"'):
        ics.components("BEGIN:VCALENDAR\n" + piece * (1_000_000 // len(piece)))
