"""The JSON that `mailroom read` prints, one object a line, as types; its schema is written from them.

Everything in it but `file` and `problems` was written by whoever sent the mail, or follows from that.
"""

from typing import Literal

from pydantic import ConfigDict, Field

from bridge.cli.printed_base import Printed


class _Line(Printed):
    """Names that Python keeps for itself (`from`, `class`) are printed nevertheless."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class MailboxJson(_Line):
    """An address with its display name, which may be empty."""

    name: str
    address: str


class ListJson(_Line):
    """The list that the mail says it came through. `unsubscribe`: URLs and mailto addresses, as written."""

    id: str
    name: str
    post: str
    unsubscribe: list[str]
    archived_at: str


class VerdictJson(_Line):
    """One result of an Authentication-Results field: `field` counts those fields from the top, from 0.

    Anybody may have written it: only what the server says that one trusts means anything.
    """

    field: int
    server: str
    method: str
    result: str


class ForwardedJson(_Line):
    """A mail that was passed on within this one. `date`: as written. `part`: its number when it is attached, or -1."""

    from_: list[MailboxJson] = Field(serialization_alias="from")
    date: str
    subject: str
    text: str
    part: int


class BodyJson(_Line):
    """The body in its pieces. `new` holds what was quoted to answer between; `new_html`: sanitised, empty for text.

    What is of one kind stands together, in order, an empty line between what stood apart.
    """

    new: str
    new_html: str
    quoted: str
    signature: str
    disclaimer: str
    forwarded: list[ForwardedJson]


class AttachmentJson(_Line):
    """A part that is attached. `inline`: the HTML shows it. `part`: its number in the mail; `size` in octets."""

    name: str
    type: str
    size: int
    sha256: str
    inline: bool
    part: int


class RecipientJson(_Line):
    """What became of one recipient. `class`: empty when the report does not tell. `said`: the server's words."""

    address: str
    action: Literal["failed", "delayed", "delivered", "relayed", "expanded"]
    status: str
    code: str
    class_: Literal["permanent", "temporary", ""] = Field(serialization_alias="class")
    reason: str
    said: str


class BounceJson(_Line):
    """A report on delivery. `original_message_id`: of the mail that it is about, or empty."""

    recipients: list[RecipientJson]
    original_message_id: str


class EventJson(_Line):
    """A thing planned. `start`, `end`: ISO 8601, without an offset where it floats, a date when it lasts whole days.

    `recurrence`: when it repeats, in English words; `rule`: the same as written. `occurrence`: which of several dates.
    """

    title: str
    start: str
    end: str
    zone: str
    place: str
    organizer: str
    attendees: list[str]
    recurrence: str
    description: str
    uid: str
    sequence: int
    answer: str
    rule: str
    occurrence: str


class CalendarJson(_Line):
    """What a calendar's part asks. `part`: its number in the mail."""

    method: Literal["invite", "update", "cancel", "reply", "counter", "publish"]
    events: list[EventJson]
    part: int


class ReceiptJson(_Line):
    """A read receipt. `automatic`: no person did it."""

    fate: str
    recipient: str
    original_message_id: str
    automatic: bool


class FeedbackJson(_Line):
    """A complaint. `recipient`: who complains, `source`: the address that the mail came from; either may be empty."""

    type: str
    recipient: str
    source: str
    original_message_id: str
    original_from: str
    original_subject: str


class ReadJson(_Line):
    """One line of `mailroom read --json`. Texts that are absent are empty; `date` is ISO 8601 in UTC.

    `why`: the sign that decided. `base_subject`: without Re: and its kin. `unreadable`: text and attachments may
    be incomplete, or the file could not be opened; `problems` say why. `remote_images`: those that would have been
    loaded from elsewhere and are left out. `marks`: of mails of the bridge's own, hidden in the text.
    """

    file: str
    message_id: str
    in_reply_to: list[str]
    references: list[str]
    from_: list[MailboxJson] = Field(serialization_alias="from")
    sender: MailboxJson | None
    reply_to: list[MailboxJson]
    to: list[MailboxJson]
    cc: list[MailboxJson]
    date: str
    subject: str
    base_subject: str
    kind: str
    why: str
    list_: ListJson | None = Field(serialization_alias="list")
    authentication: list[VerdictJson]
    body: BodyJson
    attachments: list[AttachmentJson]
    bounce: BounceJson | None
    calendar: CalendarJson | None
    receipt: ReceiptJson | None
    feedback: FeedbackJson | None
    reaction: str
    language: str
    remote_images: int
    thread_index: str
    marks: list[str]
    size: int
    problems: list[str]
    unreadable: bool
