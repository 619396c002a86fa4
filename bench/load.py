"""Mail for benchmarks, and SMTP clients that hand it over: as cheap as they can be, since they share the machine."""

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

SUPPORT = "support@corp.example"
_TEXT = """
the order arrived on Tuesday but blue one is missing and box was open we would like to know when it can be sent again
or money comes back because our fair begins next week please tell me whether you need a picture of what came with number
that stands above second parcel lies at door nobody signed for this friendly greetings from harbour"""
_WORDS = _TEXT.split()
LINES, LINE = 50, 15
"""Lines of text in each mail, about 4 kB, and words in each line."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """One conversation: its first mail and what follows it, from one sender."""

    name: str
    sender: str

    @property
    def root(self) -> str:
        """The Message-ID of the first mail."""
        return f"<{self.name}.0@client.example>"

    @property
    def subject(self) -> str:
        """And so the room's name."""
        return f"Order {self.name}"

    def first(self) -> bytes:
        """The mail that opens it."""
        return self._mail(self.root, self.subject, "")

    def next(self, number: int) -> bytes:
        """A later mail; `number` counts from 1."""
        reference = f"In-Reply-To: {self.root}\r\nReferences: {self.root}\r\n"
        return self._mail(f"<{self.name}.{number}@client.example>", f"Re: {self.subject}", reference)

    def _mail(self, message_id: str, subject: str, more: str) -> bytes:
        head = (
            f"From: Customer {self.sender} <{self.sender}@client.example>\r\nTo: {SUPPORT}\r\nSubject: {subject}\r\n"
            f"Message-ID: {message_id}\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n{more}"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        )
        # Always the same for one mail, and another for each: nobody writes again what he wrote before.
        words = random.Random(message_id).choices(_WORDS, k=LINES * LINE)
        text = "".join(f"{' '.join(words[at : at + LINE])}.\r\n" for at in range(0, len(words), LINE))
        # Nor does a line end with a colon, as what attributes history does.
        return f"{head}mark:{message_id[1:-1]}: it says\r\n{text}".encode()


class Session:
    """One SMTP connection in lockstep, as the simplest client does it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def reply(self) -> bytes:
        """One reply. Raises RuntimeError unless it is positive."""
        while True:
            line = await self._reader.readline()
            if line[3:4] != b"-":
                break
        if line[:1] not in (b"2", b"3"):
            raise RuntimeError(f"the server said {line!r}")
        return line

    async def say(self, octets: bytes) -> None:
        """A command and its reply."""
        self._writer.write(octets)
        await self.reply()

    async def mail(self, raw: bytes, *recipients: str) -> float:
        """Hand a mail over; the moment (monotonic) just before the final dot is written."""
        await self.begin(*recipients)
        moment = time.monotonic()
        self.write(raw + b".\r\n")
        await self.reply()
        return moment

    async def begin(self, *recipients: str) -> None:
        """All commands up to DATA."""
        await self.say(b"MAIL FROM:<customer@client.example>\r\n")
        for recipient in recipients or (SUPPORT,):
            await self.say(f"RCPT TO:<{recipient}>\r\n".encode())
        await self.say(b"DATA\r\n")

    def write(self, octets: bytes) -> None:
        """Octets, and no waiting for a reply."""
        self._writer.write(octets)


@contextlib.asynccontextmanager
async def session(port: int) -> AsyncIterator[Session]:
    """A greeted connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        made = Session(reader, writer)
        await made.reply()
        await made.say(b"EHLO client.example\r\n")
        yield made
    finally:
        writer.close()


async def pour(port: int, mails: Iterable[bytes], sessions: int = 16) -> tuple[float, float]:
    """Hand over all mails over so many sessions at once. Moments (monotonic) of the start and of the last 250."""
    waiting = iter(mails)

    async def one(client: Session) -> None:
        for raw in waiting:
            await client.mail(raw)

    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(session(port)) for _ in range(sessions)]
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(one(client))
        return began, time.monotonic()


def interleaved(talks: Sequence[Correspondence], first: int, count: int) -> list[bytes]:
    """`count` further mails of each conversation, one of each in turn, numbered from `first`."""
    return [talk.next(number) for number in range(first, first + count) for talk in talks]


def talks(prefix: str, count: int, senders: int = 0) -> list[Correspondence]:
    """Conversations; each has a sender of its own unless `senders` says of how many they are."""
    names = itertools.cycle(f"{prefix}s{n}" for n in range(senders or count))
    return [Correspondence(f"{prefix}{n}", next(names)) for n in range(count)]
