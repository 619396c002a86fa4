"""The Journal port of `bridge.core.ports` on SQLite: every write durable when it returns, every view one moment.

Writes go through the group commit of `writer`; views are read by a second connection in its own thread, and see all
that was committed before they were asked. What the methods promise stands at the port.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from bridge.core.decision import Standing
from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import Effect, Receipt
from bridge.core.errors import Permanent, Transient
from bridge.core.happened import Tally
from bridge.core.idling import Lull, Step
from bridge.core.ids import Seed
from bridge.core.lobby import LineView
from bridge.core.mail import Letter
from bridge.core.plan import (
    Arrival,
    Bookmark,
    EventQuery,
    EventView,
    MailQuery,
    MailView,
    Pending,
    Plan,
    Raw,
    StandingQuery,
    Unshown,
)
from bridge.core.ports import Enacted, Health
from bridge.store import (
    assigned,
    blobs,
    codec,
    database,
    events,
    intake,
    lanes,
    lines,
    lives,
    lock,
    lulls,
    outbox,
    purging,
    rulebooks,
    said,
    standings,
    tally,
    views,
)
from bridge.store.failures import from_os, from_sql
from bridge.store.reading import Views
from bridge.store.schema import health, rooms, threads
from bridge.store.settle import settle
from bridge.store.statements import Statement
from bridge.store.writer import Writer

T = TypeVar("T")

_room = Statement(
    select(rooms.c.room_id).where(rooms.c.key == bindparam("of"), rooms.c.state == "open", rooms.c.room_id != "")
)
_rooms = Statement(
    select(rooms.c.key, rooms.c.room_id, rooms.c.scope, rooms.c.rule)
    .where(rooms.c.state == "open", rooms.c.room_id != "")
    .order_by(rooms.c.key)
)
_room_rule = Statement(select(rooms.c.scope, rooms.c.rule).where(rooms.c.key == bindparam("of")))
_root = Statement(select(threads.c.root).where(threads.c.conversation == bindparam("of")))
_new_health = insert(health)
_report = _new_health.on_conflict_do_update(
    index_elements=[health.c.name], set_={name: _new_health.excluded[name] for name in ("state", "detail", "since")}
)


class Journal:
    """The truth, in a state folder. Make it with `open`; all methods belong to one event loop."""

    def __init__(self, folder: Path, engine: Engine, held: lock.Lock | None, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._engine = engine
        self._lock = held
        self._clock = clock
        self._closed = False
        self._reader = database.connect(engine, write=False)
        self._seed = database.read_seed(self._reader)
        self._views = Views(self._reader)
        self._write_connection = database.connect(engine, write=True)
        self._writer = Writer(self._write_connection)

    @classmethod
    async def open(
        cls, folder: Path, *, exclusive: bool = True, apart: bool = False, clock: Callable[[], float] = time.time
    ) -> Self:
        """Open or make the journal of a state folder.

        `exclusive` is for the daemon: it takes the folder's lock, and what was claimed when its predecessor died waits
        again. Without, it may be used beside a running daemon. `apart`: a migration gets a process of its own.
        Raises Permanent (another daemon, a symbolic link, a damaged file, another version), StorageFull, Transient.
        """
        return await asyncio.to_thread(cls._open, folder, exclusive, apart, clock)

    @classmethod
    def _open(cls, folder: Path, exclusive: bool, apart: bool, clock: Callable[[], float]) -> Self:
        folder = Path(folder).absolute()
        lock.prepare(folder)
        held = lock.acquire(folder) if exclusive else None
        try:
            engine = database.open_engine(folder, exclusive=exclusive, apart=apart)
            if exclusive:
                blobs.sweep(folder)
                with database.connect(engine, write=True) as connection, connection.begin():
                    outbox.recover(connection)
            return cls(folder, engine, held, clock)
        except BaseException as error:
            if held is not None:
                held.release()
            if isinstance(error, DBAPIError | sqlite3.Error):
                raise from_sql(error) or Permanent("the journal cannot be opened") from None
            raise

    async def close(self) -> None:
        """Finish what was begun, then close the file and give up the lock."""
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        await self._views.close()
        self._write_connection.close()
        self._reader.close()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def seed(self) -> Seed:
        """The installation's secret, made with the journal."""
        return self._seed

    @property
    def commits(self) -> int:
        """How many transactions this process made durable: each is one fsync."""
        return self._writer.commits

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None = None) -> Sequence[Pending]:
        """Keep arrivals and the bookmark. Large ones go to files first, in a thread."""
        digests = [""] * len(arrivals)
        for index, arrival in enumerate(arrivals):
            if arrival.spooled is not None:
                digests[index] = await asyncio.to_thread(blobs.adopt, self._folder, arrival.spooled)
            elif len(arrival.raw) > blobs.IN_ROW:
                digests[index] = await asyncio.to_thread(blobs.keep, self._folder, arrival.raw)
        return await self._writer.run(
            lambda connection: intake.accept(connection, self._folder, arrivals, digests, bookmark)
        )

    async def tidy(self, before: float) -> int:
        """Remove the files of large mails that no row names and that came before a moment (seconds since the epoch).

        A death between a file's name and its row leaves one. Returns how many there were. Raises Transient.
        """
        removed = 0
        try:
            places = await asyncio.to_thread(lambda: list(blobs.old(self._folder, before)))
            for names in places:
                for digest in await self._read(partial(intake.unnamed, digests=names)):
                    removed += await asyncio.to_thread(blobs.remove, self._folder, digest, before)
        except OSError as error:
            raise from_os(error, "the folder of large mails") from None
        return removed

    def spool(self) -> blobs.Spool:
        """A place in the folder of large mails."""
        return blobs.Spool(self._folder)

    async def bookmark(self, source: str) -> str | None:
        """How far `source` was read."""
        return await self._read(lambda connection: intake.read_bookmark(connection, source))

    async def pending(self, *, after: int, limit: int) -> Sequence[Pending]:
        """Arrivals not yet planned, in order."""
        return await self._read(lambda connection: intake.pending(connection, self._folder, after, limit))

    async def unshown(self, *, after: int, limit: int) -> Sequence[Unshown]:
        """Live mails that wait to be shown."""
        return await self._read(lambda connection: views.unshown(connection, after, limit))

    async def raw(self, arrival: str) -> Raw:
        """The octets of an arrival."""
        return await self._read(lambda connection: intake.raw(connection, self._folder, arrival))

    async def mail_view(self, query: MailQuery) -> MailView:
        """The facts for planning a mail."""
        return await self._read(lambda connection: views.mail_view(connection, query))

    async def standings(self, query: StandingQuery) -> Mapping[str, Standing]:
        """What rules may ask of a mail."""
        return await self._read(lambda connection: standings.standings(connection, query))

    async def answered_at(self, scope: str, count: int) -> float | None:
        """When the newest answer but `count` - 1 of a scope was said."""
        return await self._read(lambda connection: views.answered_at(connection, scope, count))

    async def event_view(self, query: EventQuery) -> EventView:
        """The facts for planning a room event."""
        return await self._read(lambda connection: said.event_view(connection, query))

    async def settle(self, plan: Plan) -> None:
        """Write the whole plan."""
        now = self._clock()
        await self._writer.run(lambda connection: settle(connection, [plan], now))

    async def settle_on_view(
        self, asked: Mapping[str, Sequence[MailQuery]], decide: Callable[[Sequence[MailView]], Sequence[Plan]]
    ) -> Sequence[Plan]:
        """Look, decide, write."""
        now = self._clock()
        queries = [query for each in asked.values() for query in each]

        def look_and_settle(connection: Connection) -> Sequence[Plan] | Exception:
            try:
                plans = decide(views.mail_views(connection, queries))
            except (DBAPIError, sqlite3.Error):  # the writer knows what it means for the transaction
                raise
            except Exception as error:  # nothing was written, and whoever shares the transaction has no part in it
                return error
            settle(connection, plans, now)
            return plans

        plans = await self._writer.run(look_and_settle)
        if isinstance(plans, Exception):
            raise plans
        return plans

    async def stumble(self, arrival: str, words: str, *, attempts: int) -> None:
        """A planning turn failed."""
        await self._writer.run(lambda connection: intake.stumble(connection, arrival, words, attempts))

    async def claim(
        self, now: float, limit: int, *, away: Literal["", "chat", "mail"] = "", openings: int = 1000
    ) -> Sequence[Task]:
        """Begin up to `limit` effects."""
        return await self._writer.run(lambda connection: outbox.claim(connection, now, limit, away, openings))

    async def fulfil(self, key: str, receipt: Receipt, then: Sequence[Effect] = ()) -> None:
        """Done."""
        await self.fulfil_all([Fulfilled(key, receipt, then)])

    async def fulfil_all(self, done: Sequence[Fulfilled]) -> None:
        """All of these are done."""
        now = self._clock()
        await self._writer.run(lambda connection: outbox.fulfil(connection, done, now))

    async def postpone(
        self,
        key: str,
        until: float,
        words: str,
        *,
        counted: bool = True,
        progress: Receipt | None = None,
        then: Sequence[Effect] = (),
    ) -> None:
        """Not now."""
        now = self._clock()
        await self._writer.run(
            lambda connection: outbox.postpone(
                connection, key, until, words, counted=counted, progress=progress, then=then, now=now
            )
        )

    async def bury(self, key: str, words: str, then: Sequence[Effect] = (), *, progress: Receipt | None = None) -> None:
        """Never."""
        now = self._clock()
        await self._writer.run(lambda connection: outbox.bury(connection, key, words, then, now, progress=progress))

    async def next_due(self, now: float) -> float | None:
        """When something may become claimable."""
        return await self._read(lambda connection: lanes.next_due(connection, now))

    async def room(self, key: str) -> str | None:
        """The room id behind our key."""
        return await self._read(lambda connection: _room.scalar(connection, {"of": key}))

    async def room_rule(self, key: str) -> tuple[str, str]:
        """The scope and rule that a room is by."""
        row = await self._read(lambda connection: _room_rule.first(connection, {"of": key}))
        return ("", "") if row is None else (row.scope, row.rule)

    async def rooms(self) -> Sequence[tuple[str, str, str, str]]:
        """Every open room."""
        return await self._read(lambda connection: [(a, b, c, d) for a, b, c, d in _rooms.all(connection, {})])

    async def closed_rooms(self) -> frozenset[str]:
        """The rooms of closed conversations."""
        return await self._read(lives.closed_rooms)

    async def lulls(self, now: float, limit: int) -> Sequence[Lull]:
        """Conversations that are to be looked at."""
        return await self._read(lambda connection: lulls.lulls(connection, now, limit))

    async def take(self, steps: Sequence[Step]) -> Sequence[Step]:
        """Do what becomes of idle ones."""
        now = self._clock()
        return await self._writer.run(lambda connection: lulls.take(connection, steps, now)) if steps else []

    async def sweep(self, before: float, limit: int) -> int:
        """Forget old originals that no conversation shows."""
        return await self._writer.run(lambda connection: purging.sweep(connection, before, limit))

    async def look_anew(self, digest: str) -> None:
        """Other rules are in force."""
        await self._writer.run(lambda connection: lulls.look_anew(connection, digest))

    async def thread_root(self, conversation: str) -> str | None:
        """The conversation's thread root."""
        return await self._read(lambda connection: _root.scalar(connection, {"of": conversation}))

    async def gathered(self, conversation: str, most: int) -> tuple[int, Sequence[Letter]]:
        """The letters of a conversation that are not ours."""
        return await self._read(lambda connection: views.letters_of(connection, conversation, most))

    async def assignees(self) -> Mapping[str, str]:
        """Who has which conversation."""
        return await self._read(assigned.by_room)

    async def line_view(self, conversation: str) -> LineView | None:
        """What a conversation's line tells."""
        return await self._read(lambda connection: lines.line_view(connection, conversation))

    async def unplanned(self, before: float) -> bool:
        """Whether older arrivals wait to be planned."""
        return await self._read(lambda connection: intake.unplanned(connection, before))

    async def event_of(self, key: str) -> str | None:
        """The first event id that effect `key` made, or the message that it sends."""
        return await self._read(lambda connection: views.event_of(connection, key))

    async def lose_room(self, room_id: str, words: str) -> None:
        """The bot was removed."""
        await self._writer.run(lambda connection: events.lose_room(connection, room_id, words))

    async def find_room(self, room_id: str, successor: str | None = None) -> None:
        """The bot is in again."""
        await self._writer.run(lambda connection: events.find_room(connection, room_id, successor))

    async def add(self, effects: Sequence[Effect]) -> None:
        """Put effects that no arrival caused into the outbox."""
        now = self._clock()
        await self._writer.run(
            lambda connection: outbox.enqueue(connection, effects, rank=outbox.LIVE, cause="", now=now)
        )

    async def report(self, health: Health) -> None:
        """Keep the state of a peer."""
        row = {"name": health.name, "state": health.state, "detail": codec.clean(health.detail), "since": health.since}
        await self._writer.run(lambda connection: connection.execute(_report, row))

    async def enact(self, rulebook: Enacted) -> None:
        """Note which rulebook is in force now."""
        now = self._clock()
        await self._writer.run(lambda connection: rulebooks.enact(connection, rulebook, now))

    async def tally(self) -> Tally:
        """How much is where."""
        now = self._clock()
        return await self._read(lambda connection: tally.tally(connection, now))

    async def probe(self) -> None:
        """Write something small. Raises StorageFull, Transient, Permanent when the journal cannot be written."""
        now = self._clock()
        await self._writer.run(lambda connection: tally.probe(connection, now))

    def changed(self) -> bool:
        """Whether another process wrote to the journal since the last call."""
        return not self._closed and self._writer.changed()

    async def _read(self, ask: Callable[[Connection], T]) -> T:
        """`ask` runs prepared statements only."""
        if self._closed:
            raise Transient("the journal is closed")
        return await self._views.ask(ask)
