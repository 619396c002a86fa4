"""How long a /sync that failed is waited for, before it is tried again."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.sync import pause


@given(st.integers(1, 1_000_000))
def test_an_outage_of_any_length_is_waited_out_a_minute_at_a_time(failures: int) -> None:
    assert 0.5 * min(2**failures if failures < 10 else 60, 60) <= pause(failures, None) <= 60


def test_the_homeserver_may_ask_for_more() -> None:
    assert pause(1, 300.0) == 300.0
    assert pause(2000, 0.0) >= 30
