"""Tries a submission account without sending anything: for setting up and for checking. Says what to do about it."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from bridge.core.errors import Permanent, Transient
from bridge.mail.submit.account import SubmissionAccount
from bridge.mail.submit.connection import connect, tls_context
from bridge.mail.submit.sorting import TLS


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: what was found and, where it is not fine, its cure."""

    level: Literal["ok", "warning", "problem"]
    words: str
    cure: str = ""


async def probe(account: SubmissionAccount) -> tuple[Finding, ...]:
    """Connect, secure, log in, look at what is offered, and leave. Never raises for what the server does."""
    try:
        context = await asyncio.to_thread(tls_context, account)
        connection = await connect(account, context)
    except (Transient, Permanent) as error:
        return (Finding("problem", error.text, _cure(account, error)),)
    extensions = dict(connection.extensions)
    await connection.quit()
    secured = {"implicit": "TLS", "starttls": "STARTTLS", "none": "no TLS"}[account.tls]
    who = f"logged in as {account.user}" if account.user and account.auth != "none" else "without login"
    findings = [Finding("ok", f"submission {account.name}: {account.host}:{account.port}, {secured}, {who}")]
    size = extensions.get("size", "").strip()
    if size.isascii() and size.isdigit() and int(size):
        findings.append(Finding("ok", f"submission {account.name}: takes mails up to {int(size) / 1e6:.0f} MB"))
    if "smtputf8" not in extensions:
        words = f"submission {account.name}: no SMTPUTF8, so mail to non-ASCII local parts is refused"
        findings.append(Finding("warning", words, "use another server if you need such addresses"))
    return tuple(findings)


def _cure(account: SubmissionAccount, error: Transient | Permanent) -> str:
    if error.code[:3] in ("530", "534", "535", "538"):
        return f"check user and password (or token) of submission account {account.name}"
    if error.code == TLS:
        ports = "smtps:// is TLS, as on port 465; smtp:// is STARTTLS, as on 587"
        return f"check host and port ({ports}); name a private authority's certificate: ca_file (init: --ca-file)"
    return f"check host and port: {account.host}:{account.port}"
