"""Phrases in their users' languages, looked for in a text; it decides nothing.

Most texts hold nothing but ASCII, and so can hold only such phrases.
"""


class Phrases:
    """Phrases in lower case, written with bars between them."""

    __slots__ = ("_all", "_ascii")

    def __init__(self, written: str) -> None:
        self._all = tuple(written.split("|"))
        self._ascii = tuple(filter(str.isascii, self._all))

    def within(self, text: str) -> bool:
        """Whether one of them stands anywhere in a text whose case is folded."""
        return any(map(text.__contains__, self._ascii if text.isascii() else self._all))
