"""What a benchmark says: rows with ratios of alternating runs, and the table that people read. Pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `ours` and `peer` in `unit`; `value` is what `aim` bounds from above or below: the ratio, or `ours`.

    `same`: the A/A ratio, what two runs of the same thing differ by: a ratio means nothing beyond that.
    """

    part: str
    what: str
    unit: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    same: float | None = None
    aim: float | None = None
    bound: Literal["most", "least"] = "most"
    note: str = ""

    @property
    def value(self) -> float:
        """What is compared with the aim."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        if self.aim is None:
            return None
        return self.value <= self.aim if self.bound == "most" else self.value >= self.aim

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return asdict(self) | {"met": self.met}


@dataclass(frozen=True, slots=True)
class Triple:
    """One pair: the peer before and after our own run, so that a drift of the machine shows and cancels out."""

    before: float
    ours: float
    after: float

    @property
    def ratio(self) -> float:
        """Ours over the peer."""
        return self.ours / ((self.before + self.after) / 2)

    @property
    def same(self) -> float:
        """The peer over itself."""
        return self.after / self.before


def compared(
    part: str, what: str, unit: str, runs: Sequence[Triple], *, aim: float | None, bound: Literal["most", "least"]
) -> Row:
    """A row of medians."""
    peers = [each for run in runs for each in (run.before, run.after)]
    return Row(
        part,
        what,
        unit,
        statistics.median(run.ours for run in runs),
        statistics.median(peers),
        statistics.median(run.ratio for run in runs),
        statistics.median(run.same for run in runs),
        aim,
        bound,
        f"{len(runs)} pairs",
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie, by nearest rank. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


_HEAD = ("", "what", "unit", "ours", "peer", "ratio", "A/A", "aim", "met", "")


def cells(row: Row) -> tuple[str, ...]:
    """A row as texts."""
    met = {True: "yes", False: "NO", None: ""}[row.met]
    sign = {"most": "≤", "least": "≥"}[row.bound]
    aim = "" if row.aim is None else f"{sign} {number(row.aim)}"
    optional = (number(row.peer), number(row.ratio), number(row.same))
    return (row.part, row.what, row.unit, number(row.ours), *optional, aim, met, row.note)


def number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    lines = [_HEAD, *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def markdown(rows: Sequence[Row]) -> str:
    """The table for bench/README.md."""
    lines = [_HEAD, ("---",) * len(_HEAD), *(cells(row) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
