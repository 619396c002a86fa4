"""Statements of SQLAlchemy Core, compiled once, when first used, and run on the driver itself.

The journal runs some thirty statements for a mail; the way through SQLAlchemy's result machinery costs each of them
five times what SQLite needs. Only the hot path comes this way; what is asked rarely is executed as usual. Always part
of a transaction that the caller began on the connection.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

_NUMBERS = ("order", "seq")  # running numbers that SQLite gives


class _Constants(SQLiteCompiler):
    """Values that a clause holds stand in the SQL itself.

    As parameters they would keep SQLite from seeing which partial index serves, so that it would compile the statement
    anew at each run.
    """

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kw: Any) -> Any:
        kw["literal_binds"] = kw.get("literal_binds") or not bindparam.required
        return super().visit_bindparam(bindparam, *args, **kw)  # type: ignore[no-untyped-call] # SQLAlchemy's is untyped


_DIALECT = sqlite.dialect(paramstyle="qmark")
_DIALECT.statement_compiler = _Constants


class Statement:
    """One statement with named parameters. Rows come as named tuples."""

    def __init__(
        self, clause: Select[Any] | CompoundSelect[Any] | Insert | Update | Delete, columns: Sequence[str] | None = None
    ) -> None:
        """`columns`: those that an INSERT fills; without, all that must not be null, the running number aside."""
        self._clause = clause
        self._columns = columns

    @cached_property
    def _compiled(self) -> tuple[str, Callable[[Mapping[str, Any]], Sequence[Any]], Any]:
        """The SQL, its parameters in order, and the type of a row: made when first wanted, for a command that asks
        little need not wait for a hundred statements."""
        clause, columns = self._clause, self._columns
        if isinstance(clause, Insert) and columns is None and clause.select is None:
            columns = [c.name for c in clause.table.columns if not c.nullable and c.name not in _NUMBERS]
        compiled = clause.compile(dialect=_DIALECT, column_keys=columns)
        names = [column.name for column in clause.exported_columns]
        return (
            str(compiled),
            _picked(compiled.positiontup or []),
            namedtuple("Row", names, rename=True) if names else None,
        )

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute; the cursor tells `rowcount` and `lastrowid`."""
        sql, picked, _ = self._compiled
        cursor: sqlite3.Cursor = driver_of(connection).execute(sql, picked(parameters))
        return cursor

    def many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute for each row; returns how many rows of the table changed."""
        if len(rows) == 1:
            return self.run(connection, rows[0]).rowcount
        sql, picked, _ = self._compiled
        return int(driver_of(connection).executemany(sql, map(picked, rows)).rowcount)

    def first(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first row, or None."""
        row = self.run(connection, parameters).fetchone()
        return None if row is None else self._compiled[2]._make(row)

    def all(self, connection: Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """All rows."""
        make = self._compiled[2]._make
        return [make(row) for row in self.run(connection, parameters)]

    def each(self, connection: Connection, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """The rows, each read when it is asked for."""
        return map(self._compiled[2]._make, self.run(connection, parameters))

    def scalar(self, connection: Connection, parameters: Mapping[str, Any]) -> Any:
        """The first column of the first row, or None."""
        row = self.run(connection, parameters).fetchone()
        return None if row is None else row[0]


def driver_of(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.dbapi_connection


def _picked(names: Sequence[str]) -> Callable[[Mapping[str, Any]], Sequence[Any]]:
    """What takes the values of these names out of a mapping: by place they are bound faster than by name."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: [parameters[name] for name in names]
