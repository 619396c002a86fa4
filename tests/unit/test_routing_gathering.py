"""The windows of a digest: they follow each other without gap, lie fixed in time, and keep to the clock on the wall."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.core.decision import Digest
from bridge.core.mail import Envelope
from bridge.routing.gathering import window_end
from tests.unit.test_routing_book import book, mail
from tests.unit.test_routing_problems import INBOX, problems

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]
DAY = 86_400.0
MOMENTS = st.floats(0, 4_000_000_000)
DIGESTS = st.one_of(
    st.builds(Digest, every=st.floats(60, 31 * DAY)),
    st.builds(
        lambda at, zone: Digest(at=tuple(sorted(at)), zone=zone),
        st.sets(st.integers(0, 1439), min_size=1, max_size=5),
        st.sampled_from(ZONES),
    ),
)


@given(DIGESTS, MOMENTS)
def test_a_window_ends_after_what_is_in_it_and_within_its_time(digest: Digest, at: float) -> None:
    end = window_end(digest, at)
    assert at < end <= at + (digest.every * (1 + 1e-9) + 1e-3 if digest.every else 2 * DAY + 3600)


@given(DIGESTS, MOMENTS, st.floats(0, 1))
def test_whoever_comes_between_meets_the_same_end(digest: Digest, at: float, share: float) -> None:
    end = window_end(digest, at)
    between = at + (end - at) * share
    assume(between < end - 1e-3)
    assert window_end(digest, between) == end


@given(st.sampled_from(ZONES), st.integers(0, 1439), st.integers(1, 20_000))
def test_a_time_of_the_day_comes_once_a_day(zone: str, minute: int, day: int) -> None:
    digest, at = Digest(at=(minute,), zone=zone), day * DAY
    ends = []
    for _ in range(10):
        at = window_end(digest, at)
        ends.append(at)
    # A year has 365 of them, but where the clock goes forward or back a day is longer or shorter (Apia lost one).
    assert all(DAY / 2 < later - sooner <= 2 * DAY + 3600 for sooner, later in pairwise(ends))


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("minute", "came", "expected"),
    [
        (540, "2026-01-15T07:59:00", "2026-01-15T08:00:00"),  # 9:00 in winter
        (540, "2026-01-15T08:00:00", "2026-01-16T08:00:00"),  # what comes at its end is in the next
        (540, "2026-07-15T06:59:00", "2026-07-15T07:00:00"),  # 9:00 in summer
        (150, "2026-03-29T00:00:00", "2026-03-29T01:30:00"),  # 2:30 that the clock skips: as if it had not
        (150, "2026-10-25T00:00:00", "2026-10-25T00:30:00"),  # 2:30 that comes twice: the first
        (150, "2026-10-25T00:45:00", "2026-10-26T01:30:00"),  # and only once
    ],
)
def test_the_clock_on_the_wall_of_berlin(minute: int, came: str, expected: str) -> None:
    assert window_end(Digest(at=(minute,), zone="Europe/Berlin"), moment(came)) == moment(expected)


def test_half_hours_are_counted_from_the_epoch() -> None:
    assert window_end(Digest(every=1800), moment("2026-11-22T10:10:00")) == moment("2026-11-22T10:30:00")


BOX = "zone: Europe/Berlin\ninboxes:\n  s:\n    address: s@d.example\n    room: {is: '#s', for: ann}\n"


def test_a_decision_names_the_end_of_its_window(tmp_path: Path) -> None:
    rules = book(
        tmp_path,
        BOX + "    digest: {at: ['16:30', '9:00']}\n    rules:\n"
        "      - {name: at once, when: {kind: personal}, digest: none}\n"
        "      - {name: no, when: {kind: bulk}, do: drop}\n",
    )
    base = rules.scope("inbox:s")
    assert base is not None
    assert base.digest == Digest(at=(540, 990), zone="Europe/Berlin")
    at = moment("2026-11-22T08:30:00")
    found = [
        rules.decide(Envelope("smtp", rcpt_tos=("s@d.example",)), mail(kind=kind), at=at)[0].window
        for kind in ("list", "personal", "bulk")
    ]
    assert found == [moment("2026-11-22T15:30:00"), 0.0, 0.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            INBOX + "    digest: {every: 1h}\n",
            [
                "a.yaml:8:13: inboxes.s.digest: a digest needs one room for all its mail: "
                'write room: {is: "#…"}, or digest: none'
            ],
        ),
        (
            INBOX.replace("{for", "{is: '#s', for") + "    digest: {at: ['9:00', '25:00'], zone: Europe/Berln}\n",
            [
                "a.yaml:8:18: inboxes.s.digest.at: '25:00' is no time of the day: write \"9:00\"",
                "a.yaml:8:43: inboxes.s.digest.zone: 'Europe/Berln' is no time zone: did you mean 'Europe/Berlin'?",
            ],
        ),
        (
            INBOX.replace("{for", "{is: '#s', for") + "    send: {who: ann, by: all}\n    digest: {every: 1h}\n",
            [
                "a.yaml:9:13: inboxes.s.digest: with `by: all` nobody can tell which mail of a digest is answered: "
                "write send: {by: reply}"
            ],
        ),
    ],
)
def test_what_cannot_be_gathered_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected
