"""The reference part of the rule manual, written from the types: what a key is called, what it takes, what it means.

It never says what the types do not say; tutorial and examples are the manual's own.
"""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.core.templates import FILTERS, MAIL_FIELDS, ME_FIELDS
from bridge.routing import option_docs as options
from bridge.routing import trial_doc as trial
from bridge.routing import when_doc as when
from bridge.routing.documents import Day, Holiday, InboxDoc, ListDoc, PersonDoc, RuleDoc, RulesDoc, UnmatchedDoc
from bridge.routing.option_docs import Options
from bridge.yamldoc.types import Count, Duration, Flag, Size

BEGIN, END = "<!-- reference: begin -->", "<!-- reference: end -->"
"""What the generated part stands between."""

_SECTIONS: tuple[tuple[str, type[BaseModel], tuple[type[BaseModel], ...]], ...] = (
    ("Top level of a file", RulesDoc, ()),
    ("A person: a name, or", PersonDoc, ()),
    ("An inbox, and all options below", InboxDoc, (Options,)),
    ("A list, and all options below", ListDoc, (Options,)),
    ("`unmatched`", UnmatchedDoc, ()),
    ("A rule, and all options below", RuleDoc, (Options,)),
    ("`when`", when.WhenDoc, ()),
    ("`size` of a condition", when.SizeDoc, ()),
    ("`attachment` of a condition: true, false, or", when.AttachmentDoc, ()),
    ("`authentication`", when.AuthenticationDoc, ()),
    ("`time`: the name of one in `times`, or", when.WindowDoc, ()),
    ("Options, in defaults, inboxes, lists and rules", Options, ()),
    ("`room`", options.RoomDoc, ()),
    ("`send`: none, or", options.SendDoc, ()),
    ("`send.domains`", options.DomainsDoc, ()),
    ("`send.rate`", options.RateDoc, ()),
    ("`show`", options.ShowDoc, ()),
    ("`attachments`", options.AttachmentsDoc, ()),
    ("`digest`: none, or", options.DigestDoc, ()),
    ("`acknowledge`: none, a text, or", options.AcknowledgeDoc, ()),
    ("`fallback`", options.FallbackDoc, ()),
    ("`mailbox`", options.MailboxDoc, ()),
    ("`close`: none, or", options.CloseDoc, ()),
)

_TRIALS: tuple[tuple[str, type[BaseModel], tuple[type[BaseModel], ...]], ...] = (
    ("A test", trial.TrialDoc, ()),
    ("`mail` of a test", trial.MailDoc, ()),
    ("`attachments` of that mail", trial.FileDoc, ()),
    ("`expect`", trial.ExpectDoc, ()),
    ("`answer`", trial.AnswerDoc, ()),
    ("`mailbox` of `expect`", trial.MarkedDoc, ()),
)

_WORDS: tuple[tuple[object, str], ...] = (
    (when.Patterns, "pattern, or a list of them"),
    (when.Windows, "name or window, or a list of them"),
    (Day, "2027-03-31"),
    (Holiday, "2027-03-31, or 12-25"),
    (Duration, '"15s", "10m", "2h", "14d", "1w", "2y"'),
    (Size, '"500kB", "25MB"'),
    (Flag, "true, false"),
    (Count, "number"),
    (options.Send, "none, or keys"),
    (options.Notify, "all, none, {mention: …}"),
    (options.Assign, "a person or group, or {rotate: …}"),
    (options.Acknowledge, "none, a text, or keys"),
    (options.Keep, 'forever, "30d", "2y"'),
    (trial.Moment, '"2026-11-23 10:00"'),
)
"""How the types that have a notation of their own are written."""


def reference() -> str:
    """The Markdown between the two marks, marks included; always the same for the same types."""
    parts = [BEGIN]
    for title, model, without in (*_SECTIONS, *_TRIALS):
        hidden = {name for base in without for name in base.model_fields}
        parts += [
            f"\n### {title}",
            "",
            (model.__doc__ or "").strip(),
            "",
            "| key | values | meaning |",
            "|---|---|---|",
        ]
        parts += [_row(name, field) for name, field in model.model_fields.items() if name not in hidden]
    parts += ["\n### Templates", "", "Fields of every mail: " + _listed(MAIL_FIELDS) + "; named groups of regexes."]
    parts += ["Of an answer too: " + _listed(ME_FIELDS) + ".", "", "| filter | makes |", "|---|---|"]
    parts += [f"| `{name}` | {meaning} |" for name, meaning in FILTERS.items()]
    return "\n".join([*parts, "", END])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{{{name}}}`" for name in names)


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{field.alias or name}`", _values(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _values(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    if field.metadata:
        annotation = Annotated[annotation, *field.metadata]
    return ", ".join(dict.fromkeys(_spelled(annotation)))


def _spelled(kind: Any) -> Iterator[str]:
    """The words for a type, alternatives one by one."""
    known = next((words for known, words in _WORDS if _same(kind, known)), None)
    if known is not None:
        yield known
        return
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is type(None):
        return
    if origin is Annotated:
        yield from _spelled(arguments[0])
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from _spelled(argument)
    elif origin is Literal:
        yield from (str(value) for value in arguments)
    elif origin is tuple:
        inner = list(_spelled(arguments[0]))
        yield from inner
        if inner != ["keys"]:
            yield "or a list of them"
    elif origin is dict:
        yield "name: " + " ".join(_spelled(arguments[1]))
    elif kind is str:
        yield "text"
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield "keys"


def _same(kind: Any, known: object) -> bool:
    """Whether an annotation is that notation, bounds of its own aside: the validator that reads it is the same."""
    if get_origin(kind) is not Annotated:
        return False
    mine, theirs = ({repr(m) for m in get_args(k)[1:]} for k in (kind, known))
    readers = {text for text in theirs if text.startswith("BeforeValidator")}
    return bool(readers) and readers <= mine and get_args(kind)[0] == get_args(known)[0]
