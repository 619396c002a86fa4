"""How mail of special kinds looks in its room: calendars' messages, read receipts, complaints, reactions.

Pure. What is said instead of a mail's own text leaves nothing out that cannot be asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bridge.core import appointments, moments
from bridge.core.calendars import Event
from bridge.core.decision import Looks, Notify
from bridge.core.effects import React, Show
from bridge.core.ids import derive
from bridge.core.looking import Looked
from bridge.core.mail import Letter, Mail, Part
from bridge.core.templates import one_line
from bridge.core.words.special import special

CALENDARS = ("text/calendar", "application/ics")


@dataclass(frozen=True, slots=True)
class Dressed:
    """What is shown. `parts`: the attachments beside it. `notify`: None is what the rules say.

    `titled`: the text names the subject itself.
    """

    looked: Looked
    parts: tuple[Part, ...]
    notify: Notify | None = None
    titled: bool = False


def dress(
    mail: Mail, looked: Looked, parts: Sequence[Part], looks: Looks, at: float, earlier: Sequence[Event]
) -> Dressed:
    """What its kind makes of the look of a mail. `at`: when it came, seconds since the epoch."""
    if mail.unreadable:
        return Dressed(looked, tuple(parts))
    if mail.reaction:
        return Dressed(_instead(looked, reaction(mail, looks)), ())
    if mail.kind == "receipt" and mail.disposition is not None:
        return Dressed(_instead(looked, _receipt(mail, looks, at)), (), Notify("none"), titled=True)
    if mail.feedback is not None:
        line = _complaint(mail, looks)
        text = f"{line}\n\n{looked.text}" if looked.text.strip() else line
        return Dressed(replace(looked, text=text, html=""), tuple(parts))
    if mail.calendar is not None:
        lines = appointments.block(mail, looks, earlier)
        text, html = appointments.above(lines, looked.text, looked.html, mail.calendar)
        return Dressed(replace(looked, text=text, html=html), _once(parts))
    return Dressed(looked, tuple(parts))


def reaction(mail: Mail, looks: Looks) -> str:
    """Who reacted with what, as a line."""
    says = special(looks.language)
    return says.reaction.format(emoji=mail.reaction, who=mail.author.shown if mail.author else says.someone)


def reacting(mail: Mail, show: Show, reacted: Letter | None) -> React | None:
    """The reaction in place of the line that says so: where what it reacts to stands in the same conversation, and
    nothing must be said of its sender."""
    known = reacted is not None and reacted.conversation == show.conversation
    if not mail.reaction or reacted is None or not known or show.banner or mail.unreadable:
        return None
    return React(
        key=derive("react", show.letter),
        lane=show.lane,
        room=show.room,
        conversation=show.conversation,
        letter=show.letter,
        speaker=show.speaker,
        emoji=mail.reaction,
        line=show.text,
        to=reacted.key if reacted.ours else derive("show", reacted.key),
        threaded=show.threaded,
    )


def _instead(looked: Looked, line: str) -> Looked:
    """One line in place of what programs wrote for people; the whole text may be asked for."""
    return replace(
        looked, text=line, html="", images=(), files=(), unseen=(), headers=(), cut=bool(looked.text.strip())
    )


def _receipt(mail: Mail, looks: Looks, at: float) -> str:
    says, told = special(looks.language), mail.disposition
    assert told is not None
    who = told.recipient or (mail.author.spec if mail.author else says.someone)
    moment = mail.date if mail.date is not None and mail.date <= at else at
    line = says.fates[told.fate].format(who=who, when=moments.at(moment, looks.zone, looks.language))
    subject = one_line(mail.subject, 200)
    return says.read_at.format(subject=subject, line=line) if subject else line


def _complaint(mail: Mail, looks: Looks) -> str:
    says, told = special(looks.language), mail.feedback
    assert told is not None
    subject = one_line(told.original_subject, 200)
    line = says.complaint_about if subject else says.complaint
    words = line.format(type=told.type, subject=subject)
    return f"{words} {says.complaint_from.format(who=told.recipient)}" if told.recipient else words


def _once(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Google and others send a calendar twice, as an alternative and as a file: one is enough."""
    kept: list[Part] = []
    for part in parts:
        if part.type not in CALENDARS or all(part.sha256 != each.sha256 for each in kept if each.type in CALENDARS):
            kept.append(part)
    return tuple(kept)
