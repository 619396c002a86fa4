"""Score the reader on sample mail: `make score CORPORA=DIR` (`python -m bench.score DIR [NAME...]`).

Each module of `bench.scores` reads its samples below DIR in place, in this process, and prints what it found; NAME
picks some of them. Exit status 1 when something that must hold did not, 2 on wrong usage.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import bench.scores


def main(arguments: list[str]) -> int:
    """Print every score; 1 when one of them did not hold what it must."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.scores.__path__))
    wanted = arguments[1:] or names
    if not arguments or not (corpora := Path(arguments[0])).is_dir() or not set(wanted) <= set(names):
        print(f"usage: python -m bench.score DIR [{'|'.join(names)}]..., DIR holding the samples", file=sys.stderr)
        return 2
    held = True
    for name in wanted:
        lines, good = importlib.import_module(f"bench.scores.{name}").score(corpora)
        print(f"\n== {name}", *lines, sep="\n")
        held = held and good
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
