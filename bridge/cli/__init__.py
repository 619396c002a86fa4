"""The words an operator types. Each command lives in its own module and is imported when it is used.

Exit status: 0 fine, 1 problems, 2 wrong usage, 3 `rules plan` found changes. No traceback reaches a user.
"""

from bridge.cli.main import main

__all__ = ["main"]
