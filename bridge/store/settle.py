"""Writes a plan: everything that one planning turn decided, or nothing of it.

Part of a transaction that the caller runs. Decides nothing but whether the plan still fits the facts.
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


def settle(connection: Connection, plan: Plan, now: float) -> None:
    """Write the plan; nothing when its arrival was planned before. Raises Conflict."""
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
    if not planned:
        if _arrival.first(connection, {"of": plan.arrival}) is None:
            raise Permanent(f"the inbox has no arrival {plan.arrival}")
        return
    for filed in plan.letters:
        if not filed.letter.ours:
            _check_letter(connection, filed, {each.letter.key for each in plan.letters})
    begun = {each.id for each in plan.conversations}
    for key in {filed.letter.conversation for filed in plan.letters if not filed.letter.ours} - begun:
        _check_place(connection, key)
    _bring_together(connection, plan.merges)
    lives.turn(connection, plan.lives, now)
    for amendment in plan.amendments:
        outbox.amend(connection, amendment, now)
    if plan.conversations:
        _converse.many(connection, [_conversation(each, now) for each in plan.conversations])
    if plan.letters:
        _file.many(
            connection,
            [
                {
                    "key": filed.letter.key,
                    "scope": filed.scope,
                    "conversation": filed.letter.conversation,
                    "message_id": filed.letter.message_id,
                    "content": filed.content,
                    "ours": int(filed.letter.ours),
                    "letter": codec.dump_letter(filed.letter),
                }
                for filed in plan.letters
            ],
        )
        lives.stir(connection, {f.letter.conversation for f in plan.letters}, now, quiet=bool(planned[0].quiet))
    if plan.anchors:
        rows = [{"scope": a.scope, "message_id": a.message_id, "conversation": a.conversation} for a in plan.anchors]
        if _anchor.many(connection, rows) < len(rows):
            _check_anchors(connection, plan)
    assigned.keep(connection, plan.assignments, plan.arrival)
    if taken := {each.conversation for each in plan.assignments if each.taken}:
        lives.stir(connection, taken, now, quiet=False)
    reported.keep(connection, plan.reported)
    if plan.participants:
        rows = [{"conversation": conversation, "address": address} for conversation, address in plan.participants]
        _participate.many(connection, rows)
    standings.know(connection, plan.correspondents)
    acknowledged.remember(connection, plan.acknowledged)
    events.use_rooms(connection, plan.rooms)
    rank = outbox.HISTORY if planned[0].quiet else outbox.LIVE
    outbox.enqueue(connection, plan.effects, rank=rank, cause=plan.arrival, now=now)


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
