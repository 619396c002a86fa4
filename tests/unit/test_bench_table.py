"""The arithmetic behind the benchmarks' table."""

import pytest

from bench import table
from bench.table import Row, Triple


def test_a_ratio_is_taken_to_the_mean_of_both_neighbours() -> None:
    run = Triple(before=100, ours=90, after=80)
    assert run.ratio == 1.0
    assert run.same == 0.8


def test_a_compared_row_tells_medians() -> None:
    runs = [Triple(100, 90, 100), Triple(100, 50, 100), Triple(100, 80, 120)]
    row = table.compared("b", "mails", "/s", runs, aim=0.7, bound="least")
    assert (row.ours, row.peer, row.same) == (80, 100, 1.0)
    assert row.ratio == pytest.approx(80 / 110)
    assert row.met is True


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a", "x", "ms", ours=5, aim=5), True),
        (Row("a", "x", "ms", ours=5.1, aim=5), False),
        (Row("a", "x", "/s", ours=900, aim=800, bound="least"), True),
        (Row("a", "x", "/s", ours=900, peer=1000, ratio=0.84, aim=0.85, bound="least"), False),
        (Row("a", "x", "/s", ours=1), None),
    ],
)
def test_an_aim_bounds_the_ratio_where_there_is_one(row: Row, met: bool | None) -> None:
    assert row.met is met


@pytest.mark.parametrize(("share", "value"), [(0.5, 5), (0.99, 10), (0.0, 1), (1.0, 10)])
def test_percentiles_are_values_that_were_measured(share: float, value: float) -> None:
    assert table.percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == value


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        table.percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (0.8512, "0.851"), (3.0, "3"), (1234.5, "1234"), (12.34, "12.3")]
)
def test_numbers_have_three_digits_that_count(value: float | None, text: str) -> None:
    assert table.number(value) == text


def test_the_table_says_what_was_missed() -> None:
    rows = [Row("a", "latency", "ms", ours=6, aim=5), Row("d", "rate", "/s", 90, 100, 0.9, 1.01, 0.9, "least")]
    shown = table.text(rows).splitlines()
    assert "NO" in shown[1]
    assert "≤ 5" in shown[1]
    assert "yes" in shown[2]
    assert table.markdown(rows).splitlines()[3].startswith("| d | rate | /s | 90 | 100 | 0.9 |")
