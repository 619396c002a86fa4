"""Reading mail that lies in files, many at once and in their order, by the reader that the daemon uses.

For commands that show how a mail is understood. It opens what it is told to and writes nothing.
"""

import asyncio
import os
import stat
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.core import unmarked
from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.core.plan import Raw
from bridge.mail.pool import LARGE, ReaderPool

LARGEST = 128 << 20
"""Octets of a file that are read as a mail: none that servers carry is larger."""

AHEAD = 64
"""Files that are opened before the first of them is read: they are in memory."""

WORKERS = 8
"""Processes that read, at most."""


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file and the mail in it; when it could not be `opened`, an empty one whose problem says why."""

    name: str
    mail: Mail
    opened: bool = True


async def read_files(names: Sequence[str], parents: Sequence[str] = ()) -> AsyncIterator[MailFile]:
    """Each file in the order named; "-" is standard input. Raises Transient when no worker starts.

    `parents`: files with earlier mails of the conversation; one that cannot be opened is a problem of each mail.
    """
    reader = ReaderPool(workers=min(len(os.sched_getaffinity(0)), WORKERS, len(names)))
    await reader.start()
    try:
        earlier = [await _read(reader, name) for name in parents]
        waiting: deque[asyncio.Task[MailFile]] = deque()
        for name in names:
            waiting.append(asyncio.create_task(_read(reader, name)))
            if len(waiting) >= AHEAD:
                yield _beside(await waiting.popleft(), earlier)
        while waiting:
            yield _beside(await waiting.popleft(), earlier)
    finally:
        await reader.close()


def _beside(found: MailFile, earlier: Sequence[MailFile]) -> MailFile:
    """What the room would make of it, in which the earlier mails are known."""
    missing = tuple(f"{one.name}: {problem}" for one in earlier if not one.opened for problem in one.mail.problems)
    mail = unmarked.beside(found.mail, [one.mail.text for one in earlier])
    return replace(found, mail=replace(mail, problems=(*mail.problems, *missing)))


async def _read(reader: ReaderPool, name: str) -> MailFile:
    shown = os.fsencode(name).decode("utf-8", "replace")
    try:
        return MailFile(shown, await reader.read(await asyncio.to_thread(_raw, name)))
    except OSError as error:
        problem = f"it cannot be opened: {error.strerror or 'the system says no'}"
    except ValueError as error:
        problem = str(error)
    except Permanent as error:
        problem = error.text
    return MailFile(shown, Mail("", 0, kind_why="not read", problems=(problem,), unreadable=True), opened=False)


def _raw(name: str) -> Raw:
    """The octets, or where a large mail lies. Raises OSError, and ValueError for what cannot be a mail."""
    if name == "-":
        return Raw(_bounded(sys.stdin.buffer.read(LARGEST + 1)))
    path = Path(name)
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        raise ValueError("it is a directory")
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISFIFO(about.st_mode)):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        if LARGE < about.st_size <= LARGEST:
            return Raw(path=str(path.absolute()))
        return Raw(_bounded(file.read(LARGEST + 1)))


def _bounded(octets: bytes) -> bytes:
    if len(octets) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST >> 20} MB, more than any server carries")
    return octets
