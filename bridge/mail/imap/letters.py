"""From fetched octets to arrivals: the envelope of a mail, and what stands in for one that cannot be taken whole.

Looks at nothing but the header block, and there only at one configured field. Never raises for content.
"""

import re
from email.utils import parsedate_to_datetime

from bridge.core.addresses import parse_spec
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival
from bridge.mail.imap.account import Account
from bridge.mail.imap.grammar import Value

_HEADER_CAP = 256 * 1024
_THREAD = re.compile(rb"[0-9]{1,20}\Z")
_CONTENT = re.compile(rb"(?im)^(?:content-[!-9;-~]*|mime-version)[ \t]*:.*\r?\n(?:[ \t].*\r?\n)*")


def header_block(raw: bytes) -> bytes:
    """The header fields with their last line end; at most 256 kB are looked at."""
    head = raw[:_HEADER_CAP]
    ends = [at for at in (head.find(b"\r\n\r\n"), head.find(b"\n\n")) if at >= 0]
    return head[: min(ends)] + b"\r\n" if ends else head


def delivered_to(raw: bytes, field: str) -> tuple[str, ...]:
    """The recipient in the topmost `field`, where the final server wrote it: lower ones may be a stranger's."""
    if not field:
        return ()
    pattern = rb"(?im)^" + re.escape(field.encode()) + rb"[ \t]*:((?:.*)(?:\r?\n[ \t].*)*)"
    match = re.search(pattern, header_block(raw))
    if match is None:
        return ()
    text = " ".join(match[1].decode("utf-8", "replace").split()).strip("<> ")
    address = parse_spec(text)
    return (address.spec,) if address else ()


def arrival(
    account: Account, folder: str, key: str, raw: bytes, *, at: float, quiet: bool, thread: Value = None
) -> Arrival:
    """A mail as the engine takes it. `at`: the server's date of it, or now. `thread`: X-GM-THRID, where it was told."""
    recipients = delivered_to(raw, account.delivery_header)
    named = thread.decode("ascii", "replace") if isinstance(thread, bytes) and _THREAD.match(thread) else ""
    envelope = Envelope(
        "imap", rcpt_tos=recipients, account=account.name, folder=folder, peer=account.host, thread=named
    )
    return Arrival(key, "mail", raw, at, envelope, quiet)


def stand_in(header: bytes, words: str) -> bytes:
    """A mail that is shown instead of one that cannot be taken: its header fields, and `words` as its text.

    The fields that describe the body are replaced, since the body is not there.
    """
    fields = _CONTENT.sub(b"", header_block(header.rstrip(b"\r\n") + b"\r\n\r\n") if header.strip() else b"")
    if fields and not fields.endswith(b"\n"):
        fields += b"\r\n"
    if not fields:
        fields = b"Subject: (a mail that could not be fetched)\r\n"
    about = b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    return fields + about + b"\r\n[" + words.encode("utf-8", "replace") + b"]\r\n"


def received_at(internaldate: Value, now: float) -> float:
    """INTERNALDATE (RFC 3501 section 2.3.3) in seconds since the epoch; now, when it is absent or in the future."""
    if not isinstance(internaldate, bytes):
        return now
    try:
        moment = parsedate_to_datetime(internaldate.decode("ascii", "replace").strip().replace("-", " ", 2)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return now
    return min(max(moment, 0.0), now)
