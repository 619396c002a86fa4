"""When events repeat, in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.decision import Language
from bridge.core.recurring import in_words

TUESDAY = "2026-12-01T10:00:00+01:00"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=WEEKLY", "every Tuesday"),
        ("FREQ=WEEKLY;BYDAY=TH,TU", "every Tuesday and Thursday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;WKST=MO", "every Monday, Wednesday and Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every day from Monday to Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270301T090000Z", "every second Tuesday until 1 March 2027"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=10", "every 2 weeks on Tuesday and Thursday, 10 times"),
        ("FREQ=MONTHLY", "every month on day 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "every month on the second Tuesday"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", "every 3 months on the last Friday"),
        ("FREQ=YEARLY", "every year on 1 December"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8", "every year on 8 March"),
        ("FREQ=YEARLY;BYDAY=1MO;BYMONTH=9", "every year on the first Monday of September"),
        # what no short sentence says
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "by the rule FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
        ("FREQ=HOURLY", "by the rule FREQ=HOURLY"),
        ("FREQ=DAILY;BYHOUR=8,12", "by the rule FREQ=DAILY;BYHOUR=8,12"),
        ("FREQ=WEEKLY;BYDAY=XX", "by the rule FREQ=WEEKLY;BYDAY=XX"),
    ],
)
def test_a_rule_in_words(rule: str, words: str) -> None:
    assert in_words(rule, TUESDAY, "en") == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "jeden zweiten Dienstag bis 1. März 2027"),
        ("fr", "un mardi sur deux, jusqu'au 1er mars 2027"),
        ("es", "cada dos semanas, el martes, hasta el 1 de marzo de 2027"),
    ],
)
def test_every_language_says_it(language: Language, words: str) -> None:
    assert in_words("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270301", TUESDAY, language) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "jeden Dienstag und Donnerstag"),
        ("fr", "chaque semaine, le mardi et le jeudi"),
        ("es", "cada semana, el martes y el jueves"),
    ],
)
def test_days_are_joined_as_the_language_does(language: Language, words: str) -> None:
    assert in_words("FREQ=WEEKLY;BYDAY=TU,TH", "", language) == words


PART = st.tuples(
    st.sampled_from(["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "COUNT", "UNTIL", "X"]),
    st.one_of(
        st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "TU", "-1FR", "53MO", "0", "13", "20260231", "²"]),
        st.text(max_size=12),
    ),
)


@given(
    st.lists(PART, max_size=8),
    st.one_of(st.just(TUESDAY), st.text(max_size=20)),
    st.sampled_from(["en", "de", "fr", "es"]),
)
def test_every_rule_is_said_somehow(parts: list[tuple[str, str]], start: str, language: Language) -> None:
    assert in_words(";".join(f"{name}={value}" for name, value in parts), start, language)
