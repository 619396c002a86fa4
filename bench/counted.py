"""Runs Mailroom as `python -m bridge` does, and writes its commit counter to a file at SIGUSR1.

`python -m bench.counted FILE ARGUMENTS…`. With `--profile` before FILE, a cProfile of the event loop's thread is
written to FILE.prof at the end. It changes nothing else.
"""

import cProfile
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from bridge.app import daemon
from bridge.cli import main as mailroom
from bridge.store.journal import Journal


def main(arguments: list[str]) -> None:
    """Never returns: click ends the process."""
    profiled = arguments[:1] == ["--profile"]
    file, *rest = arguments[profiled:]
    opened: list[Journal] = []

    class Counted(Journal):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            opened.append(self)

    def tell(*_: object) -> None:
        fresh = Path(f"{file}.new")
        fresh.write_text(json.dumps({"commits": sum(journal.commits for journal in opened)}))
        os.replace(fresh, file)

    signal.signal(signal.SIGUSR1, tell)
    vars(daemon)["Journal"] = Counted
    if not profiled:
        mailroom(rest)
    profile = cProfile.Profile(time.thread_time)  # CPU alone, without waits for the interpreter's lock
    try:
        profile.runcall(mailroom, rest, standalone_mode=False)
    finally:
        profile.dump_stats(f"{file}.prof")


if __name__ == "__main__":
    main(sys.argv[1:])
