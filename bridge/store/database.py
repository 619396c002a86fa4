"""Opens the journal's SQLite file: pragmas on every connection, the newest shape, the seed.

A new file is made in the newest shape at once, an old one is migrated; Alembic is imported only then, because a start
must be quick. Never holds state of its own.
"""

import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bridge.core.errors import Permanent
from bridge.core.ids import Seed
from bridge.store import lock
from bridge.store.failures import from_sql
from bridge.store.schema import HEAD, meta, metadata

FILE_NAME = "journal.db"
SEED_OCTETS = 32

# `synchronous` and the rest belong to a connection, not to the file. A checkpoint each 4,000 pages (16 MB) keeps its
# cost off most commits. The system caches pages too, so 4 MB for each connection are enough.
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA cache_size=-4000",
)


_VERSION = (
    "CREATE TABLE alembic_version"
    " (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def engine(folder: Path) -> Engine:
    """An engine on the journal of a prepared state folder. Its connections may move between threads."""
    path = folder / FILE_NAME
    lock.private_file(path)
    # isolation_level None: the driver must not begin transactions by itself, the listener below does.
    made = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"isolation_level": None, "check_same_thread": False}
    )

    @event.listens_for(made, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        if cast(Any, connection.connection.driver_connection).in_transaction:
            return  # the hot path began one on the driver itself, and ends it there
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return made


def connect(made: Engine, *, write: bool) -> Connection:
    """A connection; one for writing takes the write lock when a transaction begins, so that it never fails midway."""
    return made.connect().execution_options(begin="BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def reading(folder: Path) -> Iterator[Connection]:
    """A journal that is there at one moment, beside a running daemon or without one. Raises Permanent, Transient."""
    made = engine(folder)
    try:
        with connect(made, write=False) as connection, connection.begin():
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise from_sql(error) or Permanent("the journal refused a question") from None
    finally:
        made.dispose()


def revision(connection: Connection) -> str:
    """The revision that the file is at; empty when it is new."""
    with connection.begin():
        if not inspect(connection).has_table("alembic_version"):
            return ""
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""


def create(connection: Connection) -> bool:
    """Make HEAD's tables and a seed in an empty file, in one transaction. False, and nothing done, in another file.

    The version is noted as Alembic would note it: later versions go on from there.
    """
    with connection.begin():
        if inspect(connection).get_table_names():
            return False
        metadata.create_all(connection)
        connection.exec_driver_sql(_VERSION)
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (HEAD,))
        plant_seed(connection)
    return True


def migrate(connection: Connection) -> None:
    """Bring the file to HEAD, with a seed, in one transaction: a crash leaves the old shape.

    Raises Permanent when it was written by a newer version.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with connection.begin():
            command.upgrade(config, HEAD)
            plant_seed(connection)
    except CommandError:
        raise Permanent("this journal was written by another version of mailroom") from None


def open_engine(folder: Path, *, exclusive: bool, apart: bool = False) -> Engine:
    """Prepare the folder and bring the journal to HEAD. The caller holds the lock if `exclusive`.

    `apart`: migrate in a process of its own, for who runs long: Alembic would keep 12 MB here for ever. Raises
    Permanent (also when the file is of another version and a running daemon holds the lock), Transient.
    """
    made = engine(folder)
    try:
        with connect(made, write=True) as connection:
            old = revision(connection)
            if old == HEAD:
                return made
            if apart and old:
                _migrate_apart(folder)
                if revision(connection) == HEAD:
                    return made
            taken = None if exclusive else lock.acquire(folder)
            try:
                if not create(connection):
                    migrate(connection)
            finally:
                if taken is not None:
                    taken.release()
    except DBAPIError as error:
        raise from_sql(error) or Permanent("the journal cannot be opened") from None
    return made


def _migrate_apart(folder: Path) -> None:
    """Raises nothing: when it fails, who comes next tries it here and meets the error itself."""
    line = (
        f"from pathlib import Path; from {__name__} import open_engine as o; o(Path({str(folder)!r}), exclusive=True)"
    )
    silent = subprocess.DEVNULL
    argv = [sys.executable, "-c", line]
    subprocess.run(argv, stdin=silent, stdout=silent, stderr=silent, check=False)  # noqa: S603 # our own words


def plant_seed(connection: Connection) -> None:
    """Make the installation's secret once. Part of the caller's transaction."""
    if connection.execute(select(meta.c.value).where(meta.c.key == "seed")).first() is None:
        connection.execute(insert(meta).values(key="seed", value=secrets.token_hex(SEED_OCTETS)))


def read_seed(connection: Connection) -> Seed:
    """The installation's secret."""
    with connection.begin():
        return Seed(bytes.fromhex(connection.execute(select(meta.c.value).where(meta.c.key == "seed")).scalar_one()))
