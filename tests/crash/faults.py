"""The daemon with fences around its steps: it halts whole (SIGSTOP) at the step its parent named, to be killed there.

Run as a program it is a nursery: it imports the daemon once and forks one for each line on its standard input, so that
a death costs no second of imports. The product knows nothing of it: what is fenced are the journal's methods and the
acts at the peers, from outside. Nothing here changes what a step does.
"""

import ctypes
import functools
import itertools
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

ARM, STEPS = "arm", "steps"
"""Files beside the settings: the step at which to halt ("fulfil:show before"), and those passed so far."""

_PR_SET_PDEATHSIG = 1
_REQUEST = re.compile(
    r"/(createRoom|register|join|invite|upload|displayname|m\.space\.child|send)(?:/|\?|$)|(directory)/room"
)


class Fence:
    """Halts the process at the step that the file names, once."""

    def __init__(self, folder: Path) -> None:
        self._arm = folder / ARM
        self._steps = folder / STEPS
        self._kinds: dict[str, str] = {}

    def at(self, step: str) -> None:
        """This step is reached."""
        with self._steps.open("a") as steps:
            steps.write(f"{step}\n")
        if self._arm.exists() and self._arm.read_text() == step:
            self._arm.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)

    def around(self, owner: Any, method: str, name: Callable[..., str | list[str]]) -> None:
        """Fence a coroutine method; `name` makes the step's name from its arguments, empty for no step.

        A method that takes several steps at once has the names of all.
        """
        inner: Callable[..., Awaitable[Any]] = getattr(owner, method)

        @functools.wraps(inner)
        async def fenced(*args: Any, **more: Any) -> Any:
            named = name(*args, **more)
            steps = [named] if isinstance(named, str) else named
            for step in filter(None, steps):
                self.at(f"{step} before")
            result = await inner(*args, **more)
            for step in filter(None, steps):
                self.at(f"{step} after")
            return result

        setattr(owner, method, fenced)

    def journal(self, journal: Any) -> None:
        """Every durable step."""
        self.around(
            journal, "accept", lambda _, arrivals, *__: f"accept:{arrivals[0].kind if arrivals else 'bookmark'}"
        )
        self.around(journal, "settle", lambda _, plan: f"settle:{plan.arrival.partition(':')[0]}")
        self.around(
            journal,
            "settle_on_view",
            lambda _, asked, *__: [f"settle:{arrival.partition(':')[0]}" for arrival in asked],
        )
        self.around(journal, "fulfil_all", lambda _, done: [f"fulfil:{self._kinds.get(each.key)}" for each in done])
        for method in ("postpone", "bury"):
            self.around(journal, method, lambda _, key, *__, method=method, **___: f"{method}:{self._kinds.get(key)}")
        for method in ("pending", "add", "lose_room", "find_room", "stumble"):
            self.around(journal, method, lambda *_, method=method, **__: method)
        claim = journal.claim

        async def claimed(*args: Any, **more: Any) -> Any:
            tasks = await claim(*args, **more)
            for task in tasks:
                self._kinds[task.effect.key] = task.effect.kind
            for kind in sorted({task.effect.kind for task in tasks}):
                self.at(f"claim:{kind} after")
            return tasks

        journal.claim = claimed

    def homeserver(self, server: Any, nio: Any) -> None:
        """Every request that changes something there: JSON goes over `server`, media over `nio`."""

        def name(method: str, path: str) -> str:
            found = _REQUEST.search(path.partition("?")[0]) if method in ("PUT", "POST") else None
            return f"http:{found[1] or found[2]}" if found else ""

        self.around(server, "exchange", lambda _, method, target, *__, **___: name(method, target))
        self.around(nio, "send", lambda _, method, path, *__, **___: name(method, path))

    def submission(self, connection: Any, protocol: Any) -> None:
        """Commands, and the final dot: sent but not answered, answered but not yet known to the journal."""
        self.around(connection, "command", lambda _, word, *__, **___: f"smtp:{word.decode()}")
        self.around(connection, "content", lambda *_: "smtp:content")
        write = protocol.write

        def written(itself: Any, data: bytes) -> None:
            write(itself, data)
            if data == b".\r\n":  # it is written alone, and within a mail a dot is doubled
                self.at("smtp:dot after")

        protocol.write = written

    def mailbox(self, connection: Any) -> None:
        """The copy in the Sent folder."""
        self.around(connection, "append", lambda *_: "imap:append")


def main(folder: Path) -> None:
    """The nursery. Answers each line with the pid of a new daemon."""
    import aiosmtplib.protocol

    import bridge.app.daemon  # noqa: F401  (what every daemon needs, once)
    from bridge.chat import connection, nioclient
    from bridge.mail.imap.client import Connection as Mailbox
    from bridge.mail.submit.connection import Connection as Submission
    from bridge.store.journal import Journal

    fence = Fence(folder)
    fence.journal(Journal)
    fence.homeserver(connection.Server, nioclient.NioClient)
    fence.submission(Submission, aiosmtplib.protocol.SMTPProtocol)
    fence.mailbox(Mailbox)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for the dead
    for number in _lines():
        pid = os.fork()
        if pid == 0:
            _be_daemon(folder)
        os.write(1, f"{number} {pid}\n".encode())


def _lines() -> Iterator[int]:
    for number in itertools.count():
        if not sys.stdin.buffer.readline():
            return
        yield number


def _be_daemon(folder: Path) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # a killed test run leaves no daemon behind
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(folder / "daemon.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, to in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(to, number)
    from bridge.cli import main as mailroom

    sys.argv = ["mailroom", "--config", str(folder / "mailroom.yaml"), "run"]
    mailroom()
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
