"""Which tables of a stranger's HTML hold data and which only place things. Linear; never changes the tree."""

from itertools import islice
from typing import Any

_SHORT = 60
"""Characters of a cell that may stand beside others in the one row of a table."""

_BLOCKS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "hr", "table"])


def layout(root: Any) -> set[Any]:
    """Tables that only place things.

    Those that say so; that hold a table; that have no row of two cells; or that have one row, without headings,
    in which a cell holds more than a few words.
    """
    tables = set(root.iter("table"))
    rows: dict[Any, list[Any]] = {}
    for row in root.iter("tr"):
        above = row.getparent()
        if above is not None and above.tag != "table":
            above = above.getparent()
        if above is not None and above.tag == "table":
            rows.setdefault(above, []).append(row)
    grids = {table for table, lines in rows.items() if _grid(table, lines)}
    for table in tables:
        above = table.getparent()
        while above is not None:
            if above.tag == "table":
                grids.discard(above)
                break
            above = above.getparent()
    return tables - grids


def _grid(table: Any, rows: list[Any]) -> bool:
    if (table.get("role") or "").strip().lower() in ("presentation", "none"):
        return False
    widths = [sum(1 for cell in row if cell.tag in ("td", "th")) for row in rows]
    if max(widths) < 2:
        return False
    return len(rows) > 1 or all(cell.tag == "th" or _short(cell) for cell in rows[0])


def _short(cell: Any) -> bool:
    if any(below.tag in _BLOCKS for below in cell.iter()):
        return False
    return sum(len(text.strip()) for text in islice(cell.itertext(), 200)) <= _SHORT
