"""The machine-readable part of a delivery report: message/delivery-status (RFC 3464) and its kin, well-formed or not.

Also reads such fields where they stand in the text. Never raises; at most `MOST` recipients.
"""

import re
from dataclasses import dataclass

from bridge.core.bounces import Action

MOST = 100
"""Recipients of one report that are kept."""

_VALUE = 4000
"""Characters of a field that are kept."""

_FIELD = re.compile(r"[ \t]{0,12}([A-Za-z][A-Za-z0-9-]{1,40})[ \t]{0,2}:(.*)", re.DOTALL)
_OWN = frozenset(
    [
        "final-recipient",
        "original-recipient",
        "action",
        "status",
        "diagnostic-code",
        "remote-mta",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
        "x-actual-recipient",
        "localized-diagnostic",
    ]
)
_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "failure": "failed",
    "fail": "failed",
    "delayed": "delayed",
    "deferred": "delayed",
    "delivered": "delivered",
    "deliverable": "delivered",
    "relayed": "relayed",
    "expanded": "expanded",
}


@dataclass(slots=True)
class Group:
    """The fields of one recipient, names in lower case."""

    fields: dict[str, str]

    def action(self) -> Action | None:
        """What became of it; None when the report does not say."""
        word = re.split(r"[\s;(,]", self.fields.get("action", "").strip().lower(), maxsplit=1)[0]
        return _ACTIONS.get(word)

    def said(self) -> str:
        """The words of Diagnostic-Code, without its type (RFC 3464 section 2.3.6)."""
        words = self.fields.get("diagnostic-code", "")
        kind, mark, rest = words.partition(";")
        return (rest if mark and len(kind) < 40 and " " not in kind.strip() else words).strip()

    def addresses(self) -> tuple[str, ...]:
        """The recipient as the sender named it, then as the last server knew it."""
        names = ("original-recipient", "final-recipient", "x-actual-recipient")
        return tuple(value for name in names if (value := address(self.fields.get(name, ""))))


def address(value: str) -> str:
    """The addr-spec of a recipient field (RFC 3464 section 2.3.1): type taken off, also a route and brackets."""
    kind, mark, rest = value.partition(";")
    text = (rest if mark and "@" not in kind else value).strip()
    if "<" in text:
        text = text.partition("<")[2].partition(">")[0]
    text = re.sub(r"\([^()]{0,200}\)", " ", text).strip().strip("<>\"' ")
    if text[:1] == "@" and ":" in text:  # a source route
        text = text.partition(":")[2]
    if kind.strip().lower() == "x400" or "\\" in text:
        return ""
    text = text.split()[0] if text.split() else ""
    return text[:320]


def groups(text: str) -> list[Group]:
    """The recipients' groups of fields, in order."""
    found: list[Group] = []
    current: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if line[:1] in " \t" and last and line.strip() and not _starts(line):
            if len(current[last]) < _VALUE:
                current[last] = f"{current[last]} {line.strip()[:_VALUE]}"
            continue
        match = _FIELD.match(line)
        if not match:
            last = ""
            if not line.strip() and current:
                _keep(found, current)
                current = {}
            continue
        name = match[1].lower()
        if name not in _OWN:
            last = ""
            continue
        if name in current and name in ("final-recipient", "original-recipient", "action", "status"):
            _keep(found, current)
            current = {}
        if name in current:
            last = ""
            continue
        current[name] = match[2].strip()[:_VALUE]
        last = name
        if len(found) > MOST:
            break
    _keep(found, current)
    return found[:MOST]


def _starts(line: str) -> bool:
    match = _FIELD.match(line)
    return match is not None and match[1].lower() in _OWN


def _keep(found: list[Group], current: dict[str, str]) -> None:
    if "final-recipient" in current or "original-recipient" in current:
        found.append(Group(current))
    elif found and not set(current) & set(found[-1].fields):
        found[-1].fields.update(current)  # an empty line where none belongs
    elif "action" in current and ("status" in current or "diagnostic-code" in current):
        found.append(Group(current))
