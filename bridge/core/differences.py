"""What two values of a decision say otherwise, field by field, in words.

Fields are walked generically, so that one that is added later is compared too; what each is called stands in NAMES, and
a test holds that none is missing there. Nothing here knows a mail, and what a mail said is never told: see VEILED.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from bridge.core.addresses import Address
from bridge.core.decision import (
    Acknowledge,
    Copy,
    Decision,
    Digest,
    Domains,
    Fallback,
    Lobby,
    Looks,
    Marking,
    Notify,
    Rate,
    RoomRule,
    Scope,
    Sending,
    Withheld,
)

Topic = Literal["sight", "action", "room", "answers", "elsewhere", "notify", "handling", "looks", "address", "rule"]
"""What a difference is about. `sight`: who sees it; `elsewhere`: what leaves by itself (copies, automatic answers)."""

TOPICS: tuple[Topic, ...] = (
    "sight",
    "action",
    "room",
    "answers",
    "elsewhere",
    "notify",
    "handling",
    "looks",
    "address",
    "rule",
)
"""In the order of their weight."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field with another value. `before` and `after` are words, both empty where they would tell of a mail."""

    topic: Topic
    what: str
    before: str
    after: str


NAMES: Mapping[tuple[type, str], tuple[Topic, str]] = {
    (Decision, "action"): ("action", "action"),
    (Decision, "captures"): ("looks", "what templates are filled with"),
    (Decision, "withheld"): ("looks", "attachments that are not shown"),
    (Scope, "name"): ("room", "inbox or list"),
    (Scope, "title"): ("room", "title"),
    (Scope, "sending"): ("answers", "sending"),
    (Scope, "own"): ("answers", "own addresses"),
    (Scope, "private"): ("sight", "private"),
    (Scope, "rule"): ("rule", "rule"),
    (Scope, "copies"): ("elsewhere", "copies"),
    (Scope, "digest"): ("handling", "digest"),
    (Scope, "acknowledge"): ("elsewhere", "acknowledgement"),
    (Scope, "fallback"): ("elsewhere", "fallback by mail"),
    (Scope, "assign"): ("handling", "assigned to"),
    (Scope, "tags"): ("handling", "tags"),
    (Scope, "forwarders"): ("answers", "whose forwards count as the original author's mail"),
    (Scope, "keep"): ("handling", "kept for"),
    (Scope, "close_after"): ("handling", "closed after"),
    (Scope, "voice"): ("elsewhere", "automatic mail leaves as"),
    (Scope, "refusal"): ("elsewhere", "text of the refusal"),
    (RoomRule, "members"): ("sight", "members of the room"),
    (RoomRule, "per"): ("room", "a room for each"),
    (RoomRule, "target"): ("room", "room"),
    (RoomRule, "name"): ("room", "room name"),
    (RoomRule, "topic"): ("room", "room topic"),
    (RoomRule, "thread_by"): ("room", "threads by"),
    (RoomRule, "history"): ("sight", "room history for"),
    (RoomRule, "federate"): ("sight", "open to other servers"),
    (RoomRule, "encryption"): ("sight", "encrypted"),
    (RoomRule, "alias"): ("room", "room alias"),
    (RoomRule, "space"): ("room", "in the space"),
    (RoomRule, "lobby"): ("room", "lobby"),
    (Lobby, "target"): ("room", "lobby"),
    (Lobby, "on_take"): ("sight", "invited only on taking"),
    (Sending, "identities"): ("answers", "who may answer, as whom"),
    (Sending, "by"): ("answers", "what is an answer"),
    (Sending, "to"): ("answers", "answers go to"),
    (Sending, "hold"): ("answers", "hold"),
    (Sending, "quote"): ("answers", "quote"),
    (Sending, "prefix"): ("answers", "note prefix"),
    (Sending, "cc"): ("answers", "always Cc"),
    (Sending, "bcc"): ("answers", "always Bcc"),
    (Sending, "signature"): ("answers", "signature"),
    (Sending, "rate"): ("answers", "rate limit"),
    (Sending, "size"): ("answers", "size limit (octets)"),
    (Sending, "names"): ("answers", "names of those who may answer"),
    (Sending, "approvers"): ("answers", "who agrees to answers"),
    (Domains, "allow"): ("answers", "allowed domains"),
    (Domains, "forbid"): ("answers", "forbidden domains"),
    (Notify, "mode"): ("notify", "notified"),
    (Notify, "people"): ("notify", "mentioned"),
    (Looks, "quotes"): ("looks", "quotes"),
    (Looks, "signature"): ("looks", "signatures"),
    (Looks, "disclaimer"): ("looks", "disclaimers"),
    (Looks, "images"): ("looks", "images"),
    (Looks, "headers"): ("looks", "headers shown"),
    (Looks, "language"): ("looks", "language"),
    (Looks, "zone"): ("looks", "time zone"),
    (Marking, "seen"): ("handling", "marked as seen"),
    (Marking, "flag"): ("handling", "flagged"),
    (Marking, "move"): ("handling", "moved in the mailbox to"),
}
"""What each field is about, and what people call it."""

_NEVER: Mapping[tuple[type, str], str] = {(Scope, "close_after"): "never", (Scope, "keep"): "forever"}
"""What 0 means for a span."""

_SPANS: frozenset[tuple[type, str]] = frozenset(
    {
        *_NEVER,
        (Sending, "hold"),
        (Rate, "per"),
        (Digest, "every"),
        (Acknowledge, "once"),
        (Fallback, "after"),
    }
)
"""Fields that are spans of time."""

WALKED: tuple[type, ...] = (Decision, Scope, RoomRule, Lobby, Sending, Domains, Notify, Looks, Marking)
"""Values that are compared field by field; every other value is told as a whole."""

WHOLE: tuple[type, ...] = (Address, Copy, Digest, Acknowledge, Fallback, Rate, Withheld)
"""Values that are told as a whole."""

UNTOLD: frozenset[tuple[type, str]] = frozenset({(Decision, "trace"), (Decision, "window"), (Lobby, "names")})
"""Where a rule stands and what its rulebook is called decides nothing; a window follows from the digest, and names are
those of the members."""

VEILED: frozenset[tuple[type, str]] = frozenset({(Decision, "captures"), (Decision, "withheld")})
"""Fields whose values a mail's sender writes."""


def differences(before: Any, after: Any) -> tuple[Difference, ...]:
    """How two values of one type in WALKED differ; none exactly when they are equal, UNTOLD aside."""
    if before is after:
        return ()
    found: list[Difference] = []
    kind = type(before)
    for field in fields(kind):
        if (kind, field.name) in UNTOLD:
            continue
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if type(old) is type(new) and type(old) in WALKED:
            found += differences(old, new)
            continue
        topic, what = NAMES.get((kind, field.name), ("handling", field.name))
        veiled = (kind, field.name) in VEILED
        found.append(
            Difference(topic, what, *(("", "") if veiled else (_told(kind, field.name, each) for each in (old, new))))
        )
    return tuple(found)


def _told(kind: type, field: str, value: Any) -> str:
    return _span(value, _NEVER.get((kind, field), "0s")) if (kind, field) in _SPANS else said(value)


def _span(seconds: float, never: str) -> str:
    """As rules write it, in the largest unit that measures it without a rest."""
    units = (("y", 31_536_000), ("d", 86_400), ("h", 3600), ("m", 60))
    unit, size = next((each for each in units if seconds % each[1] == 0), ("s", 1))
    return f"{seconds / size:g}{unit}" if seconds else never


def said(value: Any) -> str:
    """A value of a field in words."""
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return f"{value:g}"
        case str():
            return value
        case Address():
            return value.shown
        case Lobby():
            return f"{value.target}, invited only on taking" if value.on_take else value.target
        case (str() as who, Address() as address):
            return f"{who} as {address.shown}"
        case tuple():
            return ", ".join(said(each) for each in value)
        case _ if is_dataclass(value):
            told = ((field.name, getattr(value, field.name)) for field in fields(value))
            kept = ((name, each) for name, each in told if each not in (None, "", ()))
            return "; ".join(f"{name.rstrip('_')}: {_told(type(value), name, each)}" for name, each in kept)
        case _:
            return str(value)
