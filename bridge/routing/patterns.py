"""Matches strangers' text in linear time: the only importer of re2, so no pattern of an admin can stall the daemon."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any

import re2

from bridge.routing.texts import Texts
from bridge.routing.tree import Case, Hit
from bridge.routing.when_doc import PatternDoc

_MAX_MEMORY = 1 << 20
"""Octets that one compiled regex may use."""

_SPOKEN = 5
"""Patterns of one condition that traces name; a group of two hundred addresses would drown the rest."""

LOOKED = 20_000
"""Characters of a mail's text that are looked at, from its beginning."""

_MANY, _MOST = 20, 200
"""Patterns from which on they are sieved, and those that one sieve takes."""

Values = Callable[[Case], Iterable[str]]
"""The texts of a case that a condition looks at."""

Search = Callable[[str], Hit | None]

Anywhere = Callable[[Texts], bool]

_ENDS = re.compile(r"\\[Az]|\(\?[a-zA-Z]*-")
"""Where a regex says "the end of the text" in a way that does not mean the ends of a line as well."""


_NAMED = re.compile(r"\(\?P?<(\w+)>")


class BadPattern(Exception):
    """The regex cannot be compiled; the text says why, for people. `names`: the groups that it seems to name."""

    def __init__(self, words: str, regex: str) -> None:
        super().__init__(words)
        self.names = frozenset(_NAMED.findall(regex))

    @property
    def cure(self) -> str:
        """How to mend it."""
        if "invalid perl operator" in str(self):
            return "RE2 looks neither ahead nor behind: no (?=, (?!, (?<=, (?<!; a condition below `not` may do"
        if "invalid escape sequence" in str(self):
            return "see the syntax of RE2, which has no references to groups"
        return "see the syntax of RE2"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A glob or regex: `search` says whether a value meets it, `source` is the regex behind it; `folds`: it is held
    against the case-folded value. `anywhere`: False when surely none of many texts meets it, found out in one look."""

    search: Search
    source: str
    folds: bool
    anywhere: Anywhere


@dataclass(frozen=True, slots=True)
class Sieve:
    """Several patterns, all held against a value in one go. A pattern that it leaves out is not met."""

    patterns: tuple[Pattern, ...]
    sets: tuple[tuple[Any, bool, tuple[int, ...]], ...]

    def possible(self, seen: str, folded: str) -> Sequence[Pattern]:
        """Those that are met, in order; all of them when RE2 ran out of memory, which it does not tell."""
        met: list[int] = []
        for together, folds, numbers in self.sets:
            found = together.Match(_sound(folded if folds else seen))
            if found is None or len(numbers) not in found:  # the last pattern of each set meets everything
                return self.patterns
            met += (numbers[each] for each in found if each < len(numbers))
        return [self.patterns[number] for number in sorted(met)]


@dataclass(frozen=True, slots=True)
class Matcher:
    """Any of several patterns. `exact` and `domains` have folded texts as keys, so that an index can be built over
    them; `domains` stand for every address there. Each says its words for the trace: the admin's, never the mail's.
    `groups`: the names that its regexes capture. `sieves`: of many `searches`, to leave most of them out.
    """

    exact: Mapping[str, Hit]
    searches: tuple[Pattern, ...]
    words: str = ""
    domains: Mapping[str, Hit] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    sieves: tuple[Sieve, ...] = ()

    def hit(self, values: Iterable[str] | Texts) -> Hit | None:
        """The pattern that one of the values meets, or None."""
        texts = values if isinstance(values, Texts) else Texts.of(values)
        if not texts.many:
            return self._first(texts)
        possible = self._possible(texts)
        return None if possible is None else replace(self, searches=possible, sieves=())._first(texts)

    def misses(self, texts: Texts) -> bool:
        """Whether surely none of the texts meets a pattern; False when that takes more than one look."""
        return texts.many and self._possible(texts) is None

    def _possible(self, texts: Texts) -> tuple[Pattern, ...] | None:
        """Those of `searches` that may be met; None when nothing can be."""
        searches = tuple(pattern for pattern in self.searches if pattern.anywhere(texts))
        if searches or not self.exact.keys().isdisjoint(texts.folded):
            return searches
        return None if self.domains.keys().isdisjoint(texts.domains) else ()

    def _first(self, texts: Texts) -> Hit | None:
        for seen, folded in texts.pairs:
            found = self.exact.get(folded)
            if found is None and self.domains:
                found = self.domains.get(folded.rpartition("@")[2])
            if found is not None:
                return found
            possible = self.searches
            if self.sieves:
                possible = tuple(pattern for sieve in self.sieves for pattern in sieve.possible(seen, folded))
            for pattern in possible:
                if (found := pattern.search(seen)) is not None:
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
    searches: list[Pattern] = []
    words: list[str] = []
    groups: list[str] = []
    for pattern in patterns:
        if pattern.regex is not None:
            words.append(f"/{pattern.regex}/")
            compiled = _compiled(pattern.regex)
            search = _regex(compiled, lead + words[-1])
            searches.append(Pattern(search, pattern.regex, folds=False, anywhere=_anywhere(pattern.regex, folds=False)))
            groups += compiled.groupindex
            continue
        words.append(pattern.text)
        if is_glob(pattern.text):
            searches.append(_glob(pattern.text, Hit(lead + pattern.text)))
        else:
            exact.setdefault(pattern.text.casefold(), Hit(lead + pattern.text))
    return Matcher(exact, tuple(searches), spoken(words), {}, tuple(sorted(set(groups))), _sieves(searches))


def addresses(meant: Iterable[tuple[str, str]], regexes: Iterable[PatternDoc], lead: str = "") -> Matcher:
    """Compile patterns of addresses: `meant` pairs the admin's words (a pattern, or the name of a person or group) with
    a text or glob. "*@domain" becomes a domain, which costs nothing to look up. Raises BadPattern.
    """
    plain = matcher(regexes, lead)
    exact: dict[str, Hit] = {}
    domains: dict[str, Hit] = {}
    searches: list[Pattern] = []
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
    searches += plain.searches
    return Matcher(exact, tuple(searches), spelled, domains, plain.groups, _sieves(searches))


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


def _glob(text: str, hit: Hit) -> Pattern:
    """The whole value, whatever the case: * is anything, ? one character."""
    folded = text.casefold()
    source = f"(?s)^{_globbed(folded)}$"
    compiled = _compiled(source)
    inner = folded.strip("*")
    before, after = folded.startswith("*"), folded.endswith("*")
    if "?" in inner or "*" in inner:
        anywhere = _anywhere(f"^{_globbed(folded)}$", folds=True)
        return Pattern(lambda value: hit if compiled.search(_sound(value.casefold())) else None, source, True, anywhere)
    # Most globs: what the text holds, begins or ends with.
    line = ("" if before else "\n") + inner + ("" if after else "\n")

    def search(value: str) -> Hit | None:
        if before and after:
            return hit if inner in value.casefold() else None
        if after:
            return hit if value.casefold().startswith(inner) else None
        return hit if value.casefold().endswith(inner) else None

    return Pattern(search, source, True, lambda texts: line in texts.lines)


def _anywhere(source: str, *, folds: bool) -> Anywhere:
    """Looks at all texts as lines beneath each other, compiled when it is first wanted. It may find what reaches over
    a line end, and never overlooks what one text meets: there ^ and $ are the ends of a line.
    """

    @cache
    def compiled() -> Any:
        try:
            return None if _ENDS.search(source) else _compiled(f"(?m){source}")
        except BadPattern:
            return None

    def anywhere(texts: Texts) -> bool:
        lines = compiled()
        return lines is None or bool(lines.search(texts.folded_octets if folds else texts.octets))

    return anywhere


def _sieves(patterns: Sequence[Pattern]) -> tuple[Sieve, ...]:
    """None for a few patterns: to ask each is as quick."""
    if len(patterns) < _MANY:
        return ()
    parts = (patterns[first : first + _MOST] for first in range(0, len(patterns), _MOST))
    return tuple(Sieve(tuple(part), tuple(_sets(part))) for part in parts)


def _sets(patterns: Sequence[Pattern]) -> Iterator[tuple[Any, bool, tuple[int, ...]]]:
    for folds in (False, True):
        numbers = tuple(number for number, pattern in enumerate(patterns) if pattern.folds is folds)
        if not numbers:
            continue
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 4 * _MAX_MEMORY
        together = re2.Set.SearchSet(options)
        for number in numbers:
            together.Add(patterns[number].source)
        together.Add("")
        try:
            together.Compile()
        except re2.error:  # too large: a set that meets nothing, not even its last pattern, leaves out none
            together = re2.Set.SearchSet(options)
            together.Add("$^x")
            together.Compile()
        yield together, folds, numbers


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
        said = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise BadPattern(said, regex) from None


def _sound(value: str | bytes) -> str | bytes:
    """re2 encodes the text itself and fails on lone surrogates; what comes from outside must never raise here."""
    return value if isinstance(value, bytes) or value.isascii() else value.encode("utf-8", "replace").decode()
