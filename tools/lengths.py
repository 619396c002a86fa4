"""Checks how long the source files are: `lengths.py FOLDER...`.

A file over 300 lines is named, one over 400 fails the check: it is a room to split.
"""

import sys
from pathlib import Path

NAMED = 300
REFUSED = 400


def main(folders: list[str]) -> int:
    """Print the long files, longest first. Returns 1 if one is too long."""
    files = [file for folder in folders for file in Path(folder).rglob("*.py")]
    lengths = sorted(((len(file.read_text(encoding="utf-8").splitlines()), file) for file in files), reverse=True)
    for lines, file in lengths:
        if lines > REFUSED:
            print(f"{file}: {lines} lines; more than {REFUSED} are too many: split it")
        elif lines > NAMED:
            print(f"{file}: {lines} lines; getting long")
    return 1 if lengths and lengths[0][0] > REFUSED else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
