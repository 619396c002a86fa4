"""Statements of SQLAlchemy Core, compiled once and run on the driver itself.

The journal runs some thirty statements for a mail; the way through SQLAlchemy's result machinery costs each of them
five times what SQLite needs. Only the hot path comes this way; what is asked rarely is executed as usual. Always part
of a transaction that the caller began on the connection.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite

_DIALECT = sqlite.dialect(paramstyle="named")
_NUMBERS = ("order", "seq")  # running numbers that SQLite gives


class Statement:
    """One statement with named parameters. Rows come as named tuples."""

    __slots__ = ("_defaults", "_row", "_sql")

    def __init__(
        self, clause: Select[Any] | CompoundSelect[Any] | Insert | Update | Delete, columns: Sequence[str] | None = None
    ) -> None:
        """`columns`: those that an INSERT fills; without, all that must not be null, the running number aside."""
        if isinstance(clause, Insert) and columns is None and clause.select is None:
            columns = [c.name for c in clause.table.columns if not c.nullable and c.name not in _NUMBERS]
        compiled = clause.compile(dialect=_DIALECT, column_keys=columns)
        self._sql = str(compiled)
        self._defaults = {name: value for name, value in compiled.params.items() if value is not None}
        names = [column.name for column in clause.exported_columns]
        self._row: Any = namedtuple("Row", names, rename=True) if names else None

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute; the cursor tells `rowcount` and `lastrowid`."""
        values = {**self._defaults, **parameters} if self._defaults else parameters
        cursor: sqlite3.Cursor = driver_of(connection).execute(self._sql, values)
        return cursor

    def many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute for each row; returns how many rows of the table changed."""
        if len(rows) == 1:
            return self.run(connection, rows[0]).rowcount
        cursor = driver_of(connection).executemany(self._sql, [{**self._defaults, **row} for row in rows])
        return int(cursor.rowcount)

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        row = self.run(connection, parameters).fetchone()
        return None if row is None else self._row._make(row)

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows."""
        return [self._row._make(row) for row in self.run(connection, parameters)]

    def scalar(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first column of the first row, or None."""
        row = self.run(connection, parameters).fetchone()
        return None if row is None else row[0]


def driver_of(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.dbapi_connection
