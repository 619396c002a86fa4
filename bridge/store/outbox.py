"""The outbox: effects from the moment they are planned until they are done, buried or taken back.

Each function is part of a transaction that the caller runs. Never performs an effect and never reads a clock: callers
hand in the time.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, select, union_all, update
from sqlalchemy.dialects.sqlite import insert

from bridge.core.doing import Fulfilled, Task
from bridge.core.effects import (
    Admit,
    Amendment,
    Attach,
    AutoMail,
    Cancel,
    CloseRoom,
    DigestRoot,
    Effect,
    FileCopy,
    Line,
    MarkMail,
    Obey,
    OpenRoom,
    React,
    Receipt,
    Rejoin,
    Release,
    ReopenRoom,
    Replace,
    SendMail,
    Show,
    Tell,
    due,
)
from bridge.core.errors import Conflict, Permanent
from bridge.store import codec, events, lanes
from bridge.store.schema import AnyRow, outbox
from bridge.store.schema import effects as effects_table
from bridge.store.schema import lanes as lanes_table
from bridge.store.statements import Statement

MAIL, LIVE, OPENING, HISTORY = lanes.RANKS
_SIDES: dict[str, tuple[int, ...]] = {"": lanes.RANKS, "chat": (MAIL,), "mail": (LIVE, OPENING, HISTORY)}
"""Which ranks are left when a side is away."""

ENTRIES = select(outbox, effects_table.c.effect).join(effects_table, effects_table.c.seq == outbox.c.seq)
"""The outbox, each row with its effect."""

_insert = Statement(insert(outbox).on_conflict_do_nothing(index_elements=[outbox.c.key]))
_keep = Statement(
    insert(effects_table)
    .from_select(
        ["seq", "effect"],
        select(outbox.c.seq, bindparam("effect", required=True)).where(outbox.c.key == bindparam("key")),
    )
    .on_conflict_do_nothing()
)
_of_key = Statement(ENTRIES.where(outbox.c.key == bindparam("of")))


def _heads_of(rank: int) -> Select[Any]:
    most: BindParameter[int] = bindparam("openings" if rank == OPENING else "most")
    wanted = ("seq", "lane", "kind", "attempts", "first_at", "receipt")
    heads = (
        select(*(outbox.c[name] for name in wanted), effects_table.c.effect)
        .join(effects_table, effects_table.c.seq == outbox.c.seq)
        .join(lanes_table, lanes_table.c.head == outbox.c.seq)
        .where(lanes.READY, lanes_table.c.rank == rank, lanes_table.c.due <= bindparam("now"))
        .order_by(lanes_table.c.due, lanes_table.c.head)
        .limit(most)
    )
    return select(heads.subquery(f"of_{rank}"))


# One statement, which ends at the limit: the ranks are asked in this order, and the later ones only for what is left.
_heads = {away: Statement(union_all(*map(_heads_of, ranks)).limit(bindparam("most"))) for away, ranks in _SIDES.items()}
_begin = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"))
    .values(
        state="claimed",
        begun=1,
        attempts=bindparam("attempts"),
        first_at=bindparam("first_at"),
        changed_at=bindparam("changed_at"),
    )
)
_take_lane = Statement(update(lanes_table).where(lanes_table.c.lane == bindparam("of")).values(state="claimed"))
_write = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"))
    .values({name: bindparam(name) for name in ("state", "due", "attempts", "words", "receipt", "changed_at")})
)
_fulfil = Statement(
    update(outbox)
    .where(outbox.c.key == bindparam("of"), outbox.c.state != "done")
    .values(state="done", receipt=bindparam("receipt"), changed_at=bindparam("changed_at"))
    .returning(outbox.c.seq, outbox.c.lane, outbox.c.rank, outbox.c.cause)
)
_rewrite = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"))
    .values({name: bindparam(name) for name in ("state", "due", "changed_at")})
)
_replace = Statement(
    update(effects_table).where(effects_table.c.seq == bindparam("of")).values(effect=bindparam("effect"))
)
_line_waits = Statement(
    select(outbox.c.seq).where(
        lanes.WAITING, outbox.c.lane == bindparam("of"), outbox.c.kind == "line", outbox.c.begun == 0
    )
)
_revive = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"))
    .values({"state": "waiting"} | {name: bindparam(name) for name in ("due", "first_at", "changed_at")})
)
_recover = update(outbox).where(lanes.CLAIMED).values(state="waiting")


def enqueue(connection: Connection, effects: Sequence[Effect], *, rank: int, cause: str, now: float) -> None:
    """Add effects at the end of their lanes. A key that is there already is ignored: idempotence by naming.

    A line that is not yet begun will tell what holds when it is: behind it no edit of it is added.
    """
    if effects:
        enqueue_all(connection, [(effects, rank, cause)], now)


def enqueue_all(connection: Connection, caused: Sequence[tuple[Sequence[Effect], int, str]], now: float) -> None:
    """The same for what several causes led to: effects, rank and cause of each, in order."""
    plain = [
        _row_of(effect, rank, cause, now)
        for effects, rank, cause in caused
        for effect in effects
        if not isinstance(effect, Line)
    ]
    if plain:
        _add(connection, plain)
    lanes_of: list[str] = []
    for effects, rank, cause in caused:
        for effect in effects:
            lanes_of.append(effect.lane)
            if isinstance(effect, SendMail):
                events.bind_answer(connection, effect)
            elif isinstance(effect, Line) and not (effect.edits and _line_waits.first(connection, {"of": effect.lane})):
                _add(connection, [_row_of(effect, rank, cause, now)])
    lanes.extend(connection, lanes_of)


def _add(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    _insert.many(connection, rows)
    _keep.many(connection, rows)


def _row_of(effect: Effect, rank: int, cause: str, now: float) -> dict[str, object]:
    return {
        "key": effect.key,
        "lane": effect.lane,
        "kind": effect.kind,
        "room": _needs_room(effect),
        "rank": _rank(effect, rank),
        "state": "held" if isinstance(effect, SendMail) and effect.held else "waiting",
        "due": due(effect),
        "attempts": 0,
        "begun": 0,
        "words": "",
        "receipt": "",
        "cause": cause,
        "created_at": now,
        "changed_at": now,
        "effect": codec.dump_effect(effect),
    }


def amend(connection: Connection, amendment: Amendment, now: float) -> None:
    """Change what was not yet begun. Raises Conflict when it was: an edit must never follow a mail on its way (I4)."""
    key = amendment.effect.key if isinstance(amendment, Replace) else amendment.key
    row = _of_key.first(connection, {"of": key})
    if row is None or (row.state == "cancelled" and isinstance(amendment, Cancel)):
        return
    if isinstance(amendment, Release) and row.state == "buried":
        revive(connection, row, amendment.at, now)
        return
    if row.begun or row.state not in ("waiting", "held"):
        raise Conflict("the message is already on its way")
    new = {"of": row.seq, "state": row.state, "due": row.due, "changed_at": now}
    match amendment:
        case Cancel():
            new["state"] = "cancelled"
        case Replace(effect):
            _replace.run(connection, {"of": row.seq, "effect": codec.dump_effect(effect)})
            new |= {"state": "held" if effect.held else "waiting", "due": due(effect)}
        case Release(_, at):
            new |= {"state": "waiting", "due": at}
    _rewrite.run(connection, new)
    lanes.advance(connection, row.lane)


def revive(connection: Connection, row: AnyRow, at: float, now: float) -> None:
    """Try a buried or postponed effect again, at its old place in the lane.

    Attempts go on counting, because the marks that tell of them are named by their number. For mail the time in which
    to give up begins anew; chat keeps it, because it says whether the homeserver may have forgotten an earlier try.
    """
    first_at = None if row.rank == MAIL else row.first_at
    _revive.run(connection, {"of": row.seq, "due": at, "first_at": first_at, "changed_at": now})
    lanes.advance(connection, row.lane)


def claim(connection: Connection, now: float, limit: int, away: str = "", openings: int = 1000) -> list[Task]:
    """Begin up to `limit` heads of lanes that are due, of the sides whose peer is there."""
    asked = {"now": now, "most": limit, "openings": max(0, min(openings, limit))}
    rows = _heads[away].all(connection, asked) if limit > 0 else []
    if not rows:
        return []
    first = {row.seq: now if row.first_at is None else row.first_at for row in rows}
    _begin.many(
        connection,
        [{"of": r.seq, "attempts": r.attempts + 1, "first_at": first[r.seq], "changed_at": now} for r in rows],
    )
    _take_lane.many(connection, [{"of": row.lane} for row in rows])
    return [
        Task(
            effect=codec.load_effect(row.kind, row.effect),
            attempts=row.attempts + 1,
            first_at=first[row.seq],
            progress=codec.load_receipt(row.receipt),
        )
        for row in rows
    ]


def fulfil(connection: Connection, done: Sequence[Fulfilled], now: float) -> None:
    """Done. A second time changes nothing."""
    ended: list[tuple[AnyRow, Fulfilled]] = []
    for each in done:
        asked = {"of": each.key, "receipt": codec.dump_receipt(each.receipt), "changed_at": now}
        if rows := _fulfil.all(connection, asked):
            ended.append((rows[0], each))
        else:
            _row(connection, each.key)  # it is there, and was done before
    events.bind(connection, [(each.effect or _effect(connection, each.key), each.receipt) for _, each in ended])
    lanes.advance_all(connection, [(row.lane, row.seq) for row, _ in ended])
    enqueue_all(connection, [(each.then, _following(row.rank), row.cause) for row, each in ended if each.then], now)


def postpone(
    connection: Connection,
    key: str,
    until: float,
    words: str,
    *,
    counted: bool,
    progress: Receipt | None,
    then: Sequence[Effect],
    now: float,
) -> None:
    """Not now: with it, its lane waits. What came to its end meanwhile stays as it is."""
    row = _row(connection, key)
    if row.state in ("done", "buried", "cancelled"):
        return
    receipt = row.receipt
    if progress is not None:
        events.bind(connection, [(codec.load_effect(row.kind, row.effect), progress)])
        receipt = codec.dump_receipt(progress)
    attempts = row.attempts if counted else max(row.attempts - 1, 0)
    _move(connection, row, now, state="waiting", due=until, attempts=attempts, words=words, receipt=receipt)
    enqueue(connection, then, rank=_following(row.rank), cause=row.cause, now=now)


def bury(
    connection: Connection,
    key: str,
    words: str,
    then: Sequence[Effect],
    now: float,
    *,
    progress: Receipt | None = None,
) -> None:
    """Never: the lane goes on without it."""
    row = _row(connection, key)
    receipt = row.receipt if progress is None else codec.dump_receipt(progress)
    _move(connection, row, now, state="buried", words=words, receipt=receipt)
    enqueue(connection, then, rank=_following(row.rank), cause=row.cause, now=now)


def recover(connection: Connection) -> None:
    """After a crash nobody works on what was claimed: it waits again, with its attempts.

    A room that could not be opened or entered is tried at once: its cure often was what the restart is for.
    """
    names = connection.execute(select(lanes_table.c.lane).where(lanes_table.c.state == "claimed")).scalars().all()
    connection.execute(_recover)
    connection.execute(update(lanes_table).where(lanes_table.c.state == "claimed").values(state="ready"))
    rooms = connection.execute(
        select(outbox.c.lane, outbox.c.seq)
        .join(lanes_table, lanes_table.c.head == outbox.c.seq)
        .where(outbox.c.kind.in_(("open-room", "rejoin")), outbox.c.due > 0)
    ).all()
    for _, seq in rooms:
        connection.execute(update(outbox).where(outbox.c.seq == seq).values(due=0))
    for lane in dict.fromkeys([*names, *(room.lane for room in rooms)]):
        lanes.advance(connection, lane)


def _effect(connection: Connection, key: str) -> Effect:
    row = _row(connection, key)
    return codec.load_effect(row.kind, row.effect)


def _row(connection: Connection, key: str) -> Any:
    row = _of_key.first(connection, {"of": key})
    if row is None:
        raise Permanent(f"the outbox has no effect {key}")
    return row


def _move(connection: Connection, row: AnyRow, now: float, **changed: object) -> None:
    """Change a row's standing and let its lane go on from there."""
    values = {name: getattr(row, name) for name in ("state", "due", "attempts", "words", "receipt")} | changed
    values["words"] = codec.clean(str(values["words"]))
    _write.run(connection, {"of": row.seq, "changed_at": now, **values})
    lanes.advance(connection, row.lane, freed=row.seq)


def _rank(effect: Effect, rank: int) -> int:
    """Who it goes with; `rank` is that of what led to it."""
    if isinstance(effect, SendMail | AutoMail | FileCopy | MarkMail):
        return MAIL
    return OPENING if isinstance(effect, OpenRoom) and rank == LIVE else rank


def _following(rank: int) -> int:
    """What comes of history is history, all else is live."""
    return HISTORY if rank == HISTORY else LIVE


def _needs_room(effect: Effect) -> str:
    """The key of the room without which it cannot be done. Rejoin and OpenRoom are how a room comes back."""
    match effect:
        case Show() | Attach() | React() | Tell() | DigestRoot() | Line() | SendMail():
            return effect.room
        case Admit() | CloseRoom() | ReopenRoom():
            return effect.room
        case OpenRoom() | Rejoin() | AutoMail() | FileCopy() | MarkMail() | Obey():
            return ""
