"""The shape of conditions as a person writes them (`when`), as types: schema and reference are generated from here.

Only shape is checked; names (people, groups, times) are resolved by the compiler.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    Tag,
    model_validator,
)

from bridge.yamldoc.types import Count, Doc, Flag, Many, Size, Word, complaint

KindName = Literal[
    "personal", "list", "bulk", "auto-reply", "bounce", "receipt", "calendar", "reaction", "feedback", "empty"
]
Result = Literal["pass", "fail", "none"]
Standing = Literal["new", "existing", "answered"]


def _only_regex(schema: dict[str, Any]) -> None:
    """A plain text is written as itself, never as a mapping."""
    del schema["properties"]["text"]
    schema["required"] = ["regex"]


class Ordered(Doc):
    """A mapping that knows the order in which its keys were written: explanations follow it."""

    _written: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _in_order(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(value)
        if isinstance(value, dict):
            names = {field.alias or name: name for name, field in cls.model_fields.items()}
            made._written = tuple(names[key] for key in value)
        return made

    @property
    def written(self) -> tuple[str, ...]:
        """The fields that were written, in their order."""
        return self._written


_ESCAPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
"""What no file may hold itself: "\\b" in double quotes is a backspace, and nothing would ever match."""


class PatternDoc(Doc):
    """A text matched exactly or by glob (`*`, `?`), whatever the case; or a linear-time regex, as written."""

    model_config = ConfigDict(json_schema_extra=_only_regex)

    text: str = ""
    regex: Word | None = Field(default=None, description="in the syntax of RE2, found anywhere in the value")

    @model_validator(mode="after")
    def _one(self) -> "PatternDoc":
        if bool(self.text) == bool(self.regex):
            raise complaint("must be a text or {regex: …}", "")
        if escaped := _ESCAPED.search(self.regex or self.text):
            what = f"holds the control character U+{ord(escaped[0]):04X}, which a backslash makes in double quotes"
            raise complaint(what, "use single quotes, or write each backslash twice")
        return self


def _pattern(value: Any) -> Any:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, dict) and "text" in value:
        raise complaint("must be a text or {regex: …}", "write the text itself")
    return value


def _list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Pattern = Annotated[PatternDoc, BeforeValidator(_pattern, json_schema_input_type=str | PatternDoc)]
Patterns = Annotated[
    tuple[Pattern, ...],
    Field(min_length=1),
    BeforeValidator(_list, json_schema_input_type=str | PatternDoc | list[str | PatternDoc]),
]
"""One pattern or several, of which any may match."""


class SizeDoc(Doc):
    """Bounds of a size, neither of them included."""

    over: Size | None = Field(default=None, description="more than this")
    under: Size | None = Field(default=None, description="less than this")

    @model_validator(mode="after")
    def _said(self) -> "SizeDoc":
        if self.over is None and self.under is None:
            raise complaint("says no size", "write over: 5MB, or under: 5MB")
        if self.over is not None and self.under is not None and self.over >= self.under:
            raise complaint("never matches: `over` is not below `under`", "exchange them")
        return self


class AttachmentDoc(Doc):
    """Attachments that meet all of name, type and size. Images shown inside the text are none."""

    name: Patterns | None = Field(default=None, description="the file's name")
    type: Patterns | None = Field(default=None, description="the MIME type")
    size: SizeDoc | None = Field(default=None, description="the file's size")
    at_least: Annotated[Count, Field(ge=1)] | None = Field(
        default=None, alias="at-least", description="how many there must be; 1 by default, unless `at-most` is 0"
    )
    at_most: Count | None = Field(default=None, alias="at-most", description="how many there may be")


def _attachment(value: Any) -> Any:
    match value:
        case "true":
            return {"at-least": "1"}
        case "false":
            return {"at-most": "0"}
        case str():
            raise complaint("must be true, false or keys", "write true, false, or for example {name: '*.pdf'}")
        case _:
            return value


class AuthenticationDoc(Ordered):
    """What the servers in `authserv` of the settings found out about the sender (RFC 8601). `none`: they said nothing,
    or neither pass nor fail. The topmost of their Authentication-Results fields that names the method counts. Your
    border server must strip fields that come from outside under its name, or anybody can forge them.
    """

    dmarc: Many[Result] | None = Field(default=None, description="whether the domain in From stands for the mail")
    dkim: Many[Result] | None = Field(default=None, description="whether a signature is good; one is enough")
    spf: Many[Result] | None = Field(
        default=None, description="whether the sending host may use the envelope's domain; softfail is fail"
    )

    @model_validator(mode="after")
    def _said(self) -> "AuthenticationDoc":
        if not self.model_fields_set:
            raise complaint("says nothing", "write dmarc: pass, or dkim, or spf")
        return self


class WindowDoc(Doc):
    """When a mail came, by the clock on the wall. All that is said must hold. What goes over midnight belongs to the
    day on which it begins.
    """

    hours: Many[Word] | None = Field(
        default=None, description='"9:00-17:30", the end not counted; over midnight too: "22:00-6:00"'
    )
    days: Many[Word] | None = Field(default=None, description="mon, tue, wed, thu, fri, sat, sun, or mon-fri")
    holidays: Flag | None = Field(default=None, description="true: only on `holidays` of the top level; false: never")
    zone: Word | None = Field(default=None, description="the time zone; by default that of the top level, else UTC")

    @model_validator(mode="after")
    def _said(self) -> "WindowDoc":
        if not self.model_fields_set - {"zone"}:
            raise complaint("says no time", "write hours, days or holidays")
        return self


def _windows(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _sort(value: Any) -> str:
    return "keys" if isinstance(value, dict) else "text"


_Named = Annotated[Annotated[Word, Tag("text")] | Annotated[WindowDoc, Tag("keys")], Discriminator(_sort)]
Windows = Annotated[
    tuple[_Named, ...],
    Field(min_length=1),
    BeforeValidator(_windows, json_schema_input_type=str | WindowDoc | list[str | WindowDoc]),
]
"""One window or several, of which any may hold; a text is the name of one in `times`."""


class WhenDoc(Ordered):
    """Conditions: all of them must hold."""

    from_: Patterns | None = Field(default=None, alias="from", description="the one address in From")
    to: Patterns | None = Field(default=None, description="an address in To")
    cc: Patterns | None = Field(default=None, description="an address in Cc")
    to_or_cc: Patterns | None = Field(default=None, alias="to-or-cc", description="an address in To or Cc")
    recipient: Patterns | None = Field(default=None, description="an address of the envelope (RCPT or delivery header)")
    sender: Patterns | None = Field(
        default=None, description='the envelope sender (MAIL FROM; over IMAP Return-Path); "<>" is the null sender'
    )
    account: Patterns | None = Field(default=None, description="the IMAP account it lay in")
    folder: Patterns | None = Field(default=None, description="the IMAP folder it lay in")
    subject: Patterns | None = Field(default=None, description="the whole subject; use * around a part of it")
    list: Patterns | None = Field(default=None, description="the List-Id, without brackets")
    header: dict[Word, Patterns] | None = Field(default=None, description="any header field, by its name")
    body: Patterns | None = Field(
        default=None, description="a line of the text, in its first 20,000 characters; use * around a part of it"
    )
    size: SizeDoc | None = Field(default=None, description="the whole mail's size; a file takes a third more in it")
    attachment: Annotated[
        AttachmentDoc | None, BeforeValidator(_attachment, json_schema_input_type=bool | AttachmentDoc)
    ] = Field(default=None, description="whether it has attachments (true, false), or such")
    kind: Many[KindName] | None = Field(
        default=None,
        description="what sort of mail it is, by its header fields and parts; a newsletter is bulk, or, if it has a "
        "List-Id, list",
    )
    spam: Flag | None = Field(default=None, description="whether the spam filter before us says yes")
    authentication: AuthenticationDoc | None = Field(default=None, description="what the trusted server found out")
    conversation: Many[Standing] | None = Field(
        default=None, description="new; existing: it continues one; answered: it continues one that staff answered"
    )
    correspondent: Many[Word] | None = Field(
        default=None,
        description="known: its From had mail here before; first-contact: it had none; or a group that it is in",
    )
    time: Windows | None = Field(default=None, description="when it came")
    all: "tuple[WhenDoc, ...] | None" = Field(default=None, min_length=1, description="every one of these holds")
    any: "tuple[WhenDoc, ...] | None" = Field(default=None, min_length=1, description="at least one of these holds")
    not_: "WhenDoc | None" = Field(default=None, alias="not", description="these conditions do not all hold")
