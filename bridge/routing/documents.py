"""The shape of rule files, as types: what an admin may write. The schema and the manual's reference come from here.

Only shape: names are resolved, and options merged, by the compiler.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from bridge.yamldoc.types import Doc, Duration, Flag, Many, Word, complaint

Action = Literal["bridge", "drop", "quarantine", "triage"]
KindName = Literal["personal", "list", "bulk", "auto-reply", "bounce"]


class PatternDoc(Doc):
    """A text matched exactly or by glob (`*`, `?`), whatever the case; or a linear-time regex, as written."""

    text: str = ""
    regex: Word | None = None

    @model_validator(mode="after")
    def _one(self) -> "PatternDoc":
        if bool(self.text) == bool(self.regex):
            raise complaint("must be a text or {regex: …}", "")
        return self


def _pattern(value: Any) -> Any:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, dict) and "text" in value:
        raise complaint("must be a text or {regex: …}", "write the text itself")
    return value


def _patterns(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Pattern = Annotated[PatternDoc, BeforeValidator(_pattern, json_schema_input_type=str | PatternDoc)]
Patterns = Annotated[
    tuple[Pattern, ...],
    Field(min_length=1),
    BeforeValidator(_patterns, json_schema_input_type=str | PatternDoc | list[str | PatternDoc]),
]
"""One pattern or several, of which any may match."""

LATER = frozenset(
    {"sender", "body", "size", "attachment", "authentication", "conversation", "correspondent", "time"}
    | {"all", "any", "not"}
)
"""Conditions of the language that this version does not obey."""


class WhenDoc(Doc):
    """Conditions: all of them must hold."""

    @model_validator(mode="before")
    @classmethod
    def _obeyed(cls, value: Any) -> Any:
        later = sorted(LATER & value.keys()) if isinstance(value, dict) else []
        if later:
            what = f"{', '.join(later)}: this version does not obey that condition yet, and ignoring it would misroute"
            raise complaint(what, "remove it")
        return value

    from_: Patterns | None = Field(default=None, alias="from", description="the one address in From")
    to: Patterns | None = Field(default=None, description="an address in To")
    cc: Patterns | None = Field(default=None, description="an address in Cc")
    recipient: Patterns | None = Field(default=None, description="an address of the envelope (RCPT or delivery header)")
    subject: Patterns | None = Field(default=None, description="the whole subject; use * around a part of it")
    list: Patterns | None = Field(default=None, description="the List-Id, without brackets")
    kind: Many[KindName] | None = Field(default=None, description="what sort of mail it is, by its headers")
    spam: Flag | None = Field(default=None, description="whether the filter before us marked it as spam")
    header: dict[Word, Patterns] | None = Field(default=None, description="any header field, by its name")
    account: Patterns | None = Field(default=None, description="the IMAP account it lay in")
    folder: Patterns | None = Field(default=None, description="the IMAP folder it lay in")


class RoomDoc(Doc):
    """Where mail appears. `is` and `per` replace each other."""

    per: Literal["conversation", "list", "correspondent"] | None = Field(default=None, description="one room for each")
    is_: Word | None = Field(default=None, alias="is", description="exactly that room: #alias or a room id")
    for_: Many[Word] | None = Field(default=None, alias="for", description="people and groups who are members")
    name: Word | None = Field(default=None, description="the room's name; by default a conversation's subject")
    topic: Word | None = Field(default=None, description="the room's topic")
    thread_by: Literal["references", "subject"] | None = Field(
        default=None,
        alias="thread-by",
        description="what gathers mail into one thread where conversations share the room",
    )
    history: Literal["shared", "invited"] | None = Field(default=None, description="what a later member may read")
    federate: Flag | None = Field(default=None, description="whether other servers may take part")
    lobby: Word | None = Field(default=None, description="the room with one line for each conversation")
    join: Literal["on-take", "at-once"] | None = Field(default=None, description="when members are invited")

    @model_validator(mode="after")
    def _either(self) -> "RoomDoc":
        if self.per and self.is_:
            raise complaint("`is` and `per` exclude each other", "keep one of them")
        return self


class SendDoc(Doc):
    """The right to answer by mail, and how. Who is not named may not."""

    who: Many[Word] | None = Field(default=None, description="people and groups who may send")
    by: Literal["reply", "all", "command"] | None = Field(default=None, description="what counts as an answer")
    to: Literal["sender", "all", "list"] | None = Field(default=None, description="who gets the answer")
    as_: Word | None = Field(
        default=None, alias="as", description='as whom: "{me.name} <support@corp.example>", a person\'s name, or me'
    )
    hold: Duration | None = Field(default=None, description="how long an answer can be taken back")
    quote: Literal["below", "none"] | None = Field(default=None, description="whether the answered mail is quoted")
    prefix: Word | None = Field(default=None, description="what starts a note that never leaves")


class MentionDoc(Doc):
    """Whom a mail mentions."""

    mention: Many[Word]


def _send(value: Any) -> Any:
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
    raise complaint("must be all, none or {mention: …}", "")


Notify = Annotated[NotifyDoc, BeforeValidator(_notify, json_schema_input_type=Literal["all", "none"] | MentionDoc)]


class CloseDoc(Doc):
    """When a quiet conversation is closed."""

    after: Duration


class Options(Doc):
    """What defaults, an inbox or list, and a rule can each say; the more particular one wins, key by key."""

    room: RoomDoc | None = None
    send: Send | None = None
    notify: Notify | None = None
    keep: Duration | None = Field(default=None, description="how long the mail is kept")
    close: CloseDoc | None = None


class RuleDoc(Options):
    """One rule. The first whose conditions hold is taken."""

    name: Word | None = None
    when: WhenDoc | None = Field(default=None, description="without conditions it takes everything")
    do: Action = "bridge"


class BoxDoc(Options):
    """What an inbox and a list have in common."""

    title: Word | None = Field(default=None, description="what people read; by default the name")
    private: Flag = Field(default=False, description="no sender, subject or result anywhere but in its own rooms")
    rules: tuple[RuleDoc, ...] = ()


class InboxDoc(BoxDoc):
    """Mail that comes to an address or lies in an account."""

    address: Many[Word] = Field(default=(), description="its addresses; subaddresses (+x) are included")
    account: Word | None = Field(default=None, description="an IMAP account of the settings")
    folders: Many[Word] = Field(default=(), description="only these folders of the account")

    @model_validator(mode="after")
    def _door(self) -> "InboxDoc":
        if not self.address and not self.account:
            raise complaint("has neither address nor account", "say how mail comes in: address: support@corp.example")
        if self.folders and not self.account:
            raise complaint("has folders without an account", "name the account they are in")
        return self


class ListDoc(BoxDoc):
    """A mailing list: mail that comes through `via` and carries `id`."""

    id: Many[Word] = Field(description="the List-Id, without brackets")
    via: Many[Word] = Field(description="the address or account through which it arrives")


class PersonDoc(Doc):
    """A member of staff."""

    name: Word | None = None
    matrix: Word | None = Field(default=None, description="the Matrix user id, if it is not @key:domain")
    mail: Word | None = Field(default=None, description="the mail address, if it is not key@domain")


def _person(value: Any) -> Any:
    if value is None:
        return {}
    return {"name": value} if isinstance(value, str) else value


Person = Annotated[PersonDoc, BeforeValidator(_person, json_schema_input_type=str | PersonDoc)]


class UnmatchedDoc(Doc):
    """What is addressed to nobody."""

    do: Literal["triage", "quarantine"] = "triage"
    room: RoomDoc | None = None
    catch_all: Many[Word] = Field(default=(), alias="catch-all", description="domains of which every address is taken")


class RulesDoc(Doc):
    """One rule file. All files of the directory are read as one."""

    domain: Word | None = Field(default=None, description="ann is @ann:domain and ann@domain")
    people: dict[str, Person] = Field(default={}, description="staff, by short name")
    groups: dict[str, Many[Word]] = Field(default={}, description="people and groups, by name")
    defaults: Options | None = None
    before: tuple[RuleDoc, ...] = Field(default=(), description="asked first, whatever the inbox")
    inboxes: dict[str, InboxDoc] = Field(default={})
    lists: dict[str, ListDoc] = Field(default={})
    unmatched: UnmatchedDoc | None = None
