"""The shape of users' rule tests (`*.test.yaml`) as types: the schema and its descriptions are generated from here.

Only shape is checked; people, inboxes, lists and rules are resolved where the tests are prepared.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from bridge.yamldoc.types import Doc, Flag, Many, Size, Word, complaint, suggested

MAX_PARTS = 100
"""Attachments of one inline mail: more than any rule needs to tell apart."""


def _moment(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise complaint("is no moment", 'write "2026-11-23 10:00", with +01:00 behind it for another zone') from None


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
"""A moment, written 2026-11-23 10:00; in the rules' time zone unless it names its own."""


class FileDoc(Doc):
    """An attachment of an inline mail."""

    name: Word = Field(description="the file's name")
    type: Word = Field(default="application/octet-stream", description="its MIME type")
    size: Size = Field(default=1000, description="its size, 1kB by default")


class MailDoc(Doc):
    """A mail written down in the test. What is not said is not in it; Date, Message-ID and a text of "..." aside."""

    from_: Word | None = Field(default=None, alias="from", description='"Kim Lee <kim@customer.example>"')
    to: Many[Word] = Field(default=(), description="the To field; who is addressed is said beside `mail`")
    cc: Many[Word] = Field(default=(), description="the Cc field")
    reply_to: Many[Word] = Field(default=(), alias="reply-to", description="the Reply-To field")
    subject: Word | None = Field(default=None, description="the Subject field")
    date: Word | None = Field(default=None, description="the Date field; by default the moment of `at`")
    message_id: Word | None = Field(default=None, alias="message-id", description="the Message-ID field, with <>")
    in_reply_to: Word | None = Field(default=None, alias="in-reply-to", description="the In-Reply-To field, with <>")
    references: Many[Word] = Field(default=(), description="the References field, each with <>")
    list_id: Word | None = Field(default=None, alias="list-id", description="the List-Id field")
    list_post: Word | None = Field(default=None, alias="list-post", description="the List-Post field")
    headers: dict[Word, Many[Word]] = Field(default={}, description="any other field: {X-Spam-Flag: YES}")
    text: str | None = Field(default=None, description='the text; "" for none')
    html: str | None = Field(default=None, description="the text as HTML")
    attachments: Annotated[tuple[FileDoc, ...], Field(max_length=MAX_PARTS)] = Field(
        default=(), description="files: [{name: a.pdf, type: application/pdf, size: 2MB}]"
    )


class AnswerDoc(Doc):
    """To whom one answer would go."""

    by: Word | None = Field(default=None, description="the person who answers; by default the first who may")
    to: Many[Word] | None = Field(default=None, description="exactly these addresses in To; [] when none could be sent")
    cc: Many[Word] | None = Field(default=None, description="exactly these addresses in Cc")
    bcc: Many[Word] | None = Field(default=None, description="exactly these addresses get it unseen")
    as_: Word | None = Field(default=None, alias="as", description='the sender: an address, or "Name <address>"')
    confirmed: Flag | None = Field(default=None, description="whether its author must confirm the recipients first")
    approvers: Many[Word] | None = Field(default=None, description="exactly these people, of whom one must agree to it")


class MentionsDoc(Doc):
    """Whom it mentions."""

    mention: Many[Word] = Field(description="people and groups")


def _notify(value: Any) -> Any:
    if value in ("all", "none") or isinstance(value, dict):
        return value
    raise complaint("must be all, none or {mention: …}", suggested(value, ["all", "none"]))


class MarkedDoc(Doc):
    """What is done with it in its IMAP mailbox."""

    seen: Flag | None = Field(default=None, description="whether it is marked as read")
    flag: Flag | None = Field(default=None, description="whether it is flagged")
    move: Word | None = Field(default=None, description="the folder it is moved to; none: it stays")


class ExpectDoc(Doc):
    """What an inbox or list does with the mail. Only what is said is compared."""

    inbox: Word | None = Field(default=None, description="which inbox takes it")
    list_: Word | None = Field(default=None, alias="list", description="which list takes it")
    unmatched: Flag | None = Field(default=None, description="true: it is addressed to nobody")
    action: Literal["bridge", "show", "drop", "quarantine", "triage", "reject", "forward"] | None = Field(
        default=None, description="what is done with it; show: bridged, and nobody may answer"
    )
    rule: Word | None = Field(default=None, description="the rule that takes it; none when no rule does")
    room: Word | None = Field(
        default=None,
        description='"#alias" or a room id; new: a room of its own; conversation: that of its conversation; '
        "list or correspondent: the one room for that; none",
    )
    name: Word | None = Field(default=None, description="the name of the room, with its fields filled in")
    sees: Many[Word] | None = Field(default=None, description="exactly these people and groups; none or [] for nobody")
    not_sees: Many[Word] | None = Field(default=None, alias="not-sees", description="none of these people and groups")
    lobby: Word | None = Field(default=None, description='where it has its line: "#alias" or a room id; none')
    invited: Many[Word] | None = Field(
        default=None,
        description="exactly these are let in at once, others of `sees` on taking it; none or [] for nobody",
    )
    may_answer: Many[Word] | None = Field(
        default=None, alias="may-answer", description="exactly these people and groups may; none or [] for nobody"
    )
    answer: Annotated[
        tuple[AnswerDoc, ...], BeforeValidator(_list, json_schema_input_type=AnswerDoc | list[AnswerDoc])
    ] = Field(default=(), description="to whom answers would go: {by: ann, to: [kim@customer.example], as: …}")
    notify: Annotated[
        Literal["all", "none"] | MentionsDoc | None,
        BeforeValidator(_notify, json_schema_input_type=Literal["all", "none"] | MentionsDoc),
    ] = Field(default=None, description="all, none, or {mention: [ann]}")
    copies: Many[Word] | None = Field(default=None, description="exactly these addresses and inboxes get it too")
    tags: Many[Word] | None = Field(default=None, description="exactly these words are shown with it")
    assigned: Many[Word] | None = Field(default=None, description="exactly these people take it, in turn")
    acknowledged: Flag | None = Field(default=None, description="whether its author gets an automatic answer")
    digest: Flag | None = Field(default=None, description="whether it waits to be shown with others")
    withheld: Many[Word] | None = Field(default=None, description="exactly these attachments are not shown, by name")
    captures: dict[Word, str] | None = Field(default=None, description="exactly these named groups of the regexes")
    mailbox: MarkedDoc | None = Field(default=None, description="what is done with it in its IMAP mailbox")
    refusal: Word | None = Field(default=None, description="the text of a refusal at SMTP time")


class TrialDoc(Doc):
    """One test: a mail, how it came, and what is to become of it."""

    name: Word = Field(description="what the test promises")
    mail: MailDoc | None = Field(default=None, description="the mail, written down here")
    eml: Word | None = Field(default=None, description="or the file that holds it, beside this one")
    message_id: Word | None = Field(
        default=None, alias="message-id", description="or its Message-ID in the journal; envelope and time come with it"
    )
    at: Moment | None = Field(
        default=None, description="when it came; by default its Date, else 2026-01-07 10:00, a Wednesday"
    )
    to: Many[Word] = Field(default=(), description="the recipients of its envelope (RCPT)")
    account: Word | None = Field(default=None, description="the IMAP account it lay in")
    folder: Word | None = Field(default=None, description="the IMAP folder it lay in; INBOX by default")
    from_envelope: str | None = Field(
        default=None, alias="from-envelope", description='the envelope sender; by default that of From; "" for none'
    )
    known: Flag | None = Field(default=None, description="whether its author wrote to that inbox before")
    conversation: Literal["new", "existing", "answered"] = Field(
        default="new", description="whether it continues a conversation, and whether staff answered there"
    )
    expect: Annotated[
        tuple[ExpectDoc, ...],
        Field(min_length=1),
        BeforeValidator(_list, json_schema_input_type=ExpectDoc | list[ExpectDoc]),
    ] = Field(description="what becomes of it; a list means: exactly these inboxes and lists")

    @model_validator(mode="after")
    def _one(self) -> "TrialDoc":
        if sum(each is not None for each in (self.mail, self.eml, self.message_id)) != 1:
            raise complaint("needs one mail", "write mail: {…}, eml: file.eml, or message-id: <…>")
        if self.message_id is None and not self.to and self.account is None:
            raise complaint("does not say how the mail came", "write to: support@corp.example, or account:")
        if self.folder is not None and self.account is None:
            raise complaint("`folder` needs `account`", "say in which account it lay")
        return self


class TrialsDoc(Doc):
    """A file of rule tests. It is tried on the rules in its directory."""

    tests: tuple[TrialDoc, ...] = Field(min_length=1, description="each is one mail and what is to become of it")
