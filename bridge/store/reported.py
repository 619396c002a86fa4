"""Which answer of ours a delivery report is about, and what reports told of its recipients.

Part of a transaction that the caller runs. Only answers that were begun count: of the others nobody can know anything.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.dialects.sqlite import insert

from bridge.core.answered import Answered, Reported
from bridge.core.effects import SendMail
from bridge.store import codec
from bridge.store.outbox import ENTRIES
from bridge.store.schema import AnyRow, letters, outbox, reports
from bridge.store.statements import Statement

_ours = Statement(
    ENTRIES.join(letters, letters.c.key == outbox.c.key)
    .where(
        letters.c.message_id == bindparam("of"),
        text("letters.ours = 1"),  # as the index says it
        outbox.c.begun == 1,
    )
    .order_by(letters.c.order)
    .limit(1)
)
_told = Statement(select(reports).where(reports.c.answer == bindparam("of")))
_new = insert(reports)
_tell = Statement(
    _new.on_conflict_do_update(
        index_elements=[reports.c.answer, reports.c.address],
        set_={name: _new.excluded[name] for name in ("action", "reason", "by")},
    )
)


def answer(connection: Connection, identifiers: Sequence[str]) -> Answered | None:
    """The first of these Message-IDs that is an answer which a server may have.

    Whatever scope it is from: reports go to the address that it was sent as, and that may be another inbox's. The ids
    of answers cannot be guessed, and what is told of one stays beside it.
    """
    for each in identifiers:
        row = _ours.first(connection, {"of": each})
        if row is not None:
            return _answered(connection, row)
    return None


def _answered(connection: Connection, row: AnyRow) -> Answered:
    send = codec.load_effect(row.kind, row.effect)
    assert isinstance(send, SendMail)
    receipt = codec.load_receipt(row.receipt)
    told = _told.all(connection, {"of": row.key})
    return Answered(
        send=send,
        accepted=receipt.accepted,
        refused=receipt.refused,
        begun=row.state == "claimed",
        reported=tuple(Reported(each.answer, each.address, each.action, each.reason, each.by) for each in told),
    )


def keep(connection: Connection, told: Sequence[Reported]) -> None:
    """Write what is new; the later word on a recipient holds."""
    if told:
        rows = [
            {"answer": r.answer, "address": codec.clean(r.address), "action": r.action, "reason": r.reason}
            | {"by": codec.clean(r.by)}
            for r in told
        ]
        _tell.many(connection, rows)
