"""What outlives restarts: Synapse's memory of transaction ids, and our place in the sync stream."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from bridge.chat.client import Wire
from bridge.chat.connection import connected
from bridge.chat.probe import Finding, look_around
from bridge.chat.sync import SOURCE, begin_sync, run_sync, sync_once
from bridge.core.errors import StorageFull
from bridge.core.plan import Arrival, Bookmark
from bridge.core.ports import Health
from bridge.core.post import Member, Said
from tests.fakes.homeserver import fake_homeserver, says
from tests.fakes.homeserver_world import Inbox, Side, World, a_mail, a_room, chat_world, own_synapse

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with (
        own_synapse(tmp_path_factory.mktemp("chat")) as (synapse, registration),
        chat_world(synapse, registration) as made,
    ):
        yield made


@pytest.fixture(params=["appservice", "bot"])
def side(office: World, request: pytest.FixtureRequest) -> Side:
    return office.sides[request.param]


async def test_the_homeserver_knows_a_transaction_after_its_own_restart(office: World, side: Side) -> None:
    ann = await office.person("ann")
    room = await side.chat.open_room(a_room("hsrestart", ann.user))
    first = await side.chat.show(room, a_mail("hsrestart:1"), root=None, images={})
    await office.synapse.restart()
    assert await side.chat.show(room, a_mail("hsrestart:1"), root=None, images={}) == first
    async with office.again(side.mode) as restarted:
        assert await restarted.chat.show(room, a_mail("hsrestart:1"), root=None, images={}) == first
    await ann.join(room)
    assert len(await ann.messages(room)) == 1


async def test_the_first_sync_takes_no_history(office: World) -> None:
    bot, ann, inbox = office.sides["bot"], await office.person("ann"), Inbox()
    room = await bot.chat.open_room(a_room("history", ann.user))
    await ann.join(room)
    await ann.say(room, "old")
    token = await sync_once(bot.connected.bot, bot.connected.names, None, inbox.accept, wait=0)
    assert inbox.arrivals == {}
    assert inbox.bookmarks == {SOURCE: token}


async def test_a_busy_room_has_no_gap_after_an_absence(office: World) -> None:
    bot, ann, inbox = office.sides["bot"], await office.person("ann"), Inbox()
    room = await bot.chat.open_room(a_room("gap", ann.user))
    await ann.join(room)
    wire, names = bot.connected.bot, bot.connected.names
    since = await sync_once(wire, names, None, inbox.accept, wait=0)
    said = [await ann.say(room, f"gap{n}", body=str(n)) for n in range(230)]
    await sync_once(wire, names, since, inbox.accept, wait=0)
    assert [key.removeprefix("event:") for key in inbox.arrivals] == said


async def test_what_was_said_before_the_bot_came_is_not_for_it(office: World) -> None:
    bot, dan, inbox = office.sides["bot"], await office.person("dan"), Inbox()
    wire, names = bot.connected.bot, bot.connected.names
    made = await dan.call("POST", "createRoom", body={"preset": "public_chat", "invite": [bot.bot]})
    room = made["room_id"]
    since = await sync_once(wire, names, None, inbox.accept, wait=0)
    await dan.say(room, "before")
    await bot.chat.rejoin(room)
    after = await dan.say(room, "after")
    await sync_once(wire, names, since, inbox.accept, wait=0)
    posts = [bot.chat.read(arrival.raw) for arrival in inbox.arrivals.values()]
    assert [post.event for post in posts if isinstance(post, Said) and post.room == room] == [after]
    assert any(isinstance(post, Member) and post.user == bot.bot and post.membership == "join" for post in posts)


async def test_an_invitation_while_away_arrives_once(office: World) -> None:
    bot, dan, inbox = office.sides["bot"], await office.person("dan"), Inbox()
    wire, names = bot.connected.bot, bot.connected.names
    since = await sync_once(wire, names, None, inbox.accept, wait=0)
    inbox.arrivals.clear()
    made = await dan.call("POST", "createRoom", body={"preset": "private_chat", "invite": [bot.bot]})
    for _ in range(2):  # the same again, as after a crash before the commit
        await sync_once(wire, names, since, inbox.accept, wait=0)
    posts = [bot.chat.read(arrival.raw) for arrival in inbox.arrivals.values()]
    (invited,) = [post for post in posts if isinstance(post, Member) and post.room == made["room_id"]]
    assert (invited.user, invited.by, invited.membership) == (bot.bot, dan.user, "invite")


async def test_the_probe_finds_a_working_homeserver(office: World, side: Side) -> None:
    ann = await office.person("ann")
    before = await side.connected.bot.call("GET", "joined_rooms")
    registration = office.registration.id if side.mode == "appservice" else ""
    bot, names = side.connected.bot, side.connected.names
    looking = look_around(bot, names, invitee=ann.user, registration_id=registration, encrypted=True)
    findings = [finding async for finding in looking]
    assert [f.words for f in findings if not f.ok] == []
    assert {"homeserver", "identity", "probe room", "room alias", "encryption", "keys", "invitation"} <= {
        f.what for f in findings
    }
    assert await side.connected.bot.call("GET", "joined_rooms") == before, "it leaves nothing behind"


async def test_what_is_said_between_the_first_token_and_the_first_sync_is_not_lost(office: World) -> None:
    bot, ann = office.sides["bot"], await office.person("ann")
    wire, names, inbox = bot.connected.bot, bot.connected.names, Inbox()

    async def report(state: Health) -> None:
        pass

    await begin_sync(wire, names, accept=inbox.accept, bookmark=inbox.bookmark, report=report)
    room = await bot.chat.open_room(a_room("early", ann.user))
    await ann.join(room)
    event = await ann.say(room, "early")
    loop = asyncio.create_task(run_sync(wire, names, accept=inbox.accept, bookmark=inbox.bookmark, report=report))
    await inbox.event(event)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)


async def test_what_could_not_be_kept_is_synced_again(office: World) -> None:
    bot, ann = office.sides["bot"], await office.person("ann")
    room = await bot.chat.open_room(a_room("full", ann.user))
    await ann.join(room)
    wire, names, inbox = bot.connected.bot, bot.connected.names, Inbox()
    await sync_once(wire, names, None, inbox.accept, wait=0)
    event = await ann.say(room, "full")
    health: list[str] = []
    failures = iter([StorageFull("disk full", retry_after=0.0)])

    async def accept(arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        for failure in failures:
            raise failure
        return await inbox.accept(arrivals, bookmark)

    async def report(state: Health) -> None:
        health.append(state.state)

    loop = asyncio.create_task(run_sync(wire, names, accept=accept, bookmark=inbox.bookmark, report=report))
    await inbox.event(event)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    assert health == ["waiting", "ok"]


async def test_a_homeserver_that_does_not_let_us_is_told_with_a_cure(office: World) -> None:
    async with fake_homeserver() as fake:
        fake.script += [
            ("/versions", says(404, "not found")),
            ("/whoami", says(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "no"})),
            *[("/ping", says(502, {"errcode": "M_CONNECTION_FAILED", "error": "refused"}))] * 3,
            ("/createRoom", says(403, {"errcode": "M_FORBIDDEN", "error": "no rooms"})),
        ]
        real = office.sides["bot"].connected.bot
        async with connected(fake.url) as server:
            wire = type(real)(server, real.identity)
            found = look_around(wire, office.sides["bot"].connected.names, invitee="@a:b", registration_id="mailroom")
            findings: list[Finding] = [finding async for finding in found]
    assert [f.what for f in findings] == ["homeserver", "identity", "appservice ping", "probe room"]
    assert all(not f.ok and f.cure for f in findings)
    assert "listen.matrix" in findings[2].cure


async def test_a_bot_beside_an_old_registration_of_ours_is_told_that_its_aliases_are_reserved(office: World) -> None:
    bot = office.sides["bot"].connected
    reserved = replace(bot.names, aliases=office.registration.aliases)
    (told,) = [f async for f in look_around(bot.bot, reserved) if not f.ok]
    assert told.what == "room alias"
    assert "M_EXCLUSIVE" in told.words
    assert "registration" in told.cure


async def test_without_the_packages_for_keys_their_cure_is_told_where_rooms_are_to_be_encrypted(
    office: World, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bridge.chat.olm", None)
    bot, names = side.connected.bot, side.connected.names
    (told,) = [found async for found in look_around(bot, names, encrypted=True) if not found.ok]
    assert told.what == "keys"
    assert "pip install 'matrix-mailroom[encryption]'" in told.cure
    assert all([found.ok async for found in look_around(bot, names)]), "nobody asks for them"


async def test_a_homeserver_that_encrypts_every_room_is_no_harm_where_keys_can_be_had(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = office.sides["bot"].connected
    body = {"algorithm": "m.megolm.v1.aes-sha2"}

    class Forced(Wire):
        """The real wire, on a homeserver that does so."""

        async def call(self, method: str, *path: str, **more: Any) -> dict[str, Any]:
            made: dict[str, Any] = await super().call(method, *path, **more)
            if path == ("createRoom",):
                await super().call("PUT", "rooms", made["room_id"], "state", "m.room.encryption", "", body=body)
            return made

    bot = Forced(real.bot.server, real.bot.identity)
    told = {found.what: found async for found in look_around(bot, real.names)}
    assert told["encryption"].ok
    assert "encrypts every new room" in told["encryption"].words
    monkeypatch.setitem(sys.modules, "bridge.chat.olm", None)
    told = {found.what: found async for found in look_around(bot, real.names)}
    assert not told["encryption"].ok
    assert "pip install" in told["encryption"].cure
    assert "encryption_enabled_by_default_for_room_type" in told["encryption"].cure
