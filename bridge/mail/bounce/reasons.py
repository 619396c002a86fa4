"""Why a mail was refused, as one word, from the status code first where it is precise, then from the server's words.

The words are sisimai's public vocabulary (BSD-2-Clause; see `bridge.mail.bounce`); the codes are those of RFC 3463, its
registry (RFC 5248) and RFC 7372, 7505. Linear, never raises.
"""

from bridge.mail.bounce.phrases import TABLE

WORDS = 2000
"""Characters of a server's words that are looked at."""

_PIECES = tuple(
    (reason, tuple(tuple(piece.strip() for piece in phrase.split("*")) for phrase in phrases))
    for reason, phrases in TABLE
)
_EXACT = {
    "1.1": "userunknown",
    "1.2": "hostunknown",
    "1.3": "userunknown",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "3.4": "mesgtoobig",
    "4.7": "expired",
    "7.20": "authfailure",
    "7.21": "authfailure",
    "7.22": "authfailure",
    "7.23": "authfailure",
    "7.24": "authfailure",
    "7.25": "requireptr",
    "7.26": "authfailure",
    "7.27": "rejected",
    "7.28": "speeding",
    "7.29": "authfailure",
}
_ELSE = {
    "1.0": "",
    "1.4": "userunknown",
    "1.5": "delivered",
    "1.9": "notcompliantrfc",
    "1.10": "notaccept",
    "2.1": "suspend",
    "2.4": "mailererror",
    "3.1": "systemfull",
    "3.2": "notaccept",
    "3.3": "systemerror",
    "3.5": "systemerror",
    "3.0": "systemerror",
    "4.1": "networkerror",
    "4.2": "networkerror",
    "4.3": "systemerror",
    "4.4": "hostunknown",
    "4.5": "systemerror",
    "4.6": "networkerror",
    "5.1": "syntaxerror",
    "5.2": "syntaxerror",
    "5.3": "toomanyconn",
    "5.4": "syntaxerror",
    "5.5": "syntaxerror",
    "5.6": "mesgtoobig",
    "6.0": "contenterror",
    "6.1": "contenterror",
    "6.2": "contenterror",
    "6.3": "contenterror",
    "6.5": "contenterror",
    "6.7": "contenterror",
    "7.1": "rejected",
    "7.2": "rejected",
    "7.5": "securityerror",
    "7.6": "securityerror",
    "7.7": "securityerror",
    "7.8": "securityerror",
    "7.9": "securityerror",
    "7.10": "securityerror",
    "7.13": "suspend",
}
_GENERIC = frozenset({"1.0", "3.0", "4.1", "4.2", "4.5", "5.5", "6.0", "7.1"})
"""Codes that servers give for anything: words say more wherever they stand."""

_STRONGER = frozenset({"mailboxfull", "suspend", "hasmoved", "requireptr", "authfailure", "speeding", "notaccept"})
"""Words that say more than a code which servers often give for want of a better one."""

_COMMANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "rcpt",
        (
            "rcpt to",
            "rcpt_to",
            "rcpt command",
            "does not like recipient",
            "smtp:rcpt",
            "in reply to rcpt",
        ),
    ),
    ("mail", ("mail from", "does not like sender", "mail_from", "mail command")),
    (
        "data",
        (
            "end of data",
            "final data",
            "after data",
            "data command",
            "sent the message",
            "text command",
            ">>> data",
            "[data]",
        ),
    ),
    ("helo", ("helo", "initial connection", "refused to talk to me", "my name was rejected", "greeting")),
)
HARD = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
"""Reasons for which the address itself is of no use any more."""


def by_words(text: str) -> str:
    """The reason that the first phrase of the table found in `text` stands for, or empty."""
    lower = text[:WORDS].lower()
    for reason, phrases in _PIECES:
        for pieces in phrases:
            if pieces[0] in lower and _in_order(lower, pieces):
                return reason
    return ""


def _in_order(text: str, pieces: tuple[str, ...]) -> bool:
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def command(text: str) -> str:
    """The SMTP command that was answered: "rcpt", "mail", "data", "helo" (also for the connection), or empty."""
    lower = text[:WORDS].lower()
    return next((name for name, signs in _COMMANDS if any(sign in lower for sign in signs)), "")


def reason(status: str, reply: str, said: str, around: str = "") -> str:
    """One word. `said`: the server's words; `around`: what the reporting server says itself, asked second."""
    subject = status[2:]
    exact = _EXACT.get(subject, "")
    words = by_words(said)
    if exact and words not in _STRONGER:
        return exact
    found = _ELSE.get(subject, "")
    if not words and (not found or subject in _GENERIC):
        words = by_words(around)
    answered = command(said) or command(around)
    if words:
        return _in_context(words, status, reply, answered)
    return found or _by_command(reply, answered)


def _in_context(words: str, status: str, reply: str, answered: str) -> str:
    """What words mean as the answer to an SMTP command, and for now or for good."""
    if answered == "mail" and words in ("userunknown", "hostunknown"):
        return "rejected"  # it is the sender that they do not know
    if answered == "helo" and words in ("rejected", "policyviolation", "userunknown"):
        return "blocked"
    if words == "userunknown" and (status[2:] == "2.1" or answered == "data") and answered != "rcpt":
        return "filtered"  # the server had taken the recipient before
    if words == "hostunknown" and (status or reply)[:1] == "4":
        return "networkerror"
    return words


def _by_command(reply: str, answered: str) -> str:
    if reply in ("552",):
        return "mailboxfull"
    if reply in ("521", "556"):
        return "notaccept"
    if answered == "mail":
        return "rejected"
    if answered == "helo":
        return "blocked"
    if reply == "550" and answered == "rcpt":
        return "userunknown"
    if reply[:2] == "50" or reply[:2] == "51":
        return "syntaxerror"
    return "onhold" if reply else "undefined"
