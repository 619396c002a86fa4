"""Checks templates when rules are read: every field is known where it stands, and every filter exists.

It fills nothing: that is done when a mail is shown or answered.
"""

import re
from collections.abc import Iterable

from bridge.core.templates import FILTERS, beginning, faults, has_fields, slug
from bridge.routing.merge import From
from bridge.routing.tree import Node, leaves
from bridge.yamldoc import Complain, closest

_UNKNOWN = re.compile(r"\{(.*)\} is unknown")


def check_template(said: From, known: Iterable[str], complain: Complain) -> None:
    """Complain of what cannot be filled. `known`: the fields there are."""
    names = tuple(known)
    for fault in faults(str(said.value), names):
        unknown = _UNKNOWN.match(fault)
        filters = ", ".join(FILTERS)
        complain(said.path, fault, closest(unknown[1], names) if unknown else f"the filters are {filters}")


def check_alias(said: From, admin_room: str, complain: Complain) -> None:
    """Complain of an alias that one room alone could have, or that a stranger could choose by what he writes."""
    text = str(said.value)
    if not has_fields(text):
        what = "is the same for every room, and one room alone can have it"
        complain(said.path, what, "put a field into it: ticket-{number}")
    elif not slug(beginning(text)):
        what = "could become any alias by what a stranger writes, also that of another room"
        complain(said.path, what, "begin it with a word of your own: ticket-{number}")
    elif may_become(text, admin_room):
        complain(said.path, f"could become {admin_room}, the admin room", "begin it with another word")


def may_become(template: str, alias: str) -> bool:
    """Whether some mail could make `alias` (with #, of our own server) of a template for aliases."""
    begins = beginning(template)
    word, localpart = slug(begins), alias.removeprefix("#")
    if not alias.startswith("#") or ":" in alias or slug(localpart) != localpart:
        return False
    ends = not begins[-1:].isalnum()  # then a hyphen follows, or nothing
    return localpart == word or localpart.startswith(f"{word}-" if ends else word)


def captures(conditions: Node) -> tuple[str, ...]:
    """The named groups of the regexes in a rule's conditions: fields of its templates."""
    return tuple(dict.fromkeys(name for leaf in leaves(conditions) for name in leaf.groups))
