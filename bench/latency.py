"""(a) How long a mail takes from its final dot, or its IMAP APPEND, to its event.

Against the stub: until the homeserver has the request. On Synapse at four mails a second: until a person's /sync shows
it, beside a bare send seen by the same /sync, one after the other in turn.
"""

import asyncio
import contextlib
import imaplib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from bench import load
from bench.installation import Installation
from bench.scale import Scale
from bench.stub import Stub, stub_homeserver
from bench.table import Row, Triple, compared, percentile
from bench.world import World
from bridge.demo.process import ServerProcess, accepts_tcp, free_port
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.tls import Authority

PAUSE = 0.25
"""Seconds between two sends on Synapse."""

BARE = "reads with policy.default, keeps as often, knows no rules and no conversations"


async def on_stub(folder: Path, scale: Scale) -> list[Row]:
    """The bridge's own share, beside a bare bridge's, and the commits and requests of a mail that comes alone."""
    async with stub_homeserver() as stub:
        port = free_port()
        bare = ServerProcess(
            [sys.executable, "-m", "bench.bare_bridge", str(port), stub.url, str(folder / "bare.db")],
            folder / "bare.log",
        )
        await bare.start(lambda: accepts_tcp(port))
        try:
            peers = await _alone(stub, port, scale.stub_sends)
            installation = await Installation(folder / "stub", stub.url).start(counted=True)
            async with installation:
                await _alone(stub, installation.port, 20)
                await asyncio.sleep(0.3)
                stub.requests.clear()
                before = await installation.commits()
                times = await _alone(stub, installation.port, scale.stub_sends, begun=20)
                await asyncio.sleep(0.3)
                commits = (await installation.commits() - before) / scale.stub_sends
                requests = stub.requests.total() / scale.stub_sends
            again = await _alone(stub, port, scale.stub_sends, begun=scale.stub_sends)
        finally:
            await bare.stop()
    middle = percentile(times, 0.5)
    other = Triple(percentile(peers[20:], 0.5), middle, percentile(again[20:], 0.5))
    return [
        Row("a", "dot to event, stub, p50", "ms", middle, aim=5),
        Row("a", "dot to event, stub, p99", "ms", percentile(times, 0.99), aim=15),
        replace(compared("a", "the same beside a bare bridge, p50", "ms", [other], aim=None, bound="most"), note=BARE),
        Row("a", "commits of a mail that comes alone", "", commits, note="accept, settle and claim, fulfil"),
        Row("a", "requests of a mail in a known conversation", "", requests, aim=1),
    ]


async def _alone(stub: Stub, port: int, count: int, *, begun: int = 0) -> list[float]:
    """Milliseconds of so many mails of one conversation, one after the other, from `begun` on."""
    (talk,) = load.talks("a", 1)
    times: list[float] = []
    async with load.session(port) as client:
        for number in range(begun, begun + count):
            had = len(stub.sends)
            dot = await client.mail(talk.next(number) if number else talk.first())
            await stub.until(had + 1)
            times.append((stub.sends[-1][0] - dot) * 1000)
            await asyncio.sleep(0.02)
    return times


async def on_synapse(world: World, scale: Scale) -> list[Row]:
    """Ours and two bare sends, in turn."""
    watcher = world.watcher
    watcher.watch()
    (talk,) = await world.open(1)
    (room,) = await watcher.named([talk.subject])
    (first,) = await watcher.messages(room)
    content, ghost = first["content"], first["sender"]
    ours: list[float] = []
    peers: tuple[list[float], list[float]] = ([], [])

    async def bare(mark: str) -> float:
        body = content["body"].replace("mark:" + talk.root[1:-1], f"mark:{mark}")
        await asyncio.sleep(PAUSE)
        began = time.monotonic()
        await world.bare.send(room, ghost, {**content, "body": body})
        return (await watcher.moment(mark) - began) * 1000

    async with load.session(world.installation.port) as client:
        for number in range(1, scale.sends + 1):
            peers[0].append(await bare(f"bare{number}a"))
            await asyncio.sleep(PAUSE)
            dot = await client.mail(talk.next(number))
            mark = f"{talk.name}.{number}@client.example"
            ours.append((await watcher.moment(mark) - dot) * 1000)
            peers[1].append(await bare(f"bare{number}b"))
    await watcher.rest()
    both = peers[0] + peers[1]

    def row(share: float, aim: float | None) -> Row:
        mine, other = percentile(ours, share), percentile(both, share)
        same = percentile(peers[1], share) / percentile(peers[0], share)
        what = f"dot to /sync, Synapse, p{share * 100:.0f}"
        return Row("a", what, "ms", mine, other, mine / other, same, aim, note=f"{scale.sends} sends each in turn")

    return [row(0.5, 1.15), row(0.99, None)]


@contextlib.contextmanager
def _short_folder() -> Iterator[Path]:
    """Dovecot's sockets lie in it, and its own user passes through."""
    with tempfile.TemporaryDirectory(prefix="mailroom-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.asynccontextmanager
async def _dovecot() -> AsyncIterator[tuple[Dovecot, Mailbox]]:
    with _short_folder() as folder:
        server = Dovecot(folder, Authority(folder))
        await server.start()
        try:
            yield server, server.add_user("desk")
        finally:
            await server.stop()


async def by_imap(folder: Path, scale: Scale) -> list[Row]:
    """From APPEND to the event at the stub. Dovecot alone waits half a second before it tells an idle client."""
    (talk,) = load.talks("i", 1)
    times: list[float] = []
    async with _dovecot() as (dovecot, box), stub_homeserver() as stub:
        secret = folder / "box.pass"
        secret.touch(mode=0o600)
        secret.write_text(box.password)
        account = {
            "imap": f"imaps://localhost:{dovecot.tls_port}",
            "ca_file": str(dovecot.authority.certificate),
            "user": box.user,
            "password_file": str(secret),
            "from": "all",
            "folders": ["INBOX"],
        }
        async with await Installation(folder / "imap", stub.url, more={"accounts": {"desk": account}}).start():
            with dovecot.login(box) as other:
                mails = [talk.first(), *(talk.next(n) for n in range(1, scale.appends + 1))]
                for number, raw in enumerate(mails, 1):
                    began = time.monotonic()
                    await asyncio.to_thread(_append, other, raw)
                    await stub.until(number)
                    times.append((stub.sends[-1][0] - began) * 1000)
    note = f"{scale.appends} appends; Dovecot tells an idle client after 500 ms by design"
    return [Row("a", "IMAP append to event, stub, p50", "ms", percentile(times[1:], 0.5), note=note)]


def _append(client: imaplib.IMAP4, raw: bytes) -> None:
    status, _ = client.append("INBOX", None, None, raw)
    assert status == "OK"
