"""A logged-in connection and the few commands that a bridge needs, with typed answers.

Folders are opened by EXAMINE, so that nothing in the mailbox changes, not even \\Recent; bodies are read by BODY.PEEK.
APPEND and CREATE write, for the Sent folder; SELECT, STORE and MOVE, for what rules ask for. ENVELOPE is never asked
for. Every method raises only `bridge.core.errors`.
"""

import asyncio
import base64
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bridge.core.errors import BridgeError, Permanent
from bridge.mail.imap import names, sasl
from bridge.mail.imap.account import Account, Secret
from bridge.mail.imap.cursor import Snapshot
from bridge.mail.imap.failures import (
    ConnectionLost,
    PeerLied,
    Untrusted,
    clean,
    refused,
    refused_folder,
    refused_login,
)
from bridge.mail.imap.grammar import Status, Untagged, Value
from bridge.mail.imap.tls import connect, context
from bridge.mail.imap.wire import AUTH, NONAUTH, SELECTED, Exchange, Wire

_SLACK = 2**20  # literals of small items beside the bodies


@dataclass(frozen=True, slots=True)
class Listing:
    """A mailbox that exists. `flags` in lower case, such as \\sent (RFC 6154) or \\noselect."""

    name: str
    flags: frozenset[str]
    delimiter: str


class Connection:
    """One connection, used by one task at a time. After an error that is not a refusal it is closed."""

    def __init__(self, account: Account, wire: Wire) -> None:
        self._account = account
        self._wire = wire

    @classmethod
    async def open(cls, account: Account, secret: Secret) -> Self:
        """Connect, make it private, log in. Raises LoginRefused, Untrusted, Transient; what `secret` raises."""
        loop = asyncio.get_running_loop()
        try:
            tls = context(account.ca_file) if account.tls != "none" else None
        except (OSError, ssl.SSLError) as error:
            raise Untrusted(f"the certificate authorities in {account.ca_file} cannot be read: {error}") from None
        wire = Wire(max_octets=account.chunk_octets + _SLACK)
        self = cls(account, wire)
        try:
            async with asyncio.timeout(account.pace.timeout):
                if account.tls == "implicit" and tls is not None:
                    await connect(wire, account.host, account.port, tls)
                else:
                    await loop.create_connection(lambda: wire, account.host, account.port)
                await wire.greeting
                if account.tls == "starttls" and tls is not None:
                    await self._starttls(tls)
            await self._login(secret)
        except ssl.SSLCertVerificationError as error:
            self.abort()
            raise Untrusted(f"the certificate of {account.host} is not trusted: {error.verify_message}") from None
        except TimeoutError:
            self.abort()
            raise ConnectionLost(f"{account.host} does not answer") from None
        except OSError as error:
            self.abort()
            raise ConnectionLost(f"{account.host}: {error.strerror or error}") from None
        except BaseException:
            self.abort()
            raise
        return self

    @property
    def capabilities(self) -> frozenset[str]:
        """In capitals."""
        return frozenset(self._wire.capabilities)

    def abort(self) -> None:
        """Close at once; also what is done after `close` failed."""
        self._wire.break_off(ConnectionLost("closed"))

    async def close(self) -> None:
        """Say goodbye and close. Raises nothing."""
        try:
            async with asyncio.timeout(2):
                await self._run("LOGOUT")
        except (BridgeError, TimeoutError):
            pass
        finally:
            self.abort()

    async def examine(self, folder: str) -> Snapshot:
        """Open a folder for reading. Raises FolderMissing."""
        exchange, outcome = await self._ask("EXAMINE", self._mailbox(folder))
        if outcome.status != "OK":
            self._wire.state = AUTH  # a failed EXAMINE closes what was open (RFC 3501 section 6.3.1)
            raise refused_folder(outcome.code, folder, clean(outcome.text))
        self._wire.state = SELECTED
        codes = {status.code: _number(status.argument) for status in exchange.statuses if status.code}
        exists = [data.number for data in exchange.untagged if data.kind == "EXISTS"]
        seen = Snapshot(
            codes.get("UIDVALIDITY", 0),
            codes.get("UIDNEXT", 0),
            exists[-1] if exists else 0,
            codes.get("HIGHESTMODSEQ", 0),
        )
        if not seen.uidnext:
            found = await self.search("UID", "*") if seen.exists else []
            seen = Snapshot(seen.uidvalidity, max(found, default=0) + 1, seen.exists, seen.modseq)
        return seen

    async def select(self, folder: str) -> int:
        """Open a folder for writing; its UIDVALIDITY. Never `leave` it: that would expunge. Raises FolderMissing."""
        exchange, outcome = await self._ask("SELECT", self._mailbox(folder))
        if outcome.status != "OK":
            self._wire.state = AUTH
            raise refused_folder(outcome.code, folder, clean(outcome.text))
        self._wire.state = SELECTED
        return next((_number(s.argument) for s in exchange.statuses if s.code == "UIDVALIDITY"), 0)

    async def add_flags(self, uid: int, flags: str) -> None:
        """Set flags of a message of the selected folder. One that is gone is fine."""
        await self._run("STORE", str(uid), "+FLAGS.SILENT", f"({flags})", prefix="UID")

    async def move(self, uid: int, folder: str) -> None:
        """Move a message of the selected folder (RFC 6851), or copy it and expunge that one alone (RFC 4315).

        Raises FolderMissing when the folder is not there; Permanent when the server can do neither.
        """
        if "MOVE" in self.capabilities:
            await self._run("MOVE", str(uid), self._mailbox(folder), prefix="UID")
        elif "UIDPLUS" in self.capabilities:
            await self._run("COPY", str(uid), self._mailbox(folder), prefix="UID")
            await self.add_flags(uid, "\\Deleted")
            await self._run("EXPUNGE", str(uid), prefix="UID")
        else:
            raise Permanent("the server can neither MOVE nor UIDPLUS: mail cannot be moved safely")

    async def status(self, folder: str) -> Snapshot:
        """The state of a folder without opening it. Raises FolderMissing."""
        items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"]
        if self.capabilities & {"CONDSTORE", "QRESYNC"}:
            items.append("HIGHESTMODSEQ")
        exchange, outcome = await self._ask("STATUS", self._mailbox(folder), f"({' '.join(items)})")
        if outcome.status != "OK":
            raise refused_folder(outcome.code, folder, clean(outcome.text))
        said: dict[str, int] = {}
        for data in exchange.untagged:
            values = data.values() if data.kind == "STATUS" else ()
            if values and isinstance(values[-1], tuple):
                said.update({key: _number(value) for key, value in _pairs(values[-1]).items()})
        read = said.get
        return Snapshot(read("UIDVALIDITY", 0), read("UIDNEXT", 0), read("MESSAGES", 0), read("HIGHESTMODSEQ", 0))

    async def search(self, *criteria: str) -> list[int]:
        """The UIDs of the open folder that match, as the server says them. No charset is named: some refuse any."""
        exchange = await self._run("SEARCH", *criteria, prefix="UID")
        found: list[int] = []
        for data in exchange.untagged:
            if data.kind == "SEARCH":  # not by `values`: a million numbers would hold up the loop
                found += [int(word) for word in data.pieces[0].split() if word.isdigit() and len(word) <= 10]
        return found

    async def fetch(self, uids: Sequence[int], items: str) -> dict[int, Mapping[str, Value]]:
        """Items of messages, by UID, the name of each item in capitals.

        What was not asked for, or comes without UID, is left out; of a UID that comes twice the first value of each
        item stands (servers may send flags in between, RFC 9051 section 7).
        """
        asked = frozenset(uids)
        exchange = await self._run("FETCH", _set(uids), f"({items})", prefix="UID")
        out: dict[int, dict[str, Value]] = {}
        for data in exchange.untagged:
            values = data.values() if data.kind == "FETCH" else ()
            if not values or not isinstance(values[0], tuple):
                continue
            pairs = _pairs(values[0])
            uid = _number(pairs.get("UID"))
            if uid in asked:
                message = out.setdefault(uid, {})
                for name, value in pairs.items():
                    message.setdefault(name, value)
        return dict(out)

    async def idle(self, seconds: float) -> bool:
        """Wait for mail in the open folder, at most so long. True when the server announced some (RFC 2177)."""
        pace = self._account.pace
        wire = self._wire
        exchange = wire.start("IDLE", timeout=None)
        try:
            if not await _within(exchange.invited, pace.timeout):
                wire.break_off(ConnectionLost("the server does not answer IDLE in time"))
            if exchange.outcome is None and wire.lost is None:
                await _within(exchange.news, seconds)
            if exchange.outcome is None and wire.lost is None:
                wire.send("DONE")
        except asyncio.CancelledError:
            self.abort()
            raise
        announced = exchange.news.is_set()
        outcome = await wire.finish(exchange, pace.timeout)
        if outcome.status != "OK":
            raise refused("IDLE", outcome.code, clean(outcome.text))
        return announced

    async def leave(self) -> None:
        """Close the open folder, if one is. It was opened for reading, so nothing is expunged."""
        if self._wire.state == SELECTED:
            await self._run("CLOSE")
            self._wire.state = AUTH

    async def folders(self) -> list[Listing]:
        """All mailboxes, with their special uses where the server tells them."""
        options = ("RETURN (SPECIAL-USE)",) if {"SPECIAL-USE", "LIST-EXTENDED"} <= self.capabilities else ()
        exchange = await self._run("LIST", '""', '"*"', *options)
        return [listing for data in exchange.untagged if data.kind == "LIST" for listing in _listing(data)]

    async def namespace(self) -> str:
        """The prefix of personal mailboxes (RFC 2342), empty where it is not told."""
        if "NAMESPACE" not in self.capabilities:
            return ""
        exchange = await self._run("NAMESPACE")
        for data in exchange.untagged:
            match data.values() if data.kind == "NAMESPACE" else ():
                case (((bytes(prefix), *_), *_), *_):
                    return names.decode(prefix)
        return ""

    async def append(self, folder: str, message: bytes) -> None:
        """File a message as read. Raises FolderMissing, Transient; the outcome is unknown after ConnectionLost."""
        arguments = (self._mailbox(folder), "(\\Seen)", f"{{{len(message)}}}")
        exchange, outcome = await self._ask("APPEND", *arguments, answers=lambda _: message + b"\r\n")
        if outcome.status != "OK":
            raise refused(exchange.name, outcome.code, clean(outcome.text))

    async def create(self, folder: str) -> None:
        """Make a mailbox."""
        await self._run("CREATE", self._mailbox(folder))

    async def _ask(
        self, name: str, *args: str, prefix: str = "", answers: Callable[[bytes], bytes] | None = None
    ) -> tuple[Exchange, Status]:
        pace = self._account.pace
        exchange = self._wire.start(name, *args, prefix=prefix, timeout=pace.timeout, answers=answers)
        return exchange, await self._wire.finish(exchange, pace.longest)

    async def _run(self, name: str, *args: str, prefix: str = "") -> Exchange:
        exchange, outcome = await self._ask(name, *args, prefix=prefix)
        if outcome.status != "OK":
            raise refused(name, outcome.code, clean(outcome.text))
        return exchange

    def _mailbox(self, folder: str) -> str:
        try:
            return names.mailbox(folder)
        except ValueError as error:
            raise refused_folder("NONEXISTENT", ascii(folder), str(error)) from None

    async def _starttls(self, tls: ssl.SSLContext) -> None:
        wire = self._wire
        if wire.state != NONAUTH:
            raise Untrusted("the server logs us in before STARTTLS: refused")
        if not wire.capabilities:
            await self._run("CAPABILITY")
        if "STARTTLS" not in wire.capabilities:
            raise Untrusted("the server offers no STARTTLS: nothing was sent")
        _, outcome = await self._ask("STARTTLS")
        if outcome.status != "OK":
            raise Untrusted(f"the server refuses STARTTLS, nothing was sent: {clean(outcome.text)}")
        await wire.secure(tls, self._account.host)

    async def _login(self, secret: Secret) -> None:
        wire, account = self._wire, self._account
        if not wire.capabilities:
            await self._run("CAPABILITY")
        if wire.state == AUTH:
            return
        way = sasl.choose(account.auth, wire.capabilities)
        word = await secret()
        wire.capabilities = set()
        outcome = await (self._plain_login(word) if way == "login" else self._authenticate(way, word))
        if outcome.status != "OK":
            raise refused_login(outcome.code, clean(outcome.text, hide=word))
        wire.state = AUTH
        if not wire.capabilities:
            await self._run("CAPABILITY")

    async def _plain_login(self, word: str) -> Status:
        user = self._account.user
        if (user + word).isascii() and (user + word).isprintable():
            return (await self._ask("LOGIN", names.quote(user), names.quote(word)))[1]
        first, second = user.encode(), word.encode()  # literals carry what quoted strings cannot
        parts = iter((first + b" {%d}\r\n" % len(second), second + b"\r\n"))
        return (await self._ask("LOGIN", f"{{{len(first)}}}", answers=lambda _: next(parts, b"\r\n")))[1]

    async def _authenticate(self, way: sasl.Way, word: str) -> Status:
        assert way != "login"
        account = self._account
        mechanism = sasl.mechanism(way, account.user, word, account.host, account.port)
        first = base64.b64encode(mechanism.first)
        dismiss = base64.b64encode(mechanism.dismiss) + b"\r\n"
        # without SASL-IR (RFC 4959) the initial response waits for an empty challenge
        parts = iter((first + b"\r\n",))
        return (await self._ask("AUTHENTICATE", mechanism.name, answers=lambda _: next(parts, dismiss)))[1]


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it happened in time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


def _number(value: Value | str) -> int:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 20:
        return int(text)
    return 0


def _pairs(values: tuple[Value, ...]) -> dict[str, Value]:
    """Items and their values in turn; the first of equal names stands."""
    if len(values) % 2:
        raise PeerLied("a response has an item without value")
    out: dict[str, Value] = {}
    for name, value in zip(values[::2], values[1::2], strict=True):
        if isinstance(name, bytes):
            out.setdefault(name.decode("ascii", "replace").upper(), value)
    return out


def _listing(data: Untagged) -> list[Listing]:
    match data.values():
        case (tuple(flags), delimiter, bytes(name), *_):
            words = frozenset(flag.decode("ascii", "replace").lower() for flag in flags if isinstance(flag, bytes))
            mark = delimiter.decode("ascii", "replace") if isinstance(delimiter, bytes) else ""
            return [Listing(names.decode(name), words, mark)]
    return []


def _set(uids: Sequence[int]) -> str:
    """A sequence set with runs joined: 1:3,7."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in runs)
