"""What a mail costs, in counts that are the same on any machine: requests to the homeserver, commits (each one fsync).

The daemon runs as users run it; the homeserver is a stub that counts.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench import load
from bench.installation import Installation
from bench.stub import Stub, stub_homeserver
from tests.waiting import eventually

SESSIONS = 16


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    """The homeserver."""
    async with stub_homeserver() as stub:
        yield stub


@pytest.fixture
async def installation(tmp_path: Path, stub: Stub) -> AsyncIterator[Installation]:
    """A daemon that has shown one mail, so that its inbox's space and the admin room stand."""
    async with await Installation(tmp_path, stub.url).start(counted=True) as installation:
        await shown(stub, installation, load.talks("warm", 1)[0].first())
        yield installation


async def shown(stub: Stub, installation: Installation, *mails: bytes) -> None:
    """Hand mails over, one after the other, until each is shown and its receipt stored."""
    had = installation.done()[0]
    for number, mail in enumerate(mails, 1):
        await load.pour(installation.port, [mail], sessions=1)
        await eventually(lambda number=number: installation.done()[0] == had + number)
    assert len(stub.sends) == had + len(mails)


async def test_a_mail_in_a_known_conversation_costs_one_request(stub: Stub, installation: Installation) -> None:
    (talk,) = load.talks("known", 1)
    await shown(stub, installation, talk.first())
    stub.requests.clear()
    await shown(stub, installation, *(talk.next(number) for number in range(1, 6)))
    assert stub.requests == {"PUT send": 5}


async def test_a_new_conversation_costs_four_requests_and_a_new_sender_two_more(
    stub: Stub, installation: Installation
) -> None:
    four = {"POST createRoom": 1, "PUT state/m.space.child": 1, "POST join": 1, "PUT send": 1}
    stub.requests.clear()
    await shown(stub, installation, load.Correspondence("one", "berta").first())
    assert stub.requests == {**four, "POST register": 1, "PUT profile": 1}
    stub.requests.clear()
    await shown(stub, installation, load.Correspondence("two", "berta").first())
    assert stub.requests == four


async def test_a_mail_that_comes_alone_costs_three_commits(stub: Stub, installation: Installation) -> None:
    """Accepted; settled and claimed together; its receipt. A fourth when the clock was just being asked."""
    (talk,) = load.talks("alone", 1)
    await shown(stub, installation, talk.first())
    before = await installation.commits()
    await shown(stub, installation, *(talk.next(number) for number in range(1, 6)))
    assert (await installation.commits() - before) / 5 <= 4


async def test_mails_that_come_together_share_their_commits(tmp_path: Path) -> None:
    """At most half an fsync for each accepted mail, at 16 sessions; the homeserver is away, so nothing else commits."""
    rounds = 5
    (talk,) = load.talks("together", 1)
    async with contextlib.AsyncExitStack() as stack:
        away = "http://127.0.0.1:9"
        installation = await Installation(tmp_path, away).start(counted=True)
        await stack.enter_async_context(installation)
        clients = [await stack.enter_async_context(load.session(installation.port)) for _ in range(SESSIONS)]
        before = await installation.commits()
        for number in range(rounds):
            for client in clients:
                await client.begin()
                client.write(talk.next(number))
            for client in clients:
                client.write(b".\r\n")
            await asyncio.gather(*(client.reply() for client in clients))
        commits = await installation.commits() - before
    assert commits / (rounds * SESSIONS) <= 0.5


async def test_with_all_peers_quiet_the_daemon_falls_quiet(stub: Stub, installation: Installation) -> None:
    """No request and no commit, for a while that every loop and retry of a busy daemon would make itself seen in."""
    talks = load.talks("quiet", 3)
    await shown(stub, installation, *(talk.first() for talk in talks), *(talk.next(1) for talk in talks))
    for _ in range(6):  # what follows the last receipt, or the start, may take its time on a busy machine
        before = await installation.commits()
        stub.requests.clear()
        await asyncio.sleep(3)
        if stub.requests == {} and await installation.commits() == before:
            return
    raise AssertionError(f"never quiet for three seconds: {stub.requests}, {await installation.commits() - before}")
