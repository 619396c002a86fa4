"""A mail as the JSON that `mailroom read` prints. It decides nothing."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from bridge.cli.printed_read import (
    AttachmentJson,
    BodyJson,
    BounceJson,
    CalendarJson,
    EventJson,
    FeedbackJson,
    ForwardedJson,
    ListJson,
    MailboxJson,
    ReadJson,
    ReceiptJson,
    RecipientJson,
    VerdictJson,
)
from bridge.core.body import of_kind
from bridge.core.subjects import base_subject

if TYPE_CHECKING:
    from bridge.core.addresses import Address
    from bridge.core.bounces import Bounce, Failure
    from bridge.core.calendars import Calendar, Event
    from bridge.core.mail import Mail
    from bridge.core.reports import Disposition, Feedback


def read_json(file: str, mail: "Mail") -> ReadJson:
    """The whole mail."""
    return ReadJson(
        file=file,
        message_id=mail.message_id,
        in_reply_to=list(mail.in_reply_to),
        references=list(mail.references),
        from_=_mailboxes(mail.from_),
        sender=_mailbox(mail.sender) if mail.sender else None,
        reply_to=_mailboxes(mail.reply_to),
        to=_mailboxes(mail.to),
        cc=_mailboxes(mail.cc),
        date=iso(mail.date),
        subject=mail.subject,
        base_subject=base_subject(mail.subject),
        kind=mail.kind,
        why=mail.kind_why,
        list_=_list(mail),
        authentication=[
            VerdictJson(field=v.field, server=v.server, method=v.method, result=v.result) for v in mail.verdicts
        ],
        body=_body(mail),
        attachments=[
            AttachmentJson(name=p.name, type=p.type, size=p.size, sha256=p.sha256, inline=p.inline, part=p.index)
            for p in mail.attachments
        ],
        bounce=_bounce(mail.bounce) if mail.bounce else None,
        calendar=_calendar(mail.calendar) if mail.calendar else None,
        receipt=_receipt(mail.disposition) if mail.disposition else None,
        feedback=_feedback(mail.feedback) if mail.feedback else None,
        reaction=mail.reaction,
        language=mail.language,
        remote_images=mail.remote_images,
        thread_index=mail.thread_index,
        marks=list(mail.marks),
        size=mail.size,
        problems=list(mail.problems),
        unreadable=mail.unreadable,
    )


def iso(at: float | None) -> str:
    """A moment as ISO 8601 in UTC; empty for none, and for one that no calendar has."""
    try:
        return "" if at is None else datetime.fromtimestamp(int(at), UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _mailbox(address: "Address") -> MailboxJson:
    return MailboxJson(name=address.name, address=address.spec)


def _mailboxes(addresses: "Iterable[Address]") -> list[MailboxJson]:
    return [_mailbox(address) for address in addresses]


def _list(mail: "Mail") -> ListJson | None:
    found = mail.list
    if found is None:
        return None
    return ListJson(
        id=found.id,
        name=found.name,
        post=found.post.spec if found.post else "",
        unsubscribe=list(found.unsubscribe),
        archived_at=found.archived_at,
    )


def _body(mail: "Mail") -> BodyJson:
    pieces, rich = mail.pieces, mail.html_pieces
    return BodyJson(
        new=of_kind(pieces, "new") if pieces else mail.text,
        new_html="".join(piece.text for piece in rich if piece.kind == "new") if rich else mail.html,
        quoted=of_kind(pieces, "quoted"),
        signature=of_kind(pieces, "signature"),
        disclaimer=of_kind(pieces, "disclaimer"),
        forwarded=[
            ForwardedJson(from_=_mailboxes(one.from_), date=one.date, subject=one.subject, text=one.text, part=one.part)
            for one in mail.forwarded
        ],
    )


def _bounce(bounce: "Bounce") -> BounceJson:
    return BounceJson(
        recipients=[_recipient(failure) for failure in bounce.failures], original_message_id=bounce.original_id
    )


def _recipient(failure: "Failure") -> RecipientJson:
    told: Literal["permanent", "temporary", ""] = ""
    if failure.permanent is not None:
        told = "permanent" if failure.permanent else "temporary"
    return RecipientJson(
        address=failure.address,
        action=failure.action,
        status=failure.status,
        code=failure.code,
        class_=told,
        reason=failure.reason,
        said=failure.said,
    )


def _receipt(said: "Disposition") -> ReceiptJson:
    return ReceiptJson(
        fate=said.fate,
        recipient=said.recipient,
        original_message_id=said.original_id,
        automatic=said.automatic,
    )


def _feedback(said: "Feedback") -> FeedbackJson:
    return FeedbackJson(
        type=said.type,
        recipient=said.recipient,
        source=said.source,
        original_message_id=said.original_id,
        original_from=said.original_from,
        original_subject=said.original_subject,
    )


def _calendar(calendar: "Calendar") -> CalendarJson:
    return CalendarJson(method=calendar.method, events=[_event(event) for event in calendar.events], part=calendar.part)


def _event(event: "Event") -> EventJson:
    return EventJson(
        title=event.title,
        start=event.start,
        end=event.end,
        zone=event.zone,
        place=event.place,
        organizer=event.organizer,
        attendees=list(event.attendees),
        recurrence=event.recurrence,
        description=event.description,
        uid=event.uid,
        sequence=event.sequence,
        answer=event.answer,
        rule=event.rule,
        occurrence=event.occurrence,
    )
