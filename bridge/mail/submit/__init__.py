"""Submission of outgoing mail (RFC 6409) to the servers that send for us, and nothing else.

This package alone imports aiosmtplib. It never retries a mail by itself, never relays between accounts and never shows
a credential to a server whose TLS it could not verify.
"""

from bridge.mail.submit.account import SentFolder, SubmissionAccount, Timeouts
from bridge.mail.submit.pool import SubmissionPool
from bridge.mail.submit.probe import Finding, probe

__all__ = ["Finding", "SentFolder", "SubmissionAccount", "SubmissionPool", "Timeouts", "probe"]
