"""What people in a room should know of how a mail came: sealed, signed, wrongly encoded, or not all of it.

Pure. The reader says these problems in the words below, and rooms tell them in their own language. What is told is no
verdict: no signature was checked, and nothing that is sealed was opened.
"""

from collections.abc import Iterator

from bridge.core.mail import Mail
from bridge.core.words import Words

ENCRYPTED = "encrypted: not opened"
SIGNED = "signed: the signature was not checked"
SIGNED_WITHIN = "signed within its text: the signature was not checked"
ELSEWHERE = "a part lies elsewhere and was not fetched"
IN_PARTS = "of a mail that was sent in parts"
"""How the problem ends that says which part it is."""

NOT_BASE64 = "said to be base64, and is not"
NOT_UUENCODED = "broken uuencoded data"


def told(mail: Mail, says: Words) -> tuple[str, ...]:
    """A line each, every one once, the graver ones first; nothing for most mail."""
    return tuple(f"[{line}]" for line in _lines(frozenset(mail.problems), says))


def _lines(problems: frozenset[str], says: Words) -> Iterator[str]:
    if ENCRYPTED in problems:
        yield says.encrypted
    if problems & {SIGNED, SIGNED_WITHIN}:
        yield says.unchecked
    if any(problem.endswith(IN_PARTS) for problem in problems):
        yield says.in_parts
    if ELSEWHERE in problems:
        yield says.part_elsewhere
    if problems & {NOT_BASE64, NOT_UUENCODED}:
        yield says.miscoded
