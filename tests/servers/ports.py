"""Free loopback ports, below the range from which outgoing connections take theirs; each is promised once."""

import itertools
import random

from bridge.demo.process import LOOPBACK, is_free

__all__ = ["LOOPBACK", "free_port"]

_RANGE = range(20_000, 32_000)
_ports = itertools.cycle(random.sample(_RANGE, len(_RANGE)))


def free_port() -> int:
    """A port nobody listens on now, and which this process has not promised to anyone.

    Chosen by chance each time, one in forty pools of application services would have two at one port.
    """
    return next(port for port in itertools.islice(_ports, len(_RANGE)) if is_free(port))
