"""NOOPs to the door for mail, one every five milliseconds, until a line comes: `python -m bench.noops PORT`.

Prints how many milliseconds each took. In a process of its own, so that nothing but the door makes it wait.
"""

import select
import socket
import sys
import time

_PAUSE = 0.005
_OF_ONE = 500
"""NOOPs over one connection; the door hangs up on who says nothing else for ever."""


def main(port: int) -> None:
    """Ends with the first line at standard input."""
    spent: list[float] = []
    while _session(port, spent):
        pass
    print(*(f"{each:.3f}" for each in spent))


def _session(port: int, spent: list[float]) -> bool:
    """One connection's worth; whether to go on."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as door, door.makefile("rb") as replies:
        replies.readline()
        for _ in range(_OF_ONE):
            if select.select([sys.stdin], [], [], _PAUSE)[0]:
                return False
            began = time.perf_counter()
            door.sendall(b"NOOP\r\n")
            if not replies.readline().startswith(b"250"):
                raise SystemExit("the door no longer answers")
            spent.append(1000 * (time.perf_counter() - began))
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]))
