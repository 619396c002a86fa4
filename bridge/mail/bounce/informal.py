"""A delivery report in words: which recipients it names, and what it says of each.

For the reports of mail servers that follow no standard, and for the words beside one that does. Goes by lines: an
address that stands alone or where reports name the recipient begins what is said of it. Bounded, linear, never raises.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LINES = 600
"""Lines of a report that are looked at."""

MOST = 100
"""Recipients that are kept."""

_PARTS = re.compile(r"[\s<>\"'()\[\]:;,|=\u3000-\u303f\uff00-\uffef]")
_DOMAIN = re.compile(r"[A-Za-z0-9\u0080-\u2fff_][\w.-]{0,253}")
_AT = 5
"""Addresses in one line that are looked at."""

_ROLE = re.compile(r"(?i)(?:^|[\s<])(?:postmaster|abuse|support|help|helpdesk|admin|mailer-daemon)@")
# What stands before a recipient where a report names one.
_BEFORE = (
    "rcpt to",
    "rcpt:",
    "recipient",
    "recipients",
    "for",
    "user",
    "userid",
    "smtp",
    "address",
    "addresses",
    "mailbox",
    "delivered to",
    "message to",
    "mail to",
    "undeliverable to",
    "deliver to",
    "deliver it to",
    "unknown",
    "full",
    "attempts",
    "original to",
    "rejected",
    "failed",
    "destinatario",
    "destinataire",
    "empfänger",
    "адресат",
    "получатель",
    "宛先",
    "收件人",
)
_ENDINGS = (*(f" {word}" for word in _BEFORE), " to", "rcpt to", "smtp", "の")
_NOT_BEFORE = (
    "mail from",
    "from",
    "sender",
    "reply-to",
    "return-path",
    "contact",
    "message-id",
    "in-reply-to",
    "references",
    "originator",
    "x-postfix-sender",
    "hello",
    "dear",
    "received",
    "reporting-mta",
)
_RULES = ("---", "***", "===", "___", "###")
_RULE = re.compile(r"[\s\-=*_#|~+.>]{3,}\Z")


@dataclass(slots=True)
class Named:
    """A recipient, and the lines that are said of it. `rank`: how surely it is one, 3 the most."""

    address: str
    rank: int
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """The lines as one, without the address where it only repeats itself."""
        return " ".join(" ".join(self.lines).split())


def recipients(lines: list[str], ours: frozenset[str]) -> list[Named]:
    """The recipients that a report names, in order. `ours`: address keys of those who got the report: never one."""
    found: list[Named] = []
    by_key: dict[str, Named] = {}
    current: Named | None = None
    for line in lines[:LINES]:
        text = line.strip()
        if text[:3] in _RULES and text[-3:] in _RULES:
            continue  # a heading between rules
        if not text or _RULE.match(text):
            if current is not None and len(current.lines) > 1:
                current = None  # enough was said of that one
            continue
        named = _named(text, ours)
        if named is None:
            if current is not None and len(current.lines) < 14:
                current.lines.append(text[:500])
            continue
        known = by_key.get(named.address.lower())
        if known is None:
            if len(found) >= MOST:
                break
            by_key[named.address.lower()] = known = named
            found.append(known)
        else:
            known.lines.extend(named.lines[: 14 - len(known.lines)])
            known.rank = max(known.rank, named.rank)
        current = known
    best = max((n.rank for n in found), default=0)
    return [n for n in found if n.rank == best or n.rank >= 2]


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where addresses stand in a line: found from their @, so that no line costs more than its length."""
    at = -1
    for _ in range(_AT):
        at = text.find("@", at + 1)
        if at < 0:
            return
        local = _PARTS.split(text[max(0, at - 64) : at])[-1]
        domain = _DOMAIN.match(text, at + 1)
        name = domain[0].rstrip(".-_") if domain else ""
        if local and name and "@" not in local:
            yield at - len(local), at + 1 + len(name)


def _named(text: str, ours: frozenset[str]) -> Named | None:
    """The recipient that a line names, if it names one, with the rest of the line."""
    for begin, end in _addresses(text[:1000]):
        spec = text[begin:end]
        if spec.lower() in ours or (_ROLE.match(spec) and text != spec):
            continue
        before = text[:begin].rstrip("<\"'([{ \t*->").strip()
        after = text[end:]
        rank = _rank(before)
        if rank:
            rest = after.lstrip(">\"')]} \t:.").strip()
            return Named(spec, rank, [text] if rank < 3 and before else [rest] if rest else [])
    return None


def _rank(before: str) -> int:
    """3: the line begins with it; 2: after a word that names recipients; 1: elsewhere; 0: surely not a recipient."""
    lower = before.lower().strip(":;,. -=*•·>")
    if lower in ("to", "cc", "an", "à", "a") or "generated from" in lower:
        return 1
    if lower.endswith(_NOT_BEFORE) or lower.startswith(
        ("from", "mail from", "sender", "return-path", "x-", "received")
    ):
        return 0
    if not lower or lower == "o":
        return 3
    if lower[-1:].isdigit() and not lower.strip("0123456789.- "):
        return 3 if lower[:1] not in "245" or len(lower) != 3 else 2
    if lower.endswith(_ENDINGS) or lower in _BEFORE:
        return 2
    return 1
