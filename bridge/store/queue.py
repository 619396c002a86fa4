"""The operator's view of the journal, for `mailroom status` and `mailroom queue`: plain synchronous reads, retry, drop.

Works beside a running daemon, which notices a change by itself. Never deletes: what is dropped keeps its row and its
raw octets, and every act leaves a line in `audit`.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from sqlalchemy import Connection, Engine, Select, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from bridge.core.effects import Effect
from bridge.core.errors import Permanent
from bridge.core.ports import Health
from bridge.store import blobs, codec, database, intake, lanes, lock
from bridge.store import outbox as effects
from bridge.store.failures import from_sql
from bridge.store.schema import AnyRow, assignments, audit, health, inbox, outbox, raws, rooms
from bridge.store.schema import lanes as lanes_table

State = Literal["new", "planned", "quarantined", "waiting", "held", "claimed", "done", "buried", "cancelled"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is where. `blocked`: lanes that wait for a lost room."""

    new: int
    quarantined: int
    waiting: int
    held: int
    claimed: int
    buried: int
    blocked: int
    lost_rooms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the queue: an arrival or an effect.

    `at`: when it came. `due`: not before, 0 for at once. `lane` and `room` are empty for arrivals.
    """

    key: str
    what: Literal["arrival", "effect"]
    kind: str
    state: State
    at: float
    due: float
    attempts: int
    words: str
    lane: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry in full. `content`: the effect, or the envelope, as plain JSON values. `cause`: the arrival behind it.

    `traces`: the rules' reasons, in words. `raw`: the file of the original, or its octets; none for effects.
    `assigned`: the user ids who were given a conversation that it began, with its `tags`.
    """

    entry: Entry
    content: dict[str, Any]
    cause: str = ""
    outcome: str = ""
    traces: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    receipt: dict[str, Any] | None = None
    octets: bytes = b""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What an operator did to an entry, and when."""

    at: float
    key: str
    what: str
    words: str


class Queue:
    """The queue of one state folder. Use as a context manager. All methods raise Transient, Permanent."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The queue beside a daemon, or without one. Raises Permanent when there is no journal yet."""
        folder = Path(folder).absolute()
        if not (folder / database.FILE_NAME).exists():
            raise Permanent(f"there is no journal in {folder} yet")
        lock.prepare(folder)
        return cls(database.open_engine(folder, exclusive=False), folder)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def counts(self) -> Counts:
        """How much is where."""

        def count(query: Select[Any]) -> int:
            return int(connection.execute(query).scalar_one())

        def aside(state: str) -> int:
            return count(select(func.count()).select_from(outbox).where(lanes.ASIDE, outbox.c.state == state))

        with self._begin(write=False) as connection:
            return Counts(
                new=count(select(func.count()).select_from(inbox).where(intake.NEW)),
                quarantined=count(select(func.count()).select_from(inbox).where(intake.QUARANTINED)),
                waiting=count(select(func.count()).select_from(outbox).where(lanes.WAITING)),
                held=aside("held"),
                claimed=count(select(func.count()).where(lanes_table.c.state == "claimed")),
                buried=aside("buried"),
                blocked=count(select(func.count()).where(lanes_table.c.state == "blocked")),
                lost_rooms=count(select(func.count()).where(rooms.c.state == "lost")),
            )

    def arrivals(self, *, quarantined: bool = True, limit: int = 1000) -> list[Entry]:
        """Arrivals in quarantine, or those not yet planned; oldest first."""
        wanted = intake.QUARANTINED if quarantined else intake.NEW
        query = select(inbox).where(wanted).order_by(inbox.c.order).limit(limit)
        with self._begin(write=False) as connection:
            return [_arrival(row) for row in connection.execute(query)]

    def effects(
        self, states: Sequence[State] = ("waiting", "claimed", "held", "buried"), *, limit: int = 1000
    ) -> list[Entry]:
        """Effects in these states, in the order they were planned."""
        query = select(outbox).where(outbox.c.state.in_(states)).order_by(outbox.c.seq).limit(limit)
        with self._begin(write=False) as connection:
            return [effect_entry(row) for row in connection.execute(query)]

    def show(self, key: str) -> Detail:
        """One arrival or effect in full. Raises Permanent when there is none of that key."""
        with self._begin(write=False) as connection:
            row = connection.execute(effects.ENTRIES.where(outbox.c.key == key)).first()
            if row is not None:
                receipt = json.loads(row.receipt) if row.receipt else None
                return Detail(effect_entry(row), json.loads(row.effect), cause=row.cause, receipt=receipt)
            found = select(inbox, raws.c.blob, raws.c.octets).outerjoin(raws, raws.c.arrival == inbox.c.order)
            row = connection.execute(found.where(inbox.c.key == key)).first()
            if row is None:
                raise Permanent(f"there is nothing in the queue with the key {key}")
            given = connection.execute(select(assignments).where(assignments.c.arrival == key)).all()
            return Detail(
                _arrival(row),
                json.loads(row.envelope) if row.envelope else {},
                outcome=row.outcome,
                traces=tuple(f"{t.file}:{t.line}: {t.words}" for t in codec.load_traces(row.traces)),
                assigned=tuple(each.user for each in given if each.user),
                tags=tuple(dict.fromkeys(tag for each in given for tag in each.tags.split("\n") if tag)),
                octets=row.octets or b"",
                path=str(blobs.path_of(self._folder, row.blob)) if row.blob else "",
            )

    def retry(self, key: str) -> Entry:
        """Try a buried or postponed effect again now; release an arrival from quarantine. Returns how it is now.

        Raises Permanent when there is nothing to retry.
        """
        now = time.time()
        with self._begin(write=True) as connection:
            row = connection.execute(select(outbox).where(outbox.c.key == key)).first()
            if row is not None:
                if row.state != "buried" and not (row.state == "waiting" and row.begun):
                    raise Permanent(f"nothing to retry: it is {row.state}")
                effects.revive(connection, row, 0.0, now)
            else:
                row = self._quarantined(connection, key)
                values = {"state": "new", "attempts": 0, "released": 1}
                connection.execute(update(inbox).where(inbox.c.order == row.order).values(values))
            self._note(connection, now, key, "retry", row.words)
            return self._entry(connection, key)

    def drop(self, key: str, words: str = "dropped by an operator", then: Sequence[Effect] = ()) -> Entry:
        """Give up an effect that is not being done right now, or an arrival in quarantine. Returns how it is now.

        `then`: what tells the room of it, so that no mark there goes on claiming that a mail waits (I9).

        Raises Permanent when there is nothing to drop.
        """
        now = time.time()
        words = codec.clean(words)
        with self._begin(write=True) as connection:
            row = connection.execute(select(outbox).where(outbox.c.key == key)).first()
            if row is not None:
                if row.state not in ("waiting", "held", "buried"):
                    raise Permanent(f"it cannot be dropped: it is {row.state}")
                values = {"state": "cancelled", "words": words, "changed_at": now}
                connection.execute(update(outbox).where(outbox.c.seq == row.seq).values(values))
                lanes.advance(connection, row.lane)
            else:
                row = self._quarantined(connection, key)
                values = {"state": "planned", "outcome": "dropped", "words": words, "planned_at": now}
                connection.execute(update(inbox).where(inbox.c.order == row.order).values(values))
            effects.enqueue(connection, then, rank=effects.LIVE, cause=key, now=now)
            self._note(connection, now, key, "drop", words)
            return self._entry(connection, key)

    def acts(self, limit: int = 100) -> list[Act]:
        """What operators did, newest first."""
        query = select(audit).order_by(audit.c.order.desc()).limit(limit)
        with self._begin(write=False) as connection:
            return [Act(row.at, row.key, row.what, row.words) for row in connection.execute(query)]

    def health(self) -> list[Health]:
        """The state of each peer and source, as the daemon last told it."""
        with self._begin(write=False) as connection:
            rows = connection.execute(select(health).order_by(health.c.name)).all()
            return [Health(row.name, row.state, row.detail, row.since) for row in rows]

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[Connection]:
        try:
            with database.connect(self._engine, write=write) as connection, connection.begin():
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            raise from_sql(error) or Permanent("the journal refused a statement") from None

    def _quarantined(self, connection: Connection, key: str) -> AnyRow:
        row = connection.execute(select(inbox).where(inbox.c.key == key)).first()
        if row is None:
            raise Permanent(f"there is nothing in the queue with the key {key}")
        if row.state != "quarantined":
            raise Permanent(f"it is not in quarantine: it is {row.state}")
        return row

    def _note(self, connection: Connection, now: float, key: str, what: str, words: str) -> None:
        connection.execute(insert(audit).values(at=now, key=key, what=what, words=words))

    def _entry(self, connection: Connection, key: str) -> Entry:
        row = connection.execute(select(outbox).where(outbox.c.key == key)).first()
        if row is not None:
            return effect_entry(row)
        return _arrival(connection.execute(select(inbox).where(inbox.c.key == key)).one())


def _arrival(row: AnyRow) -> Entry:
    return Entry(row.key, "arrival", row.kind, row.state, row.at, 0.0, row.attempts, row.words)


def effect_entry(row: AnyRow) -> Entry:
    """The line of an effect's row."""
    return Entry(
        key=row.key,
        what="effect",
        kind=row.kind,
        state=row.state,
        at=row.created_at,
        due=row.due,
        attempts=row.attempts,
        words=row.words,
        lane=row.lane,
        room=row.room,
    )
