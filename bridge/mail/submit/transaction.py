"""One mail transaction (RFC 5321 section 3.3) on a connection that is ready: MAIL, each RCPT, DATA, the final dot.

It says of each recipient what became of it, and raises only when nothing was taken or nobody can know.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.addresses import parse_spec
from bridge.core.errors import Permanent, Transient
from bridge.core.ports import Outgoing, Refusal, Submitted
from bridge.mail.outheaders import ascii_spec
from bridge.mail.submit.account import SubmissionAccount
from bridge.mail.submit.connection import Connection, Lost
from bridge.mail.submit.sorting import LOGIN_REFUSED, THROTTLED, Reply, away, needs_login, throttled

UNKNOWN_OUTCOME = "unknown-outcome"
"""Code of the Transient for a connection that died after the final dot: the mail may have been taken (I4)."""

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S{1,400})", re.I | re.M)


class NotBegun(Exception):
    """The connection was gone before MAIL was answered: another one may be tried."""


@dataclass(frozen=True, slots=True)
class Job:
    """A mail to hand over, its paths already as they go on the wire.

    `utf8`: only SMTPUTF8 can carry it, `eight_bit`: only 8BITMIME.
    """

    mail_from: str
    rcpts: tuple[tuple[str, str], ...]
    message: bytes | Outgoing
    utf8: bool
    envid: str

    @property
    def eight_bit(self) -> bool:
        """Whether it must not leave without 8BITMIME (RFC 6152): an enclosed mail is never encoded anew."""
        return isinstance(self.message, Outgoing) and self.message.eight_bit

    @property
    def size(self) -> int:
        """Octets."""
        return self.message.size if isinstance(self.message, Outgoing) else len(self.message)


def job(mail_from: str, rcpts: Sequence[str], message: bytes | Outgoing) -> Job:
    """Check what is to be sent. Raises Permanent for anything that is no addr-spec or no CRLF text.

    An enclosed original was looked at when it was enclosed.
    """
    if not rcpts:
        raise Permanent("the mail has no recipient")
    enclosed = message if isinstance(message, Outgoing) else None
    for written in (enclosed.head, enclosed.tail) if enclosed else (message,):
        assert isinstance(written, bytes)
        if written.count(b"\n") != written.count(b"\r\n") or written.count(b"\r") != written.count(b"\r\n"):
            raise Permanent("the mail has bare CR or LF")
    paths = tuple((rcpt, _path(rcpt)) for rcpt in rcpts)
    sender = _path(mail_from) if mail_from else ""
    whole = enclosed.head if enclosed else message
    assert isinstance(whole, bytes)
    head = whole[: whole.find(b"\r\n\r\n") + 2]
    utf8 = not (head.isascii() and sender.isascii() and all(path.isascii() for _, path in paths))
    found = _MESSAGE_ID.search(head)
    envid = found[1].decode("ascii", "replace").strip("<>") if found else ""
    if isinstance(message, bytes) and not message.endswith(b"\r\n"):
        message += b"\r\n"
    return Job(sender, paths, message, utf8, _xtext(envid))


async def transact(account: SubmissionAccount, connection: Connection, mail: Job, *, kept: bool) -> Submitted:
    """Hand `mail` over; on a `kept` connection a 421 at MAIL only says that it was kept too long.

    Raises NotBegun, Transient (nothing taken, or unknown), Permanent (refused as a whole).
    """
    if mail.utf8 and "smtputf8" not in connection.extensions:
        return _cannot_carry(account, mail)
    if mail.eight_bit and "8bitmime" not in connection.extensions:
        words = f"mail server {account.host} takes no 8-bit mail (no 8BITMIME), and the enclosed one is"
        raise Permanent(words, code="554 5.6.3")
    _fits(account, connection, mail)
    try:
        answer = await connection.command(b"MAIL", *_mail(connection, mail))
    except Lost as lost:
        raise NotBegun(str(lost)) from lost
    if answer.code == 421 and kept:
        raise NotBegun(answer.words)
    if not answer.ok:
        raise await _sender_refused(account, connection, answer)
    try:
        return await _to_recipients(account, connection, mail)
    except Lost as lost:
        raise Transient(f"mail server {account.host}: {lost} before it took the mail") from lost


async def _to_recipients(account: SubmissionAccount, connection: Connection, mail: Job) -> Submitted:
    options = [b"NOTIFY=FAILURE,DELAY"] if "dsn" in connection.extensions else []
    taken: list[str] = []
    refused: list[Refusal] = []
    for rcpt, path in mail.rcpts:
        answer = await connection.command(b"RCPT", b"TO:<" + path.encode() + b">", *options)
        _still_there(account, answer)
        if answer.ok:
            taken.append(rcpt)
        else:
            refused.append(_refusal(rcpt, answer))
    if not taken:
        await connection.command(b"RSET")
        return Submitted((), tuple(refused))
    answer = await connection.command(b"DATA", timeout=account.timeouts.command)
    if answer.code == 354:
        answer = await _content(account, connection, mail)
    _still_there(account, answer)
    if answer.ok:
        return Submitted(tuple(taken), tuple(refused), f"{answer.label} {answer.words}")
    return Submitted((), (*refused, *(_refusal(rcpt, answer) for rcpt in taken)))


async def _content(account: SubmissionAccount, connection: Connection, mail: Job) -> Reply:
    try:
        return await connection.content(mail.message, mail.size)
    except Lost as lost:
        words = f"mail server {account.host}: {lost} after the whole mail was sent; it may have been taken"
        raise Transient(words, code=UNKNOWN_OUTCOME) from lost


def _mail(connection: Connection, mail: Job) -> list[bytes]:
    """RFC 5321 section 4.1.1.2 with SIZE (RFC 1870), SMTPUTF8 (RFC 6531) and DSN (RFC 3461 section 4) where offered."""
    words = [b"FROM:<" + mail.mail_from.encode() + b">"]
    if "size" in connection.extensions:
        words.append(b"SIZE=%d" % mail.size)
    if mail.eight_bit:
        words.append(b"BODY=8BITMIME")
    if mail.utf8:
        words.append(b"SMTPUTF8")
    if "dsn" in connection.extensions:
        words.append(b"RET=HDRS")
        if mail.envid:
            words.append(b"ENVID=" + mail.envid.encode())
    return words


def _fits(account: SubmissionAccount, connection: Connection, mail: Job) -> None:
    limit = connection.extensions.get("size", "").strip()
    if limit.isascii() and limit.isdigit() and 0 < int(limit) < mail.size:
        size, most = (f"{octets / 1e6:.1f} MB" for octets in (mail.size, int(limit)))
        raise Permanent(f"the mail is {size}, mail server {account.host} takes {most}", code="552 5.3.4")


def _cannot_carry(account: SubmissionAccount, mail: Job) -> Submitted:
    """RFC 6531 section 3.2: never downgraded. The fields name those addresses, so that nobody can get this mail."""
    words = f"the server {account.host} cannot carry non-ASCII addresses (no SMTPUTF8), and this mail has one"
    return Submitted((), tuple(Refusal(rcpt, "553 5.6.7", words, True) for rcpt, _ in mail.rcpts))


async def _sender_refused(account: SubmissionAccount, connection: Connection, answer: Reply) -> Transient | Permanent:
    if connection.open:
        await _reset(connection)
    if needs_login(answer):
        words = f"wants another login: {answer.words}"
        return away(account.name, account.host, words, code=answer.label, retry_after=LOGIN_REFUSED)
    if throttled(answer):
        return away(account.name, account.host, f"throttles: {answer.words}", code=answer.label, retry_after=THROTTLED)
    words = f"mail server {account.host} refuses the sender: {answer.words}"
    return Permanent(words, code=answer.label) if answer.permanent else Transient(words, code=answer.label)


async def _reset(connection: Connection) -> None:
    try:
        await connection.command(b"RSET")
    except Lost:
        connection.close()


def _still_there(account: SubmissionAccount, answer: Reply) -> None:
    """421 at any command: the server is closing, nothing was taken (RFC 5321 section 3.8)."""
    if answer.code == 421:
        words = f"is closing: {answer.words}"
        raise away(account.name, account.host, words, code=answer.label, retry_after=THROTTLED)


def _refusal(rcpt: str, answer: Reply) -> Refusal:
    return Refusal(rcpt, answer.label, answer.words, answer.permanent)


def _path(spec: str) -> str:
    address = parse_spec(spec)
    if address is None:
        raise Permanent(f"{spec!a} is not a mail address")
    return ascii_spec(address) or address.spec


def _xtext(value: str) -> str:
    """RFC 3461 section 4; ENVID holds at most 100 characters (section 4.4)."""
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in value)[:100]
