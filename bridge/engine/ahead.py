"""Reading a mail while it is still being made durable, so that one that comes alone is shown sooner.

Only a look ahead: what was read is used when the journal hands out the very same octets, and is forgotten otherwise,
also when they could not be kept. Nothing is planned from it before.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.core.mail import Mail
from bridge.core.plan import Arrival, Pending, Raw
from bridge.core.ports import Reader

MOST = 4
"""Mails read ahead at once. When more come together they are better read in batches, once they are kept."""

LONGEST = 1 << 18
"""Octets of a mail that is read ahead: larger ones lie in files."""

BORED = 10.0
"""Seconds after which nobody will ask for it any more."""


@dataclass(frozen=True, slots=True)
class _Begun:
    octets: bytes
    since: float
    reading: asyncio.Future[Mail]


class Ahead:
    """Mails that are being read ahead, by the key of their arrival."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._begun: dict[str, _Begun] = {}
        self._forgotten: set[asyncio.Future[Mail]] = set()

    def begin(self, arrivals: Sequence[Arrival]) -> str:
        """Begin to read a mail that comes alone. Returns the key to `forget` it by; empty when it is not read ahead."""
        if len(arrivals) != 1 or arrivals[0].kind != "mail" or arrivals[0].size > LONGEST:
            return ""
        key, octets = arrivals[0].key, arrivals[0].raw
        now = asyncio.get_running_loop().time()
        for old in [old for old, begun in self._begun.items() if now - begun.since > BORED]:
            self.forget(old)
        if key in self._begun or len(self._begun) + len(self._forgotten) >= MOST:
            return ""
        reading = asyncio.ensure_future(self._read(octets))
        reading.add_done_callback(_heard)
        self._begun[key] = _Begun(octets, now, reading)
        return key

    async def _read(self, octets: bytes) -> Mail:
        await asyncio.sleep(0)  # the journal is asked first: it takes longer, and both would want the same processor
        return await self._reader.read(Raw(data=octets))

    def already(self, arrival: Arrival, mail: Mail) -> None:
        """It was read before it was to be kept."""
        if len(self._begun) < MOST and arrival.size <= LONGEST:
            reading: asyncio.Future[Mail] = asyncio.get_running_loop().create_future()
            reading.set_result(mail)
            self._begun[arrival.key] = _Begun(arrival.raw, asyncio.get_running_loop().time(), reading)

    def forget(self, key: str) -> None:
        """It was not kept, or was known before. What is being read is read to its end: to stop it costs a worker."""
        if (begun := self._begun.pop(key, None)) is not None and not begun.reading.done():
            self._forgotten.add(begun.reading)
            begun.reading.add_done_callback(self._forgotten.discard)

    async def read(self, pending: Pending) -> Mail:
        """The mail, read ahead or now. Raises what the reader raises."""
        begun = self._begun.get(pending.key)
        if begun is not None and begun.octets == pending.raw.data:
            return await self._begun.pop(pending.key).reading
        self.forget(pending.key)
        return await self._reader.read(pending.raw)


def _heard(reading: asyncio.Future[Mail]) -> None:
    """Whoever asks for it hears of its failure; when nobody does, nobody needs to."""
    if not reading.cancelled():
        reading.exception()
