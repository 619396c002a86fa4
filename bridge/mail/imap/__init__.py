"""IMAP accounts: watched for ever, imported from, probed, and given copies of what was sent.

Mail becomes arrivals, each committed together with the bookmark that covers it. Nothing in a mailbox is changed, copies
in the Sent folder aside and what rules ask for; \\Seen is never read.
"""

from bridge.mail.imap.account import Account, Pace, Secret
from bridge.mail.imap.failures import ConnectionLost, FolderMissing, LoginRefused, PeerLied, Untrusted
from bridge.mail.imap.history import fetch_since
from bridge.mail.imap.marks import MailboxMarks
from bridge.mail.imap.probe import Finding, probe
from bridge.mail.imap.sent import SentFolder
from bridge.mail.imap.watch import watch

__all__ = [
    "Account",
    "ConnectionLost",
    "Finding",
    "FolderMissing",
    "LoginRefused",
    "MailboxMarks",
    "Pace",
    "PeerLied",
    "Secret",
    "SentFolder",
    "Untrusted",
    "fetch_since",
    "probe",
    "watch",
]
