"""Raw octets too large for a row, in files named by their SHA-256 under `blobs/aa/`.

A file appears under its name only whole and synced, and always before the row that names it. This module never removes
one that has its name: retention does.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from bridge.core.errors import Permanent
from bridge.store.failures import from_os

IN_ROW = 256 * 1024
"""Octets up to which a raw mail stays in its row."""


def path_of(folder: Path, digest: str) -> Path:
    """Where the octets with this SHA-256 lie."""
    return folder / "blobs" / digest[:2] / digest


def keep(folder: Path, octets: bytes) -> str:
    """Write octets, synced with their folders; returns their name. Blocks. Raises StorageFull, Transient."""
    digest = hashlib.sha256(octets).hexdigest()
    path = path_of(folder, digest)
    try:
        new_folder = not path.parent.is_dir()
        path.parent.parent.mkdir(mode=0o700, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            _write(path, octets)
        _sync(path.parent)
        if new_folder:
            _sync(path.parent.parent)
            _sync(folder)
    except OSError as error:
        raise from_os(error, "the folder of large mails") from None
    return digest


def find(folder: Path, digest: str) -> Path:
    """The file with these octets. Raises Permanent when retention removed it."""
    path = path_of(folder, digest)
    if not path.is_file():
        raise Permanent("the original mail is no longer kept")
    return path


def sweep(folder: Path) -> None:
    """Remove what a crash left half written. Only for the holder of the lock."""
    for left in (folder / "blobs").glob("*/.part-*"):
        left.unlink(missing_ok=True)


def _write(path: Path, octets: bytes) -> None:
    fd, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
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
