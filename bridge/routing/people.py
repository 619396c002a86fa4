"""Resolves the names of rule files to people: who is a member, who may send, who is mentioned.

A name nobody knows is a problem, never an empty set: a typing error must not open or close a room silently.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bridge.core.addresses import Address, parse_spec
from bridge.routing.documents import PersonDoc
from bridge.yamldoc import Complain, Path, closest

_USER_ID = re.compile(r"@[a-z0-9._=/+-]+:[A-Za-z0-9.:\[\]-]+\Z")
"""Matrix spec, appendix "User identifiers": the grammar of new user ids."""


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


@dataclass(frozen=True, slots=True)
class Directory:
    """Everyone the rules know, and the groups they are in (resolved: name to people's keys)."""

    people: dict[str, Someone]
    groups: dict[str, tuple[str, ...]]

    def resolve(self, names: Iterable[str], path: Path, complain: Complain) -> tuple[Someone, ...]:
        """The people behind names of people and groups, each once, by Matrix id."""
        found: dict[str, Someone] = {}
        for name in names:
            if name in self.people:
                found[name] = self.people[name]
            elif name in self.groups:
                found.update((key, self.people[key]) for key in self.groups[name])
            else:
                cure = closest(name, [*self.people, *self.groups])
                complain(path, f"nobody is called {name!r} in people or groups", cure)
        return tuple(sorted(found.values(), key=lambda someone: someone.matrix))


def directory(
    people: dict[str, PersonDoc], groups: dict[str, tuple[str, ...]], domain: str, complain: Complain
) -> Directory:
    """Resolve people and nested groups."""
    known = {key: someone for key, doc in people.items() if (someone := _someone(key, doc, domain, complain))}
    resolved: dict[str, tuple[str, ...]] = {}
    for name, members in groups.items():
        if name in people:
            complain(("groups", name), f"{name!r} is a person already", "give the group another name")
        for member in members:
            if member not in people and member not in groups:
                cure = closest(member, [*people, *groups])
                complain(("groups", name), f"nobody is called {member!r} in people or groups", cure)
        below = _below(name, groups)
        if name in below:
            complain(("groups", name), f"the group {name!r} is a member of itself", "take it out of the groups in it")
        resolved[name] = tuple(sorted(member for member in below if member in known))
    return Directory(known, resolved)


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
