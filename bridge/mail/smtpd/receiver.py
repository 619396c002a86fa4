"""The commands of a mail transaction: who greets, from whom, to whom, the content, and the answer after the commit.

250 to the final dot means that the mail is durable (RFC 5321 section 4.2.5); nothing before that promises anything.
Each transaction has its own sender and recipients. It knows neither rules nor rooms: `knows` says whom we take.
"""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aiosmtpd.smtp import Envelope as AiosmtpdEnvelope

from bridge.core.errors import StorageFull, Transient
from bridge.core.mail import Envelope
from bridge.core.plan import Arrival
from bridge.mail.smtpd.connection import OVERDUE, Connection
from bridge.mail.smtpd.data import MAX_HOPS, Content, trace_fields
from bridge.mail.smtpd.path import Path, is_postmaster, parse_path
from bridge.mail.spooling import Incoming

log = logging.getLogger("mailroom.smtpd")

_BLOCK = 64 * 1024
_FLOOD = 4  # a mail of this many times the limit is cut off; below, it is read to its end and answered 552


@dataclass(slots=True)
class Transaction:
    """What MAIL and RCPT said. `recipients`: each once, by its folded form; `accepted`: every RCPT that got 250."""

    sender: str
    utf8: bool
    recipients: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)


class Receiver(Connection):
    """SMTP (RFC 5321) with SIZE, 8BITMIME, SMTPUTF8, PIPELINING, ENHANCEDSTATUSCODES and STARTTLS."""

    hello = "EHLO"
    answers_each = False
    """Whether each recipient has an answer of its own after DATA.

    Where there is one for all (RFC 5321 section 4.2.5), a mail is refused only if nobody wants it; of several, who does
    not want it holds it by the rules.
    """
    transaction: Transaction | None = None

    def _create_envelope(self) -> AiosmtpdEnvelope:
        """Called by aiosmtpd wherever a transaction ends or is forgotten."""
        self.transaction = None
        self.open_transaction = False
        return super()._create_envelope()

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802  # aiosmtpd finds commands by this name
        """RFC 5321 section 4.1.1.1."""
        if self._greeted(hostname, extended=False):
            self.reply(f"250 {self.hostname}")

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        """RFC 5321 section 4.1.1.1. AUTH is not offered: nobody submits here."""
        if not self._greeted(hostname, extended=True):
            return
        offers = [
            "PIPELINING",
            f"SIZE {self.house.listener.limits.size}",
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        ]
        if self.house.listener.tls == "starttls" and not self.secure:
            offers.append("STARTTLS")
        self.reply(f"250-{self.hostname}", *(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    def _greeted(self, hostname: str, *, extended: bool) -> bool:
        """Any name will do: half the world's clients cannot name themselves (RFC 5321 section 4.1.4)."""
        if not hostname:
            self.reply(f"501 5.5.4 Syntax: {self.hello} hostname")
            return False
        self.forget()
        assert self.session is not None
        self.session.host_name = hostname
        self.session.extended_smtp = extended
        return True

    async def smtp_HELP(self, arg: str) -> None:  # noqa: N802
        """RFC 5321 section 4.1.1.8."""
        self.reply("214 2.0.0 RFC 5321")

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        """RFC 5321 section 4.1.1.10."""
        self.hang_up("221 2.0.0 Bye")

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        """Says nothing about anybody (RFC 5321 section 3.5.3)."""
        self.reply("252 2.1.5 Send some mail, and you will see" if arg else "501 5.5.4 Syntax: VRFY address")

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        """Begin a transaction (RFC 5321 section 4.1.1.2); the null path is as good as any."""
        assert self.session is not None
        if not self.session.host_name:
            self.reply(f"503 5.5.1 Say {self.hello} first")
        elif self.transaction is not None:
            self.reply("503 5.5.1 A mail has already begun")
        elif (path := parse_path("FROM:", arg or "")) is None:
            self.reply("501 5.1.7 Syntax: MAIL FROM:<address>")
        elif refusal := self._mail_refusal(path):
            self.reply(refusal)
        else:
            self.transaction = Transaction(path.address, "SMTPUTF8" in path.parameters)
            self.open_transaction = True
            self.reply("250 2.1.0 Ok")

    def _mail_refusal(self, path: Path) -> str | None:
        limit = self.house.listener.limits.size
        for name, value in path.parameters.items():
            match name:
                case "SIZE" if not value.isascii() or not value.isdigit() or len(value) > 20:  # RFC 1870
                    return "501 5.5.4 SIZE must be a number"
                case "SIZE" if int(value) > limit:
                    return f"552 5.3.4 Too big, the limit is {limit} octets"
                case "BODY" if value.upper() not in ("7BIT", "8BITMIME"):  # RFC 6152
                    return "501 5.5.4 BODY must be 7BIT or 8BITMIME"
                case "SMTPUTF8" if value:  # RFC 6531
                    return "501 5.5.4 SMTPUTF8 takes no value"
                case "SIZE" | "BODY" | "SMTPUTF8":
                    pass
                case _:
                    return "555 5.5.4 Parameter not recognized"
        if not path.ascii and "SMTPUTF8" not in path.parameters:
            return "553 5.6.7 Address needs SMTPUTF8"
        if not self.house.gate.admits_mail(self.peer):
            return "450 4.7.1 Too many mails from your address, try again later"
        return None

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        """Name one recipient (RFC 5321 section 4.1.1.3)."""
        if self.transaction is None:
            self.reply("503 5.5.1 Say MAIL first")
        elif (path := parse_path("TO:", arg or "")) is None or not path.address:
            self.reply("501 5.1.3 Syntax: RCPT TO:<address>")
        elif path.parameters:
            self.reply("555 5.5.4 Parameter not recognized")
        elif not path.ascii and not self.transaction.utf8:
            self.reply("553 5.6.7 Address needs SMTPUTF8")
        elif len(self.transaction.accepted) >= self.house.listener.limits.recipients:
            self.reply("452 4.5.3 Too many recipients, send the rest in another transaction")
        elif not is_postmaster(path.address) and not self.house.knows(path.address):
            self.reply("550 5.1.1 No such mailbox here")
        else:
            self.transaction.accepted.append(path.address)
            self.transaction.recipients.setdefault(path.address.casefold(), path.address)
            self.reply("250 2.1.5 Ok")

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        """Take the content, commit it, and only then say so (RFC 5321 sections 4.1.1.4, 4.2.5)."""
        transaction = self.transaction
        if arg:
            self.reply("501 5.5.4 DATA takes no arguments")
            return
        if transaction is None or not transaction.accepted:
            self.reply("503 5.5.1 Say MAIL first" if transaction is None else "554 5.5.1 No valid recipients")
            return
        await self.prompt("354 End data with <CR><LF>.<CR><LF>")
        name = os.urandom(16).hex()
        incoming = Incoming(self.house.spool, self._trace(transaction, name))
        refused: dict[str, str] = {}
        try:
            content = await self._content(incoming)
            if content is None:
                return
            outcome = await self._outcome(transaction, f"smtp:{name}", content, incoming, refused)
        finally:
            await incoming.discard()
        self.forget()
        if outcome.startswith("250"):
            self.earn()
        self.conclude(transaction, outcome, refused)

    def conclude(self, transaction: Transaction, outcome: str, refused: Mapping[str, str]) -> None:
        """Answer the final dot. `refused`: replies to recipients (folded) of their own."""
        self.reply(outcome)

    async def _content(self, incoming: Incoming) -> Content | None:
        """Read to the end of the mail; None when it hung up. Raises IncompleteReadError when the client did."""
        limits, timeouts = self.house.listener.limits, self.house.listener.timeouts
        content = Content(limits.size)
        began = self.loop.time()
        while True:
            self._reset_timeout(timeouts.block)
            block = await self._reader.read(_BLOCK)
            if not block:
                raise asyncio.IncompleteReadError(b"", None)
            rest = content.feed(block)
            if rest is not None:
                self.unread(rest)
            if content.too_big:
                await incoming.discard()
            elif rest is not None or content.decoded >= _BLOCK:
                await incoming.add(content.take())
            if rest is not None:
                return content
            took = self.loop.time() - began - incoming.seconds  # a slow disk is not the client's fault
            dripping = took > timeouts.grace and content.received < took * timeouts.minimum_rate
            if dripping or self.overdue():
                self.hang_up(OVERDUE)
                return None
            if content.received > _FLOOD * limits.size:
                self.hang_up("552 5.3.4 Too big")
                return None

    async def _outcome(
        self, transaction: Transaction, key: str, content: Content, incoming: Incoming, refused: dict[str, str]
    ) -> str:
        if content.too_big:
            return f"552 5.3.4 Too big, the limit is {self.house.listener.limits.size} octets"
        if content.hops() >= MAX_HOPS:
            return "554 5.4.6 Too many hops, this mail is going round in circles"
        try:
            arrival = await self._arrival(transaction, key, incoming)
            if unwanted := await self.house.refuse(arrival):
                refused |= {one.casefold(): f"550 5.7.1 {text}" for one, text in unwanted.items()}
                wanted = tuple(one for folded, one in transaction.recipients.items() if folded not in refused)
                log.info("%s unwanted by %d of %d recipients", key, len(refused), len(transaction.recipients))
                if not wanted:
                    return next(iter(refused.values()))
                if self.answers_each:
                    assert arrival.envelope is not None
                    arrival = replace(arrival, envelope=replace(arrival.envelope, rcpt_tos=wanted))
            await self.commit((arrival,))
        except StorageFull:
            log.error("%s refused: storage is full", key)
            return "452 4.3.1 Insufficient storage, try again later"
        except Transient as error:
            log.warning("%s put off: %s", key, error.code or "transient")
            return "451 4.3.0 Not now, try again later"
        except Exception as error:
            self.report(error)
            return "451 4.3.0 Local error, try again later"
        log.info(  # without its sender: it may be for a private inbox, and the key finds it
            "%s accepted peer=%s recipients=%d octets=%d",
            key,
            self.peer or "unix",
            len(transaction.recipients),
            arrival.size,
        )
        return f"250 2.0.0 Ok: {key.partition(':')[2]}"

    async def _arrival(self, transaction: Transaction, key: str, incoming: Incoming) -> Arrival:
        raw, spooled = await incoming.whole()
        recipients = tuple(transaction.recipients.values())
        door = self.house.listener.protocol
        envelope = Envelope(door, mail_from=transaction.sender, rcpt_tos=recipients, peer=self.peer)
        return Arrival(key, "mail", raw, self.house.clock(), envelope, spooled=spooled)

    def _trace(self, transaction: Transaction, name: str) -> bytes:
        assert self.session is not None
        return trace_fields(
            sender=transaction.sender,
            recipients=tuple(transaction.recipients.values()),
            helo=self.session.host_name or "",
            peer=self.peer,
            by=self.hostname,
            protocol=self._with(transaction),
            id=name,
            at=self.house.clock(),
        )

    def _with(self, transaction: Transaction) -> str:
        """The protocol as Received names it (RFC 3848, RFC 6531 section 4.3)."""
        assert self.session is not None
        base = self.house.listener.protocol.upper()
        secure = "S" if self.secure else ""
        if transaction.utf8:
            return f"UTF8{base}{secure}"
        if base == "SMTP" and self.session.extended_smtp:
            base = "ESMTP"
        return base + secure
