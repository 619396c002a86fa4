"""Matches strangers' text in linear time: the only importer of re2, so no pattern of an admin can stall the daemon."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import re2

from bridge.routing.when_doc import PatternDoc

_MAX_MEMORY = 1 << 20
"""Octets that one compiled regex may use."""

LONGEST = 10_000
"""Characters of a value that are looked at: a header of megabytes must not cost a thousand rules their time each."""


class BadPattern(Exception):
    """The regex cannot be compiled; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Any of several patterns. `exact` is a set of folded texts, so that an index over it can be built later.

    `searches` pairs each other pattern's words for the trace (the admin's own, never the mail's text) with its search.
    """

    exact: frozenset[str]
    searches: tuple[tuple[str, Callable[[str], object]], ...]

    def hit(self, values: Iterable[str]) -> str | None:
        """The pattern that one of the values meets, or None."""
        for value in values:
            seen = value[:LONGEST]
            folded = seen.casefold()
            if folded in self.exact:
                return folded
            for words, search in self.searches:
                if search(seen):
                    return words
        return None


def is_glob(text: str) -> bool:
    """Whether a plain text has wildcards."""
    return "*" in text or "?" in text


def matcher(patterns: Iterable[PatternDoc]) -> Matcher:
    """Compile patterns. Raises BadPattern."""
    exact: set[str] = set()
    searches: list[tuple[str, Callable[[str], object]]] = []
    for pattern in patterns:
        if pattern.regex is not None:
            searches.append((f"/{pattern.regex}/", _search(pattern.regex)))
        elif is_glob(pattern.text):
            searches.append((pattern.text, _glob(pattern.text)))
        else:
            exact.add(pattern.text.casefold())
    return Matcher(frozenset(exact), tuple(searches))


def texts(patterns: Iterable[str]) -> Matcher:
    """Like `matcher`, for plain texts and globs alone."""
    return matcher(PatternDoc(text=text) for text in patterns)


def _glob(text: str) -> Callable[[str], object]:
    parts = {"*": ".*", "?": "."}
    search = _search("(?s)^" + "".join(parts.get(c) or re2.escape(c) for c in text.casefold()) + "$")
    return lambda value: search(value.casefold())


def _search(regex: str) -> Callable[[str], object]:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        compiled = re2.compile(regex, options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        raise BadPattern(words.decode(errors="replace") if isinstance(words, bytes) else str(words)) from None
    # re2 encodes the text itself and fails on lone surrogates; what comes from outside must never raise here.
    return lambda value: compiled.search(value if value.isascii() else value.encode("utf-8", "replace").decode())
