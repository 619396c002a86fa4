"""Score the reader on sample mail: `make score CORPORA=DIR` (`python -m bench.score DIR`).

Reads every sample below DIR/mime in place, one by one in this process, and prints for each source how many raised or
fell back to the rescue, how many are called unreadable, and the CPU time each took. What it cannot say (whether a
reading is right) it does not say. Exit status 1 when any sample raised.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bridge.mail.parse import read_mail

NO_MAIL = frozenset({".json", ".png", ".au", ".gitattributes", ".md"})
SLOW = 0.5
"""Seconds of CPU above which a sample counts as slow."""


def samples(folder: Path) -> Iterator[Path]:
    """Every file that may be a mail; name lists and the like are read too: nothing may raise."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in NO_MAIL and path.name not in NO_MAIL:
            yield path


def score(folder: Path) -> tuple[int, int, int, list[float]]:
    """Raised (or rescued), unreadable, slow, and the CPU time of each sample in milliseconds."""
    raised = unreadable = slow = 0
    times: list[float] = []
    for path in samples(folder):
        raw = path.read_bytes()
        start = time.process_time()
        try:
            mail = read_mail(raw)
        except Exception as error:
            print(f"  raised {type(error).__name__}: {path.name}")
            raised += 1
            continue
        spent = time.process_time() - start
        times.append(spent * 1000)
        slow += spent > SLOW
        if any(problem.startswith("the reader failed") for problem in mail.problems):
            print(f"  fell back: {path.name}: {mail.problems}")
            raised += 1
        elif mail.unreadable:
            print(f"  unreadable: {path.name}: {', '.join(mail.problems)}")
            unreadable += 1
    return raised, unreadable, slow, times


def main(arguments: list[str]) -> int:
    """Print the table; 2 on wrong usage."""
    if len(arguments) != 1 or not (folder := Path(arguments[0]) / "mime").is_dir():
        print("usage: python -m bench.score DIR, where DIR/mime/<source>/ holds sample mail", file=sys.stderr)
        return 2
    rows = [(source.name, *score(source)) for source in sorted(folder.iterdir()) if source.is_dir()]
    print(f"\n{'source':24}{'samples':>8}{'raised':>8}{'unread.':>9}{'slow':>6}{'p50 ms':>9}{'max ms':>9}")
    for name, raised, unreadable, slow, times in rows:
        middle = statistics.median(times) if times else 0.0
        most = max(times, default=0.0)
        print(f"{name:24}{len(times):8}{raised:8}{unreadable:9}{slow:6}{middle:9.2f}{most:9.2f}")
    total, raised, slow = sum(len(row[4]) for row in rows), sum(row[1] for row in rows), sum(row[3] for row in rows)
    print(
        f"\n{total} samples: {raised} raised, {slow} took over {SLOW} s. "
        "Not measured here: whether each reading is right, replies against quotes, bounces."
    )
    return 1 if raised or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
