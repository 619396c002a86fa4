"""Free loopback ports, below the range from which outgoing connections take theirs."""

from bridge.demo.process import LOOPBACK, free_port

__all__ = ["LOOPBACK", "free_port"]
