"""Matches strangers' text in linear time: the only importer of re2, so no pattern of an admin can stall the daemon."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import re2

from bridge.routing.tree import Case, Hit
from bridge.routing.when_doc import PatternDoc

_MAX_MEMORY = 1 << 20
"""Octets that one compiled regex may use."""

LONGEST = 10_000
"""Characters of a value that are looked at: a header of megabytes must not cost a thousand rules their time each."""

_SPOKEN = 5
"""Patterns of one condition that traces name; a group of two hundred addresses would drown the rest."""

LOOKED = 20_000
"""Characters of a mail's text that are looked at, from its beginning."""

Values = Callable[[Case], Iterable[str]]
"""The texts of a case that a condition looks at."""

Search = Callable[[str], Hit | None]


class BadPattern(Exception):
    """The regex cannot be compiled; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """Any of several patterns. `exact` and `domains` have folded texts as keys, so that an index can be built over
    them; `domains` stand for every address there. Each says its words for the trace: the admin's, never the mail's.
    `groups`: the names that its regexes capture.
    """

    exact: Mapping[str, Hit]
    searches: tuple[Search, ...]
    words: str = ""
    domains: Mapping[str, Hit] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    def hit(self, values: Iterable[str]) -> Hit | None:
        """The pattern that one of the values meets, or None."""
        for value in values:
            seen = value[:LONGEST]
            folded = seen.casefold()
            found = self.exact.get(folded)
            if found is None and self.domains:
                found = self.domains.get(folded.rpartition("@")[2])
            if found is not None:
                return found
            for search in self.searches:
                if (found := search(seen)) is not None:
                    return found
        return None


def is_glob(text: str) -> bool:
    """Whether a plain text has wildcards."""
    return "*" in text or "?" in text


def spoken(words: Iterable[str]) -> str:
    """Several patterns as a trace names them."""
    known = list(dict.fromkeys(words))
    more = f" or {len(known) - _SPOKEN} more" if len(known) > _SPOKEN else ""
    return " or ".join(known[:_SPOKEN]) + more


def matcher(patterns: Iterable[PatternDoc], lead: str = "") -> Matcher:
    """Compile patterns; the words of a hit begin with `lead`. Raises BadPattern."""
    exact: dict[str, Hit] = {}
    searches: list[Search] = []
    words: list[str] = []
    groups: list[str] = []
    for pattern in patterns:
        if pattern.regex is not None:
            words.append(f"/{pattern.regex}/")
            compiled = _compiled(pattern.regex)
            searches.append(_regex(compiled, lead + words[-1]))
            groups += compiled.groupindex
            continue
        words.append(pattern.text)
        if is_glob(pattern.text):
            searches.append(_glob(pattern.text, Hit(lead + pattern.text)))
        else:
            exact.setdefault(pattern.text.casefold(), Hit(lead + pattern.text))
    return Matcher(exact, tuple(searches), spoken(words), {}, tuple(sorted(set(groups))))


def addresses(meant: Iterable[tuple[str, str]], regexes: Iterable[PatternDoc], lead: str = "") -> Matcher:
    """Compile patterns of addresses: `meant` pairs the admin's words (a pattern, or the name of a person or group) with
    a text or glob. "*@domain" becomes a domain, which costs nothing to look up. Raises BadPattern.
    """
    plain = matcher(regexes, lead)
    exact: dict[str, Hit] = {}
    domains: dict[str, Hit] = {}
    searches: list[Search] = []
    words: list[str] = []
    for said, text in meant:
        words.append(said)
        hit, folded = Hit(lead + said), text.casefold()
        local, _, domain = folded.partition("@")
        if local == "*" and domain and "@" not in domain and not is_glob(domain):
            domains.setdefault(domain, hit)
        elif is_glob(text):
            searches.append(_glob(text, hit))
        else:
            exact.setdefault(folded, hit)
    spelled = spoken([*words, *([plain.words] if plain.words else [])])
    return Matcher(exact, (*searches, *plain.searches), spelled, domains, plain.groups)


@dataclass(frozen=True, slots=True)
class Lines:
    """Any of several patterns, of which each looks for a line in the octets of a whole text (`octets`): a text of ten
    thousand lines must not cost a thousand rules ten thousand looks each.
    """

    searches: tuple[Callable[[bytes], Hit | None], ...]
    words: str
    groups: tuple[str, ...]

    def hit(self, text: bytes) -> Hit | None:
        """The pattern that one of the lines meets, or None."""
        return next((hit for search in self.searches if (hit := search(text)) is not None), None)


@lru_cache(1)
def octets(text: str) -> bytes:
    """The beginning of a text as `Lines` wants it: `LOOKED` characters. All rules look at the same one in turn."""
    return text[:LOOKED].encode("utf-8", "replace")


def lines(patterns: Iterable[PatternDoc], lead: str = "") -> Lines:
    """Compile patterns of lines. Blanks around a line do not count; in a regex ^ and $ are the ends of a line.

    Raises BadPattern.
    """
    searches: list[Callable[[bytes], Hit | None]] = []
    words: list[str] = []
    groups: list[str] = []
    for pattern in patterns:
        words.append(pattern.text if pattern.regex is None else f"/{pattern.regex}/")
        line = r"(?i)^[ \t]*" + _globbed(pattern.text) + r"[ \t\r]*$"
        compiled = _compiled("(?m)" + (line if pattern.regex is None else pattern.regex))
        searches.append(_regex(compiled, lead + words[-1]))
        groups += compiled.groupindex
    return Lines(tuple(searches), spoken(words), tuple(sorted(set(groups))))


def texts(patterns: Iterable[str]) -> Matcher:
    """Like `matcher`, for plain texts and globs alone."""
    return matcher(PatternDoc(text=text) for text in patterns)


def _globbed(text: str) -> str:
    parts = {"*": ".*", "?": "."}
    return "".join(parts.get(c) or re2.escape(c) for c in text)


def _glob(text: str, hit: Hit) -> Search:
    """The whole value, whatever the case: * is anything, ? one character."""
    compiled = _compiled(f"(?s)^{_globbed(text.casefold())}$")
    return lambda value: hit if compiled.search(_sound(value.casefold())) else None


def _regex(compiled: Any, words: str) -> Callable[[str | bytes], Hit | None]:
    plain = Hit(words)
    if not compiled.groupindex:
        return lambda value: plain if compiled.search(_sound(value)) else None
    names = tuple(sorted(compiled.groupindex, key=compiled.groupindex.__getitem__))

    def search(value: str | bytes) -> Hit | None:
        found = compiled.search(_sound(value))
        return found and Hit(words, tuple((name, _text(found.group(name))) for name in names))

    return search


def _text(captured: str | bytes | None) -> str:
    return captured.decode("utf-8", "replace") if isinstance(captured, bytes) else captured or ""


def _compiled(regex: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        return re2.compile(regex, options)
    except re2.error as error:
        words = error.args[0] if error.args else ""
        raise BadPattern(words.decode(errors="replace") if isinstance(words, bytes) else str(words)) from None


def _sound(value: str | bytes) -> str | bytes:
    """re2 encodes the text itself and fails on lone surrogates; what comes from outside must never raise here."""
    return value if isinstance(value, bytes) or value.isascii() else value.encode("utf-8", "replace").decode()
