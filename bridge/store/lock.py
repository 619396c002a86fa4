"""The state folder and its lock: private to this user, and one daemon at a time.

Never follows a symbolic link where the folder, the lock or the database should be.
"""

import errno
import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from bridge.core.errors import Permanent
from bridge.store.failures import from_os

LOCK_NAME = "lock"


def prepare(folder: Path) -> None:
    """Have the state folder, mode 0700. Raises Permanent when it is a symbolic link, no folder, or not ours."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileExistsError, NotADirectoryError):
        raise Permanent(f"the state folder {folder} is a symbolic link or no folder") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Permanent(f"the state folder {folder} is a symbolic link") from None
        raise from_os(error, f"the state folder {folder}") from None
    try:
        if os.fstat(fd).st_mode & 0o077:
            os.fchmod(fd, 0o700)
    except PermissionError:
        raise Permanent(f"the state folder {folder} belongs to another user and is open to others") from None
    finally:
        os.close(fd)


def private_file(path: Path) -> None:
    """Have a file of mode 0600 that is no symbolic link. Raises Permanent, StorageFull, Transient.

    One that is there is not opened: closing it again would give up every POSIX lock that this process holds on it, and
    with SQLite's gone, another process may take itself for the last and delete the WAL that is written here.
    """
    try:
        if path.is_symlink():
            raise Permanent(f"{path} is a symbolic link")
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        elif not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    except FileExistsError:
        private_file(path)  # another process made it in this moment
    except OSError as error:
        raise from_os(error, str(path)) from None


@dataclass(frozen=True, slots=True)
class Lock:
    """An exclusive lock on a state folder, held until `release` or the end of the process."""

    fd: int

    def release(self) -> None:
        """Let another daemon in."""
        os.close(self.fd)


def acquire(folder: Path) -> Lock:
    """Take the lock of a prepared folder. Raises Permanent when another process has it."""
    path = folder / LOCK_NAME
    private_file(path)
    fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        pid = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        os.close(fd)
        raise Permanent(f"another mailroom (pid {pid or 'unknown'}) works on this state folder") from None
    except OSError as error:
        os.close(fd)
        raise from_os(error, str(path)) from None
    return Lock(fd)


def running(folder: Path) -> int | None:
    """The pid of the daemon that works on a state folder, or None.

    The lock is tried only while a process of that pid lives, so that a look never keeps a daemon from starting.
    """
    try:
        fd = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
        if not text.isdecimal() or not _lives(int(text)):
            return None
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(text)
    finally:
        os.close(fd)
    return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
