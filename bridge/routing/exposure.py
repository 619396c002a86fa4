"""Who could see an inbox's mail though its `for` does not name them: by rules for all inboxes, triage, and passing on.

A rule of the inbox itself that names other people says so where everybody reads it; these ways are easily overlooked.
Private inboxes are left out: of them all this is refused or not done.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bridge.routing.book import Ruled
from bridge.routing.people import Directory
from bridge.routing.places import box_path, rule_path
from bridge.yamldoc import Complain, Path


@dataclass(frozen=True, slots=True)
class _Way:
    """`how` the mail of an inbox comes before `others`; `path`: of the rule or inbox that does it."""

    path: Path
    how: str
    others: tuple[str, ...]
    cure: str


def exposure(scopes: Mapping[str, Ruled], unmatched: Ruled, names: Directory, warn: Complain) -> None:
    """Warn of every such way, once, with the inboxes and lists that it concerns."""
    found: dict[_Way, list[str]] = {}
    for name, ruled in scopes.items():
        if not ruled.base.private:
            for way in _ways(ruled, scopes, unmatched):
                found.setdefault(way, []).append(name.partition(":")[2])
    for way, boxes in found.items():
        people = names.keys_of(way.others)
        shown = ", ".join(boxes[:5]) + (f" and {len(boxes) - 5} more" if len(boxes) > 5 else "")
        warn(way.path, f"{way.how.format(boxes=shown, people=people)}, whom `for` there does not name", way.cure)


def _ways(ruled: Ruled, scopes: Mapping[str, Ruled], unmatched: Ruled) -> Iterator[_Way]:
    members = ruled.base.room.members
    for rule in (None, *ruled.rules):
        path = rule_path(rule.conditions) if rule is not None else box_path(ruled.base.name)
        scope = rule.scope if rule is not None else ruled.base
        if rule is not None and rule.action == "bridge" and path[0] == "before":
            how, cure = "shows mail of {boxes} to {people}", "let the inboxes that it is meant for have this rule"
            yield from _way(path, how, members, scope.room.members, cure)
        if rule is not None and rule.action == "triage":
            how, cure = "holds mail of {boxes} before {people}", "write `do: quarantine`, or name them in `for`"
            yield from _way(path, how, members, unmatched.base.room.members, cure)
        for copy in scope.copies:
            if copy.scope in scopes:
                how = f"passes mail of {{boxes}} on to {copy.scope.partition(':')[2]}, and so to {{people}}"
                yield from _way(
                    path, how, members, _seeing(scopes[copy.scope]), "name them in `for` when that is meant"
                )


def _way(path: Path, how: str, members: Iterable[str], seeing: Iterable[str], cure: str) -> Iterator[_Way]:
    if others := tuple(sorted(set(seeing) - set(members))):
        yield _Way(path, how, others, cure)


def _seeing(ruled: Ruled) -> set[str]:
    """Everybody who may see some mail of an inbox."""
    scopes = [ruled.base, *(rule.scope for rule in ruled.rules if rule.action == "bridge")]
    return {user for scope in scopes for user in scope.room.members}
