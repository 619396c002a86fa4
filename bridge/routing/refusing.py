"""Compiles `reject`: the text of a refusal, and where a refusal is possible at all: only where mail is handed over.

Mail that lies in a mailbox was accepted long ago; refusing it then would be a bounce to a forged sender.
"""

from bridge.routing.documents import BoxDoc, InboxDoc, ListDoc, RuleDoc
from bridge.yamldoc import Complain, Path

WITHOUT_WORDS = "Mail refused"

LONGEST = 400
"""Characters: a reply line holds 512 octets with code and line end (RFC 5321 section 4.5.3.1.5)."""


def refusal(doc: RuleDoc, path: Path, complain: Complain) -> str:
    """The text after 550 5.7.1 (RFC 5321 section 4.2: printable ASCII, one line)."""
    text = doc.reject or WITHOUT_WORDS
    if not text.isascii() or not text.isprintable():
        complain(
            (*path, "reject"), "a mail server's reply is one line of plain ASCII", "write it without other letters"
        )
    elif len(text) > LONGEST:
        complain((*path, "reject"), f"is longer than {LONGEST} characters", "shorten it")
    return text


def over_imap(doc: BoxDoc) -> bool:
    """Whether mail of an inbox or list lies in an IMAP account."""
    match doc:
        case InboxDoc(account=account):
            return account is not None
        case ListDoc(via=via):
            return any("@" not in each for each in via)
        case _:
            return False


def too_late(doc: RuleDoc, path: Path, name: str, complain: Complain, warn: Complain) -> None:
    """Say that `name` gets mail over IMAP, where a refusal comes too late."""
    where = (*path, "reject" if doc.reject is not None else "do")
    if path[:1] == ("before",):
        what = f"mail that {name} gets over IMAP was accepted before: it is held in quarantine instead"
        warn(where, what, "restrict the rule to other inboxes, to say so")
    else:
        complain(
            where, f"mail of {name} comes over IMAP, where it was accepted before", "write do: quarantine, or do: drop"
        )
