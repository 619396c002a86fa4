"""The disk's and SQLite's failures, sorted by their codes into what the caller does next.

Never looks at an error's text, and never hands it on: it may hold a statement with mail content.
"""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError

from bridge.core.errors import BridgeError, Permanent, StorageFull, Transient

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # EFBIG: a limit on files (RLIMIT_FSIZE) is a quota too
_HOPELESS = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def from_os(error: OSError, what: str) -> BridgeError:
    """A failed file operation on `what`."""
    code = errno.errorcode.get(error.errno or 0, "")
    if error.errno in _FULL:
        return StorageFull("the disk is full", code=code)
    return Transient(f"{what}: {error.strerror or 'input/output error'}", code=code)


def from_sql(error: DBAPIError | sqlite3.Error) -> BridgeError | None:
    """A failed statement or commit; None when it is a fault of ours (a wrong statement, a broken constraint)."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, sqlite3.Error):
        return None
    name = getattr(cause, "sqlite_errorname", "") or ""
    primary = (getattr(cause, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return StorageFull("the disk of the journal is full", code=name)
    if primary in _HOPELESS:
        return Permanent("the journal's file is damaged", code=name)
    if primary in (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    ):
        return Transient("the journal cannot be written at the moment", code=name)
    return None
