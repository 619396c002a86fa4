"""What rules may ask of a mail before it is decided: is its conversation new, did staff answer, is its author known?

Facts of one scope never count in another. Nothing here decides, and who becomes known is the plan's word.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, exists, or_, select, text
from sqlalchemy.dialects.sqlite import insert

from bridge.core.decision import Standing, Talk
from bridge.core.plan import StandingQuery
from bridge.store.schema import anchors, conversations, correspondents, letters, outbox
from bridge.store.statements import Statement

_know = Statement(insert(correspondents).on_conflict_do_nothing())
_known = Statement(
    select(correspondents.c.address).where(
        correspondents.c.scope == bindparam("in_scope"), correspondents.c.address == bindparam("of")
    )
)
_bound = Statement(
    select(anchors.c.conversation).where(
        anchors.c.scope == bindparam("in_scope"), anchors.c.message_id == bindparam("of")
    )
)
# An answer is filed when it is planned, so that an instant reply finds it; it may never have left.
_unsaid = exists().where(
    outbox.c.key == letters.c.key,
    or_(
        outbox.c.state == "held",
        outbox.c.state == "cancelled",
        and_(outbox.c.state == "buried", ~outbox.c.receipt.contains('"accepted"')),
    ),
)
ANSWERED = ~_unsaid
"""Of our letters, those that left or are on their way."""

_answered = Statement(
    select(letters.c.key).where(letters.c.conversation == bindparam("of"), letters.c.ours == 1, ANSWERED).limit(1)
)
_family = Statement(select(conversations.c.id, conversations.c.merged).where(conversations.c.id == bindparam("of")))
_merged_into = Statement(
    select(conversations.c.id).where(text("conversations.merged <> ''"), conversations.c.merged == bindparam("of"))
)


def know(connection: Connection, whom: Sequence[tuple[str, str]]) -> None:
    """Remember (scope, address key) pairs."""
    if whom:
        _know.many(connection, [{"scope": scope, "address": address} for scope, address in whom])


def knows(connection: Connection, scope: str, address: str) -> bool:
    """Whether mail by that person was shown in the scope, or they were sent some from there."""
    return _known.scalar(connection, {"in_scope": scope, "of": address}) is not None


def standings(connection: Connection, query: StandingQuery) -> dict[str, Standing]:
    """For each of the scopes, what is known of the mail there."""
    return {scope: _standing(connection, scope, query) for scope in query.scopes}


def _standing(connection: Connection, scope: str, query: StandingQuery) -> Standing:
    known = bool(query.author) and knows(connection, scope, query.author)
    return Standing(_conversation(connection, scope, query), known)


def _conversation(connection: Connection, scope: str, query: StandingQuery) -> Talk:
    """By its own id, else the nearest known ancestor, as the mail will be placed."""
    for each in (query.message_id, *query.ancestors):
        found = _bound.scalar(connection, {"in_scope": scope, "of": each}) if each else None
        if found is not None and _family.first(connection, {"of": found}) is not None:
            answers = (_answered.scalar(connection, {"of": talk}) for talk in family(connection, found))
            return "answered" if any(answer is not None for answer in answers) else "existing"
    return "new"


def family(connection: Connection, conversation: str) -> list[str]:
    """The conversation with all that turned out to be one with it: their ids, the oldest first."""
    row = _family.first(connection, {"of": conversation})
    oldest = conversation if row is None else row.merged or row.id
    return [oldest, *(each.id for each in _merged_into.all(connection, {"of": oldest}))]
