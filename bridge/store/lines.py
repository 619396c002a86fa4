"""What the journal knows of a conversation for its line in the lobby. Reads one moment and changes nothing."""

from sqlalchemy import Connection, bindparam, func, select, text

from bridge.core.ids import derive
from bridge.core.lobby import LineView
from bridge.core.mail import Letter
from bridge.store import codec
from bridge.store.schema import conversations, inbox, letters, outbox
from bridge.store.statements import Statement
from bridge.store.views import conversation_of

_merged = Statement(
    select(conversations.c.id).where(text("conversations.merged <> ''"), conversations.c.merged == bindparam("of"))
)
_theirs = select(letters.c.order, letters.c.letter).where(
    letters.c.conversation == bindparam("of"), letters.c.ours == 0
)
_first = Statement(_theirs.where(letters.c.order > bindparam("after")).order_by(letters.c.order).limit(1))
_last = Statement(_theirs.order_by(letters.c.order.desc()).limit(1))
_count = Statement(
    select(func.count()).select_from(letters).where(letters.c.conversation == bindparam("of"), letters.c.ours == 0)
)
_left = Statement(
    select(letters.c.order, outbox.c.changed_at)
    .join(outbox, outbox.c.key == letters.c.key)
    .where(letters.c.conversation == bindparam("of"), letters.c.ours == 1, outbox.c.state == "done")
    .order_by(letters.c.order.desc())
    .limit(1)
)
_came = Statement(
    select(inbox.c.at, inbox.c.quiet).join(outbox, outbox.c.cause == inbox.c.key).where(outbox.c.key == bindparam("of"))
)


def line_view(connection: Connection, key: str) -> LineView | None:
    """The facts of a conversation; None when there is none of that id."""
    talk = conversation_of(connection, key)
    if talk is None:
        return None
    together = [key, *(row.id for row in _merged.all(connection, {"of": key}))]
    left = [row for each in together if (row := _left.first(connection, {"of": each})) is not None]
    after = max((row.order for row in left), default=0)
    first = _oldest(connection, together, 0)
    waiting = _oldest(connection, together, after)
    lasts = [row for each in together if (row := _last.first(connection, {"of": each})) is not None]
    newest = max(lasts, key=lambda row: int(row.order), default=None)
    return LineView(
        talk,
        first=first,
        count=sum(_count.scalar(connection, {"of": each}) for each in together),
        newest=0.0 if newest is None else _arrived(connection, codec.load_letter(newest.letter)),
        waits=None if waiting is None else _arrived(connection, waiting),
        answered=max((row.changed_at for row in left), default=None),
    )


def _oldest(connection: Connection, together: list[str], after: int) -> Letter | None:
    found = [row for each in together if (row := _first.first(connection, {"of": each, "after": after})) is not None]
    row = min(found, key=lambda row: int(row.order), default=None)
    return None if row is None else codec.load_letter(row.letter)


def _arrived(connection: Connection, letter: Letter) -> float:
    """When a mail came; of history, when it was written. What its sender says of that is believed of the past alone."""
    for name in ("show", "react"):
        row = _came.first(connection, {"of": derive(name, letter.key)})
        if row is not None:
            return float(min(letter.date, row.at) if row.quiet else row.at)
    return letter.date
