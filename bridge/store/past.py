"""What was purged, by names that tell nothing else: so that it is not shown again when it is seen again.

Part of a transaction that the caller runs.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from bridge.core.ids import derive
from bridge.store.schema import past
from bridge.store.statements import Statement

_remember = Statement(insert(past).on_conflict_do_nothing())
_known = Statement(select(past.c.name).where(past.c.name.in_([bindparam("one"), bindparam("other")])))


def theirs(scope: str, message_id: str, content: str) -> str:
    """The name of a mail."""
    return derive("past", scope, message_id, content)


def ours(scope: str, message_id: str) -> str:
    """The name of an answer, which may come back to us."""
    return derive("past answer", scope, message_id)


def conversation(key: str) -> str:
    """The name of a conversation."""
    return derive("past conversation", key)


def knows(connection: Connection, name: str) -> bool:
    """Whether what bears this name was purged."""
    return bool(known(connection, name, name))


def known(connection: Connection, one: str, other: str) -> frozenset[str]:
    """Those of two names that are those of something purged."""
    return frozenset(row.name for row in _known.all(connection, {"one": one, "other": other}))


def remember(connection: Connection, names: Sequence[str]) -> None:
    """These are purged."""
    _remember.many(connection, [{"name": name} for name in names])
