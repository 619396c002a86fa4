"""What follows when an effect was done, put off or given up: the marks and notices that keep the room honest (I9).

Pure: a task, what the peer said, and the moment go in; what to do with the task and the effects that follow come out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bridge.core.effects import (
    ADMIN_ROOM,
    Admit,
    Attach,
    Effect,
    FileCopy,
    OpenRoom,
    Receipt,
    Rejoin,
    SendMail,
    Show,
    Tell,
)
from bridge.core.errors import BridgeError, Permanent, RoomLost, Transient
from bridge.core.ids import derive
from bridge.core.marks import alarm, mark
from bridge.core.ports import Refusal, Submitted, Task
from bridge.core.retry import Schedule

PEER_PAUSE = 30.0
"""Seconds until a mail server that is down is asked again for the same effect, when it named no time."""

CHAT_PAUSE = 1.0
"""The same for the homeserver: the dispatcher lets its whole side rest, so the effect itself need not wait long."""

ROOM_PAUSE = 3600.0
"""Seconds between tries to open a room that the homeserver refuses: only a person can cure that."""


@dataclass(frozen=True, slots=True)
class Fulfil:
    """Done."""

    receipt: Receipt
    then: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Postpone:
    """Again at `until`. `counted` False gives the attempt back."""

    until: float
    words: str
    counted: bool = True
    progress: Receipt | None = None
    then: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Bury:
    """Given up, with the notices that say so. `progress`: what was achieved, for a retry must not repeat it."""

    words: str
    then: tuple[Effect, ...] = ()
    progress: Receipt | None = None


Verdict = Fulfil | Postpone | Bury


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


RETRY_CURE = "React with 🔁 here to try again, or use `mailroom queue retry {key}`."


def submitted(task: Task, send: SendMail, outcome: Submitted, schedule: Schedule, now: float) -> Verdict:
    """Sort the outcome of a submission, recipient by recipient.

    Those accepted or refused for good are never tried again. While some were refused for now, the task is put off for
    them alone.
    """
    accepted = (*task.progress.accepted, *outcome.accepted)
    fresh = _pairs(r for r in outcome.refused if r.permanent)
    failed = (*task.progress.refused, *fresh)
    waiting = _pairs(r for r in outcome.refused if not r.permanent)
    words = outcome.words or task.progress.words
    progress = Receipt(words=words, accepted=accepted)
    step = str(task.attempts)
    if waiting:
        until = schedule.next(send.key, task.attempts, task.first_at, now)
        if until is not None:
            text = _waiting_text(accepted, failed, waiting, until)
            then: tuple[Effect, ...] = (mark(send, f"delayed-{step}", text),)
            if fresh:
                then = (*then, alarm(send, f"refused-{step}", _failed_text(fresh)))
            elif task.attempts == schedule.warn_after:
                then = (*then, alarm(send, f"slow-{step}", text))
            return Postpone(until, _list(waiting), progress=replace(progress, refused=failed), then=then)
        failed = (*failed, *waiting)
    if not failed:
        copy = FileCopy(derive("copy", send.key), f"copy:{send.key}", send.draft)
        return Fulfil(progress, (mark(send, f"sent-{step}", f"✅ Sent to {', '.join(accepted)}. {words}"), copy))
    sent = f"✅ Sent to {', '.join(accepted)}. " if accepted else ""
    text = f"{sent}❌ {_failed_text(failed)}"
    cure = RETRY_CURE.format(key=send.key)
    then = (mark(send, f"failed-{step}", text), alarm(send, f"failed-{step}", f"{text} {cure}"))
    if accepted:
        copy = FileCopy(derive("copy", send.key), f"copy:{send.key}", send.draft)
        then = (*then, copy)
    return Bury(_list(failed), then, progress)


def remaining(task: Task, send: SendMail) -> tuple[str, ...]:
    """The recipients that no server took or refused for good yet, as addr-specs."""
    settled = {*task.progress.accepted, *(recipient for recipient, _ in task.progress.refused)}
    return tuple(a.spec for a in send.draft.recipients if a.spec not in settled)


Refused = Sequence[tuple[str, str]]
"""Recipients with the server's words."""


def _pairs(refusals: Iterable[Refusal]) -> tuple[tuple[str, str], ...]:
    return tuple((r.recipient, f"{r.code} {r.words}".strip()) for r in refusals)


def _list(refused: Refused) -> str:
    return "; ".join(f"{recipient}: {words}" for recipient, words in refused)


def _failed_text(refused: Refused) -> str:
    return f"Not sent to {_list(refused)}."


def _waiting_text(accepted: Sequence[str], failed: Refused, waiting: Refused, until: float) -> str:
    sent = f"✅ Sent to {', '.join(accepted)}. " if accepted else ""
    never = f"❌ {_failed_text(failed)} " if failed else ""
    return f"{sent}{never}⏳ Not yet taken for {_list(waiting)}. Next try {_clock(until)}."


def failed(task: Task, error: BridgeError, schedule: Schedule, now: float) -> Verdict:
    """What to do with an effect whose peer raised: wait, or give up and say so."""
    effect, words = task.effect, f"{error.code} {error.text}".strip()
    match error:
        case RoomLost() if isinstance(effect, OpenRoom | Rejoin):
            # A person reads the notice and invites the bot, often at once: it must not learn of that an hour later.
            again = schedule.next(effect.key, task.attempts, task.first_at, now) or now + ROOM_PAUSE
            return Postpone(min(again, now + ROOM_PAUSE), words, then=_lost_notice(effect, words))
        case RoomLost():
            return Postpone(now + ROOM_PAUSE, words, counted=False, then=_lost_notice(effect, words))
        case Transient(peer_down=True):
            pause = PEER_PAUSE if isinstance(effect, SendMail | FileCopy) else CHAT_PAUSE
            until = now + (error.retry_after if error.retry_after is not None else pause)
            if isinstance(effect, SendMail) and until - task.first_at > schedule.give_up:
                return _give_up(task, words)
            then = _delayed(task, effect, words, until) if isinstance(effect, SendMail) else ()
            return Postpone(until, words, counted=False, then=then)
        case Permanent() if isinstance(effect, OpenRoom | Rejoin):
            return Postpone(now + ROOM_PAUSE, words, counted=False, then=_lost_notice(effect, words))
        case Permanent():
            return _give_up(task, words)
        case _:
            moment = schedule.next(effect.key, task.attempts, task.first_at, now)
            if moment is None and isinstance(effect, OpenRoom | Rejoin):
                return Postpone(now + ROOM_PAUSE, words, counted=False, then=_lost_notice(effect, words))
            if moment is None:
                return _give_up(task, words)
            asked = error.retry_after if isinstance(error, Transient) and error.retry_after is not None else 0.0
            until = max(moment, now + asked)
            then = _delayed(task, effect, words, until) if isinstance(effect, SendMail) else ()
            if isinstance(effect, SendMail) and task.attempts == schedule.warn_after:
                text = f"⏳ Still not taken: {words}. Next try {_clock(until)}."
                then = (*then, alarm(effect, f"slow-{task.attempts}", text))
            return Postpone(until, words, then=then)


def _delayed(task: Task, send: SendMail, words: str, until: float) -> tuple[Effect, ...]:
    """The mark tells of a delay at each counted attempt; of a peer that is down, once."""
    text = f"⏳ Not yet sent: {words}. Next try {_clock(until)}."
    return (mark(send, f"delayed-{task.attempts}", text),)


def _give_up(task: Task, words: str) -> Bury:
    effect = task.effect
    match effect:
        case SendMail():
            sent = f"✅ Sent to {', '.join(task.progress.accepted)}. " if task.progress.accepted else ""
            never = f"❌ {_failed_text(task.progress.refused)} " if task.progress.refused else ""
            text = f"{sent}{never}❌ Not sent: {words}."
            cure = RETRY_CURE.format(key=effect.key)
            step = str(task.attempts)
            then = (mark(effect, f"failed-{step}", text), alarm(effect, f"failed-{step}", f"{text} {cure}"))
            return Bury(words, then, replace(task.progress, refused=()))
        case FileCopy():
            text = f"No copy of an answer could be put into the Sent folder: {words}."
            return Bury(words, _admin(effect.key, f"{text} `mailroom queue retry {effect.key}` tries again."))
        case Show() | Attach():
            what = (
                "A mail"
                if isinstance(effect, Show)
                else f"The attachment {effect.part.name if effect.part else 'original'}"
            )
            cure = f"The original: `mailroom queue show {effect.arrival}`; again: `mailroom queue retry {effect.key}`."
            note = Tell(
                key=derive("buried", effect.key, str(task.attempts)),
                lane=effect.lane,
                room=effect.room,
                text=f"❌ {what} could not be shown here: {words}. {cure}",
                conversation=effect.conversation,
                threaded=effect.threaded,
            )
            # The admins are told where to look, and no more: the mail's own words stay in its room.
            part = "A mail" if isinstance(effect, Show) else "A part of a mail"
            return Bury(words, (note, *_admin(effect.key, f"{part} could not be shown in its room. {cure}")))
        case Tell() if effect.room == ADMIN_ROOM:
            return Bury(words)
        case Tell() | Admit() | OpenRoom() | Rejoin():
            return Bury(words, _admin(effect.key, f"Could not do {effect.kind} in a room: {words}."))


def _admin(cause: str, text: str) -> tuple[Effect, ...]:
    return (Tell(derive("admin", cause, text), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text),)


def _lost_notice(effect: Effect, words: str) -> tuple[Effect, ...]:
    """A room that cannot be used: the admin room hears it once for each reason; work waits."""
    room = effect.room.key if isinstance(effect, OpenRoom) else getattr(effect, "room", "")
    if room == ADMIN_ROOM:
        return ()
    return _admin(f"{effect.kind}:{room}", f"Mail waits for a room: {words}. It is tried again until that works.")
