"""Compiles the conditions of a rule to tests on a mail, each of which can say in words why it holds.

The words name the admin's own pattern, never text of the mail: they stand in logs, and private inboxes have rules too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bridge.core.mail import Envelope, Mail
from bridge.routing.documents import PatternDoc, WhenDoc
from bridge.routing.patterns import BadPattern, Matcher, is_glob, matcher
from bridge.yamldoc import Path

Test = Callable[[Envelope, Mail], str | None]
"""The words of why it holds, or None."""

Complain = Callable[[Path, str, str], None]
"""Takes a problem: where, what, cure."""

SPAM_HEADERS = ("X-Spam-Flag", "X-Spam-Status", "X-Spam")
"""The fields in which filters say Yes (SpamAssassin, rspamd and those that copy them)."""

_ADDRESSES = ("from", "to", "cc", "recipient")

_VALUES: dict[str, Callable[[Envelope, Mail], Iterable[str]]] = {
    # A From of several mailboxes has no author: it must not meet a rule through its second one.
    "from": lambda envelope, mail: (mail.author.spec,) if mail.author else (),
    "to": lambda envelope, mail: (address.spec for address in mail.to),
    "cc": lambda envelope, mail: (address.spec for address in mail.cc),
    "recipient": lambda envelope, mail: envelope.rcpt_tos,
    "subject": lambda envelope, mail: (mail.subject,),
    "list": lambda envelope, mail: (mail.list.id,) if mail.list else (),
    "account": lambda envelope, mail: (envelope.account,) if envelope.account else (),
    "folder": lambda envelope, mail: (envelope.folder,) if envelope.folder else (),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """All tests of one rule; none means that it takes everything."""

    tests: tuple[Test, ...]

    def why(self, envelope: Envelope, mail: Mail) -> str | None:
        """The words of all tests if all hold, else None."""
        words: list[str] = []
        for test in self.tests:
            word = test(envelope, mail)
            if word is None:
                return None
            words.append(word)
        return " and ".join(words) or "always"


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


def _matches(label: str, values: Callable[[Envelope, Mail], Iterable[str]], found: Matcher) -> Test:
    def test(envelope: Envelope, mail: Mail) -> str | None:
        hit = found.hit(values(envelope, mail))
        return None if hit is None else f"{label} is {hit}"

    return test


def _header(name: str) -> Callable[[Envelope, Mail], Iterable[str]]:
    return lambda envelope, mail: mail.header(name)


def _kind(kinds: frozenset[str]) -> Test:
    return lambda envelope, mail: f"kind is {mail.kind}" if mail.kind in kinds else None


def _spam(wanted: bool) -> Test:
    words = "it is marked as spam" if wanted else "it is not marked as spam"
    return lambda envelope, mail: words if is_spam(mail) is wanted else None


def is_spam(mail: Mail) -> bool:
    """Whether a filter's header says Yes, as its first word."""
    return any(
        value.strip().casefold().startswith(("yes", "true")) for name in SPAM_HEADERS for value in mail.header(name)
    )
