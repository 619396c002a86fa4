"""Checks templates when rules are read: every field is known where it stands, and every filter exists.

It fills nothing: that is done when a mail is shown or answered.
"""

import re
from collections.abc import Iterable

from bridge.core.templates import FILTERS, faults
from bridge.routing.merge import From
from bridge.routing.when_doc import PatternDoc, WhenDoc
from bridge.yamldoc import Complain, closest

_GROUP = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")
_UNKNOWN = re.compile(r"\{(.*)\} is unknown")


def check_template(said: From, known: Iterable[str], complain: Complain) -> None:
    """Complain of what cannot be filled. `known`: the fields there are."""
    names = tuple(known)
    for fault in faults(str(said.value), names):
        unknown = _UNKNOWN.match(fault)
        filters = ", ".join(FILTERS)
        complain(said.path, fault, closest(unknown[1], names) if unknown else f"the filters are {filters}")


def captures(when: WhenDoc | None) -> tuple[str, ...]:
    """The named groups of the regexes in a rule's conditions: fields of its templates."""
    return tuple(dict.fromkeys(_groups(when)))


def _groups(value: object) -> Iterable[str]:
    match value:
        case PatternDoc(regex=str(regex)):
            yield from _GROUP.findall(regex)
        case WhenDoc():
            for name in WhenDoc.model_fields:
                yield from _groups(getattr(value, name))
        case tuple():
            for item in value:
                yield from _groups(item)
        case dict():
            for item in value.values():
                yield from _groups(item)
        case _:
            for name in getattr(type(value), "model_fields", ()):
                yield from _groups(getattr(value, name))
