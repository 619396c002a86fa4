"""Which rulebook was in force when, and the text of its files, so that what changed can be shown.

`enact` is part of a transaction that the caller runs; the other functions only read, beside a running daemon or without
one. What is kept is bounded: the newest changes, and of their texts no more than `OCTETS`.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, inspect, select

from bridge.core.ports import Enacted
from bridge.store import database
from bridge.store.schema import rule_texts, rulebooks

CHANGES = 500
"""How many changes are remembered."""

OCTETS = 16 << 20
"""How many octets of compressed text are kept; the text of the newest change always is."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rulebook that was put in force at `at`. `until`: when another followed; None when it is in force still."""

    digest: str
    at: float
    until: float | None
    cause: str
    who: str


def enact(connection: Connection, rulebook: Enacted, now: float) -> None:
    """Note a rulebook, and forget the oldest."""
    newest = select(rulebooks.c.digest).order_by(rulebooks.c.order.desc()).limit(1)
    if connection.execute(newest).scalar_one_or_none() == rulebook.digest:
        return
    row = {"at": now, "digest": rulebook.digest, "cause": rulebook.cause, "who": rulebook.who}
    order = int(connection.execute(insert(rulebooks).values(**row)).lastrowid)
    connection.execute(delete(rulebooks).where(rulebooks.c.order <= order - CHANGES))
    known = select(rule_texts.c.digest).where(rule_texts.c.digest == rulebook.digest)
    if connection.execute(known).first() is None:
        packed = zlib.compress(json.dumps(dict(rulebook.texts), ensure_ascii=False).encode())
        connection.execute(insert(rule_texts).values(digest=rulebook.digest, texts=packed))
    _forget_texts(connection)


def _forget_texts(connection: Connection) -> None:
    last = func.max(rulebooks.c.order)
    sizes = (
        select(rule_texts.c.digest, func.length(rule_texts.c.texts), last)
        .outerjoin(rulebooks, rulebooks.c.digest == rule_texts.c.digest)
        .group_by(rule_texts.c.digest)
        .order_by(last.desc().nulls_last())
    )
    kept = 0
    for number, (digest, size, order) in enumerate(connection.execute(sizes).all()):
        kept += size
        if number and (order is None or kept > OCTETS):
            connection.execute(delete(rule_texts).where(rule_texts.c.digest == digest))


def history(folder: Path) -> list[Rulebook]:
    """What was in force, newest first; nothing when no daemon ran yet. Raises Permanent, Transient."""
    with _reading(folder) as connection:
        if connection is None:
            return []
        rows = connection.execute(select(rulebooks).order_by(rulebooks.c.order.desc())).all()
    ends: list[float | None] = [None, *(row.at for row in rows)]
    return [Rulebook(row.digest, row.at, end, row.cause, row.who) for row, end in zip(rows, ends, strict=False)]


def texts(folder: Path, digest: str) -> Mapping[str, str] | None:
    """The files of a rulebook by name; None when its text is no longer kept. Raises Permanent, Transient."""
    with _reading(folder) as connection:
        if connection is None:
            return None
        query = select(rule_texts.c.texts).where(rule_texts.c.digest == digest)
        packed: bytes | None = connection.execute(query).scalar_one_or_none()
    if packed is None:
        return None
    found: dict[str, str] = json.loads(zlib.decompress(packed).decode())
    return found


@contextmanager
def _reading(folder: Path) -> Iterator[Connection | None]:
    """None when there is no journal yet, or one from before rulebooks were noted."""
    if not (folder / database.FILE_NAME).exists():
        yield None
        return
    with database.reading(folder) as connection:
        yield connection if inspect(connection).has_table(rulebooks.name) else None
