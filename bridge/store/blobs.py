"""Raw octets too large for a row, in files named by their SHA-256 under `blobs/aa/`.

A file appears under its name only whole and synced, and always before the row that names it. What still comes in lies
under `blobs/` itself, without a name, locked by who writes it: a daemon that starts leaves alone what an import brings
beside it. A file that has its name is removed here only when no row names it hours later (`remove`).
"""

import contextlib
import fcntl
import hashlib
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from bridge.core.errors import Permanent, Transient
from bridge.core.plan import Spooled
from bridge.store.failures import from_os

IN_ROW = 256 * 1024
"""Octets up to which a raw mail stays in its row."""

_PART = ".part-"
_NAME = re.compile(r"[0-9a-f]{64}\Z")


def path_of(folder: Path, digest: str) -> Path:
    """Where the octets with this SHA-256 lie."""
    return folder / "blobs" / digest[:2] / digest


def keep(folder: Path, octets: bytes) -> str:
    """Write octets, synced with their folders; returns their name. Blocks. Raises StorageFull, Transient."""
    digest = hashlib.sha256(octets).hexdigest()
    _place(folder, digest, lambda path: _write(path, octets))
    return digest


def adopt(folder: Path, spooled: Spooled) -> str:
    """Give a finished spool its name, synced; returns that. Copies nothing. Raises StorageFull, Transient."""
    _place(folder, spooled.digest, lambda path: os.replace(spooled.path, path))
    return spooled.digest


class Spool:
    """The port: a nameless file under `blobs/`, made at the first octets, hashed on the way."""

    __slots__ = ("_digest", "_file", "_folder", "_over", "_path", "_size", "_turn")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._digest = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._path = ""
        self._size = 0
        self._over = False

    def write(self, octets: bytes) -> None:
        """The next octets. Blocks. Raises StorageFull, Transient: then nothing of it remains."""
        with self._turn:
            self._write(octets)

    def finish(self, octets: bytes = b"") -> Spooled:
        """The last octets; all of it is synced then. Blocks. Raises StorageFull, Transient."""
        with self._turn:
            self._write(octets, last=True)
            return Spooled(self._path, self._digest.hexdigest(), self._size)

    def discard(self) -> None:
        """Remove the file, unless it has got its name. Blocks."""
        with self._turn:
            self._discard()

    def _write(self, octets: bytes, *, last: bool = False) -> None:
        if self._over:  # whoever brought it has gone while this waited for its thread
            raise Transient("the mail that came in was given up")
        try:
            if self._file is None:
                self._file = self._open()
            self._file.write(octets)
            if last:
                self._file.flush()
                os.fsync(self._file.fileno())
        except OSError as error:
            self._discard()
            raise from_os(error, "the folder of large mails") from None
        self._digest.update(octets)
        self._size += len(octets)

    def _open(self) -> BinaryIO:
        area = self._folder / "blobs"
        area.mkdir(mode=0o700, exist_ok=True)
        while True:
            fd, self._path = tempfile.mkstemp(prefix=_PART, dir=area)
            fcntl.flock(fd, fcntl.LOCK_EX)  # until `discard`: `sweep` leaves it alone
            if os.fstat(fd).st_nlink:  # else it was swept in this moment
                return os.fdopen(fd, "wb")
            os.close(fd)

    def _discard(self) -> None:
        self._over = True
        with contextlib.suppress(OSError):  # closing writes what is buffered, and the disk may be full
            if self._file is not None:
                self._file.close()
        with contextlib.suppress(OSError):
            if self._path:
                os.unlink(self._path)


def find(folder: Path, digest: str) -> Path:
    """The file with these octets. Raises Permanent when retention removed it."""
    path = path_of(folder, digest)
    if not path.is_file():
        raise Permanent("the original mail is no longer kept")
    return path


def sweep(folder: Path) -> None:
    """Remove what a crash left half written, and nothing that a living process writes."""
    for pattern in (f"{_PART}*", f"*/{_PART}*"):
        for left in (folder / "blobs").glob(pattern):
            with (
                contextlib.suppress(FileNotFoundError),
                _locked(left, os.O_RDWR, fcntl.LOCK_EX | fcntl.LOCK_NB) as mine,
            ):
                if mine:
                    left.unlink()


def old(folder: Path, before: float) -> Iterator[list[str]]:
    """The names of files last brought in before a moment (seconds since the epoch), a folder at a time."""
    for place in sorted((folder / "blobs").glob("[0-9a-f][0-9a-f]")):
        with os.scandir(place) as files:
            yield [file.name for file in files if _NAME.match(file.name) and file.stat().st_mtime < before]


def remove(folder: Path, digest: str, before: float) -> bool:
    """Remove a file that no row names, unless somebody brought in the same octets again since then. Blocks."""
    path = path_of(folder, digest)
    with contextlib.suppress(FileNotFoundError), _locked(folder / "blobs", os.O_RDONLY, fcntl.LOCK_EX):
        if path.stat().st_mtime < before:
            path.unlink()
            return True
    return False


@contextlib.contextmanager
def _locked(path: Path, mode: int, lock: int) -> Iterator[bool]:
    """Hold a lock on a file or folder; False when it is not to be had. Raises OSError."""
    fd = os.open(path, mode | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, lock)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(fd)


def _place(folder: Path, digest: str, put: Callable[[Path], None]) -> None:
    """Have the file under its name, by `put` unless it is there, and its folders synced."""
    path = path_of(folder, digest)
    try:
        new_folder = not path.parent.is_dir()
        path.parent.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not _there(folder, path):
            put(path)
        _sync(path.parent)
        if new_folder:
            _sync(path.parent.parent)
            _sync(folder)
    except OSError as error:
        raise from_os(error, "the folder of large mails") from None


def _there(folder: Path, path: Path) -> bool:
    """Whether a file has its name already; then it is as young as if it came now, so that nobody removes it."""
    with _locked(folder / "blobs", os.O_RDONLY, fcntl.LOCK_SH):
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
    return True


def _write(path: Path, octets: bytes) -> None:
    fd, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
            fcntl.flock(fd, fcntl.LOCK_EX)  # as in `Spool`
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
            os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
