"""Compiles the conditions of a rule, as they were written, to the tree that `tree` evaluates."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bridge.core.addresses import parse_spec
from bridge.core.mail import Mail
from bridge.routing import patterns
from bridge.routing.patterns import BadPattern, Matcher, is_glob
from bridge.routing.people import RESERVED, Directory
from bridge.routing.tree import All, Case, Either, Field, Hit, Leaf, Needs, Node, Not
from bridge.routing.when_doc import PatternDoc, WhenDoc
from bridge.yamldoc import Complain, Path, closest

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

LATER = frozenset({"to_or_cc", "sender", "body", "size", "attachment", "authentication", "time"})
"""Conditions of the language that this version does not obey."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What conditions are compiled on: the names of the rule files, and where problems go."""

    complain: Complain
    people: Directory = field(default_factory=Directory)


def compile_when(when: WhenDoc | None, path: Path, ground: Ground) -> Node:
    """The conditions as a tree, in the order written; what cannot be compiled is complained of."""
    if when is None:
        return All((), path)
    if not when.written:
        ground.complain(path, "has no condition", "name one, or leave out `when` to take everything")
    nodes = [node for name in when.written for node in _condition(when, name, path, ground)]
    return nodes[0] if len(nodes) == 1 else All(tuple(nodes), path)


def _condition(when: WhenDoc, name: str, path: Path, ground: Ground) -> Iterator[Node]:
    key = type(when).model_fields[name].alias or name
    here = (*path, key)
    if name in LATER:
        what = "this version does not obey that condition yet, and ignoring it would misroute"
        ground.complain(here, what, "remove it")
    match key:
        case "from" | "to" | "cc" | "recipient":
            yield from _addresses(key, getattr(when, name), here, ground)
        case "list" if when.list is not None:
            if found := _matcher(key, when.list, here, ground):
                yield _indexed(key, key, found, here)
        case "subject" | "account" | "folder":
            yield from _texts(key, _TEXTS[key], getattr(when, name), here, ground)
        case "header":
            for header, wanted in (when.header or {}).items():
                yield from _texts(f"header {header}", _header(header), wanted, (*here, header), ground)
        case "kind" if when.kind is not None:
            yield _kind(when.kind, here)
        case "spam" if when.spam is not None:
            yield _spam(when.spam, here)
        case "conversation" if when.conversation is not None:
            yield _conversation(when.conversation, here)
        case "correspondent" if when.correspondent is not None:
            yield _correspondent(when.correspondent, here, ground)
        case "all" if when.all is not None:
            yield All(_several(when.all, here, ground), here)
        case "any" if when.any is not None:
            yield Either(_several(when.any, here, ground), here)
        case "not" if when.not_ is not None:
            yield Not(compile_when(when.not_, here, ground), here)


def _several(whens: tuple[WhenDoc, ...], path: Path, ground: Ground) -> tuple[Node, ...]:
    return tuple(compile_when(when, (*path, index), ground) for index, when in enumerate(whens))


def _indexed(label: str, name: Field, found: Matcher, path: Path) -> Leaf:
    values = INDEXED[name]
    needs = None if found.searches else Needs(name, frozenset(found.exact), frozenset(found.domains))
    return Leaf(label, found.words, path, lambda case: found.hit(values(case)), needs=needs, groups=found.groups)


def _texts(label: str, values: Values, wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Iterator[Leaf]:
    if found := _matcher(label, wanted, path, ground):
        yield Leaf(label, found.words, path, lambda case: found.hit(values(case)), groups=found.groups)


def _matcher(label: str, wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Matcher | None:
    try:
        return patterns.matcher(wanted, f"{label} is ")
    except BadPattern as error:
        ground.complain(path, f"this regex cannot be read: {error}", "see the syntax of RE2")
        return None


def _addresses(name: Field, wanted: tuple[PatternDoc, ...], path: Path, ground: Ground) -> Iterator[Leaf]:
    meant: list[tuple[str, str]] = []
    for pattern in wanted:
        if pattern.text and "@" not in pattern.text and not is_glob(pattern.text):
            meant += [(pattern.text, text) for text in _named(pattern.text, path, ground)]
        elif pattern.text:
            _check_address(pattern.text, path, ground)
            meant.append((pattern.text, pattern.text))
    try:
        found = patterns.addresses(meant, (pattern for pattern in wanted if pattern.regex is not None), f"{name} is ")
    except BadPattern as error:
        ground.complain(path, f"this regex cannot be read: {error}", "see the syntax of RE2")
        return
    yield _indexed(name, name, found, path)


def _check_address(text: str, path: Path, ground: Ground) -> None:
    if not is_glob(text) and parse_spec(text) is None:
        cure = f'write a whole address or "*{text}"' if text.startswith("@") else "write a whole address: local@domain"
        ground.complain(path, f"{text!r} is no address and never matches", cure)


def _named(word: str, path: Path, ground: Ground) -> tuple[str, ...]:
    """The address patterns that a person or a group stands for."""
    meant = ground.people.meant(word)
    if meant is None:
        near = closest(word, [*ground.people.people, *ground.people.groups])
        cure = near if near.startswith("did") else f'write a whole address or "*@{word}"'
        ground.complain(path, f"{word!r} is no address, person or group, and never matches", cure)
    elif not meant:
        ground.complain(path, f"{word!r} has no mail address", "say `mail:` in people")
    return meant or ()


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


def _conversation(wanted: tuple[str, ...], path: Path) -> Leaf:
    """A conversation that staff answered exists too."""
    hits = {word: Hit(f"conversation is {word}") for word in wanted}
    if "existing" in hits:
        hits.setdefault("answered", hits["existing"])
    return Leaf("conversation", " or ".join(wanted), path, lambda case: hits.get(case.standing.conversation), asks=True)


def _correspondent(wanted: tuple[str, ...], path: Path, ground: Ground) -> Leaf:
    """Who wrote: by what the journal knows of them, or by a group that their address is in."""
    label = "correspondent"
    meant: list[tuple[str, str]] = []
    for word in wanted:
        if word in RESERVED:
            continue
        if (texts := ground.people.meant(word)) is None:
            cure = closest(word, [*RESERVED, *ground.people.groups, *ground.people.people])
            ground.complain(path, f"{word!r} is neither known, first-contact nor a group", cure)
        meant += [(word, text) for text in texts or ()]
    found = patterns.addresses(meant, (), f"{label} is ")
    said = patterns.spoken(wanted)
    if not set(RESERVED) & set(wanted):
        leaf = _indexed(label, "from", found, path)
        return Leaf(label, said, path, leaf.test, needs=leaf.needs)
    known, first = (Hit(f"{label} is {word}") if word in wanted else None for word in RESERVED)

    def test(case: Case) -> Hit | None:
        return (known if case.standing.known else first) or found.hit(INDEXED["from"](case))

    return Leaf(label, said, path, test, asks=True)
