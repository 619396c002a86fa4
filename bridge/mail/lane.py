"""Worker processes as the daemon sees them: it hands each one task at a time, and kills the one that takes too long.

The event loop speaks with them over sockets; no thread stands between. Nothing here looks inside a mail. A worker is
ours, but it reads what strangers wrote: its answers can name values and errors, and nothing that acts.
"""

import asyncio
import builtins
import contextlib
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
from typing import Any

from bridge.core.errors import Transient

_HEAD = 4  # as bridge.mail.worker, which is never imported here
_STARTS_WITHIN = 30.0
_TRIES = 3


class _Answers(pickle.Unpickler):
    """Makes values of the core and errors of the system alone."""

    def find_class(self, module: str, name: str) -> Any:
        """Raises UnpicklingError for anything else: a worker that fell to a mail must not reach the daemon (I7)."""
        if module.startswith("bridge.core.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        known = getattr(builtins, name, None) if module == "builtins" else None
        if isinstance(known, type) and issubclass(known, OSError):
            return known
        raise pickle.UnpicklingError(f"an answer names {module}.{name}")


class Expired(Exception):
    """The worker took too long and was killed."""


class Died(Exception):
    """The worker ended in the midst of it."""


class Mother:
    """The process that forks workers, started when the first is wanted. `memory`: octets of address space of each."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._changing = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._orders: socket.socket | None = None

    async def worker(self) -> "Worker":
        """A new worker that can read. Raises Died, OSError."""
        async with self._changing:
            orders = await self._running()
            ours, theirs = socket.socketpair()
            with theirs:
                socket.send_fds(orders, [b"w"], [theirs.fileno()])
            ours.setblocking(False)
            _, worker = await asyncio.get_running_loop().create_unix_connection(Worker, sock=ours)
            try:
                async with asyncio.timeout(_STARTS_WITHIN):
                    await worker.begun()
            except TimeoutError:
                worker.kill()
                raise Died from None
            return worker

    async def _running(self) -> socket.socket:
        """Where it takes orders."""
        if self._orders is not None and self._process is not None and self._process.poll() is None:
            return self._orders
        self._forget()
        self._process, orders = await asyncio.to_thread(_mother, self._memory)
        self._orders = orders
        return orders

    async def close(self) -> None:
        """End it; its workers are their lanes' business."""
        async with self._changing:
            process = self._process
            self._forget()
            if process is not None:
                process.kill()
                await asyncio.to_thread(process.wait)

    def _forget(self) -> None:
        if self._orders is not None:
            self._orders.close()
        self._process = self._orders = None


def _mother(memory: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        line = f"import sys; sys.path = {sys.path!r}; from bridge.mail.worker import mother; mother({number}, {memory})"
        argv = [sys.executable, "-c", line]
        # In a group of its own: a Ctrl-C at the terminal is for the daemon, which then ends it.
        made = subprocess.Popen(argv, stdin=subprocess.DEVNULL, pass_fds=[number], process_group=0)  # noqa: S603 # ours
        return made, ours


class Worker(asyncio.Protocol):
    """One worker process, which does one task at a time."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()  # first: its process id
        self._data = bytearray()
        self._transport: asyncio.Transport | None = None
        self._handle: int | None = None

    @property
    def alive(self) -> bool:
        """Whether it may be given a task."""
        return self._transport is not None

    async def begun(self) -> None:
        """Return once it can read. Raises Died."""
        try:
            # A handle rather than its number, which the system may give to another process once it has ended.
            self._handle = os.pidfd_open(await self._answer)
        except ProcessLookupError:
            raise Died from None

    async def ask(self, task: bytes, seconds: float) -> Any:
        """The answer to a task. Raises Expired, Died: then it is gone. So it is when the caller is cancelled."""
        if self._transport is None:
            raise Died
        loop = asyncio.get_running_loop()
        answer = self._answer = loop.create_future()
        self._transport.write(task)
        timer = loop.call_later(seconds, self._expire)
        try:
            return await answer
        except asyncio.CancelledError:
            self.kill()
            raise
        finally:
            timer.cancel()

    def kill(self) -> None:
        """End it now."""
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _expire(self) -> None:
        if not self._answer.done():
            self._answer.set_exception(Expired())
            self.kill()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio's word that the socket is ours."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        self._data += data
        end = _HEAD + int.from_bytes(self._data[:_HEAD], "big")
        if len(self._data) < max(end, _HEAD + 1):
            return
        octets, self._data = self._data[_HEAD:end], bytearray()
        try:
            value = _Answers(io.BytesIO(octets)).load()
        except Exception:  # whatever it is, no worker of ours wrote it
            self.kill()
            return
        if not self._answer.done():
            self._answer.set_result(value)

    def connection_lost(self, _: Exception | None) -> None:
        """It ended, or was killed."""
        self._transport = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if not self._answer.done():
            self._answer.set_exception(Died())
            self._answer.exception()  # nobody need ask


class Lane:
    """Up to `workers` workers, each task at most `timeout` seconds. A dead worker is replaced when one is wanted."""

    def __init__(self, mother: Mother, workers: int, timeout: float) -> None:
        self._mother = mother
        self._workers = workers
        self._timeout = timeout
        self._slots = asyncio.Semaphore(workers)
        self._all: set[Worker] = set()
        self._idle: list[Worker] = []
        self._closed = False

    async def open(self) -> None:
        """Start all workers. Raises Transient."""
        self._idle += [await self._begun() for _ in range(self._workers)]

    def close(self) -> None:
        """Kill all workers: whoever waits for one hears Transient."""
        self._closed = True
        for worker in self._all:
            worker.kill()

    async def run(self, name: str, *arguments: object, within: float = 0.0) -> Any:
        """The result of the worker's task of that name, done in `within` seconds (0: as long as tasks of the lane may).

        Raises Expired or Died when its worker had to go, Transient at closing, and what the worker answered with.
        """
        async with self._slots:
            worker = await self._worker()
            try:
                seconds = within or self._timeout
                worked, answer = await worker.ask(_message((name, seconds, arguments)), seconds)
            except (Expired, Died):
                if self._closed:
                    raise _stopping() from None
                raise
            finally:
                if worker.alive:
                    self._idle.append(worker)
                else:
                    self._all.discard(worker)
            if not worked:
                raise answer
            return answer

    async def _worker(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._all.discard(worker)
        return await self._begun()

    async def _begun(self) -> Worker:
        for _ in range(_TRIES):
            if self._closed:
                raise _stopping()
            with contextlib.suppress(Died, OSError):
                worker = await self._mother.worker()
                self._all.add(worker)
                if self._closed:  # while it was being born
                    worker.kill()
                    raise _stopping()
                return worker
        raise Transient("the reader's workers do not start")


def _stopping() -> Transient:
    return Transient("the reader is stopping")


def _message(value: object) -> bytes:
    octets = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return len(octets).to_bytes(_HEAD, "big") + octets
