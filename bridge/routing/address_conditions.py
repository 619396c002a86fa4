"""Conditions on who wrote, who was written to, and which list it came through. Their leaves can be indexed.

A word without @ and wildcards is the name of a person or a group: the same names as everywhere in the rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from bridge.core.addresses import Address, parse_spec
from bridge.routing import patterns
from bridge.routing.domains import in_ascii
from bridge.routing.ground import Ground
from bridge.routing.patterns import Matcher, Values, is_glob
from bridge.routing.people import RESERVED
from bridge.routing.texts import LONGEST, Texts
from bridge.routing.tree import Case, Field, Hit, Leaf, Needs
from bridge.routing.when_doc import PatternDoc
from bridge.yamldoc import Path, closest

NULL = "<>"
"""How the null sender is written (RFC 5321 section 4.5.5)."""


def _sender(case: Case) -> Iterable[str]:
    """MAIL FROM; of a mail in a mailbox, what the delivering server noted of it (RFC 5321 section 4.4)."""
    if case.envelope.door in ("smtp", "lmtp"):
        return (in_ascii(case.envelope.mail_from) or NULL,)
    noted = case.mail.header("Return-Path")[:1]
    return (in_ascii(value[:LONGEST].strip().strip("<>").strip()) or NULL for value in noted)


def _specs(addresses: Iterable[Address]) -> Iterator[str]:
    return (in_ascii(address.spec) for address in addresses)


INDEXED: Mapping[Field, Values] = {
    # A From of several mailboxes has no author: it must not meet a rule through its second one.
    "from": lambda case: (in_ascii(case.mail.author.spec),) if case.mail.author else (),
    "to": lambda case: _specs(case.mail.to),
    "cc": lambda case: _specs(case.mail.cc),
    "to-or-cc": lambda case: _specs((*case.mail.to, *case.mail.cc)),
    "recipient": lambda case: (in_ascii(recipient) for recipient in case.envelope.rcpt_tos),
    "sender": _sender,
    "list": lambda case: (case.mail.list.id,) if case.mail.list else (),
}
"""What an indexable condition looks at; domains are in the form of the DNS. Case is folded, and a domain cut off, by
whoever compares.
"""


def held(name: Field, case: Case) -> Texts:
    """What the case holds for an indexable condition, taken out once."""
    return case.texts(name, INDEXED[name])


def listed(wanted: Iterable[PatternDoc], path: Path, ground: Ground) -> Leaf | None:
    """`list`: the List-Id."""
    found = ground.read(path, partial(patterns.matcher, wanted, "list is "))
    return None if found is None else _indexed("list", "list", found, _needs("list", found), path)


def addressed(name: Field, wanted: tuple[PatternDoc, ...], path: Path, ground: Ground) -> Leaf | None:
    """A condition on addresses: `from`, `to`, …"""
    meant: list[tuple[str, str]] = []
    for pattern in wanted:
        text = pattern.text
        if not text:
            continue
        if "@" not in text and not is_glob(text) and not (name == "sender" and text == NULL):
            meant += [(text, in_ascii(address)) for address in _named(text, path, ground)]
            continue
        _check(text, path, ground)
        meant.append((text, in_ascii(text)))
    regexes = [pattern for pattern in wanted if pattern.regex is not None]
    if not ground.affords(path, len(meant)):
        return None
    key = (name, tuple(meant), tuple(pattern.regex for pattern in regexes))
    make = partial(patterns.addresses, meant, regexes, f"{name} is ")
    found = ground.read(path, partial(ground.once, key, make))
    if found is None:
        return None
    return _indexed(name, name, found, ground.once(("needs", *key), partial(_needs, name, found)), path)


def correspondent(wanted: tuple[str, ...], path: Path, ground: Ground) -> Leaf:
    """Who wrote: by what the journal knows of them, or by a group that their address is in."""
    label = "correspondent"
    meant: list[tuple[str, str]] = []
    for word in wanted:
        if word in RESERVED:
            continue
        texts = ground.people.meant(word)
        if texts is None:
            cure = closest(word, [*RESERVED, *ground.people.groups, *ground.people.people])
            ground.complain(path, f"{word!r} is neither known, first-contact nor a group", cure)
        meant += [(word, in_ascii(text)) for text in texts or ()]
    if not ground.affords(path, len(meant)):
        meant = []
    key = (label, tuple(meant))
    found = ground.once(key, partial(patterns.addresses, meant, (), f"{label} is "))
    if not set(RESERVED) & set(wanted):
        return _indexed(label, "from", found, ground.once(("needs", *key), partial(_needs, "from", found)), path)
    known, first = (Hit(f"{label} is {word}") if word in wanted else None for word in RESERVED)

    def test(case: Case) -> Hit | None:
        return (known if case.standing.known else first) or found.hit(held("from", case))

    return Leaf(label, patterns.spoken(wanted), path, test, asks=True)


def _indexed(label: str, name: Field, found: Matcher, needs: Needs | None, path: Path) -> Leaf:
    return Leaf(label, found.words, path, lambda case: found.hit(held(name, case)), needs=needs, groups=found.groups)


def _needs(name: Field, found: Matcher) -> Needs | None:
    return None if found.searches else Needs(name, frozenset(found.exact), frozenset(found.domains))


def _check(text: str, path: Path, ground: Ground) -> None:
    if text != NULL and not is_glob(text) and parse_spec(text) is None:
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
