"""What the journal knows of imported history: how far it is, what became of it, and which rooms it opened.

Reads only, beside a running daemon or without one; a journal that does not exist yet is an empty one.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ColumnElement, FromClause

from bridge.core import decision
from bridge.core.effects import OpenRoom
from bridge.core.errors import Permanent
from bridge.core.plan import MailQuery, MailView, StandingQuery
from bridge.store import codec, database, intake, lanes, outbox, standings, views
from bridge.store.failures import from_sql
from bridge.store.schema import inbox
from bridge.store.schema import lanes as lanes_table
from bridge.store.schema import outbox as effects

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds: what is put off for longer than this is not waited for."""

_NEW = and_(intake.NEW)
_WAITS = and_(lanes.WAITING)
_BURIED = and_(lanes.ASIDE, effects.c.state == "buried")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far history is. `unplanned`: mails; `unshown`: mails planned but not in their rooms.

    `active`: lanes of history that can go on within PATIENCE; `stuck`: those that cannot; `inviting`: rooms whose
    people are still to be invited within PATIENCE.
    """

    unplanned: int
    unshown: int
    active: int
    stuck: int
    inviting: int


class History:
    """Use as a context manager. Methods block; they raise Transient, Permanent."""

    def __init__(self, folder: Path) -> None:
        self._engine = database.engine(folder) if (folder / database.FILE_NAME).exists() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        if self._engine is not None:
            self._engine.dispose()

    def newest(self) -> int:
        """The order of the newest arrival; 0 when there is none."""
        return self._ask(lambda c: c.execute(select(func.max(inbox.c.order))).scalar_one() or 0, 0)

    def known(self, key: str) -> bool:
        """Whether an arrival of this key is there."""
        return self._ask(
            lambda c: c.execute(select(inbox.c.order).where(inbox.c.key == key)).first() is not None, False
        )

    def bookmark(self, source: str) -> str | None:
        """How far a source was read."""
        return self._ask(lambda c: intake.read_bookmark(c, source), None)

    def mail_view(self, query: MailQuery) -> MailView:
        """The facts for planning a mail."""
        return self._ask(lambda c: views.mail_view(c, query), MailView())

    def standings(self, query: StandingQuery) -> dict[str, decision.Standing]:
        """What rules may ask of a mail."""
        return self._ask(lambda c: standings.standings(c, query), dict.fromkeys(query.scopes, decision.Standing()))

    def unplanned(self) -> int:
        """How many mails of history wait to be planned."""
        return self._ask(lambda c: _count(c, inbox, _NEW, inbox.c.quiet == 1), 0)

    def standing(self, now: float) -> Standing:
        """How far all history is."""

        def look(connection: Connection) -> Standing:
            mine = lanes_table.c.rank == outbox.HISTORY
            soon = or_(lanes_table.c.state == "claimed", and_(lanes.READY, lanes_table.c.due <= now + PATIENCE))
            shows = and_(effects.c.rank == outbox.HISTORY, effects.c.kind == "show")
            admits = and_(effects.c.kind == "admit", effects.c.due <= now + PATIENCE)
            every, active = (_count(connection, lanes_table, mine), _count(connection, lanes_table, mine, soon))
            return Standing(
                unplanned=_count(connection, inbox, _NEW, inbox.c.quiet == 1),
                unshown=_count(connection, effects, _WAITS, shows) + _count(connection, effects, lanes.CLAIMED, shows),
                active=active,
                stuck=every - active,
                inviting=_count(connection, effects, _WAITS, admits)
                + _count(connection, effects, lanes.CLAIMED, admits),
            )

        return self._ask(look, Standing(0, 0, 0, 0, 0))

    def outcomes(self, after: int) -> dict[str, int]:
        """What became of quiet arrivals of an order above `after`; "failed" are those whose showing was given up."""

        def look(connection: Connection) -> dict[str, int]:
            new = (inbox.c.order > after, inbox.c.quiet == 1, inbox.c.state != "new")
            rows = connection.execute(select(inbox.c.outcome, func.count()).where(*new).group_by(inbox.c.outcome))
            found = {str(outcome): int(count) for outcome, count in rows}
            keys = select(inbox.c.key).where(*new)
            failed = _count(connection, effects, _BURIED, effects.c.kind == "show", effects.c.cause.in_(keys))
            return found | ({"failed": failed} if failed else {})

        return self._ask(look, {})

    def opened(self) -> frozenset[str]:
        """The keys of rooms that history opened, so that nobody was invited to them at their birth."""
        query = outbox.ENTRIES.where(
            effects.c.kind == "open-room", effects.c.rank == outbox.HISTORY, effects.c.state == "done"
        )

        def look(connection: Connection) -> frozenset[str]:
            found = (codec.load_effect("open-room", row.effect) for row in connection.execute(query))
            return frozenset(effect.room.key for effect in found if isinstance(effect, OpenRoom))

        return self._ask(look, frozenset())

    def missing(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of `keys` that name no effect."""

        def look(connection: Connection) -> frozenset[str]:
            query = select(effects.c.key).where(effects.c.key == bindparam("of"))
            return frozenset(key for key in keys if connection.execute(query, {"of": key}).first() is None)

        return self._ask(look, frozenset(keys))

    def _ask(self, ask: Callable[[Connection], T], nothing: T) -> T:
        if self._engine is None:
            return nothing
        try:
            with database.connect(self._engine, write=False) as connection, connection.begin():
                return ask(connection)
        except (DBAPIError, sqlite3.Error) as error:
            raise from_sql(error) or Permanent("the journal refused a question") from None


def _count(connection: Connection, table: FromClause, *where: ColumnElement[bool]) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())
