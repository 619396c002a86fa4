"""Compiles the conditions of a rule, as they were written, to the tree that `tree` evaluates."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from bridge.core.mail import Mail
from bridge.routing.patterns import BadPattern, Matcher, is_glob, matcher
from bridge.routing.tree import All, Case, Either, Field, Hit, Leaf, Needs, Node, Not, Test
from bridge.routing.when_doc import PatternDoc, WhenDoc
from bridge.yamldoc import Complain, Path

SPAM_HEADERS = ("X-Spam-Flag", "X-Spam-Status", "X-Spam")
"""The fields in which filters say Yes (SpamAssassin, rspamd and those that copy them)."""

Values = Callable[[Case], Iterable[str]]

INDEXED: Mapping[Field, Values] = {
    # A From of several mailboxes has no author: it must not meet a rule through its second one.
    "from": lambda case: (case.mail.author.spec,) if case.mail.author else (),
    "to": lambda case: (address.spec for address in case.mail.to),
    "cc": lambda case: (address.spec for address in case.mail.cc),
    "recipient": lambda case: case.envelope.rcpt_tos,
    "list": lambda case: (case.mail.list.id,) if case.mail.list else (),
}
"""What an indexable condition looks at. Case is folded, and a domain cut off, by whoever compares."""

_TEXTS: Mapping[str, Values] = {
    "subject": lambda case: (case.mail.subject,),
    "account": lambda case: (case.envelope.account,) if case.envelope.account else (),
    "folder": lambda case: (case.envelope.folder,) if case.envelope.folder else (),
}

LATER = frozenset(
    {"to_or_cc", "sender", "body", "size", "attachment", "authentication", "conversation", "correspondent", "time"}
)
"""Conditions of the language that this version does not obey."""


def compile_when(when: WhenDoc | None, path: Path, complain: Complain) -> Node:
    """The conditions as a tree, in the order written; what cannot be compiled is complained of."""
    if when is None:
        return All((), path)
    if not when.written:
        complain(path, "has no condition", "name one, or leave out `when` to take everything")
    nodes = [node for field in when.written for node in _condition(when, field, path, complain)]
    return nodes[0] if len(nodes) == 1 else All(tuple(nodes), path)


def _condition(when: WhenDoc, field: str, path: Path, complain: Complain) -> Iterator[Node]:
    key = type(when).model_fields[field].alias or field
    here = (*path, key)
    if field in LATER:
        what = "this version does not obey that condition yet, and ignoring it would misroute"
        complain(here, what, "remove it")
    match key:
        case "from" | "to" | "cc" | "recipient" | "list":
            yield from _indexed(key, getattr(when, field), here, complain)
        case "subject" | "account" | "folder":
            yield from _texts(key, _TEXTS[key], getattr(when, field), here, complain)
        case "header":
            for name, patterns in (when.header or {}).items():
                yield from _texts(f"header {name}", _header(name), patterns, (*here, name), complain)
        case "kind" if when.kind is not None:
            yield _kind(when.kind, here)
        case "spam" if when.spam is not None:
            yield _spam(when.spam, here)
        case "all" if when.all is not None:
            yield All(_several(when.all, here, complain), here)
        case "any" if when.any is not None:
            yield Either(_several(when.any, here, complain), here)
        case "not" if when.not_ is not None:
            yield Not(compile_when(when.not_, here, complain), here)


def _several(whens: tuple[WhenDoc, ...], path: Path, complain: Complain) -> tuple[Node, ...]:
    return tuple(compile_when(when, (*path, index), complain) for index, when in enumerate(whens))


def _indexed(field: Field, patterns: tuple[PatternDoc, ...], path: Path, complain: Complain) -> Iterator[Leaf]:
    if field != "list":
        _check_addresses(patterns, path, complain)
    if found := _matcher(field, patterns, path, complain):
        needs = None if found.searches else Needs(field, frozenset(found.exact), frozenset(found.domains))
        yield Leaf(field, found.words, path, _matches(INDEXED[field], found), needs=needs)


def _texts(
    label: str, values: Values, patterns: tuple[PatternDoc, ...], path: Path, complain: Complain
) -> Iterator[Leaf]:
    if found := _matcher(label, patterns, path, complain):
        yield Leaf(label, found.words, path, _matches(values, found))


def _matcher(label: str, patterns: tuple[PatternDoc, ...], path: Path, complain: Complain) -> Matcher | None:
    try:
        return matcher(patterns, f"{label} is ")
    except BadPattern as error:
        complain(path, f"this regex cannot be read: {error}", "see the syntax of RE2")
        return None


def _check_addresses(patterns: tuple[PatternDoc, ...], path: Path, complain: Complain) -> None:
    for pattern in patterns:
        if pattern.text and "@" not in pattern.text and not is_glob(pattern.text):
            cure = f'write a whole address or "*@{pattern.text}"'
            complain(path, f"{pattern.text!r} is no address and never matches", cure)


def _matches(values: Values, found: Matcher) -> Test:
    return lambda case: found.hit(values(case))


def _header(name: str) -> Values:
    return lambda case: case.mail.header(name)


def _kind(kinds: tuple[str, ...], path: Path) -> Leaf:
    hits = {kind: Hit(f"kind is {kind}") for kind in kinds}
    return Leaf("kind", " or ".join(kinds), path, lambda case: hits.get(case.mail.kind))


def _spam(wanted: bool, path: Path) -> Leaf:
    hit = Hit(f"spam is {str(wanted).lower()}")
    return Leaf("spam", str(wanted).lower(), path, lambda case: hit if is_spam(case.mail) is wanted else None)


def is_spam(mail: Mail) -> bool:
    """Whether a filter's header says Yes, as its first word."""
    return any(
        value.strip().casefold().startswith(("yes", "true")) for name in SPAM_HEADERS for value in mail.header(name)
    )
