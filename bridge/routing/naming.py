"""Checks templates when rules are read: every field is known where it stands, and every filter exists.

It fills nothing: that is done when a mail is shown or answered.
"""

import re
from collections.abc import Iterable

from bridge.core.templates import FILTERS, faults
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


def captures(conditions: Node) -> tuple[str, ...]:
    """The named groups of the regexes in a rule's conditions: fields of its templates."""
    return tuple(dict.fromkeys(name for leaf in leaves(conditions) for name in leaf.groups))
