"""The inbox: what came in, from `accept` until its plan is settled, and the bookmarks of the sources.

Each function is part of a transaction that the caller runs. Never looks inside a mail.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from bridge.core.errors import Permanent
from bridge.core.plan import Arrival, Bookmark, Pending, Raw
from bridge.store import blobs, codec
from bridge.store.schema import AnyRow, bookmarks, inbox, raws
from bridge.store.statements import Statement

NEW = text("inbox.state = 'new'")
QUARANTINED = text("inbox.state = 'quarantined'")

_arrive = Statement(insert(inbox).on_conflict_do_nothing(index_elements=[inbox.c.key]))
_keep = Statement(insert(raws), ("arrival", "size", "blob", "octets"))
_mark = insert(bookmarks)
_remember = Statement(
    _mark.on_conflict_do_update(index_elements=[bookmarks.c.source], set_={"value": _mark.excluded.value})
)
_bookmark = Statement(select(bookmarks.c.value).where(bookmarks.c.source == bindparam("of")))
_unplanned = Statement(select(inbox.c.order).where(NEW, inbox.c.at < bindparam("before")).limit(1))
_unheard = Statement(select(inbox.c.order).where(NEW, inbox.c.kind == "event").limit(1))
HELD = 2 << 20
"""Octets of arrivals after which no more are handed out at once."""

_pending = Statement(
    select(inbox, raws.c.blob, raws.c.octets)
    .outerjoin(raws, raws.c.arrival == inbox.c.order)
    .where(NEW, inbox.c.order > bindparam("after"))
    .order_by(inbox.c.order)
    .limit(bindparam("most"))
)
_raw = Statement(
    select(raws.c.blob, raws.c.octets)
    .join(inbox, raws.c.arrival == inbox.c.order)
    .where(inbox.c.key == bindparam("of"))
)
_named = Statement(select(raws.c.arrival).where(raws.c.blob == bindparam("of"), text("raws.blob <> ''")).limit(1))
_stumble = Statement(
    update(inbox)
    .where(inbox.c.key == bindparam("of"), NEW)
    .values(words=bindparam("said"), attempts=bindparam("so_far"))
)


def accept(
    connection: Connection,
    folder: Path,
    arrivals: Sequence[Arrival],
    digests: Sequence[str],
    bookmark: Bookmark | None,
) -> list[Pending]:
    """Keep arrivals whose key is new, and return those.

    `digests`: for each the name of its blob, or empty when it goes into the row.
    """
    new: list[Pending] = []
    for arrival, digest in zip(arrivals, digests, strict=True):
        envelope = codec.dump_envelope(arrival.envelope)
        row: dict[str, object] = {"key": arrival.key, "kind": arrival.kind, "state": "new"}
        row |= {"envelope": envelope, "at": arrival.at, "quiet": int(arrival.quiet)}
        row |= {"outcome": "", "words": "", "traces": "", "attempts": 0, "released": 0}
        result = _arrive.run(connection, row)
        if result.rowcount:
            order = result.lastrowid or 0
            octets = None if digest else arrival.raw
            _keep.run(connection, {"arrival": order, "size": arrival.size, "blob": digest, "octets": octets})
            raw = Raw(path=str(blobs.path_of(folder, digest))) if digest else Raw(data=arrival.raw)
            # The envelope as the row has it: planned now or after a restart, it must come out the same.
            known = codec.load_envelope(envelope)
            new.append(Pending(order, arrival.key, arrival.kind, raw, arrival.at, known, arrival.quiet))
    if bookmark is not None:
        mark(connection, bookmark)
    return new


def mark(connection: Connection, bookmark: Bookmark) -> None:
    """Keep a bookmark."""
    _remember.run(connection, {"source": bookmark.source, "value": bookmark.value})


def read_bookmark(connection: Connection, source: str) -> str | None:
    """How far the source was read."""
    value: str | None = _bookmark.scalar(connection, {"of": source})
    return value


def pending(connection: Connection, folder: Path, after: int, limit: int) -> list[Pending]:
    """Arrivals that wait to be planned: of large ones no more than memory is for."""
    found: list[Pending] = []
    held = 0
    for row in _pending.each(connection, {"after": after, "most": limit}):
        raw = octets(folder, row)
        found.append(
            Pending(
                order=row.order,
                key=row.key,
                kind=row.kind,
                raw=raw,
                at=row.at,
                envelope=codec.load_envelope(row.envelope),
                quiet=bool(row.quiet),
                attempts=row.attempts,
                released=bool(row.released),
            )
        )
        held += len(raw.data)
        if held >= HELD:
            break
    return found


def unplanned(connection: Connection, before: float) -> bool:
    """Whether an arrival that came before that moment still waits to be planned."""
    return _unplanned.first(connection, {"before": before}) is not None


def unheard(connection: Connection) -> bool:
    """Whether something that was said in a room still waits to be planned."""
    return _unheard.first(connection, {}) is not None


def raw(connection: Connection, folder: Path, key: str) -> Raw:
    """The octets of an arrival. Raises Permanent when they are no longer kept."""
    row = _raw.first(connection, {"of": key})
    if row is None:
        raise Permanent("the original mail is no longer kept")
    if row.blob:
        blobs.find(folder, row.blob)
    return octets(folder, row)


def unnamed(connection: Connection, digests: Sequence[str]) -> list[str]:
    """Those of the files that no row names."""
    return [digest for digest in digests if _named.first(connection, {"of": digest}) is None]


def stumble(connection: Connection, key: str, words: str, attempts: int) -> None:
    """A planning turn failed."""
    _stumble.run(connection, {"of": key, "said": codec.clean(words), "so_far": attempts})


def octets(folder: Path, row: AnyRow) -> Raw:
    """The octets of a row of `raws`, or where they lie."""
    return Raw(path=str(blobs.path_of(folder, row.blob))) if row.blob else Raw(data=row.octets or b"")
