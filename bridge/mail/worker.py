"""What reads hostile bytes, outside the daemon: a mother that loads the parsers once, and the workers she forks.

A worker does one task after the other for whoever holds the other end of its socket, and ends with it. Neither keeps
anything, and neither is ever imported by the daemon, where the parsers would cost megabytes.
"""

import gc
import os
import pickle
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from bridge.core.errors import Permanent
from bridge.core.mail import Mail
from bridge.mail import parse

Source = bytes | str
"""A mail's octets, or the path of the file that holds them."""

HEAD = 4
"""Octets before each message that say how long it is."""


def mother(control: int, memory: int) -> None:
    """Fork a worker for each socket that comes over the socket `control`, until that ends.

    `memory`: octets of address space that a worker may have.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon is told to stop, and then stops us
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a worker ended: the system may forget it
    gc.collect()
    gc.freeze()  # what is loaded stays shared with the workers: their collections do not touch it
    with socket.socket(fileno=control) as orders:
        while True:
            order, sockets, _, _ = socket.recv_fds(orders, 1, 1)
            if not order:
                return
            with socket.socket(fileno=sockets[0]) as peer:
                try:
                    child = os.fork()
                except OSError:  # whoever waits for it sees the socket end
                    continue
                if child == 0:
                    orders.close()
                    try:
                        _serve(peer, memory)
                    finally:
                        os._exit(1)


def _serve(peer: socket.socket, memory: int) -> None:
    """Say who we are, then do tasks until the other end is closed."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    peer.sendall(message(os.getpid()))
    with peer.makefile("rb", buffering=1 << 16) as tasks:
        while head := tasks.read(HEAD):
            task = tasks.read(int.from_bytes(head, "big"))
            peer.sendall(message(_answer(task)))


def _answer(task: bytes) -> tuple[bool, object]:
    """Whether it worked, with the result or the error. A fault of the parsers' ends the worker."""
    name, seconds, arguments = pickle.loads(task)  # noqa: S301 # the daemon wrote it
    # A backstop to the wall clock: RLIMIT_CPU counts whole seconds over a worker's life, so it is raised each time.
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, hard))
    try:
        return True, _TASKS[name](*arguments)
    except (Permanent, OSError) as error:
        return False, error


def message(value: object) -> bytes:
    """A value as it crosses a socket."""
    octets = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return len(octets).to_bytes(HEAD, "big") + octets


def _octets(source: Source) -> bytes:
    return Path(source).read_bytes() if isinstance(source, str) else source


def _read(*sources: Source) -> list[Mail]:
    return [parse.read_mail(_octets(source)) for source in sources]


def _part(source: Source, index: int, target: str = "") -> bytes:
    """The part's octets, or nothing where they went into the file `target`."""
    octets = parse.take_part(_octets(source), index)
    if not target:
        return octets
    Path(target).write_bytes(octets)
    return b""


def _rescue(source: Source, problem: str) -> Mail:
    return parse.rescue(_octets(source), problem)


_TASKS: dict[str, Callable[..., object]] = {"read": _read, "part": _part, "rescue": _rescue}
