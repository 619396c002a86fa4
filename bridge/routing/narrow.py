"""What holds for mail that a rule took which is gone: no more than the inbox and all of its rules agree on.

So that renaming or removing a rule never opens its rooms, and never lets mail leave that was held before.
"""

from collections.abc import Sequence
from dataclasses import replace

from bridge.core.decision import Domains, Scope, Sending


def narrowest(scopes: Sequence[Scope]) -> Scope:
    """The first of `scopes`, with the members and the right to send that all have in common, and the longest keep."""
    base = scopes[0]
    members = tuple(user for user in base.room.members if all(user in scope.room.members for scope in scopes))
    rights = [scope.sending for scope in scopes]
    agreed = [right for right in rights if right is not None]
    sending = _agreed(agreed) if len(agreed) == len(rights) else None
    keeps = [scope.keep for scope in scopes]
    keep = max(keeps) if all(keeps) else 0.0  # forgetting is for good
    return replace(base, room=replace(base.room, members=members), sending=sending, keep=keep)


def _agreed(rights: Sequence[Sending]) -> Sending | None:
    base = rights[0]
    identities = tuple(
        (user, address) for user, address in base.identities if all(right.identity(user) == address for right in rights)
    )
    approving = [right.approvers for right in rights if right.approvers]
    approvers = tuple(pair for pair in approving[0] if all(pair in each for each in approving)) if approving else ()
    allowing = [frozenset(right.domains.allow) for right in rights if right.domains.allow]
    allow = frozenset.intersection(*allowing) if allowing else frozenset()
    if not identities or (approving and not approvers) or (allowing and not allow):
        return None
    forbid = {domain for right in rights for domain in right.domains.forbid}
    sizes = [right.size for right in rights if right.size]
    return replace(
        base,
        identities=identities,
        approvers=approvers,
        domains=Domains(tuple(sorted(allow)), tuple(sorted(forbid))),
        size=min(sizes, default=0),
    )
