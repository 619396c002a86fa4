"""Header blocks within a text: the few lines (From, Sent, To, Subject) above a mail that is answered or passed on.

A block needs several labels that fit together and something that only mail has (an address, a date with a subject), so
that forms and travel plans stay text. Linear: a block is at most 30 lines.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.mail.quote.labels import LABEL, Meaning, asked_in_forms, label

LONGEST = 24
"""Lines of a header block that are looked at."""

_WHOLE: frozenset[Meaning] = frozenset(("from", "date", "to", "subject"))
_WRAPPED = 3
"""Lines in a row, within a block, that continue the one above (an address, a long subject, many recipients)."""

FIELDS = 300
"""Lines of a raw mail's fields that are looked at."""

_FIELD = re.compile(r"[A-Z][A-Za-z0-9]{0,20}(?:-[A-Za-z0-9]{1,20}){1,5}: ?|Received: ")
_DIGITS = re.compile(r"\d{1,4}")
_DATED = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}:\d{2}")
_INLINE = re.compile(r"[:：]")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `start` to before `end`; `fields`: the first value of each meaning."""

    start: int
    end: int
    fields: dict[Meaning, str]


def block(bares: Sequence[str], at: int, *, marked: bool = False) -> Block | None:
    """The header block that begins at line `at`. `marked`: a delimiter stands above it, which makes less enough."""
    first = label(bares[at])
    if first is None or first[0] == "other":
        return None
    fields: dict[Meaning, str] = {}
    labelled = 0
    end = at
    last: Meaning = "other"
    between: list[str] = []
    for index in range(at, min(at + LONGEST, len(bares))):
        bare = bares[index]
        found = label(bare)
        if found is not None:
            if between and fields.get(last) is not None and all(between):
                fields[last] = " ".join((fields[last], *between)).strip()
            last = found[0]
            if last in fields and (last in ("from", "subject") or labelled > 8):
                break  # the block of another mail
            fields.setdefault(last, found[1])
            labelled += 1
            end = index + 1
            between = []
            continue
        if not marked and not fields.keys() >= _WHOLE and asked_in_forms(bare):
            return None  # a form's, and no mail's
        between.append(bare)
        blanks = sum(1 for line in between if not line)
        if blanks > (2 if marked or labelled < 2 else 1) or len(between) - blanks > _WRAPPED:
            break
    if not _holds(fields, labelled, marked=marked):
        return None
    tail = end
    if last in ("to", "cc", "date", "from", "other"):  # many recipients, wrapped below the last label
        while tail < len(bares) and tail - end < _WRAPPED and _continues(bares[tail]):
            tail += 1
    return Block(at, tail, fields)


def _continues(bare: str) -> bool:
    return bool(bare) and "@" in bare and (bare.startswith("<") or bare.endswith((";", ">", ",")))


def _holds(fields: dict[Meaning, str], labelled: int, *, marked: bool) -> bool:
    meanings = {meaning for meaning in fields if meaning != "other"}
    address = any("@" in fields[meaning] for meaning in meanings if meaning != "subject")
    dated = "date" in meanings and _DIGITS.search(fields["date"]) is not None
    if marked and "from" in meanings:
        return labelled >= 2 or address
    if "from" in meanings and fields["from"]:
        if len(meanings) >= 3:
            return address or (dated and ("subject" in meanings or ("to" in meanings and ":" in fields["date"])))
        return len(meanings) == 2 and address and (dated or "subject" in meanings)
    return {"date", "to", "subject"} <= meanings and (dated or address)


def raw_start(texts: Sequence[str], bares: Sequence[str], at: int, first: int) -> int:
    """Where the fields begin of a mail whose whole source stands in the text, its block of known labels at line `at`.

    Fields are of one piece (RFC 5322 section 2.1), at most `FIELDS` lines; `at` itself when no others stand above.
    """
    start = at
    found = False
    while start > first and at - start < FIELDS and bares[start - 1]:
        if _FIELD.match(texts[start - 1]) is not None:
            found = True
        elif texts[start - 1][:1] not in " \t":
            return at
        start -= 1
    return start if found else at


def inline(bare: str) -> bool:
    """Whether one line holds a whole header block, as flattened HTML leaves it ("From: … Sent: … To: … Subject: …")."""
    if len(bare) < 60 or "@" not in bare or bare.count(":") > 12:
        return False
    first = label(bare)
    if first is None or first[0] not in ("from", "date"):
        return False
    meanings: set[Meaning] = {first[0]}
    for colon in _INLINE.finditer(bare):
        words = bare[: colon.start()].split()
        for size in (1, 2):
            found = label(" ".join(words[-size:]).strip("*") + ":")
            if found is not None:
                meanings.add(found[0])
    return {"from", "date", "subject"} <= meanings


def notes(bares: Sequence[str], at: int) -> int | None:
    """Where the block begins that Notes writes without colons (a name, a date, "To" and "Subject" each on its line).

    `at`: the line of its "To". None when it is none.
    """
    if len(bares[at]) > LABEL or _alone(bares[at]) != "to":
        return None
    below = range(at + 1, min(at + LONGEST, len(bares)))
    if not any(_alone(bares[index]) == "subject" for index in below):
        return None
    shown: list[int] = []
    for index in range(at - 1, max(at - 8, -1), -1):
        if bares[index]:
            shown.append(index)
        if len(shown) == 3:
            break
    dated = next((n for n, index in enumerate(shown) if _DATED.search(bares[index])), None)
    if dated is None:
        return None
    return shown[dated + 1] if dated + 1 < len(shown) and shown[dated] - shown[dated + 1] == 1 else shown[dated]


def _alone(bare: str) -> Meaning | None:
    found = label(f"{bare}:") if bare and len(bare) < LABEL and ":" not in bare else None
    return None if found is None else found[0]
