"""The shape of options as a person writes them (room, send, show, …), as types: schema and reference come from here.

Only shape is checked; names are resolved, and options merged rule over inbox over defaults, by the compiler.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from bridge.routing.when_doc import Patterns
from bridge.yamldoc.types import Count, Doc, Duration, Flag, Many, Size, Word, complaint, suggested


class RoomDoc(Doc):
    """Where mail appears. `is` and `per` replace each other."""

    per: Literal["conversation", "list", "correspondent"] | None = Field(default=None, description="one room for each")
    is_: Word | None = Field(default=None, alias="is", description="exactly that room: #alias or a room id")
    for_: Many[Word] | None = Field(default=None, alias="for", description="people and groups who are members")
    name: Word | None = Field(
        default=None, description="the room's name (template); by default the subject, of an `is` room the title"
    )
    topic: Word | None = Field(default=None, description="the room's topic (template)")
    alias: Word | None = Field(default=None, description="a second alias for people (template), without # and server")
    space: Flag | None = Field(default=None, description="whether it is gathered in the inbox's space; true by default")
    thread_by: Literal["references", "subject"] | None = Field(
        default=None,
        alias="thread-by",
        description="what gathers mail into one thread where conversations share the room; references by default; "
        "subject: of participants",
    )
    history: Literal["shared", "invited"] | None = Field(
        default=None,
        description="what a later member may read: all (shared, by default), or what comes after the invitation "
        "(invited, in a private inbox by default)",
    )
    encryption: Flag | None = Field(
        default=None,
        description="whether the room and its lobby are encrypted, end to end, for those in `for`; false by default",
    )
    federate: Flag | None = Field(default=None, description="whether other servers may take part; false by default")
    lobby: Word | None = Field(
        default=None, description="the room with one line for each conversation, of all in `for`"
    )
    join: Literal["on-take", "at-once"] | None = Field(
        default=None,
        description="when members are invited to a conversation: by default at once; on-take: who takes it at its line",
    )

    @model_validator(mode="after")
    def _either(self) -> "RoomDoc":
        if self.per and self.is_:
            raise complaint("`is` and `per` exclude each other", "keep one of them")
        return self


class DomainsDoc(Doc):
    """Which domains an answer may go to, or may not: corp.example, *.corp.example for what is below it, or groups of
    these.
    """

    allow: Many[Word] = Field(default=(), description="only these")
    forbid: Many[Word] = Field(default=(), description="never these")

    @model_validator(mode="after")
    def _said(self) -> "DomainsDoc":
        if not self.allow and not self.forbid:
            raise complaint("names no domain", "write allow: or forbid:")
        return self


class RateDoc(Doc):
    """How many answers may leave within some time, counted over the inbox or list."""

    mails: Annotated[Count, Field(ge=1)] = Field(description="how many")
    per: Duration = Field(description="within how long")


class SendDoc(Doc):
    """The right to answer by mail, and how. Who is not named may not."""

    who: Many[Word] | None = Field(default=None, description="people and groups who may send")
    by: Literal["reply", "all", "command"] | None = Field(
        default=None,
        description="what counts as an answer: a reply to a mail (by default), all that is said in a conversation, "
        "or (command) what begins with !send",
    )
    to: Literal["sender", "all", "list"] | None = Field(
        default=None, description="who gets the answer; by default sender, of a list's mail list"
    )
    as_: Word | None = Field(
        default=None,
        alias="as",
        description='as whom: "{me.name} <support@corp.example>", a person\'s name, or me; by default '
        "that with the inbox's address, for a list me",
    )
    cc: Many[Word] | None = Field(default=None, description="addresses that always get a copy, visibly")
    bcc: Many[Word] | None = Field(default=None, description="addresses that always get a copy, unseen")
    signature: str | None = Field(default=None, description="what stands below every answer (template)")
    approve: Many[Word] | None = Field(
        default=None, description="people and groups of whom another one than the author must agree first, by ✅"
    )
    hold: Duration | None = Field(default=None, description="how long an answer can be taken back; 15s by default")
    quote: Literal["below", "none"] | None = Field(
        default=None, description="whether the answered mail is quoted; below by default"
    )
    prefix: Word | None = Field(default=None, description='what starts a note that never leaves; "//" by default')
    domains: DomainsDoc | None = Field(default=None, description="the domains that answers may go to")
    rate: RateDoc | None = Field(default=None, description="how many answers may leave, {mails: 20, per: 1h}")
    size: Size | None = Field(default=None, description="the largest answer, with its attachments")


class MentionDoc(Doc):
    """Whom a mail mentions."""

    mention: Many[Word] = Field(description="people and groups")


def _send(value: Any) -> Any:
    if isinstance(value, str) and value != "none":
        raise complaint("must be none, or a mapping", suggested(value, ["none"]) or "write send: {who: ann}")
    return {"who": []} if value == "none" else value


Send = Annotated[SendDoc, BeforeValidator(_send, json_schema_input_type=Literal["none"] | SendDoc)]


class NotifyDoc(Doc):
    """How members are notified."""

    mode: Literal["all", "none", "mention"] = "all"
    mention: Many[Word] = ()


def _notify(value: Any) -> Any:
    if value in ("all", "none"):
        return {"mode": value}
    if isinstance(value, dict) and "mode" not in value and "mention" in value:
        return {**value, "mode": "mention"}
    raise complaint("must be all, none or {mention: …}", suggested(value, ["all", "none"]))


Notify = Annotated[NotifyDoc, BeforeValidator(_notify, json_schema_input_type=Literal["all", "none"] | MentionDoc)]


class CloseDoc(Doc):
    """When a conversation is closed in which nothing happens: everyone but the bot leaves its room, and the room its
    space, until a new mail comes. `!close` does so at once.
    """

    after: Duration = Field(description="how long no mail must have come in and no answer left or waited")


def _close(value: Any) -> Any:
    if isinstance(value, str) and value != "none":
        raise complaint("must be none, or a mapping", suggested(value, ["none"]) or "write close: {after: 14d}")
    return value


Close = Annotated[
    CloseDoc | Literal["none"], BeforeValidator(_close, json_schema_input_type=CloseDoc | Literal["none"])
]


def _keep(value: Any) -> Any:
    if value == "forever":
        return value
    try:
        return _DURATION.validate_python(value)
    except ValidationError:
        cure = suggested(value, ["forever"]) or 'write a number and a unit: "30d", "2y"'
        raise complaint("must be forever, or a duration", cure) from None


_DURATION = TypeAdapter[float](Duration)

Keep = Annotated[Literal["forever"] | float, BeforeValidator(_keep, json_schema_input_type=Literal["forever"] | str)]


class ShowDoc(Doc):
    """How a mail looks in its room. Staff who reply `!full` or react with 📄 get what was folded or left out."""

    quotes: Literal["full", "fold", "none"] | None = Field(default=None, description="quoted history; fold by default")
    signature: Literal["full", "fold", "none"] | None = Field(default=None, description="signatures; fold by default")
    disclaimer: Literal["full", "fold", "none"] | None = Field(
        default=None, description="legal notices and lists' footers; by default as `signature`"
    )
    images: Literal["inline", "files", "none"] | None = Field(default=None, description="pictures within the text")
    headers: Many[Word] | None = Field(default=None, description="header fields shown above the text: [To, Cc, Date]")
    language: Literal["en", "de", "fr", "es"] | None = Field(
        default=None, description="of the bridge's words in the room"
    )
    zone: Word | None = Field(
        default=None, description="the time zone of times that the bridge writes; by default that of the top level"
    )


class AttachmentsDoc(Doc):
    """Which attachments of a mail are shown, by name or (with a slash) MIME type. Of others the room hears size and
    reason. What answers carry is bounded by `send.size` alone.
    """

    allow: Patterns | None = Field(default=None, description='only these: ["*.pdf", "image/*"]')
    block: Patterns | None = Field(default=None, description="never these")
    size: Size | None = Field(default=None, description="the largest that is shown")


class MailboxDoc(Doc):
    """What is done with the mail in the IMAP mailbox it came from; by default nothing. Folders are never made."""

    seen: Flag | None = Field(default=None, description="mark it as read")
    flag: Flag | None = Field(default=None, description="flag it")
    move: Word | None = Field(default=None, description="the folder it is moved to")


class DigestDoc(Doc):
    """When gathered mail is shown: every so often, or at times of the day."""

    every: Duration | None = Field(default=None, description="how long mail is gathered: 30m")
    at: Many[Word] | None = Field(default=None, description='at these times: ["9:00", "16:30"]')
    zone: Word | None = Field(default=None, description="the time zone of `at`; by default that of the top level")

    @model_validator(mode="after")
    def _one(self) -> "DigestDoc":
        if (self.every is None) == (self.at is None):
            raise complaint("needs `every` or `at`", "write every: 30m")
        if self.every is not None and not 60 <= self.every <= 31 * 86_400:
            raise complaint("must gather between a minute and a month", "write every: 30m")
        return self


class AcknowledgeDoc(Doc):
    """An automatic answer (RFC 3834) to a person's mail: never to lists or machines."""

    text: Annotated[str, Field(min_length=1)] = Field(description="what it says (template)")
    subject: Word | None = Field(
        default=None, description="its subject (template); by default Auto: Re: and the subject"
    )
    once: Duration | None = Field(default=None, description="at most one to a correspondent within; 7d by default")


def _acknowledge(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) and value != "none" else value


Acknowledge = Annotated[
    AcknowledgeDoc | Literal["none"],
    BeforeValidator(_acknowledge, json_schema_input_type=str | AcknowledgeDoc),
]


class FallbackDoc(Doc):
    """Mail to forward by mail while the chat cannot be reached."""

    after: Duration = Field(description="how long the homeserver must have been away")
    to: Many[Word] = Field(description="people, or addresses, who then get the mail as an attachment")


class RotateDoc(Doc):
    """Who takes the conversations in turn."""

    rotate: Many[Word] = Field(description="people and groups")


def _assign(value: Any) -> Any:
    return {"rotate": value} if isinstance(value, str) else value


Assign = Annotated[RotateDoc, BeforeValidator(_assign, json_schema_input_type=str | RotateDoc)]


class Options(Doc):
    """What defaults, an inbox or list, and a rule can each say; the more particular one wins, key by key."""

    room: RoomDoc | None = Field(default=None, description="where mail appears, and who sees it")
    send: Send | None = Field(default=None, description="who may answer, and how; without it nobody")
    notify: Notify | None = Field(
        default=None,
        description="who is notified; all by default, as their clients are set; with mention all, and these in person",
    )
    show: ShowDoc | None = Field(default=None, description="how a mail looks in its room")
    attachments: AttachmentsDoc | None = Field(default=None, description="which attachments are shown")
    copy_: Many[Word] | None = Field(
        default=None, alias="copy", description="addresses or inboxes that get the mail too, as an attachment"
    )
    digest: DigestDoc | Literal["none"] | None = Field(default=None, description="gather mail and show it at once")
    acknowledge: Acknowledge | None = Field(default=None, description="answer a new conversation at once")
    fallback: FallbackDoc | None = Field(default=None, description="what happens while the chat is away")
    assign: Assign | None = Field(default=None, description="who takes a new conversation: ann, or {rotate: desk}")
    forwarded_by: Many[Word] | None = Field(
        default=None,
        alias="forwarded-by",
        description="people and groups whose forwards count as mail of the original author, who then gets the answers",
    )
    tags: Many[Word] | None = Field(default=None, description="words that are shown with the conversation")
    mailbox: MailboxDoc | None = Field(default=None, description="what is done with it in the IMAP mailbox")
    keep: Keep | None = Field(
        default=None,
        description="how long a conversation is kept after its last event, before it is purged; by default forever",
    )
    close: Close | None = Field(
        default=None, description="when a conversation that has a room of its own is closed by itself; by default never"
    )
