"""Reading a folder on from its bookmark: in bounded chunks, each committed together with the bookmark that covers it.

Only peeks, by UID. A message that was expunged meanwhile is skipped with a log line. One that is too large, or that
the server cannot deliver after several tries, still arrives: as its header fields with a short text in place of the
body (`letters.stand_in`), so that neither silence nor a stuck folder follows from it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from bridge.core.errors import BridgeError
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Spool
from bridge.mail.imap import cursor, letters
from bridge.mail.imap.account import MIB, Account
from bridge.mail.imap.client import Connection
from bridge.mail.imap.cursor import Mark, Snapshot
from bridge.mail.imap.failures import PeerLied
from bridge.mail.imap.grammar import Value
from bridge.mail.spooling import Incoming

log = logging.getLogger("mailroom.imap")

Accept = Callable[[Sequence[Arrival], Bookmark | None], Awaitable[object]]
JournalBookmark = Callable[[str], Awaitable[str | None]]
Clock = Callable[[], float]

_PART = 2 * MIB
"""Above so much a mail is taken in parts, each written down before the next is asked for."""

_HEADER = 256 * 1024
_LIE, _LOSS = 2, 1  # how much one failure counts against a message: a lie repeats itself, a lost connection may not
_DOUBTFUL, _HOPELESS = 6, 8


@dataclass(slots=True)
class Folder:
    """A folder as this process knows it. `mark`: what is committed. `taken`: mail lately. `doubts`: failures by UID."""

    name: str
    bookmark: str
    mark: Mark | None = None
    seen: Snapshot | None = None
    loaded: bool = False
    missing: bool = False
    failures: int = 0
    taken: float = 0
    careful: bool = False
    doubts: dict[int, int] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads folders of `account` into `accept`. `history_only`: what lay there at first sight, quietly (an import).

    `spool` gives each large mail its place while it is fetched.
    """

    account: Account
    journal_bookmark: JournalBookmark
    accept: Accept
    spool: Callable[[], Spool]
    clock: Clock
    history_only: bool = False

    async def load(self, folder: Folder) -> None:
        """Have the folder's bookmark. Raises what the journal raises."""
        if not folder.loaded:
            folder.mark = Mark.loads(await self.journal_bookmark(folder.bookmark))
            folder.loaded = True

    async def catch_up(self, connection: Connection, folder: Folder, *, still_open: bool = False) -> int:
        """Take everything that is new; returns how many. The folder is open afterwards.

        `still_open`: this connection has it open since the last call, and was told of mail: one question less.
        Raises FolderMissing, Transient (what was committed stays so, the rest is read again).
        """
        async with folder.lock:
            await self.load(folder)
            if still_open and folder.seen is not None and folder.mark is not None:
                seen, mark, words = folder.seen, folder.mark, ""
            else:
                seen = folder.seen = await connection.examine(folder.name)
                mark, words = cursor.begin(folder.mark, seen, self.account.start, self.clock())
            if words:
                log.info("%s folder %s: %s", self.account.name, folder.name, words)
                folder.doubts.clear()
            if self.history_only:
                mark = await self._as_watched(mark, seen, folder)
            await self._commit(folder, mark)
            total = 0
            if mark.scanning:
                found = await connection.search(*cursor.criteria(mark)) if seen.exists else []
                total += await self._take(connection, folder, cursor.wanted(mark, found))
                await self._commit(folder, cursor.scanned(_marked(folder)))
            if not self.history_only:
                mark = _marked(folder)
                found = await connection.search(*cursor.criteria(mark)) if seen.exists or still_open else []
                total += await self._take(connection, folder, cursor.wanted(mark, found))
                await self._commit(folder, cursor.finish(_marked(folder), seen, self.clock()))
            folder.taken += total
            return total

    async def _as_watched(self, mark: Mark, seen: Snapshot, folder: Folder) -> Mark:
        """An import names mail as the watcher does; run again, it goes on to what lies there now."""
        watched = Mark.loads(await self.journal_bookmark(self.account.source(folder.name)))
        if watched and watched.uidvalidity == mark.uidvalidity:
            mark = replace(mark, era=watched.era)
        if mark.scanning or isinstance(self.account.start, str):
            return mark
        return replace(mark, until=seen.uidnext - 1, since=self.account.start.isoformat(), history=True)

    async def _commit(self, folder: Folder, mark: Mark, arrivals: Sequence[Arrival] = ()) -> None:
        if arrivals or not mark.same(folder.mark):
            await self.accept(arrivals, Bookmark(folder.bookmark, mark.dumps()))
        folder.mark = mark

    async def _take(self, connection: Connection, folder: Folder, uids: Sequence[int]) -> int:
        total = 0
        for at in range(0, len(uids), self.account.chunk_uids):
            chunk = uids[at : at + self.account.chunk_uids]
            facts = await connection.fetch(chunk, _facts_of(connection.capabilities))
            for batch in self._batches(folder, chunk, facts):
                total += await self._batch(connection, folder, batch, facts)
        return total

    def _batches(self, folder: Folder, uids: Sequence[int], facts: "Facts") -> Iterator[list[int]]:
        batch: list[int] = []
        octets = 0
        for uid in uids:
            size = _size(facts, uid)
            alone = folder.careful or uid in folder.doubts or size > min(_PART, self.account.chunk_octets)
            if batch and (alone or octets + size > self.account.chunk_octets):
                yield batch
                batch, octets = [], 0
            batch.append(uid)
            octets += size
            if alone:
                yield batch
                batch, octets = [], 0
        if batch:
            yield batch

    async def _batch(self, connection: Connection, folder: Folder, uids: list[int], facts: "Facts") -> int:
        incoming = Incoming(self.spool)
        try:
            return await self._committed(connection, folder, uids, facts, incoming)
        finally:
            await incoming.discard()

    async def _committed(
        self, connection: Connection, folder: Folder, uids: list[int], facts: "Facts", incoming: Incoming
    ) -> int:
        try:
            bodies = await self._bodies(connection, folder, uids, facts, incoming)
            gone = frozenset(uids) - bodies.keys()
            there = frozenset(await connection.search("UID", ",".join(map(str, sorted(gone))))) if gone else frozenset()
        except BridgeError as error:
            _suspect(folder, uids, error)
            raise
        mark = _marked(folder)
        arrivals: list[Arrival] = []
        raw, spooled = await incoming.whole()  # a disk that fails says nothing of the mail: not among the doubts
        done: list[int] = []
        withheld = next((uid for uid in uids if uid in gone & there), None)
        for uid in uids:
            if uid == withheld:
                break
            done.append(uid)
            if uid in gone:
                log.info("%s folder %s: mail %d was removed before it was read", self.account.name, folder.name, uid)
                continue
            key = mark.key(self.account.source(folder.name), uid)
            known = facts.get(uid, {})
            at, thread = letters.received_at(known.get("INTERNALDATE"), self.clock()), known.get("X-GM-THRID")
            quiet = self.history_only or (mark.history and mark.scanning)
            arrival = letters.arrival(self.account, folder.name, key, bodies[uid], at=at, quiet=quiet, thread=thread)
            if raw or spooled:  # it came alone, in parts, of which `bodies` has the first
                arrival = replace(arrival, raw=raw, spooled=spooled)
            arrivals.append(arrival)
        if done:
            await self._commit(folder, cursor.advance(mark, done), arrivals)
        for uid in done:
            folder.doubts.pop(uid, None)
        if withheld is not None:
            lie = PeerLied(f"the server does not deliver mail {withheld} of folder {folder.name}")
            _suspect(folder, [withheld], lie)
            raise lie
        folder.careful = False
        return len(arrivals)

    async def _bodies(
        self, connection: Connection, folder: Folder, uids: list[int], facts: "Facts", incoming: Incoming
    ) -> dict[int, bytes]:
        """By UID. Of a mail taken in parts only the beginning: all of it is in `incoming`."""
        first = uids[0]
        size, doubt = _size(facts, first), folder.doubts.get(first, 0)
        if len(uids) > 1 or (not doubt and size <= min(_PART, self.account.chunk_octets, self.account.max_octets)):
            answers = await connection.fetch(uids, "UID BODY.PEEK[]")
            octets = {uid: answer.get("BODY[]") for uid, answer in answers.items()}
            return {
                uid: raw for uid, raw in octets.items() if isinstance(raw, bytes) and (raw or not _size(facts, uid))
            }
        if doubt >= _HOPELESS:
            return {first: letters.stand_in(b"", "The mail server could not deliver this mail. It is in the mailbox.")}
        if doubt >= _DOUBTFUL:
            words = "The mail server could not deliver the body of this mail. It is in the mailbox."
            return await self._header(connection, first, words)
        limit = self.account.max_octets
        if size <= limit:
            beginning, came = await self._parts(connection, first, size, incoming)
            if came <= limit:
                return {} if beginning is None else {first: beginning}
            await incoming.discard()
        words = f"This mail is too large: {size:,} octets, the limit is {limit:,}. It is in the mailbox."
        return await self._header(connection, first, words)

    async def _header(self, connection: Connection, uid: int, words: str) -> dict[int, bytes]:
        answer = (await connection.fetch([uid], f"UID BODY.PEEK[HEADER]<0.{_HEADER}>")).get(uid, {})
        header = answer.get("BODY[HEADER]<0>")
        return {uid: letters.stand_in(header, words)} if isinstance(header, bytes) else {}

    async def _parts(self, connection: Connection, uid: int, size: int, incoming: Incoming) -> tuple[bytes | None, int]:
        """A body in pieces, until one comes short: told sizes are not always right. None when it is gone.

        Returns the first piece, and how many octets went into `incoming`.
        """
        beginning: bytes | None = None
        got, count = 0, min(_PART, self.account.chunk_octets)
        while got <= self.account.max_octets:
            answer = (await connection.fetch([uid], f"UID BODY.PEEK[]<{got}.{count}>")).get(uid, {})
            part = answer.get(f"BODY[]<{got}>")
            if not isinstance(part, bytes):
                if beginning is None or got < size:
                    await incoming.discard()
                    return None, 0
                break
            if beginning is None:
                beginning = part
            await incoming.add(part)
            got += len(part)
            if not part or (len(part) < count and got >= size):
                break
        return beginning if got or not size else None, got


Facts = Mapping[int, Mapping[str, Value]]


def _facts_of(capabilities: AbstractSet[str]) -> str:
    """What is asked of each mail before it is taken; Gmail's thread where the server has such (X-GM-EXT-1)."""
    return "UID RFC822.SIZE INTERNALDATE" + (" X-GM-THRID" if "X-GM-EXT-1" in capabilities else "")


def _suspect(folder: Folder, uids: Sequence[int], error: BridgeError) -> None:
    """Remember what was asked when it went wrong: next time one by one, later without the body."""
    folder.careful = True
    if len(uids) == 1:
        folder.doubts[uids[0]] = folder.doubts.get(uids[0], 0) + (_LIE if isinstance(error, PeerLied) else _LOSS)


def _marked(folder: Folder) -> Mark:
    assert folder.mark is not None
    return folder.mark


def _size(facts: Facts, uid: int) -> int:
    size = facts.get(uid, {}).get("RFC822.SIZE")
    return int(size) if isinstance(size, bytes) and size.isdigit() and len(size) < 15 else 0
