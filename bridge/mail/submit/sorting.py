"""Sorts the replies of a submission server by code into what the caller does next. Never by their text.

Throttling and what concerns the whole account is told apart from what concerns one mail or one recipient.
"""

import re
from dataclasses import dataclass

from bridge.core.errors import Transient

THROTTLED = 300.0
"""Seconds to wait when a server says "not so fast": it names no time itself."""
LOGIN_REFUSED = 600.0
"""Seconds between tries of a login that was refused: fewer than any lock-out counts."""
UNTRUSTED = 600.0
"""Seconds between tries when TLS cannot be had."""

TLS = "tls"
"""Code of errors that are about TLS, which has no reply code."""

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
# RFC 4954 section 6, RFC 5248, RFC 3463: the mailbox or the connection, not this mail, is what is refused.
_THROTTLE_CODES = frozenset({"4.3.2", "4.4.5", "4.5.3"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: `code` 250, `enhanced` "2.1.0" or empty (RFC 2034), `words` in one line, cut."""

    code: int
    enhanced: str
    words: str

    @property
    def ok(self) -> bool:
        """2yz."""
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        """5yz; anything that is no proper reply is not."""
        return 500 <= self.code < 600

    @property
    def label(self) -> str:
        """ "550 5.1.1"."""
        return f"{self.code} {self.enhanced}".rstrip()


def reply(code: int, text: str) -> Reply:
    """Read a reply; enhanced codes repeated on continuation lines are removed."""
    found = _ENHANCED.match(text)
    enhanced = found[1] if found else ""
    lines = (line.removeprefix(enhanced).strip() for line in text.split("\n"))
    words = _CONTROL.sub(" ", " ".join(line for line in lines if line)).strip()
    return Reply(code, enhanced, words[:500])


def throttled(answer: Reply) -> bool:
    """Whether a 4yz at greeting or MAIL is about the account as a whole: 421, 432, 454 and 45x with 4.7.x and such."""
    if answer.code in (421, 432, 454):
        return True
    return 400 <= answer.code < 500 and (answer.enhanced.startswith("4.7.") or answer.enhanced in _THROTTLE_CODES)


def needs_login(answer: Reply) -> bool:
    """530, 534, 535, 538 (RFC 4954 section 6): the server wants another or any login, whatever the mail."""
    return answer.code in (530, 534, 535, 538)


def away(account: str, host: str, what: str, *, code: str = "", retry_after: float | None = None) -> Transient:
    """The whole account cannot send now: `what` says why, in words for people."""
    words = f"mail server {host} (account {account}): {what}"
    return Transient(words, code=code, retry_after=retry_after, peer_down=True)
