"""What is forgotten when its time is over: all content of a conversation, and originals that no conversation shows.

Part of a transaction that the caller runs. What keeps a mail from being shown twice stays: the keys of arrivals, and of
each letter one name that tells nothing else (`past`). Octets in files are removed later, since nothing names them then.
Nothing here looks at the time; who calls says that nothing of it waits.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, select, text, update

from bridge.core.effects import SendMail
from bridge.core.plan import Bookmark
from bridge.store import codec, intake, past
from bridge.store.outbox import ENTRIES
from bridge.store.schema import (
    anchors,
    assignments,
    conversations,
    effects,
    events,
    former_rooms,
    inbox,
    letters,
    outbox,
    participants,
    raws,
    reports,
    rooms,
    threads,
)
from bridge.store.statements import Statement

SWEPT = "swept"
"""The bookmark that holds the order of the last arrival that was looked at for its age."""

ENDED = text("outbox.state IN ('done', 'buried', 'cancelled')")
SHOWING = text("outbox.kind IN ('show', 'react', 'auto-mail')")

_in_lane = Statement(ENTRIES.where(ENDED, outbox.c.lane == bindparam("of")))
_lines = Statement(
    select(outbox)
    .where(ENDED, outbox.c.lane >= bindparam("low"), outbox.c.lane < bindparam("high"))
    .order_by(outbox.c.seq)
)
_of_cause = Statement(
    select(outbox.c.seq, outbox.c.kind, outbox.c.lane, outbox.c.state).where(SHOWING, outbox.c.cause == bindparam("of"))
)
_letters_of = Statement(select(letters).where(letters.c.conversation == bindparam("of")))
_arrival = Statement(select(inbox.c.order).where(inbox.c.key == bindparam("of"), text("inbox.state = 'planned'")))
_old = Statement(
    select(inbox.c.order, inbox.c.key, inbox.c.state, inbox.c.planned_at)
    .where(inbox.c.order > bindparam("after"))
    .order_by(inbox.c.order)
    .limit(bindparam("most"))
)
_blank = Statement(update(inbox).where(inbox.c.order == bindparam("of")).values(words="", traces="", envelope=""))
_forget_raw = Statement(delete(raws).where(raws.c.arrival == bindparam("of")))
_forget_effect = [Statement(delete(table).where(table.c.seq == bindparam("of"))) for table in (outbox, effects)]
_forget_event = Statement(delete(events).where(events.c.event_id == bindparam("of")))
_forget_anchor = Statement(
    delete(anchors).where(
        anchors.c.scope == bindparam("in_scope"),
        anchors.c.message_id == bindparam("of"),
        anchors.c.conversation == bindparam("within"),
    )
)
_forget = [
    Statement(delete(table).where(column == bindparam("of")))
    for table, column in (
        (letters, letters.c.conversation),
        (participants, participants.c.conversation),
        (assignments, assignments.c.conversation),
        (threads, threads.c.conversation),
        (conversations, conversations.c.id),
    )
]
_forget_reports = Statement(delete(reports).where(reports.c.answer == bindparam("of")))
_forget_rooms = [
    Statement(delete(rooms).where(rooms.c.key == bindparam("of"))),
    Statement(delete(former_rooms).where(former_rooms.c.key == bindparam("of"))),
]


def passes_on(connection: Connection, conversation: str) -> bool:
    """Whether mail of it is still to be passed on, or to be answered automatically."""
    return any(
        row.kind == "auto-mail" and row.state in ("waiting", "held", "claimed")
        for cause in _causes(connection, conversation)
        for row in _of_cause.all(connection, {"of": cause})
    )


def lines_of(connection: Connection, conversation: str) -> dict[str, list[str]]:
    """The events of its lines, edits too, by the key of the lobby."""
    found: dict[str, list[str]] = {}
    for row in _lines.all(connection, _lobbies(conversation)):
        found.setdefault(row.room, []).extend(codec.load_receipt(row.receipt).events)
    return found


def _lobbies(conversation: str) -> dict[str, str]:
    """The lanes of its lines: they begin with its name and a colon, which a semicolon follows in ASCII."""
    return {"low": f"lobby:{conversation}:", "high": f"lobby:{conversation};"}


def purge(connection: Connection, ids: Iterable[str], rooms_of: Iterable[str]) -> None:
    """Forget these conversations, which end together, and the rooms of these keys."""
    family = list(ids)
    causes = {cause for each in family for cause in _causes(connection, each)}
    past.remember(connection, [past.conversation(each) for each in family])
    for each in family:
        _forget_letters(connection, each)
        lobbies = {row.lane for row in _lines.all(connection, _lobbies(each))}
        for lane in (f"conv:{each}", f"mail:{each}", *sorted(lobbies)):
            _forget_lane(connection, lane)
        for statement in _forget:
            statement.run(connection, {"of": each})
    for cause in sorted(causes):
        _forget_arrival(connection, cause)
    for key in rooms_of:
        for statement in _forget_rooms:
            statement.run(connection, {"of": key})


def _causes(connection: Connection, conversation: str) -> set[str]:
    """The arrivals that led to what was done in it."""
    lanes = (f"conv:{conversation}", f"mail:{conversation}")
    return {row.cause for lane in lanes for row in _in_lane.all(connection, {"of": lane}) if row.cause}


def _forget_letters(connection: Connection, conversation: str) -> None:
    for row in _letters_of.all(connection, {"of": conversation}):
        theirs = past.theirs(row.scope, row.message_id, row.content)
        past.remember(connection, [past.ours(row.scope, row.message_id) if row.ours else theirs])
        for each in {row.message_id, *codec.load_letter(row.letter).references} - {""}:
            _forget_anchor.run(connection, {"in_scope": row.scope, "of": each, "within": conversation})
        if row.ours:
            _forget_reports.run(connection, {"of": row.key})
            _forget_lane(connection, f"copy:{row.key}")


def _forget_lane(connection: Connection, lane: str) -> None:
    for row in _in_lane.all(connection, {"of": lane}):
        made = list(codec.load_receipt(row.receipt).events)
        if row.kind == "send-mail" and isinstance(send := codec.load_effect(row.kind, row.effect), SendMail):
            made.append(send.event)
        for event in made:
            _forget_event.run(connection, {"of": event})
        for statement in _forget_effect:
            statement.run(connection, {"of": row.seq})


def _forget_arrival(connection: Connection, key: str) -> None:
    """Its original, unless another conversation shows it too or it is held; and what left of it by itself."""
    there = _of_cause.all(connection, {"of": key})
    order = _arrival.scalar(connection, {"of": key})
    if order is None or any(row.kind != "auto-mail" for row in there):
        return
    for row in there:
        for statement in _forget_effect:
            statement.run(connection, {"of": row.seq})
    _forget_original(connection, order)


def _forget_original(connection: Connection, order: int) -> None:
    _forget_raw.run(connection, {"of": order})
    _blank.run(connection, {"of": order})


def sweep(connection: Connection, before: float, limit: int) -> int:
    """Forget originals planned before a moment that no conversation shows: of dropped mail, duplicates, room events.

    It goes on where the last sweep ended, at most `limit` arrivals. Returns how many it looked at. What is held is
    passed over, and so is what is still to be passed on.
    """
    after = int(intake.read_bookmark(connection, SWEPT) or 0)
    looked = 0
    for row in _old.all(connection, {"after": after, "most": limit}):
        if row.planned_at is None or row.planned_at >= before:  # it waits to be planned, or has time yet
            break
        looked, after = looked + 1, row.order
        there = _of_cause.all(connection, {"of": row.key})
        waits = any(each.kind != "auto-mail" or each.state in ("waiting", "held", "claimed") for each in there)
        if row.state == "planned" and not waits:
            _forget_original(connection, row.order)
    if looked:
        intake.mark(connection, Bookmark(SWEPT, str(after)))
    return looked
