"""Mailroom's own command, without a second of imports each time: one process imports it and forks for every call.

What runs is the command with its arguments, in a process of its own; only its first line, `python -m bridge`, is left
out. Where that is the point (`mailroom init`, a second daemon, a clock ahead, the playground) tests start it for real.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bridge.demo.process import ServerProcess

_PR_SET_PDEATHSIG = 1
_COMMANDS = "run check import_ status queue rules recipients read"
_LATE = "app.daemon app.doctor app.importing app.import_preview app.dropping chat.nioclient chat.olm cli.printed"

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(
    [__name__, *(f"bridge.cli.{name}" for name in _COMMANDS.split()), *(f"bridge.{name}" for name in _LATE.split())]
)


class Command(ServerProcess):
    """`mailroom` with these arguments, as a server process."""

    def _launch(self) -> "_Child":
        return _Child(self._argv, self._log, self._log, self._env)


def run(argv: Sequence[str], within: float = 100.0) -> subprocess.CompletedProcess[str]:
    """`mailroom` with these arguments to its end: its exit status and what it wrote. Raises TimeoutExpired."""
    with tempfile.TemporaryDirectory(prefix="mailroom-") as folder:
        output, errors = Path(folder) / "output", Path(folder) / "errors"
        child = _Child(argv, output, errors, None)
        try:
            status = child.wait(within)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(argv, status, output.read_text(), errors.read_text())


class _Child:
    """A forked command, as `subprocess` speaks of its children."""

    def __init__(self, argv: Sequence[str], output: Path, errors: Path, env: Mapping[str, str] | None) -> None:
        self._argv = list(argv)
        for path in (output, errors):
            path.touch(0o600)  # who reads it need not wait for the process
        given = (self._argv, output, errors, dict(env or os.environ))
        self._process: ForkServerProcess = _nursery.Process(target=_be_mailroom, args=given, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid
        with contextlib.suppress(ProcessLookupError):  # it may be over already
            while os.getpgid(self.pid) != self.pid:  # from then on whoever kills its group kills it
                time.sleep(0.001)

    @property
    def returncode(self) -> int | None:
        """Its exit status once it ended, -N after signal N."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same."""
        return self._process.exitcode

    def terminate(self) -> None:
        """SIGTERM, if it runs."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._argv, timeout or 0.0)
        return self._process.exitcode


def _be_mailroom(argv: list[str], output: Path, errors: Path, env: dict[str, str]) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)  # a killed test run leaves no daemon behind
    for number, path in ((1, output), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(env)
    from bridge.cli import main as mailroom

    sys.argv = ["mailroom", *argv]
    mailroom()
