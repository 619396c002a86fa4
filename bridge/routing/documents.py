"""The shape of rule files as a person writes them, as types: the schema and the reference are generated from here.

Only shape is checked; names are resolved, and options merged, by the compiler.
"""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from bridge.routing.option_docs import Options, RoomDoc
from bridge.routing.when_doc import WhenDoc, WindowDoc
from bridge.yamldoc.types import Doc, Flag, Many, Word, complaint

Doing = Literal["bridge", "show", "drop", "quarantine", "triage", "reject", "forward"]


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise complaint("is no date", "write year, month and day: 2027-03-31") from None


_YEARLY = re.compile(r"[0-9]{2}-[0-9]{2}\Z")


def _holiday(value: Any) -> Any:
    try:
        if isinstance(value, str) and _YEARLY.match(value):
            return date.fromisoformat(f"2000-{value}").isoformat()[5:]
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else value
    except ValueError:
        cure = "write year, month and day, 2027-03-31, or month and day for every year, 12-25"
        raise complaint("is no date", cure) from None


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]
"""A day, written 2027-03-31."""

Holiday = Annotated[str, BeforeValidator(_holiday, json_schema_input_type=str)]
"""A day, written 2027-03-31, or 12-25 for that of every year."""


class RuleDoc(Options):
    """One rule. The first whose conditions hold is taken."""

    name: Word | None = Field(default=None, description="what traces, logs and tests call it; each its own")
    when: WhenDoc | None = Field(default=None, description="without conditions it takes everything")
    do: Doing | None = Field(default=None, description="bridge by default")
    reject: Word | None = Field(default=None, description="refuse it at SMTP time with this text")
    forward: Many[Word] | None = Field(
        default=None, description="addresses or inboxes that get it as an attachment, instead of being shown here"
    )
    enabled: Flag = Field(default=True, description="false: checked, and otherwise as if it were not there")
    expires: Day | None = Field(
        default=None, description="the last day on which it is asked, in the zone of the top level"
    )

    @model_validator(mode="after")
    def _one_action(self) -> "RuleDoc":
        for word, said in (("reject", self.reject), ("forward", self.forward)):
            if said is not None and self.do not in (None, word):
                raise complaint(f"`{word}` and `do: {self.do}` contradict each other", "keep one of them")
        if self.reject is not None and self.forward is not None:
            raise complaint("`reject` and `forward` contradict each other", "keep one of them")
        if self.copy_ and self.doing in ("quarantine", "triage", "reject"):
            raise complaint(
                f"`copy` and `{self.doing}` contradict each other: that mail goes nowhere", "keep one of them"
            )
        if self.do == "forward" and self.forward is None:
            raise complaint("`do: forward` says not where to", "write forward: boss@corp.example")
        return self

    @property
    def doing(self) -> Doing:
        """What it does with the mail."""
        if self.reject is not None:
            return "reject"
        return "forward" if self.forward is not None else self.do or "bridge"


class BoxDoc(Options):
    """What an inbox and a list have in common."""

    title: Word | None = Field(default=None, description="what people read; by default the name")
    private: Flag = Field(default=False, description="no sender, subject or result anywhere but in its own rooms")
    rules: tuple[RuleDoc, ...] = Field(default=(), description="the first whose conditions hold is taken")


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

    name: Word | None = Field(default=None, description="the full name; by default the key")
    matrix: Word | None = Field(default=None, description="the Matrix user id, if it is not @key:domain")
    mail: Word | None = Field(default=None, description="the mail address, if it is not key@domain")


def _person(value: Any) -> Any:
    if value is None:
        return {}
    return {"name": value} if isinstance(value, str) else value


Person = Annotated[PersonDoc, BeforeValidator(_person, json_schema_input_type=str | PersonDoc)]


class UnmatchedDoc(Doc):
    """What is addressed to nobody."""

    do: Literal["triage", "quarantine"] = Field(default="triage", description="show it in `room`, or hold it")
    room: RoomDoc | None = Field(default=None, description="where; by default the admin room")
    catch_all: Many[Word] = Field(default=(), alias="catch-all", description="domains of which every address is taken")


class RulesDoc(Doc):
    """One rule file. All files of the directory are read as one."""

    domain: Word | None = Field(default=None, description="ann is @ann:domain and ann@domain")
    people: dict[str, Person] = Field(default={}, description="staff, by short name")
    groups: dict[str, Many[Word]] = Field(
        default={}, description="people and groups by name; also addresses, domains and globs of them, for conditions"
    )
    zone: Word | None = Field(
        default=None, description="the time zone of all that has none: Europe/Berlin; by default UTC"
    )
    times: dict[
        str,
        Annotated[
            tuple[WindowDoc, ...],
            Field(min_length=1),
            BeforeValidator(_list, json_schema_input_type=WindowDoc | list[WindowDoc]),
        ],
    ] = Field(default={}, description="windows of time by name, for conditions")
    holidays: Many[Holiday] = Field(
        default=(), description="the days that `holidays` of a window means; 12-25 is that day of every year"
    )
    defaults: Options | None = Field(default=None, description="options for every inbox and list")
    before: tuple[RuleDoc, ...] = Field(default=(), description="asked first, whatever the inbox")
    inboxes: dict[str, InboxDoc] = Field(default={}, description="by name")
    lists: dict[str, ListDoc] = Field(default={}, description="mailing lists by name")
    unmatched: UnmatchedDoc | None = Field(default=None, description="mail that is addressed to nobody")
