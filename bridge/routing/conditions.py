"""Compiles the conditions of a rule to tests on a mail, each of which can say in words why it holds.

The words name the admin's own pattern, never text of the mail: they stand in logs, and private inboxes have rules too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.core.decision import Standing
from bridge.core.mail import Envelope, Mail
from bridge.routing.patterns import BadPattern, Matcher, is_glob, matcher
from bridge.routing.when_doc import PatternDoc, WhenDoc
from bridge.yamldoc import Path


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule is asked about: a mail in one scope. `at`: when it came, in seconds since the epoch."""

    envelope: Envelope
    mail: Mail
    at: float
    standing: Standing = Standing()


Test = Callable[[Case], str | None]
"""The words of why it holds, or None."""

Complain = Callable[[Path, str, str], None]
"""Takes a problem: where, what, cure."""

SPAM_HEADERS = ("X-Spam-Flag", "X-Spam-Status", "X-Spam")
"""The fields in which filters say Yes (SpamAssassin, rspamd and those that copy them)."""

_ADDRESSES = ("from", "to", "cc", "recipient")

_VALUES: dict[str, Callable[[Case], Iterable[str]]] = {
    # A From of several mailboxes has no author: it must not meet a rule through its second one.
    "from": lambda case: (case.mail.author.spec,) if case.mail.author else (),
    "to": lambda case: (address.spec for address in case.mail.to),
    "cc": lambda case: (address.spec for address in case.mail.cc),
    "recipient": lambda case: case.envelope.rcpt_tos,
    "subject": lambda case: (case.mail.subject,),
    "list": lambda case: (case.mail.list.id,) if case.mail.list else (),
    "account": lambda case: (case.envelope.account,) if case.envelope.account else (),
    "folder": lambda case: (case.envelope.folder,) if case.envelope.folder else (),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """All tests of one rule; none means that it takes everything."""

    tests: tuple[Test, ...]

    def why(self, case: Case) -> str | None:
        """The words of all tests if all hold, else None."""
        words: list[str] = []
        for test in self.tests:
            word = test(case)
            if word is None:
                return None
            words.append(word)
        return " and ".join(words) or "always"


LATER = frozenset(
    {"to_or_cc", "sender", "body", "size", "attachment", "authentication", "conversation", "correspondent", "time"}
    | {"all", "any", "not_"}
)
"""Conditions of the language that this version does not obey."""


def compile_when(when: WhenDoc | None, path: Path, complain: Complain) -> Conditions:
    """The conditions as tests; what cannot be compiled is complained of."""
    if when is None:
        return Conditions(())
    tests: list[Test] = []
    for field, values in _VALUES.items():
        patterns: tuple[PatternDoc, ...] | None = getattr(when, "from_" if field == "from" else field)
        if patterns is not None and (found := _matcher(patterns, (*path, field), complain)):
            if field in _ADDRESSES:
                _check_addresses(patterns, (*path, field), complain)
            tests.append(_matches(field, values, found))
    for name, patterns in (when.header or {}).items():
        if found := _matcher(patterns, (*path, "header", name), complain):
            tests.append(_matches(f"header {name}", _header(name), found))
    if when.kind is not None:
        tests.append(_kind(frozenset(when.kind)))
    if when.spam is not None:
        tests.append(_spam(when.spam))
    for field in sorted(LATER & when.model_fields_set):
        word = type(when).model_fields[field].alias or field
        what = "this version does not obey that condition yet, and ignoring it would misroute"
        complain((*path, word), what, "remove it")
    if not when.model_fields_set:
        complain(path, "has no condition", "name one, or leave out `when` to take everything")
    return Conditions(tuple(tests))


def _matcher(patterns: tuple[PatternDoc, ...], path: Path, complain: Complain) -> Matcher | None:
    try:
        return matcher(patterns)
    except BadPattern as error:
        complain(path, f"this regex cannot be read: {error}", "see the syntax of RE2")
        return None


def _check_addresses(patterns: tuple[PatternDoc, ...], path: Path, complain: Complain) -> None:
    for pattern in patterns:
        if pattern.text and "@" not in pattern.text and not is_glob(pattern.text):
            cure = f'write a whole address or "*@{pattern.text}"'
            complain(path, f"{pattern.text!r} is no address and never matches", cure)


def _matches(label: str, values: Callable[[Case], Iterable[str]], found: Matcher) -> Test:
    def test(case: Case) -> str | None:
        hit = found.hit(values(case))
        return None if hit is None else f"{label} is {hit}"

    return test


def _header(name: str) -> Callable[[Case], Iterable[str]]:
    return lambda case: case.mail.header(name)


def _kind(kinds: frozenset[str]) -> Test:
    return lambda case: f"kind is {case.mail.kind}" if case.mail.kind in kinds else None


def _spam(wanted: bool) -> Test:
    words = "it is marked as spam" if wanted else "it is not marked as spam"
    return lambda case: words if is_spam(case.mail) is wanted else None


def is_spam(mail: Mail) -> bool:
    """Whether a filter's header says Yes, as its first word."""
    return any(
        value.strip().casefold().startswith(("yes", "true")) for name in SPAM_HEADERS for value in mail.header(name)
    )
