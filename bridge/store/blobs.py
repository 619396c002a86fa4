"""Raw octets too large for a row, in files named by their SHA-256 under `blobs/aa/`.

A file appears under its name only whole and synced, and always before the row that names it. What still comes in lies
under `blobs/` itself, without a name. This module never removes a file that has its name: retention does.
"""

import contextlib
import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from bridge.core.errors import Permanent, Transient
from bridge.core.plan import Spooled
from bridge.store.failures import from_os

IN_ROW = 256 * 1024
"""Octets up to which a raw mail stays in its row."""

_PART = ".part-"


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
                self._file.close()
        except OSError as error:
            self._discard()
            raise from_os(error, "the folder of large mails") from None
        self._digest.update(octets)
        self._size += len(octets)

    def _open(self) -> BinaryIO:
        area = self._folder / "blobs"
        area.mkdir(mode=0o700, exist_ok=True)
        fd, self._path = tempfile.mkstemp(prefix=_PART, dir=area)
        return os.fdopen(fd, "wb")

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
    """Remove what a crash left half written. Only for the holder of the lock."""
    for pattern in (f"{_PART}*", f"*/{_PART}*"):
        for left in (folder / "blobs").glob(pattern):
            left.unlink(missing_ok=True)


def _place(folder: Path, digest: str, put: Callable[[Path], None]) -> None:
    """Have the file under its name, by `put` unless it is there, and its folders synced."""
    path = path_of(folder, digest)
    try:
        new_folder = not path.parent.is_dir()
        path.parent.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            put(path)
        _sync(path.parent)
        if new_folder:
            _sync(path.parent.parent)
            _sync(folder)
    except OSError as error:
        raise from_os(error, "the folder of large mails") from None


def _write(path: Path, octets: bytes) -> None:
    fd, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)
    try:
        with os.fdopen(fd, "wb") as file:
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
