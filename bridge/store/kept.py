"""Finds a mail of the journal again, by its Message-ID or the key of its arrival, for whoever asks why it went where.

Reads only, beside a running daemon or without one. A mail that was shown is found by an index; one that was dropped or
held is looked for in the originals, the newest first, which takes as long as reading them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from bridge.core.errors import Permanent
from bridge.core.ids import derive
from bridge.core.mail import Envelope
from bridge.store import blobs, codec, database
from bridge.store.failures import from_sql
from bridge.store.schema import AnyRow, inbox, letters, outbox, raws

HEAD = 64 * 1024
"""Octets of a large original that are looked at: its header is there."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mail as it came. `outcome`, `words`: what became of it, as the journal says."""

    key: str
    octets: bytes
    envelope: Envelope
    at: float
    outcome: str = ""
    words: str = ""


def find(folder: Path, name: str) -> Found:
    """The newest mail with that Message-ID, or the arrival of that key. Raises Permanent, Transient."""
    with _reading(folder) as connection:
        wanted = name if name.startswith("<") else f"<{name}>"
        row = _by_key(connection, name)
        if row is None and "@" in name:
            row = _shown(connection, wanted) or _anywhere(connection, folder, wanted)
        if row is None:
            raise Permanent(f"the journal knows no mail {name}")
        if row.octets is None and not row.blob:
            raise Permanent("the original mail is no longer kept")
        octets = blobs.find(folder, row.blob).read_bytes() if row.blob else row.octets
        envelope = codec.load_envelope(row.envelope)
        assert envelope is not None, "a mail arrives in an envelope"
        return Found(row.key, octets, envelope, row.at, row.outcome, row.words)


_ROW = (
    select(inbox, raws.c.blob, raws.c.octets)
    .outerjoin(raws, raws.c.arrival == inbox.c.order)
    .where(inbox.c.kind == "mail")
)


def _by_key(connection: Connection, key: str) -> AnyRow | None:
    return connection.execute(_ROW.where(inbox.c.key == key)).first()


def _shown(connection: Connection, message_id: str) -> AnyRow | None:
    """By the letter that it became, and what showed that."""
    query = select(letters.c.key).where(letters.c.message_id == message_id, letters.c.ours == 0)
    for (letter,) in connection.execute(query.order_by(letters.c.order.desc())):
        shown = select(outbox.c.cause).where(outbox.c.key == derive("show", letter))
        cause = connection.execute(shown).scalar_one_or_none()
        if cause and (row := _by_key(connection, cause)) is not None:
            return row
    return None


def _anywhere(connection: Connection, folder: Path, message_id: str) -> AnyRow | None:
    octets = message_id.encode("utf-8", "replace")
    newest = _ROW.order_by(inbox.c.order.desc())
    inside = func.instr(raws.c.octets, octets) > 0
    found: AnyRow
    for found in connection.execute(newest.where((raws.c.blob != "") | inside)):
        head = _beginning(blobs.path_of(folder, found.blob)) if found.blob else found.octets
        if _is_its_own(head, octets):
            return found
    return None


def _beginning(path: Path) -> bytes:
    if not path.is_file():  # retention removed it
        return b""
    with path.open("rb") as file:
        return file.read(HEAD)


def _is_its_own(raw: bytes, message_id: bytes) -> bool:
    """Whether the header says it in Message-ID: answers name it too."""
    head = raw.split(b"\r\n\r\n", 1)[0]
    unfolded = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    fields = (line.partition(b":") for line in unfolded.split(b"\r\n"))
    return any(name.strip().lower() == b"message-id" and message_id in value for name, _, value in fields)


@contextmanager
def _reading(folder: Path) -> Iterator[Connection]:
    if not (folder / database.FILE_NAME).exists():
        raise Permanent(f"there is no journal in {folder} yet")
    engine = database.engine(folder)
    try:
        with database.connect(engine, write=False) as connection, connection.begin():
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise from_sql(error) or Permanent("the journal refused a question") from None
    except OSError:
        raise Permanent("the original mail cannot be read") from None
    finally:
        engine.dispose()
