"""How a calendar's message looks in a room: a short block of lines above the mail's text.

Pure. What it says was said by the mail; times stand in the room's zone, and what changed is told beside what was
before, where an earlier message about the same event is known.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from bridge.core import moments, recurring
from bridge.core.calendars import Calendar, Event
from bridge.core.decision import Looks
from bridge.core.mail import Mail
from bridge.core.words.special import Special, special

SHOWN = 5
"""Events of one message that are shown."""

CROWD = 8
"""Invited people who are named."""


def block(mail: Mail, looks: Looks, earlier: Sequence[Event]) -> list[str]:
    """The lines above the text; the first is the headline. `earlier`: what was said before of the same events."""
    calendar, says = mail.calendar, special(looks.language)
    if calendar is None:
        return []
    lines: list[str] = []
    for event in calendar.events[:SHOWN]:
        old = next((each for each in earlier if _same(each, event)), None)
        if lines:
            lines.append("")
        lines.append(_head(mail, calendar, event, old, says))
        lines.extend(_facts(calendar, event, old, looks, says))
    if (more := len(calendar.events) - SHOWN) > 0:
        lines.append(says.more_events.format(count=more))
    return lines


def above(lines: Sequence[str], text: str, html: str, calendar: Calendar) -> tuple[str, str]:
    """Text and HTML with the block above them. A mail that says nothing else shows what the event says of itself."""
    said = calendar.events[0].description.strip() if len(calendar.events) == 1 else ""
    plain = "\n".join(lines)
    below = text if text.strip() else said
    head = f"<p><strong>{escape(lines[0], quote=False)}</strong>"
    rest = "".join(f"<br>{escape(line, quote=False)}" for line in lines[1:])
    return (
        f"{plain}\n\n{below}" if below else plain,
        f"{head}{rest}</p>{html}" if html else "",
    )


def kept(calendar: Calendar | None) -> tuple[Event, ...]:
    """What a letter keeps of its events, for telling later what changed."""
    if calendar is None or calendar.method in ("reply", "counter"):
        return ()
    return tuple(replace(event, description="", attendees=(), recurrence="") for event in calendar.events[:SHOWN])


def _same(earlier: Event, event: Event) -> bool:
    return bool(event.uid) and earlier.uid == event.uid and earlier.occurrence == event.occurrence


def _head(mail: Mail, calendar: Calendar, event: Event, old: Event | None, says: Special) -> str:
    title = event.title or says.untitled
    author = mail.author.shown if mail.author else says.someone
    if calendar.method == "reply":
        who = event.attendees[0] if len(event.attendees) == 1 else author
        return says.answers.get(event.answer, says.answers[""]).format(who=who, title=title)
    changed = calendar.method == "invite" and old is not None and _said(old) != _said(event)
    return says.heads["update" if changed else calendar.method].format(who=author, title=title)


def _said(event: Event) -> tuple[str, ...]:
    return (event.title, event.start, event.end, event.place, event.rule)


def _facts(calendar: Calendar, event: Event, old: Event | None, looks: Looks, says: Special) -> list[str]:
    compared = old if calendar.method in ("invite", "update", "publish") else None
    facts = [
        (says.only, "when", _only(event, looks), ""),
        (says.when, "when", _when(event, looks), _when(compared, looks) if compared else ""),
        (says.repeats, "rule", _repeats(event, looks), _repeats(compared, looks) if compared else ""),
        (says.place, "place", event.place, compared.place if compared else ""),
    ]
    lines = []
    for form, name, value, before in facts:
        if value:
            line = form.format(**{name: value})
            lines.append(says.before.format(line=line, old=before) if before and before != value else line)
    if calendar.method in ("reply", "cancel"):
        return lines
    if event.organizer:
        lines.append(says.organizer.format(who=event.organizer))
    people = [who for who in event.attendees if who != event.organizer]
    if people:
        named = ", ".join(people[:CROWD])
        more = len(people) - CROWD
        lines.append(says.invited.format(who=says.invited_more.format(who=named, count=more) if more > 0 else named))
    return lines


def _only(event: Event, looks: Looks) -> str:
    """Which date of several it is about, unless that is when it begins anyway."""
    if not event.occurrence or event.occurrence == event.start:
        return ""
    return moments.day(event.occurrence, looks.zone, looks.language)


def _when(event: Event, looks: Looks) -> str:
    return moments.span(event.start, event.end, looks.zone, looks.language)


def _repeats(event: Event, looks: Looks) -> str:
    return recurring.in_words(event.rule, event.start, looks.language) if event.rule else ""
