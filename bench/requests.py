"""(c) Homeserver requests, counted at the stub: of a mail in a known conversation, a new one, and a new sender."""

import asyncio
from pathlib import Path

from bench import load
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import Stub, stub_homeserver
from bench.table import Row

COUNT = 10


async def _counted(stub: Stub, installation: Installation, mails: list[bytes]) -> float:
    await asyncio.sleep(0.3)  # what the last ones caused
    stub.requests.clear()
    had = len(stub.sends)
    await load.pour(installation.port, mails, sessions=1)
    await stub.until(had + len(mails))
    return stub.requests.total() / len(mails)


async def counted(folder: Path, scale: Scale) -> list[Row]:
    """Three counts a mail."""
    async with stub_homeserver() as stub, await Installation(folder / "requests", stub.url).start() as installation:
        (first,) = load.talks("w", 1)
        await load.pour(installation.port, [first.first()], sessions=1)
        await stub.until(1)
        new = await _counted(stub, installation, [talk.first() for talk in load.talks("n", COUNT)])
        known = load.talks("k", COUNT)
        opening = [load.Correspondence(f"o{n}", f"ns{n}").first() for n in range(COUNT)]
        opened = await _counted(stub, installation, opening)
        await _counted(stub, installation, [talk.first() for talk in known])
        steady = await _counted(stub, installation, [talk.next(1) for talk in known])
    return [
        Row("c", "requests: mail in a known conversation", "", steady, aim=1),
        Row("c", "requests: new conversation, known sender", "", opened, aim=4),
        Row("c", "requests: new conversation, new sender", "", new, aim=6),
    ]
