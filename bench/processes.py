"""What a process and its children have used, as Linux tells it in /proc. It starts and ends nothing."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from tree(int(child))


def cpu(pid: int) -> float:
    """Seconds of CPU, user and system, of the tree, and of its members that have ended."""
    return sum(cpu_of(each) for each in tree(pid))


def cpu_of(pid: int) -> float:
    """The same of one process and the children it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[n]) for n in range(11, 15)) / _TICK


def memory(pid: int) -> float:
    """Octets of the tree's proportional set size: what all of it takes from the machine."""
    return sum(_pss(each) for each in tree(pid))


def own_memory(pid: int) -> float:
    """The same of this process alone."""
    return _pss(pid)


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024.0
    return 0.0


def children_of_mine() -> list[int]:
    """All processes below this one."""
    return list(tree(os.getpid()))[1:]


def peak(pid: int) -> float:
    """The most octets that were resident at once, since its start or since `forget_peak`."""
    return _status(pid, "VmHWM:")


def resident(pid: int) -> float:
    """Octets that are resident now."""
    return _status(pid, "VmRSS:")


def forget_peak(pid: int) -> None:
    """The peak begins anew with what is resident now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024.0
    return 0.0
