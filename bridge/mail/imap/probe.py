"""Trying an account out before it goes live: login, capabilities, folders, IDLE, Sent folder. Changes nothing there."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.errors import BridgeError
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.client import Connection
from bridge.mail.imap.failures import FolderMissing, LoginRefused, Untrusted
from bridge.mail.imap.sent import sent_folder


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. `ok` None: a remark. `cure`: what a person can do, or empty."""

    subject: str
    ok: bool | None
    words: str
    cure: str = ""


async def probe(account: Account, secret: Secret) -> Sequence[Finding]:
    """What holds and what does not, in the order tried. Raises nothing of `bridge.core.errors`."""
    try:
        connection = await Connection.open(account, secret)
    except BridgeError as error:
        return [Finding("login", False, error.text, _cure(error))]
    findings = [Finding("login", True, f"{account.user} at {account.host}:{account.port}, {_privacy(account)}")]
    try:
        findings += await _explore(account, connection)
    except BridgeError as error:
        findings.append(Finding("connection", False, error.text, "try again; see the mail server's log"))
    finally:
        await connection.close()
    return findings


async def _explore(account: Account, connection: Connection) -> list[Finding]:
    offered = connection.capabilities
    told = [name for name in ("CONDSTORE", "SPECIAL-USE", "UIDPLUS") if name in offered]
    findings = [Finding("capabilities", None, ", ".join(told) or "only the basic ones")]
    idle = "IDLE" in offered
    late = f"mail is noticed every {account.poll:.0f} s only"
    findings.append(Finding("idle", idle or None, "mail is announced at once" if idle else f"no IDLE: {late}"))
    listings = await connection.folders()
    for folder in account.folders:
        try:
            seen = await connection.examine(folder)
            findings.append(Finding(f"folder {folder}", True, f"{seen.exists} messages"))
        except FolderMissing as error:
            names = ", ".join(sorted(listing.name for listing in listings)[:30])
            findings.append(Finding(f"folder {folder}", False, error.text, f"folders there are: {names}"))
    if account.sent != "off":
        named = account.sent not in ("auto", "append")
        sent = account.sent if named else sent_folder(listings)
        words = f"copies go to {sent}" if sent else "no Sent folder: one will be made with the first copy"
        findings.append(Finding("sent folder", True if sent else None, words))
    return findings


def _privacy(account: Account) -> str:
    return {"implicit": "TLS", "starttls": "TLS by STARTTLS", "none": "no TLS"}[account.tls]


def _cure(error: BridgeError) -> str:
    match error:
        case LoginRefused():
            return "check user, password or token; some providers want an app password or OAuth"
        case Untrusted():
            return "check the host name; name a private authority's certificate: ca_file (init: --ca-file)"
    return "check host and port (imaps:// is TLS, as on port 993; imap:// is STARTTLS, as on 143) and the network"
