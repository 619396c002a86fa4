"""Resolves the names of rule files: to people (who is a member, who may send, who is mentioned), and to the addresses
that conditions compare with.

A name nobody knows is a problem, never an empty set: a typing error must not open or close a room silently.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.core.addresses import Address, parse_spec
from bridge.routing.documents import PersonDoc
from bridge.yamldoc import Complain, Path, closest

_USER_ID = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.:\[\]-]+\Z")
"""Matrix spec, appendix "User identifiers": the grammar of new user ids."""


MOST_MEMBERS = 300_000
"""Names that all groups together may come to, each with those of the groups in it."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A member of staff: `key` in the rules, `matrix` user id, `mail` address with the full name as display name."""

    key: str
    name: str
    matrix: str
    mail: Address | None

    @property
    def first(self) -> str:
        """The first word of the name."""
        return self.name.split()[0]


RESERVED = ("known", "first-contact")
"""Words that `correspondent` takes beside the names of groups."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Everyone the rules know, and the groups, resolved: `groups` to the keys of the people in them, `addresses` to
    the address patterns (texts and globs) they mean in conditions. `outside`: groups that hold more than people.
    """

    people: dict[str, Someone] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()

    def resolve(self, names: Iterable[str], path: Path, complain: Complain) -> tuple[Someone, ...]:
        """The people behind names of people and groups, each once, by Matrix id."""
        found: dict[str, Someone] = {}
        other_names: dict[str, str] | None = None
        for name in names:
            if name in self.people:
                found[name] = self.people[name]
            elif name in self.outside:
                what = f"the group {name!r} holds addresses, and only people can be named here"
                complain(path, what, "name people, or make a group of the people alone")
            elif name in self.groups:
                found.update((key, self.people[key]) for key in self.groups[name])
            else:
                other_names = self._other_names() if other_names is None else other_names
                if (key := other_names.get(name.casefold())) is not None:
                    cure = f"people have short names here: did you mean {key!r}?"
                else:
                    cure = closest(name, [*self.people, *(self.groups.keys() - self.outside)])
                complain(path, f"nobody is called {name!r} in people or groups", cure)
        return tuple(sorted(found.values(), key=lambda someone: someone.matrix))

    def keys_of(self, users: Iterable[str]) -> str:
        """User ids by their short names."""
        keys = {someone.matrix: key for key, someone in self.people.items()}
        return ", ".join(sorted(keys.get(user, user) for user in users))

    def _other_names(self) -> dict[str, str]:
        """The keys of people by Matrix id, mail address and full name, letter case aside; the first of equal ones."""
        keys: dict[str, str] = {}
        for key, someone in self.people.items():
            for name in (someone.matrix, someone.mail.spec if someone.mail else "", someone.name):
                keys.setdefault(name.casefold(), key)
        return keys

    def meant(self, name: str) -> tuple[str, ...] | None:
        """The address patterns that a name stands for in conditions; None when nobody has it."""
        someone = self.people.get(name)
        if someone is not None:
            return (someone.mail.spec,) if someone.mail else ()
        return self.addresses.get(name)


NOBODY = Directory({}, {})
"""Of rules that could not be read."""


def directory(
    people: dict[str, PersonDoc], groups: dict[str, tuple[str, ...]], domain: str, complain: Complain
) -> Directory:
    """Resolve people and nested groups."""
    known = {key: someone for key, doc in people.items() if (someone := _someone(key, doc, domain, complain))}
    resolved: dict[str, tuple[str, ...]] = {}
    addresses: dict[str, tuple[str, ...]] = {}
    outside: set[str] = set()
    patterns = {member: found for members in groups.values() for member in members if (found := _pattern(member))}
    known_names = sorted([*people, *groups])
    dotted = [name for name in known_names if "." in name]
    reached = 0
    for name, members in groups.items():
        if name in people or name in RESERVED:
            what = "is a person already" if name in people else "is a word of `correspondent`"
            complain(("groups", name), f"{name!r} {what}", "give the group another name")
        for index, member in enumerate(members):
            if member not in people and member not in groups:
                here = ("groups", name, index) if len(members) > 1 else ("groups", name)
                _check_member(member, patterns, known_names, dotted, here, complain)
        below = _below(name, groups)
        reached += len(below)
        if reached > MOST_MEMBERS:
            what = f"groups within groups come to more than {MOST_MEMBERS:,} names"
            complain(("groups", name), what, "put fewer groups into groups")
            break
        if name in below:
            complain(("groups", name), f"the group {name!r} is a member of itself", "take it out of the groups in it")
        resolved[name] = tuple(sorted(member for member in below if member in known))
        others = [patterns[member] for member in sorted(below - people.keys() - groups.keys()) if member in patterns]
        if others:
            outside.add(name)
        mails = (known[key].mail for key in resolved[name])
        addresses[name] = tuple(dict.fromkeys([*others, *(mail.spec for mail in mails if mail)]))
    return Directory(known, resolved, addresses, frozenset(outside))


def _pattern(member: str) -> str:
    """What a member that is no name means: an address, a domain (every address there) or a glob of one; or nothing."""
    if "@" not in member:
        if "." not in member:
            return ""
        member = f"*@{member}"
    plain = re.sub(r"[*?]", "x", member)
    return member if parse_spec(plain) is not None else ""


def _check_member(
    member: str, patterns: dict[str, str], known: list[str], dotted: list[str], path: Path, complain: Complain
) -> None:
    """`dotted`: those of the `known` names that look like domains."""
    if "@" in member:
        if member not in patterns:
            cure = "write local@domain, *@domain, or a domain; quote what begins with @ or *"
            complain(path, f"{member!r} is no mail address", cure)
        return
    near = closest(member, dotted if member in patterns else known)
    if member not in patterns or near.startswith("did"):
        complain(path, f"nobody is called {member!r} in people or groups", near)


def _below(name: str, groups: dict[str, tuple[str, ...]]) -> set[str]:
    """Every name reached from a group, through however many groups."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        new = set(groups.get(ahead.pop(), ())) - found
        found |= new
        ahead.extend(new)
    return found


def _someone(key: str, doc: PersonDoc, domain: str, complain: Complain) -> Someone | None:
    path = ("people", key)
    matrix = doc.matrix or (f"@{key}:{domain}" if domain else "")
    mail = parse_spec(doc.mail or f"{key}@{domain}")
    name = doc.name or key
    if not matrix:
        complain(path, "has no Matrix id", f"say once `domain: corp.example`, or here `matrix: '@{key}:…'`")
        return None
    if not _USER_ID.match(matrix):
        complain(path, f"{matrix!r} is no Matrix user id", "write it as '@localpart:server', in lower case")
        return None
    if doc.mail and mail is None:
        complain((*path, "mail"), "is no mail address", "")
    if not name.isprintable():
        complain((*path, "name"), "holds a control character", "remove it")
    return Someone(key, name, matrix, mail.named(name) if mail else None)
