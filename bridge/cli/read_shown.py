"""A mail as `mailroom read` shows it to people: who, what kind and why, the pieces of its text, files, problems.

Whatever comes from the mail is cleaned before it is coloured: nothing in it can drive the terminal. It decides nothing.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bridge.cli.read_json import iso
from bridge.core.body import Piece
from bridge.core.words.bounces import why

if TYPE_CHECKING:
    from bridge.app.mailfiles import MailFile
    from bridge.core.addresses import Address
    from bridge.core.bounces import Failure
    from bridge.core.calendars import Calendar, Event
    from bridge.core.mail import Mail, Part

MARKS = {
    "new": ("┃", None),
    "quoted": (">", "bright_black"),
    "signature": ("~", "bright_black"),
    "disclaimer": ("§", "bright_black"),
    "forwarded": ("»", "blue"),
}
"""What stands in the margin of each kind of piece, and its colour."""

_NAME = 14
_JOINERS = "\u200c\u200d"


def clean(text: str) -> str:
    """One line of a mail for a terminal: no control, direction or invisible character; tabs as spaces."""
    return "".join(c if c.isprintable() or c in _JOINERS else " " for c in text.expandtabs(4))


def shown(found: "MailFile") -> Iterator[str]:
    """The mail, line by line; of a file that could not be opened why."""
    mail = found.mail
    yield click.style(clean(found.name), bold=True)
    for problem in mail.problems:
        yield _problem(problem)
    if not found.opened:
        return
    if mail.unreadable:
        yield _problem("not all of it could be read: the room gets the original with it")
    yield from _head(mail)
    yield ""
    yield from _pieces(mail.pieces or (Piece("new", mail.text),))
    yield from _apart(mail)


def _head(mail: "Mail") -> Iterator[str]:
    yield _field("kind", f"{mail.kind} ({mail.kind_why})" if mail.kind_why else mail.kind)
    yield from _people("from", mail.from_)
    yield from _people("sender", (mail.sender,) if mail.sender else ())
    yield from _people("reply to", mail.reply_to)
    yield from _people("to", mail.to)
    yield from _people("cc", mail.cc)
    yield from _said("date", iso(mail.date))
    yield _field("subject", mail.subject)
    yield from _said("message id", mail.message_id)
    yield from _said("in reply to", " ".join(mail.in_reply_to))
    yield from _said("references", " ".join(mail.references))
    if mail.list is not None:
        post = f", post to {mail.list.post.spec}" if mail.list.post else ""
        yield _field("list", f"{mail.list.name} <{mail.list.id}>{post}".strip())
        yield from _said("archived at", mail.list.archived_at)
        yield from _said("unsubscribe", " ".join(mail.list.unsubscribe))
    claims = (f"{v.method}={v.result} says {v.server or 'nobody'}" for v in mail.verdicts)
    yield from _said("authentication", ", ".join(claims))
    yield from _said("language", mail.language)


def _pieces(pieces: Iterable[Piece]) -> Iterator[str]:
    for piece in pieces:
        mark, colour = MARKS[piece.kind]
        for line in piece.text.strip("\n").split("\n"):
            text = f"{mark} {clean(line)}".rstrip()
            yield click.style(text, fg=colour) if colour else text


def _apart(mail: "Mail") -> Iterator[str]:
    lines = [
        *(_field("file", _file(part)) for part in mail.attachments),
        *(_field("forwarded", _names(one.from_, one.date, one.subject)) for one in mail.forwarded),
        *_said("reaction", mail.reaction),
        *_said("receipt", f"{mail.disposition.fate} of {mail.disposition.original_id}" if mail.disposition else ""),
        *_said("complaint", f"{mail.feedback.type} of {mail.feedback.original_id}" if mail.feedback else ""),
        *(_field("delivery", _failure(failure)) for failure in (mail.bounce.failures if mail.bounce else ())),
        *_said("report on", mail.bounce.original_id if mail.bounce else ""),
        *_calendar(mail.calendar),
        *_said("not loaded", f"{mail.remote_images} remote images" if mail.remote_images else ""),
    ]
    if lines:
        yield ""
        yield from lines


def _file(part: "Part") -> str:
    inline = ", shown in the text" if part.inline else ""
    return f"{part.name} ({part.type}, {part.size:,} octets{inline})"


def _failure(failure: "Failure") -> str:
    lasting = {True: "for good", False: "for now", None: ""}[failure.permanent]
    plainly = "" if failure.action in ("delivered", "relayed") and failure.reason != "feedback" else why(failure.reason)
    words = (failure.address or "no address", failure.action, lasting, failure.status, plainly, failure.said)
    return ", ".join(word for word in words if word)


def _calendar(calendar: "Calendar | None") -> Iterator[str]:
    if calendar is not None:
        for event in calendar.events:
            yield _field("calendar", f"{calendar.method}: {_event(event)}")


def _event(event: "Event") -> str:
    span = " to ".join(moment for moment in (event.start, event.end) if moment)
    words = (event.title, span, event.recurrence, event.place, event.organizer, event.answer)
    return ", ".join(word for word in words if word)


def _people(name: str, addresses: "Iterable[Address]") -> Iterator[str]:
    yield from _said(name, ", ".join(address.shown for address in addresses))


def _names(addresses: "Iterable[Address]", *words: str) -> str:
    return ", ".join(word for word in (*(address.shown for address in addresses), *words) if word) or "a mail"


def _said(name: str, text: str) -> Iterator[str]:
    if text:
        yield _field(name, text)


def _field(name: str, text: str, colour: str = "bright_black") -> str:
    return f"{click.style(name.ljust(_NAME), fg=colour)} {clean(text)}".rstrip()


def _problem(text: str) -> str:
    return _field("problem", text, "red")
