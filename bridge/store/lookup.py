"""What only an operator asks: which keys begin so, what waits and why, what an arrival led to, when a source last came.

It reads and never writes, beside a running daemon or without one. The text of mails stays in the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Column, Connection, Select, func, select
from sqlalchemy.sql import ColumnElement

from bridge.store import database
from bridge.store.lanes import WAITING
from bridge.store.queue import Entry, State, effect_entry
from bridge.store.schema import AnyRow, bookmarks, inbox, lanes, outbox

_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Source:
    """What has a bookmark, mostly sources of arrivals. `newest`: when it last brought one, None when it never did."""

    name: str
    bookmark: str
    newest: float | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane in which something waits. `waiting`: how many effects; `head`: the first of them, and why it waits."""

    name: str
    waiting: int
    head: Entry


def keys_like(folder: Path, prefix: str, limit: int = 10) -> list[str]:
    """Keys of effects and arrivals that begin with `prefix`; the exact one alone when there is one."""
    with database.reading(folder) as connection:
        found: set[str] = set()
        for column in (outbox.c.key, inbox.c.key):
            if connection.execute(select(column).where(column == prefix)).first() is not None:
                return [prefix]
            found.update(connection.execute(select(column).where(_begins(column, prefix)).limit(limit)).scalars())
    return sorted(found)[:limit]


def sources(folder: Path) -> list[Source]:
    """Every source, by name. Raises Permanent, Transient."""
    with database.reading(folder) as connection:
        rows = connection.execute(select(bookmarks).order_by(bookmarks.c.source)).all()
        return [Source(row.source, row.value, _newest(connection, row.source)) for row in rows]


def arrivals(folder: Path, states: Sequence[State], *, limit: int, newest: bool = False) -> list[Entry]:
    """Arrivals in these states in order, the oldest or the `newest` of them."""
    query = select(inbox).where(inbox.c.state.in_(states))
    with database.reading(folder) as connection:
        rows = _cut(connection, query, inbox.c.order, limit, newest)
        return [
            Entry(row.key, "arrival", row.kind, row.state, row.at, 0.0, row.attempts, row.words or _unplanned(row))
            for row in rows
        ]


def effects(folder: Path, states: Sequence[State], *, lane: str = "", limit: int, newest: bool = False) -> list[Entry]:
    """Effects in these states in order, the oldest or the `newest` of them. `lane`: only lanes that begin so.

    `words` say why each waits, also where nothing went wrong.
    """
    query = _effects().where(outbox.c.state.in_(states))
    if lane:
        query = query.where(_begins(outbox.c.lane, lane))
    with database.reading(folder) as connection:
        return [_entry(row) for row in _cut(connection, query, outbox.c.seq, limit, newest)]


def waiting_lanes(folder: Path, limit: int) -> list[Lane]:
    """Lanes with waiting or begun work, those whose head was planned first before the others."""
    with database.reading(folder) as connection:
        heads = _effects().where(outbox.c.seq == lanes.c.head).order_by(outbox.c.seq).limit(limit)
        found: list[Lane] = []
        for row in connection.execute(heads).all():
            behind = select(func.count()).select_from(outbox).where(WAITING, outbox.c.lane == row.lane)
            found.append(Lane(row.lane, int(connection.execute(behind).scalar_one()), _entry(row)))
    return found


def caused(folder: Path, arrival: str, limit: int = 100) -> list[Entry]:
    """The effects that an arrival led to, in order."""
    with database.reading(folder) as connection:
        query = _effects().where(outbox.c.cause == arrival).order_by(outbox.c.seq).limit(limit)
        return [_entry(row) for row in connection.execute(query)]


def _effects() -> Select[tuple[object, ...]]:
    columns = [column for column in outbox.c if column.name != "receipt"]
    head = outbox.alias("head")
    return (
        select(*columns, lanes.c.state.label("lane_state"), lanes.c.head, head.c.key.label("head_key"))
        .outerjoin(lanes, lanes.c.lane == outbox.c.lane)
        .outerjoin(head, head.c.seq == lanes.c.head)
    )


def _cut(
    connection: Connection, query: Select[tuple[object, ...]], order: Column[int], limit: int, newest: bool
) -> list[AnyRow]:
    ordered = query.order_by(order.desc() if newest else order).limit(limit)
    rows: list[AnyRow] = list(connection.execute(ordered))
    return rows[::-1] if newest else rows


def _entry(row: AnyRow) -> Entry:
    entry = effect_entry(row)
    return entry if entry.words else replace(entry, words=_why(row))


def _why(row: AnyRow) -> str:
    match row.state:
        case "held":
            return "waits for a confirmation in the room"
        case "waiting" if row.lane_state == "blocked":
            return "waits until the bot is in its room again"
        case "waiting" if row.head_key is not None and row.head != row.seq:
            return f"waits for {row.head_key[:10]} before it in its lane"
        case "waiting" if row.due:
            return "waits for its time"
        case _:
            return ""


def _unplanned(row: AnyRow) -> str:
    return "waits to be planned" if row.state == "new" else ""


def _newest(connection: Connection, source: str) -> float | None:
    newest = connection.execute(select(func.max(inbox.c.at)).where(_begins(inbox.c.key, f"{source}:"))).scalar_one()
    return None if newest is None else float(newest)


def _begins(column: Column[str], prefix: str) -> ColumnElement[bool]:
    """By range, so that the index on keys serves and a wildcard in the prefix means itself."""
    return column.between(prefix, prefix + _LAST)
