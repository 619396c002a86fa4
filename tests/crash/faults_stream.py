"""A stream of mail in many conversations, and a look from outside whether each was shown once and in order.

For deaths at moments that nobody chose. The daemon is the real command here.
"""

import asyncio
import re
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from bridge.store.queue import Queue
from tests.crash.faults_office import insist
from tests.journey.office import Office
from tests.waiting import eventually

_NUMBER = re.compile(r"Number (\d+)\b")


class Stream:
    """`conversations` mail servers, each of which hands over `each` mails of one conversation, in order."""

    def __init__(self, office: Office, conversations: int, each: int) -> None:
        self._office = office
        self._names = [f"Stream {n}" for n in range(conversations)]
        self._each = each
        self._taken = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(conversations)  # not the loop's own, in which all else would wait for them
        self._sending: list[asyncio.Future[None]] = []

    def begin(self) -> None:
        """From now on mail comes."""
        loop = asyncio.get_running_loop()
        self._sending = [loop.run_in_executor(self._threads, self._send, name) for name in self._names]

    async def taken(self, count: int) -> None:
        """Wait until that many were answered 250."""
        await eventually(lambda: self._taken >= count, within=30)

    async def all_taken(self) -> None:
        """Wait until every mail was answered 250."""
        await asyncio.gather(*self._sending)
        self._threads.shutdown()

    def _send(self, name: str) -> None:
        office = self._office
        first = office.mail(name, "Number 0")
        reply = {"In_Reply_To": str(first["Message-ID"])}
        mails = [first, *(office.mail(f"Re: {name}", f"Number {n}", **reply) for n in range(1, self._each))]
        for mail in mails:
            insist(office.smtp_port, [mail], office.customer_address, office.support)
            with self._lock:
                self._taken += 1

    async def shown_once_in_order(self) -> None:
        """Every mail is in the one room of its conversation, once and in order."""
        await quiet(self._office)
        rooms: defaultdict[str, list[str]] = defaultdict(list)
        for room, part in (await self._office.ann.sync())["rooms"].get("invite", {}).items():
            for event in part["invite_state"]["events"]:
                if event["type"] == "m.room.name":
                    rooms[event["content"]["name"]].append(room)
        for name in self._names:
            assert len(rooms[name]) == 1, f"{name}: {rooms[name]}"
            await self._office.ann.join(rooms[name][0])
            bodies = await self._office.ann.bodies(rooms[name][0])
            numbers = [int(found[1]) for body in bodies if (found := _NUMBER.search(body))]
            assert numbers == list(range(self._each)), f"{name}: {numbers}"


async def quiet(office: Office) -> None:
    """Wait until nothing is left to do."""
    with Queue.open(office.folder / "state") as queue:

        def done() -> bool:
            counts = queue.counts()
            return not (counts.new or counts.waiting or counts.claimed)

        await eventually(done, within=90, every=0.1)
