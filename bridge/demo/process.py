"""One server process of the playground: start it, wait until it answers, stop it, kill it.

Plain `subprocess`, not asyncio's, because a server outlives the event loop that started it (tests run one loop
each). It never restarts anything by itself and never reads what the process prints, which goes to a log file.
"""

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PORTS = range(20000, 32000)  # below Linux's ephemeral range, so that no outgoing connection takes a port we promised
_POLL = 0.05
_LOG_LINES = 15


class ServerFailed(Exception):
    """A server process ended before it was ready, or was not ready in time. The text ends with its last log lines."""


def is_free(port: int) -> bool:
    """Whether nobody listens on this loopback TCP port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A loopback TCP port nobody listens on now. Nothing reserves it: listen on it soon.

    Raises `ServerFailed` when a hundred tries found none.
    """
    for _ in range(100):
        port = random.choice(_PORTS)  # noqa: S311  (not a secret)
        if is_free(port):
            return port
    raise ServerFailed("no free port on the loopback interface")


class ServerProcess:
    """A child process whose output goes to `log`; started and stopped any number of times."""

    def __init__(self, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self._argv = list(argv)
        self._log = log
        self._env = None if env is None else {**os.environ, **env}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    async def start(self, ready: Callable[[], Awaitable[bool]], within: float = 120.0) -> None:
        """Start the process and return once `ready` says so.

        Raises `ServerFailed` when it ends first or takes longer than `within` seconds; it does not run on then.
        """
        assert self.pid is None, "already running"
        self._child = self._launch()
        deadline = time.monotonic() + within
        try:
            while not await ready():
                if self._child.poll() is not None:
                    raise ServerFailed(self._obituary(f"ended with status {self._child.returncode}"))
                if time.monotonic() > deadline:
                    raise ServerFailed(self._obituary(f"was not ready within {within:.0f} s"))
                await asyncio.sleep(_POLL)
        except BaseException:
            await self.kill()
            raise

    async def stop(self, patience: float = 20.0) -> None:
        """End it in good order (SIGTERM), or by SIGKILL after `patience` seconds. Fine when it does not run."""
        child = self._child
        if child is None:
            return
        child.terminate()
        try:
            await asyncio.to_thread(child.wait, patience)
        except subprocess.TimeoutExpired:
            await self.kill()
        self._child = None

    async def kill(self) -> None:
        """End it as a power cut would (SIGKILL), its own children too. Fine when it does not run."""
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        await asyncio.to_thread(child.wait)
        self._child = None

    def _launch(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  (argv is ours)
                self._dying_with_us(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop our children in order
            )

    def _dying_with_us(self) -> list[str]:
        # setpriv (util-linux) execs the command with a parent-death signal: a killed test run leaves no server behind.
        setpriv = shutil.which("setpriv")
        return [setpriv, "--pdeathsig", "TERM", *self._argv] if setpriv else self._argv

    def _obituary(self, what: str) -> str:
        lines = self._log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n  ".join([f"{Path(self._argv[0]).name} {what}; see {self._log}", *lines])


async def accepts_tcp(port: int) -> bool:
    """Whether something on the loopback interface accepts connections at `port`."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
