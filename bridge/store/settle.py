"""Writes plans: everything that planning turns decided, or nothing of it.

Part of a transaction that the caller runs. Decides nothing but whether they still fit the facts.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from bridge.core.errors import Conflict, Permanent
from bridge.core.plan import Conversation, Filed, Merge, Plan
from bridge.store import acknowledged, assigned, codec, events, lives, outbox, reported, standings
from bridge.store.intake import NEW
from bridge.store.schema import anchors, conversations, inbox, letters, participants
from bridge.store.statements import Statement

_arrival = Statement(select(inbox.c.order).where(inbox.c.key == bindparam("of")))
_bound = Statement(
    select(anchors.c.conversation).where(
        anchors.c.scope == bindparam("in_scope"), anchors.c.message_id == bindparam("of")
    )
)
_twins = Statement(
    select(letters.c.key)
    .where(
        letters.c.scope == bindparam("in_scope"),
        letters.c.message_id == bindparam("of"),
        letters.c.content == bindparam("digest"),
        letters.c.ours == 0,
    )
    .limit(10)
)
_merged = Statement(select(conversations.c.merged).where(conversations.c.id == bindparam("of")))
_merge = Statement(
    update(conversations)
    .where(conversations.c.id == bindparam("of"), conversations.c.merged == "")
    .values(merged=bindparam("older"))
)
_follow = Statement(
    update(conversations)
    .where(text("conversations.merged <> ''"), conversations.c.merged == bindparam("of"))
    .values(merged=bindparam("older"))
)
_converse = Statement(insert(conversations).on_conflict_do_nothing())
_anchor = Statement(insert(anchors).on_conflict_do_nothing())
_participate = Statement(insert(participants).on_conflict_do_nothing())
_new_letter = insert(letters)
_file = Statement(
    _new_letter.on_conflict_do_update(
        index_elements=[letters.c.key],
        set_={name: _new_letter.excluded[name] for name in ("conversation", "message_id", "content", "ours", "letter")},
    )
)
_planned = Statement(
    update(inbox)
    .where(inbox.c.key == bindparam("of"), NEW)
    .values({name: bindparam(name) for name in ("state", "outcome", "words", "traces", "planned_at")})
    .returning(inbox.c.quiet)
)


def settle(connection: Connection, plans: Sequence[Plan], now: float) -> None:
    """Write the plans, in order; of one whose arrival was planned before, nothing. Raises Conflict, Permanent.

    Those that share no name are written together, table by table: that costs half of what they do one by one.
    """
    if len(plans) == 1 or _apart(plans):
        _write(connection, plans, now)
    else:
        for plan in plans:
            _write(connection, [plan], now)


def _apart(plans: Sequence[Plan]) -> bool:
    """Whether none of them could tell what another of them writes."""
    seen: set[tuple[str, ...]] = set()
    for plan in plans:
        names = {(each.scope, each.message_id) for each in plan.anchors}
        names |= {(each.scope, each.letter.message_id or each.content) for each in plan.letters}
        talks = {(each.letter.conversation,) for each in plan.letters} | {(each.id,) for each in plan.conversations}
        talks |= {(name,) for merge in plan.merges for name in (merge.later, merge.into)}
        talks |= {(each.conversation,) for each in plan.lives} | {(given.conversation,) for given in plan.assignments}
        own = names | talks | {(plan.arrival, "", "")}
        if not seen.isdisjoint(own):
            return False
        seen |= own
    return True


def _write(connection: Connection, plans: Sequence[Plan], now: float) -> None:
    """Write plans that share no name: what each finds is what was there before all of them."""
    marked = [(plan, _mark(connection, plan, now)) for plan in plans]
    fresh = [(plan, rank) for plan, rank in marked if rank is not None]
    for plan, _ in fresh:
        _check_letters(connection, plan)
        _bring_together(connection, plan.merges)
        lives.turn(connection, plan.lives, now)
        for amendment in plan.amendments:
            outbox.amend(connection, amendment, now)
    if begun := [_conversation(each, now) for plan, _ in fresh for each in plan.conversations]:
        _converse.many(connection, begun)
    if letters := [_letter(each) for plan, _ in fresh for each in plan.letters]:
        _file.many(connection, letters)
    for quiet in (False, True):
        those = (plan for plan, rank in fresh if (rank == outbox.HISTORY) == quiet)
        lives.stir(
            connection, {filed.letter.conversation for plan in those for filed in plan.letters}, now, quiet=quiet
        )
    bound = [
        {"scope": each.scope, "message_id": each.message_id, "conversation": each.conversation}
        for plan, _ in fresh
        for each in plan.anchors
    ]
    if bound and _anchor.many(connection, bound) < len(bound):
        for plan, _ in fresh:
            _check_anchors(connection, plan)
    for plan, _ in fresh:
        assigned.keep(connection, plan.assignments, plan.arrival)
        lives.stir(connection, {each.conversation for each in plan.assignments if each.taken}, now, quiet=False)
        reported.keep(connection, plan.reported)
        acknowledged.remember(connection, plan.acknowledged)
    if known := [{"conversation": talk, "address": who} for plan, _ in fresh for talk, who in plan.participants]:
        _participate.many(connection, known)
    standings.know(connection, [each for plan, _ in fresh for each in plan.correspondents])
    events.use_rooms(connection, [each for plan, _ in fresh for each in plan.rooms])
    outbox.enqueue_all(connection, [(plan.effects, rank, plan.arrival) for plan, rank in fresh], now)


def _mark(connection: Connection, plan: Plan, now: float) -> int | None:
    """Mark the arrival as planned; the rank of what follows, None when it was planned before. Raises Permanent."""
    planned = _planned.all(
        connection,
        {
            "of": plan.arrival,
            "state": "quarantined" if plan.outcome == "quarantined" else "planned",
            "outcome": plan.outcome,
            "words": codec.clean(plan.words),
            "traces": codec.dump_traces(plan.traces) if plan.traces else "",
            "planned_at": now,
        },
    )
    if planned:
        return outbox.HISTORY if planned[0].quiet else outbox.LIVE
    if _arrival.first(connection, {"of": plan.arrival}) is None:
        raise Permanent(f"the inbox has no arrival {plan.arrival}")
    return None


def _check_letters(connection: Connection, plan: Plan) -> None:
    """Raises Conflict when what the plan files was shown meanwhile, or its conversation was merged."""
    theirs = [filed for filed in plan.letters if not filed.letter.ours]
    for filed in theirs:
        _check_letter(connection, filed, {each.letter.key for each in plan.letters})
    for key in {filed.letter.conversation for filed in theirs} - {each.id for each in plan.conversations}:
        _check_place(connection, key)


def _check_place(connection: Connection, conversation: str) -> None:
    """Raises Conflict when another turn found meanwhile that it belongs to an older one: mail appears there."""
    if _merged.scalar(connection, {"of": conversation}):
        raise Conflict("the conversation was merged first")


def _bring_together(connection: Connection, merges: Sequence[Merge]) -> None:
    """What was bound to the later one leads to the older from now on. Raises Conflict when either was merged first."""
    for merge in merges:
        _check_place(connection, merge.into)
        if _merge.run(connection, {"of": merge.later, "older": merge.into}).rowcount != 1:
            raise Conflict("the conversation was merged first")
        _follow.run(connection, {"of": merge.later, "older": merge.into})


def _check_letter(connection: Connection, filed: Filed, same_plan: set[str]) -> None:
    """Raises Conflict when another turn showed this very mail in this scope meanwhile (I2): the view did not tell.

    Two copies that join a known conversation bind no new Message-ID elsewhere, so that anchors alone do not tell.
    """
    asked = {"in_scope": filed.scope, "of": filed.letter.message_id, "digest": filed.content}
    if any(row.key not in same_plan for row in _twins.all(connection, asked)):
        raise Conflict("another copy of this mail was shown first")


def _check_anchors(connection: Connection, plan: Plan) -> None:
    """Raises Conflict when another turn bound one of these Message-IDs elsewhere meanwhile.

    The view tells which ids are bound, and a plan anchors only the others: planning again sees the new ones.
    """
    for anchor in plan.anchors:
        bound = _bound.scalar(connection, {"in_scope": anchor.scope, "of": anchor.message_id})
        if bound is not None and bound != anchor.conversation:
            raise Conflict("another mail opened this conversation first")


def _letter(filed: Filed) -> dict[str, object]:
    return {
        "key": filed.letter.key,
        "scope": filed.scope,
        "conversation": filed.letter.conversation,
        "message_id": filed.letter.message_id,
        "content": filed.content,
        "ours": int(filed.letter.ours),
        "letter": codec.dump_letter(filed.letter),
    }


def _conversation(conversation: Conversation, now: float) -> dict[str, object]:
    return {
        "id": conversation.id,
        "scope": conversation.scope,
        "room": conversation.room,
        "subject": codec.clean(conversation.subject),
        "threaded": int(conversation.threaded),
        "rule": conversation.rule,
        "merged": "",
        "state": conversation.state,
        "last": now,
        "look_at": 0.0,
    }
