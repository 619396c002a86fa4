"""Finds rules that no mail reaches, because a rule before them takes all that they would take.

Only what can be proved is said: each condition of the earlier rule follows from one condition of the later rule. It
never looks at mail, and says nothing where it is in doubt.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bridge.routing.book import Rule, Ruled
from bridge.routing.files import Rules
from bridge.routing.places import rule_at, rule_path
from bridge.routing.tree import Needs, leaves
from bridge.routing.when_doc import PatternDoc, WhenDoc
from bridge.yamldoc import Complain, Path

_WIDE = 200
"""Values of one condition from which on it is not looked up by each of them."""

_PATTERNS = ("from_", "to", "cc", "to_or_cc", "recipient", "sender", "account", "folder", "subject", "list", "body")
_WORDS = ("kind", "conversation", "correspondent")

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Claim:
    """One condition: `value` as written; `words`, any of which it takes, empty where only equal values are compared;
    `needs` where that is all that it asks."""

    field: str
    value: object
    words: frozenset[str] = frozenset()
    needs: Needs | None = None

    def follows(self, other: "_Claim") -> bool:
        """Whether this holds wherever `other` holds."""
        if self.field != other.field:
            return False
        if not other.words:
            return bool(self.value == other.value)
        if other.words <= self.words:
            return True
        if self.needs is None or other.needs is None:
            return False
        mine, theirs = self.needs, other.needs
        return theirs.domains <= mine.domains and all(
            text in mine.exact or text.rpartition("@")[2] in mine.domains for text in theirs.exact
        )

    def keys(self) -> Sequence[_Key]:
        """Under which it is looked up."""
        if not self.words:
            return [(self.field, self._mark())]
        texts: Iterable[str] = self.words
        if self.needs is not None:
            texts = (*self.needs.exact, *(f"@{domain}" for domain in self.needs.domains))
        found = [(self.field, text) for text in texts]
        return found if len(found) <= _WIDE else [(self.field, "")]

    def _mark(self) -> str:
        """The same for equal values."""
        try:
            return str(hash(self.value))
        except TypeError:  # conditions on header fields are no hashable value
            return ""

    def probes(self) -> Iterator[_Key]:
        """Under which a claim stands that follows from this one."""
        yield self.field, ""
        if not self.words:
            yield self.field, self._mark()
        yield from ((self.field, word) for word in sorted(self.words)[:1])
        if self.needs is not None:
            for text in sorted(self.needs.exact)[:1]:
                yield self.field, text
                yield self.field, f"@{text.rpartition('@')[2]}"
            yield from ((self.field, f"@{domain}") for domain in sorted(self.needs.domains)[:1])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A rule with its conditions, all of which must hold, and its place in the rule files."""

    rule: Rule
    path: Path
    claims: tuple[_Claim, ...]

    def takes(self, later: "_Asked") -> bool:
        """Whether it takes all that `later` would."""
        return all(any(mine.follows(theirs) for theirs in later.claims) for mine in self.claims)


def unreached(rules: Rules, scopes: Sequence[Ruled], warn: Complain) -> None:
    """Warn of every rule that is never reached, with the name of the first rule before it that is why."""
    count = sum(doc.enabled for doc in rules.before)
    shared: _Table | None = None
    for ruled in scopes:
        asked = [_asked(rules, rule) for rule in (ruled.rules if shared is None else ruled.rules[count:])]
        if shared is None:
            shared = _Table.of(asked[:count])
            _told(asked[:count], shared, (), warn)
            asked = asked[count:]
        _told(asked, _Table.of(asked), (shared,), warn)


@dataclass(frozen=True, slots=True)
class _Table:
    """Rules by one of their conditions, the one that the fewest others share; with their place in the order."""

    rules: Mapping[_Key, Sequence[tuple[int, _Asked]]]

    @classmethod
    def of(cls, asked: Sequence[_Asked]) -> "_Table":
        keys = [[claim.keys() for claim in each.claims] for each in asked]
        shared = Counter(key for each in keys for some in each for key in some)
        table: dict[_Key, list[tuple[int, _Asked]]] = {}
        for number, (each, choices) in enumerate(zip(asked, keys, strict=True)):
            rarest = min(choices, key=lambda some: sum(shared[key] for key in some), default=[("", "")])
            for key in rarest:
                table.setdefault(key, []).append((number, each))
        return cls(table)

    def taking(self, later: _Asked, before: int | None = None) -> _Asked | None:
        """The first rule that takes all of `later`; `before`: of those before that place."""
        probes = dict.fromkeys([("", ""), *(probe for claim in later.claims for probe in claim.probes())])
        found = (
            (number, rule)
            for key in probes
            for number, rule in self.rules.get(key, ())
            if before is None or number < before
        )
        taking = ((number, rule) for number, rule in found if rule.takes(later))
        return min(taking, key=lambda pair: pair[0], default=(0, None))[1]


def _told(asked: Sequence[_Asked], own: _Table, before: Sequence[_Table], warn: Complain) -> None:
    """`own`: the table of `asked` themselves; the rules of those in `before` come first."""
    for number, each in enumerate(asked):
        earlier = (table.taking(each, number if table is own else None) for table in (*before, own))
        taken = next((found for found in earlier if found is not None), None)
        if taken is None:
            continue
        same = taken.claims and each.takes(taken)
        why = "asks the same" if same else "takes all that it would take" if taken.claims else "takes everything"
        warn(each.path, f"rule {each.rule.id!r} is never reached", f"{taken.rule.id!r} before it {why}")


def _asked(rules: Rules, rule: Rule) -> _Asked:
    path = rule_path(rule.conditions)
    doc = rule_at(rules, path)
    needs = {leaf.path: leaf.needs for leaf in leaves(rule.conditions) if leaf.needs is not None}
    claims = list(_claims(doc.when, (*path, "when"), needs)) if doc.when is not None else []
    if doc.expires is not None:
        claims.append(_Claim("expires", doc.expires))
    return _Asked(rule, path, tuple(claims))


def _claims(when: WhenDoc, path: Path, needs: Mapping[Path, Needs]) -> Iterator[_Claim]:
    for name in when.written:
        value = getattr(when, name)
        key = type(when).model_fields[name].alias or name
        here = (*path, key)
        if name in _PATTERNS:
            yield _Claim(key, value, _spelled(value), needs.get(here))
        elif name == "header":
            yield from (_Claim(f"header {each.lower()}", found, _spelled(found)) for each, found in value.items())
        elif name in _WORDS:
            more = ("answered",) if name == "conversation" and "existing" in value else ()
            yield _Claim(key, value, frozenset((*value, *more)), needs.get(here))
        elif name == "all":
            for index, each in enumerate(value):
                yield from _claims(each, (*here, index), needs)
        else:
            yield _Claim(key, value)


def _spelled(patterns: Iterable[PatternDoc]) -> frozenset[str]:
    return frozenset(
        f"/{pattern.regex}" if pattern.regex is not None else f"={pattern.text.casefold()}" for pattern in patterns
    )
