"""One connection to a submission server: connected, secured, logged in, ready for mail.

Credentials go out only over verified TLS (or where the account says "none"), and by one mechanism once: a refused
login is never tried again here in another way, for that is how accounts get locked.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Awaitable

import aiosmtplib

from bridge.core.errors import BridgeError, Transient
from bridge.core.ports import Outgoing
from bridge.mail.enclosing import blocks
from bridge.mail.submit.account import SubmissionAccount
from bridge.mail.submit.sorting import LOGIN_REFUSED, THROTTLED, TLS, UNTRUSTED, Reply, away, reply, throttled

_SMALL = 1 << 20
"""Octets up to which a mail is read without a thread."""


class Lost(Exception):
    """The connection broke or the server fell silent; nothing is known of the command that was under way."""


class _Client(aiosmtplib.SMTP):
    def close(self) -> None:
        """Say the end of TLS and close, without waiting for the server's (RFC 8446 section 6.1): it may be silent."""
        transport, was_open = self.transport, self.is_connected
        super().close()
        if was_open and isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class Connection:
    """Commands in, replies out. After any exception but from `login` the connection is closed."""

    def __init__(self, account: SubmissionAccount, smtp: aiosmtplib.SMTP) -> None:
        self._account = account
        self._smtp = smtp
        self.mails = 0
        self.used = asyncio.get_running_loop().time()

    @property
    def open(self) -> bool:
        """Whether nothing is known to be wrong with it."""
        return self._smtp.is_connected

    @property
    def extensions(self) -> dict[str, str]:
        """What EHLO offered inside TLS, lower-case keyword to parameters."""
        return self._smtp.esmtp_extensions

    async def command(self, *words: bytes, timeout: float | None = None) -> Reply:
        """Send one command. Raises Lost; after a 421 the connection is closed (RFC 5321 section 4.2.1)."""
        patience = self._account.timeouts.command if timeout is None else timeout
        response = await self._spoken(self._smtp.execute_command(*words, timeout=patience))
        return reply(response.code, response.message)

    async def content(self, message: bytes | Outgoing, size: int) -> Reply:
        """Send the mail after a 354, dot-stuffed (RFC 5321 section 4.5.2), and wait for the verdict. Raises Lost.

        An original that lies in a file is read as fast as the server takes it.
        """
        protocol = self._smtp.protocol
        if protocol is None:
            raise Lost("connection lost")
        patience = self._account.timeouts.dot + size / self._account.timeouts.rate

        async def spoken() -> aiosmtplib.SMTPResponse:
            parts, last = blocks(message), b"\r\n"
            while block := (await asyncio.to_thread(next, parts, b"") if size > _SMALL else next(parts, b"")):
                window = last + block  # a dot that begins a line may begin a block too
                protocol.write(window.replace(b"\r\n.", b"\r\n..")[len(last) :])
                last = window[-2:]
                await asyncio.wait_for(protocol._drain_helper(), patience)
            protocol.write(b".\r\n")
            return await protocol.read_response(timeout=patience)

        response = await self._spoken(spoken())
        self.mails += 1
        if response.code == 421:
            self.close()
        return reply(response.code, response.message)

    async def alive(self) -> bool:
        """Whether it still answers; asked by NOOP when it was idle for a while."""
        now = asyncio.get_running_loop().time()
        if not self.open or now - self.used > self._account.timeouts.idle:
            return False
        if now - self.used <= self._account.timeouts.fresh:
            return True
        try:
            return (await self.command(b"NOOP", timeout=self._account.timeouts.noop)).ok
        except Lost:
            return False

    async def quit(self) -> None:
        """Take leave politely, without waiting long; the socket is closed on return."""
        with contextlib.suppress(Lost):
            if self.open:
                await self.command(b"QUIT", timeout=self._account.timeouts.noop)
        self.close()
        await asyncio.sleep(0)  # the round of the event loop in which it is

    def close(self) -> None:
        """Drop it at once."""
        self._smtp.close()

    async def _spoken(self, exchange: Awaitable[aiosmtplib.SMTPResponse]) -> aiosmtplib.SMTPResponse:
        try:
            return await exchange
        except aiosmtplib.SMTPResponseException as bad:  # a reply that is none: the stream cannot be trusted any more
            self.close()
            raise Lost("the server's reply was not SMTP") from bad
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as lost:
            self.close()
            raise Lost("no reply in time" if isinstance(lost, TimeoutError) else "connection lost") from lost
        except asyncio.CancelledError:
            self.close()
            raise


async def connect(account: SubmissionAccount, tls: ssl.SSLContext) -> Connection:
    """A connection on which mail can be sent. Raises Transient with `peer_down`: no failure here is a mail's fault."""
    connection = await _reach(account, tls)
    try:
        if account.tls == "starttls":
            await _upgrade(account, connection, tls)
        await _hello(account, connection)
        await _login(account, connection)
    except Lost as lost:
        connection.close()
        raise away(account.name, account.host, f"{lost} before a mail could be sent") from lost
    except BaseException:
        connection.close()
        raise
    return connection


def tls_context(account: SubmissionAccount) -> ssl.SSLContext:
    """Verification on, TLS 1.2 or newer (RFC 8996, RFC 8314). Raises Transient when `ca_file` cannot be read."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if account.ca_file:
        try:
            context.load_verify_locations(cafile=account.ca_file)
        except OSError as error:
            words = f"certificates in {account.ca_file} cannot be read: {error.strerror or 'not PEM'}"
            raise away(account.name, account.host, words, code=TLS, retry_after=UNTRUSTED) from error
    return context


async def _reach(account: SubmissionAccount, tls: ssl.SSLContext) -> Connection:
    smtp = _Client(
        hostname=account.host,
        port=account.port,
        local_hostname=account.helo,
        timeout=account.timeouts.connect,
        use_tls=account.tls == "implicit",
        start_tls=False,
        tls_context=tls,
    )
    try:
        await smtp.connect()
    except aiosmtplib.SMTPConnectResponseError as refused:
        answer = reply(refused.code, refused.message)
        pause = THROTTLED if throttled(answer) or answer.permanent else None
        raise away(
            account.name, account.host, f"does not let us in: {answer.words}", code=answer.label, retry_after=pause
        ) from refused
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise _unreachable(account, error) from error
    return Connection(account, smtp)


def _unreachable(account: SubmissionAccount, error: BaseException) -> Transient:
    cause = error.__cause__ or error
    if isinstance(cause, ssl.SSLError):
        return _untrusted(account, cause)
    if isinstance(error, TimeoutError):
        return away(account.name, account.host, f"no answer on port {account.port}")
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "connection failed"
    return away(account.name, account.host, f"cannot be reached on port {account.port}: {reason}")


def _untrusted(account: SubmissionAccount, error: ssl.SSLError) -> Transient:
    reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
    words = f"TLS failed, nothing was sent: {reason or 'handshake error'}"
    return away(account.name, account.host, words, code=TLS, retry_after=UNTRUSTED)


async def _hello(account: SubmissionAccount, connection: Connection) -> None:
    try:
        await connection._smtp.ehlo(timeout=account.timeouts.connect)
    except aiosmtplib.SMTPHeloError as refused:
        answer = reply(refused.code, refused.message)
        words = f"refuses EHLO: {answer.words}"
        raise away(account.name, account.host, words, code=answer.label, retry_after=THROTTLED) from refused
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise Lost("connection lost") from error


async def _upgrade(account: SubmissionAccount, connection: Connection, tls: ssl.SSLContext) -> None:
    """STARTTLS or nothing (RFC 3207): a server, or someone on the way, that does not offer it gets no credentials."""
    await _hello(account, connection)
    if "starttls" not in connection.extensions:
        words = "does not offer STARTTLS, so nothing was sent; ask its operator, or use smtps://"
        raise away(account.name, account.host, words, code=TLS, retry_after=UNTRUSTED)
    try:
        await connection._smtp.starttls(timeout=account.timeouts.connect)
    except aiosmtplib.SMTPResponseException as refused:
        answer = reply(refused.code, refused.message)
        words = f"refuses STARTTLS, so nothing was sent: {answer.words}"
        raise away(account.name, account.host, words, code=TLS, retry_after=UNTRUSTED) from refused
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, ssl.SSLError):
            raise _untrusted(account, cause) from error
        raise Lost("connection lost in STARTTLS") from error


async def _login(account: SubmissionAccount, connection: Connection) -> None:
    mechanism = _mechanism(account, connection)
    if mechanism is None:
        return
    secret = await _secret(account)
    user, smtp = account.user, connection._smtp
    patience = account.timeouts.connect
    try:
        match mechanism:
            case "plain":
                await smtp.auth_plain(user, secret, timeout=patience)
            case "login":
                await smtp.auth_login(user, secret, timeout=patience)
            case _:
                await smtp.auth_xoauth2(user, secret, timeout=patience)  # answers a 334 error with an empty line
    except aiosmtplib.SMTPAuthenticationError as refused:
        answer = reply(refused.code, _without(refused.message, user, secret))
        if answer.permanent or answer.code == 334:
            words = f"refuses the login of {user}: {answer.words}; the next try is in 10 minutes or later"
            raise away(account.name, account.host, words, code=answer.label, retry_after=LOGIN_REFUSED) from None
        words = f"cannot log {user} in now: {answer.words}"
        raise away(account.name, account.host, words, code=answer.label, retry_after=THROTTLED) from None
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        raise Lost("connection lost in the login") from None  # the chain could show what was sent


def _mechanism(account: SubmissionAccount, connection: Connection) -> str | None:
    offered = connection._smtp.server_auth_methods
    wanted: list[str]
    match account.auth:
        case "none":
            return None
        case "auto" if not account.user:
            return None
        case "auto":
            wanted = [one for one in ("plain", "login") if one in offered]
        case chosen:
            wanted = [chosen] if chosen in offered else []
    if not wanted:
        words = f"offers no {account.auth if account.auth != 'auto' else 'PLAIN or LOGIN'} login"
        raise away(account.name, account.host, words, retry_after=LOGIN_REFUSED)
    return wanted[0]


async def _secret(account: SubmissionAccount) -> str:
    try:
        return await account.secret() if account.secret else ""
    except BridgeError:
        raise
    except Exception as error:
        words = f"its secret cannot be had ({type(error).__name__})"
        raise away(account.name, account.host, words, retry_after=THROTTLED) from None


def _without(text: str, user: str, secret: str) -> str:
    """A server may quote what it did not understand: no form of the secret goes into words for people."""
    forms = [secret, f"\0{user}\0{secret}", f"user={user}\x01auth=Bearer {secret}\x01\x01"]
    for form in forms:
        for shown in (base64.b64encode(form.encode()).decode(), form):
            text = text.replace(shown, "…") if shown else text
    return text
