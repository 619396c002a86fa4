"""The mail of the journal once more, for rules that are tried on it: when and how it came, what was known then.

Reads only, a few mails at a time, beside a running daemon or without one. Nothing is planned, settled or marked.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.exc import DBAPIError

from bridge.core.decision import Standing, Talk
from bridge.core.errors import Permanent
from bridge.core.ids import derive
from bridge.core.mail import Envelope
from bridge.core.plan import Raw, StandingQuery
from bridge.store import codec, database
from bridge.store.failures import from_sql
from bridge.store.intake import octets
from bridge.store.schema import anchors, inbox, letters, raws, rooms
from bridge.store.standings import ANSWERED, family

BATCH = 32
"""Mails that are read together: at most 8 MB, since larger ones stay in their files."""

_NEVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Came:
    """A mail that came in at `at`. `order` ascends."""

    order: int
    key: str
    at: float
    envelope: Envelope
    raw: Raw


class Replay:
    """Use as a context manager. Methods block; they raise Transient, Permanent.

    A journal that is not there holds nothing. Mails that only came again through another door are left out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = database.engine(folder) if (folder / database.FILE_NAME).exists() else None
        self._connection = database.connect(self._engine, write=False) if self._engine is not None else None
        self._reached = 0
        self._first: dict[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._connection is not None and self._engine is not None:
            self._connection.close()
            self._engine.dispose()

    def count(self, since: float) -> tuple[int, int]:
        """How many mails came since then, and of how many of them retention removed the octets."""
        with self._moment() as connection:
            if connection is None:
                return 0, 0
            query = select(func.count(), func.count(raws.c.arrival)).select_from(inbox)
            asked = query.outerjoin(raws, raws.c.arrival == inbox.c.order).where(*_wanted(since))
            every, kept = connection.execute(asked).one()
            return int(every), int(every) - int(kept)

    def newest(self, since: float, most: int) -> int:
        """The order after which the newest `most` of them came."""
        with self._moment() as connection:
            if connection is None:
                return 0
            query = select(inbox.c.order).where(*_wanted(since)).order_by(inbox.c.order.desc()).offset(most).limit(1)
            return int(connection.execute(query).scalar_one_or_none() or 0)

    def mails(self, since: float, after: int = 0) -> Iterator[list[Came]]:
        """All mails since then in the order in which they came, in batches."""
        while True:
            with self._moment() as connection:
                if connection is None:
                    return
                query = select(inbox, raws.c.blob, raws.c.octets).join(raws, raws.c.arrival == inbox.c.order)
                wanted = query.where(*_wanted(since), inbox.c.order > after).order_by(inbox.c.order).limit(BATCH)
                rows = connection.execute(wanted).all()
            if not rows:
                return
            after = rows[-1].order
            found = ((row, codec.load_envelope(row.envelope)) for row in rows)
            yield [
                Came(row.order, row.key, row.at, envelope, octets(self._folder, row))
                for row, envelope in found
                if envelope is not None
            ]

    def rooms(self) -> list[tuple[str, str, str]]:
        """Every open room: key, scope, rule."""
        with self._moment() as connection:
            if connection is None:
                return []
            query = select(rooms.c.key, rooms.c.scope, rooms.c.rule).where(
                rooms.c.state == "open", rooms.c.room_id != ""
            )
            return [(key, scope, rule) for key, scope, rule in connection.execute(query.order_by(rooms.c.key))]

    def standings(self, key: str, query: StandingQuery) -> dict[str, Standing]:
        """What the journal knew in each scope when the mail of this key came. To be asked in the order of arrival.

        What lies before it is what was filed before it. Of mail that the running rules do not show in a scope, the
        place in that order is that of the mail replayed before it.
        """
        with self._moment() as connection:
            if connection is None:
                return {}
            return {scope: self._standing(connection, key, scope, query) for scope in query.scopes}

    def _standing(self, connection: Connection, key: str, scope: str, query: StandingQuery) -> Standing:
        own = select(letters.c.order).where(letters.c.key == derive("letter", key, scope))
        order: int | None = connection.execute(own).scalar_one_or_none()
        if order is None:
            order = self._reached + 1 if self._reached else _NEVER
        self._reached = max(self._reached, order if order != _NEVER else 0)
        if self._first is None:
            self._first = _first_letters(connection)
        known = self._first.get(hash((scope, query.author)), _NEVER) < order
        return Standing(_talk(connection, scope, query, order), known)

    @contextmanager
    def _moment(self) -> Iterator[Connection | None]:
        if self._connection is None:
            yield None
            return
        try:
            with self._connection.begin():
                yield self._connection
        except (DBAPIError, sqlite3.Error) as error:
            raise from_sql(error) or Permanent("the journal refused a question") from None


def _wanted(since: float) -> tuple[Any, ...]:
    again = and_(inbox.c.state == "planned", inbox.c.outcome.in_(("duplicate", "echo")))
    return inbox.c.kind == "mail", inbox.c.at >= since, ~again


def _talk(connection: Connection, scope: str, query: StandingQuery, order: int) -> Talk:
    """As `standings` finds the conversation, but only letters that were filed before count.

    An id of a mail that came later was not known; one that mails only refer to was, if one of them came before.
    """
    before = letters.c.order < order
    for each in (query.message_id, *query.ancestors):
        bound = select(anchors.c.conversation).where(anchors.c.scope == scope, anchors.c.message_id == each)
        found = connection.execute(bound).scalar_one_or_none() if each else None
        came = select(func.min(letters.c.order)).where(letters.c.scope == scope, letters.c.message_id == each)
        if found is None or (connection.execute(came).scalar_one() or 0) >= order:
            continue
        there = select(letters.c.key).where(letters.c.conversation.in_(family(connection, found)), before).limit(1)
        if connection.execute(there).first() is None:
            continue
        answered = there.where(letters.c.ours == 1, ANSWERED)
        return "existing" if connection.execute(answered).first() is None else "answered"
    return "new"


def _first_letters(connection: Connection) -> dict[int, int]:
    """When someone was first heard of in a scope, by the hash of both: numbers, since there may be many people."""
    who = func.json_extract(letters.c.letter, "$.from_"), func.json_extract(letters.c.letter, "$.to")
    query = select(letters.c.order, letters.c.scope, letters.c.ours, *who).order_by(letters.c.order)
    first: dict[int, int] = {}
    for order, scope, ours, author, to in connection.execute(query):
        people: Sequence[dict[str, str]] = json.loads((to if ours else author) or "[]")
        for person in people if ours or len(people) == 1 else ():
            first.setdefault(hash((scope, f"{person['local'].casefold()}@{person['domain']}")), order)
    return first
