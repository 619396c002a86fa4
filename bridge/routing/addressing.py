"""Resolves the words by which rules name addresses for mail to go to: people, groups of people, or addresses.

Never for conditions: whom mail came from is matched, whom mail goes to is named.
"""

from collections.abc import Iterable

from bridge.core.addresses import Address, parse_spec
from bridge.routing.people import Directory
from bridge.yamldoc import Complain, Path, closest


def addresses(names: Iterable[str], people: Directory, path: Path, complain: Complain) -> tuple[Address, ...]:
    """The addresses behind `names`, each once, in order; what is none is complained of."""
    found: dict[str, Address] = {}
    for name in names:
        if "@" in name:
            address = parse_spec(name)
            if address is None:
                complain(path, f"{name!r} is no mail address", "write local@domain, a person or a group")
            else:
                found[address.key] = address
            continue
        if name not in people.people and name not in people.groups:
            complain(
                path, f"nobody is called {name!r} in people or groups", closest(name, [*people.people, *people.groups])
            )
            continue
        for someone in people.resolve((name,), path, complain):
            if someone.mail is None:
                complain(path, f"{someone.key} has no mail address", f"say `mail:` for {someone.key} in people")
            else:
                found[someone.mail.key] = someone.mail
    return tuple(found.values())
