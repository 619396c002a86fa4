"""What follows when an effect was done, put off or given up: the marks and notices that keep the room honest (I9).

Pure: a task, what the peer said, and the moment go in; what to do with the task and the effects that follow come out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bridge.core.commands import obeyed
from bridge.core.doing import Task
from bridge.core.effects import (
    ADMIN_ROOM,
    Admit,
    Attach,
    AutoMail,
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
    ReopenRoom,
    SendMail,
    Show,
    Tell,
)
from bridge.core.errors import BridgeError, CannotEncrypt, Permanent, RoomLost, Transient
from bridge.core.ids import derive
from bridge.core.marks import alarm, mark
from bridge.core.ports import Refusal, Submitted
from bridge.core.retry import DAY, Schedule
from bridge.core.words import EN, Words, to_the_minute, words

PEER_PAUSE = 30.0
"""Seconds until a mail server that is down is asked again for the same effect, when it named no time."""

CHAT_PAUSE = 1.0
"""The same for the homeserver: the dispatcher lets its whole side rest, so the effect itself need not wait long."""

ROOM_PAUSE = 3600.0
"""Seconds between tries to open a room that the homeserver refuses: only a person can cure that."""

KEYS_PAUSE = (10.0, 600.0)
"""The same where nothing can be encrypted, at least and at most: longer the longer it lasts."""


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


def _retry_cure(says: Words, send: SendMail) -> str:
    return says.retry.format(command=f"mailroom queue retry {send.key}")


def sent_to(says: Words, accepted: Sequence[str]) -> str:
    """What a mark says first when some recipients have the mail already; empty when nobody has."""
    return f"{says.sent.format(who=', '.join(accepted))} " if accepted else ""


def submitted(task: Task, send: SendMail, outcome: Submitted, schedule: Schedule, now: float) -> Verdict:
    """Sort the outcome of a submission, recipient by recipient.

    Those accepted or refused for good are never tried again. While some were refused for now, the task is put off for
    them alone.
    """
    says = words(send.language)
    accepted = (*task.progress.accepted, *outcome.accepted)
    fresh = _pairs(r for r in outcome.refused if r.permanent)
    failed = (*task.progress.refused, *fresh)
    waiting = _pairs(r for r in outcome.refused if not r.permanent)
    replied = outcome.words or task.progress.words
    progress = Receipt(words=replied, accepted=accepted)
    step = str(task.attempts)
    if waiting:
        until = schedule.next(send.key, task.attempts, task.first_at, now)
        if until is not None:
            text = _waiting_text(says, accepted, failed, waiting, until)
            then: tuple[Effect, ...] = (mark(send, f"delayed-{step}", text),)
            if fresh:
                then = (*then, alarm(send, f"refused-{step}", _failed_text(says, fresh)))
            elif task.attempts == schedule.warn_after:
                then = (*then, alarm(send, f"slow-{step}", text))
            return Postpone(until, _list(waiting), progress=replace(progress, refused=failed), then=then)
        failed = (*failed, *waiting)
    if not failed:
        copy = FileCopy(derive("copy", send.key), f"copy:{send.key}", send.draft)
        return Fulfil(progress, (mark(send, f"sent-{step}", f"{sent_to(says, accepted)}{replied}"), copy))
    text = f"{sent_to(says, accepted)}❌ {_failed_text(says, failed)}"
    then = (mark(send, f"failed-{step}", text), alarm(send, f"failed-{step}", f"{text} {_retry_cure(says, send)}"))
    if accepted:
        copy = FileCopy(derive("copy", send.key), f"copy:{send.key}", send.draft)
        then = (*then, copy)
    return Bury(_list(failed), then, progress)


def auto_submitted(task: Task, mail: AutoMail, outcome: Submitted, schedule: Schedule, now: float) -> Verdict:
    """Sort the outcome for mail that the rules send: it has one recipient, and nobody waits for its mark."""
    if outcome.accepted:
        then: tuple[Effect, ...] = ()
        if mail.why == "acknowledge":
            then = _told(mail, "sent", words(mail.language).acknowledged.format(who=_rcpts(mail)))
        return Fulfil(Receipt(words=outcome.words, accepted=outcome.accepted), then)
    why = _list(_pairs(outcome.refused))
    until = schedule.next(mail.key, task.attempts, task.first_at, now)
    if until is None or any(r.permanent for r in outcome.refused):
        return _give_up(task, why)
    return Postpone(until, why, then=_slow(task, mail, why, schedule))


def _slow(task: Task, mail: AutoMail, why: str, schedule: Schedule) -> tuple[Effect, ...]:
    if task.attempts != schedule.warn_after:
        return ()
    says = words(mail.language) if mail.conversation else EN
    text = says.acknowledge_waits if mail.why == "acknowledge" else says.copy_waits
    return _told(mail, "slow", text.format(who=_rcpts(mail), why=why))


def _not_sent(mail: AutoMail, why: str, step: str) -> tuple[Effect, ...]:
    says = words(mail.language) if mail.conversation else EN
    again = f"mailroom queue retry {mail.key}"
    if mail.why == "acknowledge":  # nobody waits for it, so that nobody needs to know how to try again
        return _told(mail, f"failed-{step}", says.acknowledge_failed.format(who=_rcpts(mail), why=why))
    cure = says.shown_again.format(original=f"mailroom queue show --raw {mail.draft.original}", again=again)
    return _told(mail, f"failed-{step}", f"{says.copy_failed.format(who=_rcpts(mail), why=why)} {cure}")


def _rcpts(mail: AutoMail) -> str:
    return ", ".join(a.spec for a in mail.draft.recipients)


def _told(mail: AutoMail, occasion: str, text: str) -> tuple[Effect, ...]:
    """Said where people see the mail, else in the admin room, which learns nothing of the mail itself."""
    if not mail.conversation:
        return _admin(f"{mail.key}:{occasion}", text)
    return (
        Tell(
            key=derive("told", mail.key, occasion),
            lane=f"conv:{mail.conversation}",
            room=mail.room,
            text=text,
            conversation=mail.conversation,
            threaded=mail.threaded,
        ),
    )


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


def _failed_text(says: Words, refused: Refused) -> str:
    return says.not_sent_to.format(who=_list(refused))


def _never(says: Words, failed: Refused) -> str:
    return f"❌ {_failed_text(says, failed)} " if failed else ""


def _waiting_text(says: Words, accepted: Sequence[str], failed: Refused, waiting: Refused, until: float) -> str:
    waits = says.not_taken.format(who=_list(waiting), when=to_the_minute(until))
    return f"{sent_to(says, accepted)}{_never(says, failed)}{waits}"


def failed(task: Task, error: BridgeError, schedule: Schedule, now: float) -> Verdict:
    """What to do with an effect whose peer raised: wait, or give up and say so."""
    effect, why = task.effect, f"{error.code} {error.text}".strip()
    match error:
        case CannotEncrypt():  # one notice: it is not this room that needs a cure
            shortest, longest = KEYS_PAUSE
            pause = min(max(shortest, (now - task.first_at) / 4), longest)
            return Postpone(now + pause, why, counted=False, then=(cannot_encrypt(error.text, now),))
        case RoomLost() if isinstance(effect, OpenRoom | Rejoin):
            # A person reads the notice and invites the bot, often at once: it must not learn of that an hour later.
            again = schedule.next(effect.key, task.attempts, task.first_at, now) or now + ROOM_PAUSE
            return Postpone(min(again, now + ROOM_PAUSE), why, then=_lost_notice(effect, why))
        case RoomLost():
            return Postpone(now + ROOM_PAUSE, why, counted=False, then=_lost_notice(effect, why))
        case Transient(peer_down=True):
            pause = PEER_PAUSE if isinstance(effect, SendMail | AutoMail | FileCopy | MarkMail) else CHAT_PAUSE
            until = now + (error.retry_after if error.retry_after is not None else pause)
            if isinstance(effect, SendMail | AutoMail) and until - task.first_at > schedule.give_up:
                return _give_up(task, why)
            then = _delayed(task, effect, why, until) if isinstance(effect, SendMail) else ()
            return Postpone(until, why, counted=False, then=then)
        case Permanent() if isinstance(effect, OpenRoom | Rejoin):
            return Postpone(now + ROOM_PAUSE, why, counted=False, then=_lost_notice(effect, why))
        case Permanent():
            return _give_up(task, why)
        case _:
            moment = schedule.next(effect.key, task.attempts, task.first_at, now)
            if moment is None and isinstance(effect, OpenRoom | Rejoin):
                return Postpone(now + ROOM_PAUSE, why, counted=False, then=_lost_notice(effect, why))
            if moment is None:
                return _give_up(task, why)
            asked = error.retry_after if isinstance(error, Transient) and error.retry_after is not None else 0.0
            until = max(moment, now + asked)
            then = _delayed(task, effect, why, until) if isinstance(effect, SendMail) else ()
            if isinstance(effect, SendMail) and task.attempts == schedule.warn_after:
                text = words(effect.language).still.format(why=why, when=to_the_minute(until))
                then = (*then, alarm(effect, f"slow-{task.attempts}", text))
            if isinstance(effect, AutoMail):
                then = _slow(task, effect, why, schedule)
            return Postpone(until, why, then=then)


def _delayed(task: Task, send: SendMail, why: str, until: float) -> tuple[Effect, ...]:
    """The mark tells of a delay at each counted attempt; of a peer that is down, once."""
    text = words(send.language).not_yet.format(why=why, when=to_the_minute(until))
    return (mark(send, f"delayed-{task.attempts}", text),)


def _give_up(task: Task, why: str) -> Bury:
    effect = task.effect
    match effect:
        case SendMail():
            says = words(effect.language)
            before = f"{sent_to(says, task.progress.accepted)}{_never(says, task.progress.refused)}"
            text = f"{before}❌ {says.not_sent.format(why=why)}"
            cure = _retry_cure(says, effect)
            step = str(task.attempts)
            then = (mark(effect, f"failed-{step}", text), alarm(effect, f"failed-{step}", f"{text} {cure}"))
            return Bury(why, then, replace(task.progress, refused=()))
        case AutoMail():
            return Bury(why, _not_sent(effect, why, str(task.attempts)))
        case FileCopy():
            text = f"No copy of an answer could be put into the Sent folder: {why}."
            return Bury(why, _admin(effect.key, f"{text} `mailroom queue retry {effect.key}` tries again."))
        case MarkMail():
            # Once for a folder, not for each of its mails.
            what = f"moved to {effect.marking.move}" if effect.marking.move else "marked"
            text = f"Mail of the account {effect.account} cannot be {what}: {why}. It stays in {effect.folder}."
            return Bury(why, _admin(f"mailbox:{effect.account}", text))
        case Show() | Attach():
            says = words(effect.language)
            name = effect.part.name if isinstance(effect, Attach) and effect.part else says.whole_mail
            told = says.mail_not_shown if isinstance(effect, Show) else says.file_not_shown
            original, again = f"mailroom queue show {effect.arrival}", f"mailroom queue retry {effect.key}"
            cure = f"The original: `{original}`; again: `{again}`."
            note = Tell(
                key=derive("buried", effect.key, str(task.attempts)),
                lane=effect.lane,
                room=effect.room,
                text=f"{told.format(name=name, why=why)} {says.shown_again.format(original=original, again=again)}",
                conversation=effect.conversation,
                threaded=effect.threaded,
            )
            # The admins are told where to look, and no more: the mail's own words stay in its room.
            part = "A mail" if isinstance(effect, Show) else "A part of a mail"
            return Bury(why, (note, *_admin(effect.key, f"{part} could not be shown in its room. {cure}")))
        case Tell() if effect.room == ADMIN_ROOM:
            return Bury(why)
        case Obey():
            return Bury(why, (obeyed(effect, f"Not done: {why}."),))
        case React() | Tell() | DigestRoot() | Line() | Admit() | OpenRoom() | Rejoin() | CloseRoom() | ReopenRoom():
            return Bury(why, _admin(effect.key, f"Could not do {effect.kind} in a room: {why}."))


def _admin(cause: str, text: str) -> tuple[Effect, ...]:
    return (Tell(derive("admin", cause, text), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text),)


def cannot_encrypt(why: str, now: float) -> Tell:
    """What the admin room is told of it, once a day as long as something waits for it."""
    text = f"Nothing can be encrypted, so that what is for encrypted rooms waits: {why}. It is tried again."
    return Tell(derive("admin", "encryption", str(int(now // DAY)), text), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text)


def _lost_notice(effect: Effect, words: str) -> tuple[Effect, ...]:
    """A room that cannot be used: the admin room hears it once for each reason; work waits."""
    room = effect.room.key if isinstance(effect, OpenRoom) else getattr(effect, "room", "")
    if room == ADMIN_ROOM:
        return ()
    return _admin(f"{effect.kind}:{room}", f"Mail waits for a room: {words}. It is tried again until that works.")
