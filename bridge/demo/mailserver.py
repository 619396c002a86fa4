"""A mailbox server for the playground: pymap serving maildirs over IMAP on the loopback interface.

pip alone installs it. It has IDLE and UIDPLUS, but no TLS here, no CONDSTORE and no special-use folders, and it
rewrites line ends, so it never serves tests that compare bytes; those talk to Dovecot.
"""

import itertools
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pysasl.hashing import BuiltinHash

from bridge.demo.process import LOOPBACK, ServerProcess, accepts_tcp, free_port

_HASH = BuiltinHash(rounds=1000)  # passwords of a playground: a login need not cost half a second
_serial = itertools.count()


class MailServer:
    """Mailboxes under `folder`, one maildir a user; IMAP without TLS at `port`, the same after a restart."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process = ServerProcess(
            [
                str(Path(sys.executable).with_name("pymap")),
                "--host",
                LOOPBACK,
                "--port",
                str(self.port),
                "--no-tls",
                "maildir",
                str(folder),
            ],
            folder / "pymap.log",
        )

    @property
    def url(self) -> str:
        """`imap://host:port`."""
        return f"imap://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and return when it takes connections. Raises `ServerFailed` with its last log lines."""
        self.folder.mkdir(parents=True, exist_ok=True)
        await self._process.start(lambda: accepts_tcp(self.port))

    async def stop(self) -> None:
        """End it in good order."""
        await self._process.stop()

    def add_user(self, name: str, password: str) -> Path:
        """Make a mailbox, or give an existing one a new password; works while the server runs. Returns its maildir."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace_line(self.folder / "pymap-etc-passwd", name, f"{name}:x::::{name}:")
        _replace_line(self.folder / "pymap-etc-shadow", name, f"{name}:{_HASH.hash(password)}:::::::")
        maildir = self.folder / name
        make_maildir(maildir)
        return maildir

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> Path:
        """Put a mail into a user's folder as a delivery agent does. Raises `FileNotFoundError` for no such folder."""
        return deliver(self.folder / user, raw, folder)

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails that lie in a user's folder now, oldest delivery first."""
        return list(messages(self.folder / user, folder))


def make_maildir(path: Path) -> None:
    """Create `path` with its `cur`, `new` and `tmp`, where missing."""
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True, exist_ok=True)


def deliver(maildir: Path, raw: bytes, folder: str = "INBOX") -> Path:
    """Write a mail to `tmp`, then move it to `new`: a reader never sees half of it. Returns its place.

    Lines are stored with LF alone, as on every maildir; `folder` is a Maildir++ name such as `Sent` or `Lists.dev`.
    """
    place = _folder(maildir, folder)
    name = f"{time.time_ns()}.{os.getpid()}_{next(_serial):06}.playground"
    draft = place / "tmp" / name
    draft.write_bytes(raw.replace(b"\r\n", b"\n"))
    return draft.rename(place / "new" / name)


def messages(maildir: Path, folder: str = "INBOX") -> Iterator[bytes]:
    """The mails in a folder, oldest delivery first, with the line ends they are stored with."""
    place = _folder(maildir, folder)
    files = [file for part in ("new", "cur") for file in (place / part).iterdir()]
    # By time, not by name: delivery agents write microseconds with as many digits as they have.
    for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name)):
        yield file.read_bytes()


def _folder(maildir: Path, folder: str) -> Path:
    return maildir if folder == "INBOX" else maildir / f".{folder}"


def _replace_line(path: Path, name: str, line: str) -> None:
    old = path.read_text().splitlines() if path.exists() else []
    kept = [other for other in old if not other.startswith(f"{name}:")]
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text("".join(f"{entry}\n" for entry in [*kept, line]))
    fresh.replace(path)
