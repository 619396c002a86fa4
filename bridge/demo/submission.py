"""A submission server for the playground: takes authenticated mail and delivers it into maildirs or hands it on.

Loopback only and without a queue: it accepts a mail once everybody has it, else refuses it. It never relays to a host
it was not told of.
"""

import asyncio
import email.utils
import secrets
import smtplib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bridge.demo.mailserver import deliver
from bridge.demo.process import LOOPBACK, free_port

_HOSTNAME = "submission.playground"


class SubmissionServer:
    """AUTH PLAIN and LOGIN for `passwords`; each recipient goes to its maildir or onward by SMTP, others get 550.

    `maildirs` maps addresses in lower case to maildirs. `onward` maps addresses or whole domains (`example.org`) to
    the loopback port of the SMTP server that takes their mail. Both are looked at for each mail and may grow.
    """

    def __init__(
        self,
        passwords: Mapping[str, str],
        maildirs: Mapping[str, Path],
        onward: Mapping[str, int],
        *,
        port: int | None = None,
    ) -> None:
        self._handler = _Handler(passwords, maildirs, onward)
        self._server: asyncio.Server | None = None
        self.port = port or free_port()

    @property
    def url(self) -> str:
        """`smtp://host:port`."""
        return f"smtp://{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen. Raises `OSError` when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, LOOPBACK, self.port)

    async def stop(self) -> None:
        """Stop listening; connections that are open end by themselves."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _connection(self) -> SMTP:
        return SMTP(
            self._handler,
            hostname=_HOSTNAME,
            ident="playground",
            enable_SMTPUTF8=True,
            auth_require_tls=False,  # loopback
            authenticator=self._handler.authenticate,
            loop=asyncio.get_running_loop(),
        )


class _Handler:
    """aiosmtpd calls these by name; their return values are SMTP replies."""

    def __init__(self, passwords: Mapping[str, str], maildirs: Mapping[str, Path], onward: Mapping[str, int]) -> None:
        self._passwords = passwords
        self._maildirs = maildirs
        self._onward = onward

    def authenticate(self, _smtp: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and self._passwords.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _smtp: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.lower() not in self._maildirs and self._next_hop(address) is None:
            return "550 5.1.1 No such address in this playground"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        serial = secrets.token_hex(5).upper()
        received = f"Received: by {_HOSTNAME} with ESMTPA id {serial};\r\n\t{email.utils.formatdate()}\r\n"
        raw = received.encode() + envelope.content
        hops: dict[int, list[str]] = defaultdict(list)
        for recipient in envelope.rcpt_tos:
            if (port := self._next_hop(recipient)) is not None:
                hops[port].append(recipient)
        for port, recipients in hops.items():
            refusal = await asyncio.to_thread(_hand_on, port, envelope, recipients, raw)
            if refusal is not None:
                return refusal
        for recipient in envelope.rcpt_tos:
            if (maildir := self._maildirs.get(recipient.lower())) is not None:
                trace = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {recipient}\r\n"
                deliver(maildir, trace.encode() + raw)
        return f"250 2.0.0 Accepted as {serial}"

    def _next_hop(self, address: str) -> int | None:
        whole = address.lower()
        if whole in self._maildirs:
            return None
        return self._onward.get(whole, self._onward.get(whole.rpartition("@")[2]))


def _hand_on(port: int, envelope: Envelope, recipients: list[str], raw: bytes) -> str | None:
    """Send it on to `port`. Returns None, or the reply with which the next host refused it."""
    options = ["SMTPUTF8", "BODY=8BITMIME"] if envelope.smtp_utf8 else []
    try:
        with smtplib.SMTP(LOOPBACK, port, local_hostname=_HOSTNAME, timeout=30) as next_hop:
            next_hop.sendmail(envelope.mail_from or "", recipients, raw, options)
    except smtplib.SMTPRecipientsRefused as refused:
        return _reply(*next(iter(refused.recipients.values())))
    except smtplib.SMTPResponseException as refused:
        return _reply(refused.smtp_code, refused.smtp_error)
    except OSError:
        return "451 4.4.1 The next host does not answer"
    return None


def _reply(code: int, words: bytes | str) -> str:
    return f"{code} {words if isinstance(words, str) else words.decode(errors='replace')}"
