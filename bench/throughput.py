"""(b) steady throughput, (c) new conversations a second, (e) what a bridged mail costs in CPU: on a real Synapse.

Each pair runs a bare client, Mailroom, and the bare client again, with the same contents in the same rooms.
"""

import re
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from bench import load, processes
from bench.bare_rooms import BareRooms
from bench.scale import Scale
from bench.table import Row, Triple, compared
from bench.world import World
from bridge.chat import roomstate
from bridge.core.effects import RoomSpec
from bridge.engine.dispatch import OPENINGS

ROOMS = 20
SENDERS = 10
WIDER = 24
"""Conversations that a peer opens at once which keeps nobody's messages in mind: as many as rooms are written to."""

BARE = "bare"
"""The mark of what the bare client sends."""


async def steady(world: World, scale: Scale) -> list[Row]:
    """Into one room, into twenty, and the CPU of the latter."""
    watcher = world.watcher
    watcher.watch()
    talks = await world.open(ROOMS)
    rooms = await watcher.named([talk.subject for talk in talks])
    firsts = [(await watcher.messages(room))[0] for room in rooms]
    await watcher.rest()
    ends = [(room, first["sender"]) for room, first in zip(rooms, firsts, strict=True)]
    # As what follows it is shown: without the subject, and so without a second, formatted body.
    content = {name: value for name, value in firsts[0]["content"].items() if "format" not in name}
    content["body"] = content["body"].replace(f"mark:{talks[0].root[1:-1]}", f"mark:{BARE}")
    sent: list[list[int]] = [[0] for _ in talks]
    spent: list[tuple[float, float]] = []

    def mails(rooms: int, each: int) -> list[bytes]:
        first = max(numbers[-1] for numbers in sent) + 1
        for numbers in sent[:rooms]:
            numbers += range(first, first + each)
        return load.interleaved(talks[:rooms], first, each)

    async def ours(rooms: int, each: int) -> float:
        pids = (world.installation.pid, _pid(world))
        before = [processes.cpu(pid) for pid in pids]
        took = await world.pour(mails(rooms, each))
        if rooms == ROOMS:
            daemon, synapse = (processes.cpu(pid) - was for pid, was in zip(pids, before, strict=True))
            spent.append((daemon / (rooms * each) * 1000, synapse / (rooms * each) * 1000))
        return rooms * each / took

    async def bare(rooms: int, each: int) -> float:
        return rooms * each / await world.bare.fill(ends[:rooms], content, each)

    one = await _triples(scale.pairs, lambda: bare(1, scale.one_room), lambda: ours(1, scale.one_room))
    many = await _triples(scale.pairs, lambda: bare(ROOMS, scale.many_rooms), lambda: ours(ROOMS, scale.many_rooms))
    await _all_there(world, talks, rooms, sent)
    shares = [daemon / synapse for daemon, synapse in spent]
    daemon, synapse = (statistics.median(each) for each in zip(*spent, strict=True))
    note = f"{len(spent)} runs into {ROOMS} rooms; the peer is Synapse itself, per event"
    return [
        compared("b", "mails into 1 room", "/s", one, aim=0.85, bound="least"),
        compared("b", f"mails into {ROOMS} rooms", "/s", many, aim=0.85, bound="least"),
        Row(
            "e",
            "CPU a mail over Synapse's an event",
            "ms",
            daemon,
            synapse,
            statistics.median(shares),
            aim=0.15,
            note=note,
        ),
    ]


def _pid(world: World) -> int:
    assert world.synapse.pid is not None
    return world.synapse.pid


async def _all_there(world: World, talks: list[load.Correspondence], rooms: list[str], sent: list[list[int]]) -> None:
    """From outside: every mail has come, once."""
    for talk, room, numbers in zip(talks, rooms, sent, strict=True):
        bodies = [event["content"]["body"] for event in await world.watcher.messages(room)]
        came = Counter(mark for body in bodies for mark in re.findall(r"mark:([^:]+):", body) if mark != BARE)
        want = {f"{talk.name}.{number}@client.example" for number in numbers}
        assert came == Counter(want), f"{talk.subject}: {len(came)} came, {len(want)} were sent"


async def opening(world: World, scale: Scale) -> list[Row]:
    """New conversations of known senders: four requests each, by both."""
    known = f"c{world.made}"
    await world.pour([talk.first() for talk in load.talks(f"{known}z", SENDERS)])
    spec = RoomSpec(key="bench", name="Order of the bench", members=(), space="space:support", space_name="support")
    wish = roomstate.room(spec, roomstate.Context(world.bot, world.synapse.server_name, "!space", False))
    body = load.talks("bare", 1)[0].first().partition(b"\r\n\r\n")[2].decode()
    content: dict[str, Any] = {"msgtype": "m.text", "body": body, "m.mentions": {}}
    bare = BareRooms(world.bare, world.bot, world.registration.ghosts, wish, content)
    await bare.prepare(SENDERS)
    runs = 0

    async def ours() -> float:
        nonlocal runs
        runs += 1
        # The senders of the warm-up: "…s0", "…s1", …
        talks = [load.Correspondence(f"{known}r{runs}n{n}", f"{known}zs{n % SENDERS}") for n in range(scale.openings)]
        return scale.openings / await world.pour([talk.first() for talk in talks])

    async def peer() -> float:
        return scale.openings / await bare.many(scale.openings, [world.ann], OPENINGS)

    async def wider() -> float:
        return scale.openings / await bare.many(scale.openings, [world.ann], WIDER)

    triples = await _triples(scale.pairs, peer, ours)
    beside = await _triples(max(1, scale.pairs // 2), wider, ours)
    return [
        compared("c", f"new conversations, {OPENINGS} at once", "/s", triples, aim=0.9, bound="least"),
        compared(
            "c", f"new conversations, beside a peer that opens {WIDER} at once", "/s", beside, aim=None, bound="least"
        ),
    ]


async def _triples(
    pairs: int, bare: Callable[[], Awaitable[float]], ours: Callable[[], Awaitable[float]]
) -> list[Triple]:
    await bare()  # to warm up
    return [Triple(await bare(), await ours(), await bare()) for _ in range(pairs)]
