"""Messages, many malformed on purpose (DIR/mime/<source>/): how many raised, and the CPU time that each took.

What it cannot say (whether a reading is right) it does not say. Nothing may raise.
"""

import statistics
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


def _source(folder: Path, said: list[str]) -> tuple[int, int, int, list[float]]:
    """Raised (or rescued), unreadable, slow, and the CPU time of each sample in milliseconds."""
    raised = unreadable = slow = 0
    times: list[float] = []
    for path in samples(folder):
        raw = path.read_bytes()
        start = time.process_time()
        try:
            mail = read_mail(raw)
        except Exception as error:
            said.append(f"  raised {type(error).__name__}: {path.name}")
            raised += 1
            continue
        spent = time.process_time() - start
        times.append(spent * 1000)
        slow += spent > SLOW
        if any(problem.startswith("the reader failed") for problem in mail.problems):
            said.append(f"  fell back: {path.name}: {mail.problems}")
            raised += 1
        elif mail.unreadable:
            said.append(f"  unreadable: {path.name}: {', '.join(mail.problems)}")
            unreadable += 1
    return raised, unreadable, slow, times


def score(corpora: Path) -> tuple[list[str], bool]:
    """A table by source; held when none raised."""
    folder = corpora / "mime"
    if not folder.is_dir():
        return ["no samples"], True
    said: list[str] = []
    rows = [(source.name, *_source(source, said)) for source in sorted(folder.iterdir()) if source.is_dir()]
    said.append(f"{'source':24}{'samples':>8}{'raised':>8}{'unread.':>9}{'slow':>6}{'p50 ms':>9}{'max ms':>9}")
    for name, raised, unreadable, slow, times in rows:
        middle = statistics.median(times) if times else 0.0
        most = max(times, default=0.0)
        said.append(f"{name:24}{len(times):8}{raised:8}{unreadable:9}{slow:6}{middle:9.2f}{most:9.2f}")
    total, raised, slow = sum(len(row[4]) for row in rows), sum(row[1] for row in rows), sum(row[3] for row in rows)
    said.append(f"{total} samples: {raised} raised, {slow} took over {SLOW} s. Whether a reading is right is not said.")
    return said, not raised
