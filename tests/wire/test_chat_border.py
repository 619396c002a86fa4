"""The border to a misbehaving homeserver: every failure is sorted by what to do next, and nothing retries by itself."""

from collections.abc import AsyncIterator

import pytest

from bridge.chat import client
from bridge.chat.connect import AppserviceSettings, BotSettings, Connected, connect_appservice, connect_bot
from bridge.chat.connection import connected
from bridge.chat.registration import generate
from bridge.core.effects import Attach, Tell
from bridge.core.errors import Permanent, RoomLost, Transient
from bridge.core.ids import Seed
from bridge.core.mail import Part
from bridge.core.plan import Raw
from tests.fakes.homeserver import Answer, FakeHomeserver, drops, fake_homeserver, hangs, says
from tests.fakes.homeserver_world import GHOST, a_mail, a_room

SEED = Seed(b"s" * 16)
SECRET = "syt_a_secret_token"


@pytest.fixture
async def fake() -> AsyncIterator[FakeHomeserver]:
    async with fake_homeserver() as made:
        yield made


@pytest.fixture
async def bot(fake: FakeHomeserver) -> AsyncIterator[Connected]:
    async with connect_bot(BotSettings(fake.url, "mailroom", access_token=SECRET), SEED) as connected:
        assert not await connected.chat.encryption.covers("!r")
        fake.seen.clear()
        yield connected


@pytest.mark.parametrize(
    ("answer", "retry_after", "peer_down"),
    [
        (says(429, {"errcode": "M_LIMIT_EXCEEDED", "error": "slow"}, **{"Retry-After": "7"}), 7.0, True),
        (says(429, {"errcode": "M_LIMIT_EXCEEDED", "error": "slow", "retry_after_ms": 2500}), 2.5, True),
        (says(429, "slow down", **{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), None, True),
        (says(502, "<html>Bad Gateway</html>"), None, True),
        (says(503, "", **{"Retry-After": "9999999"}), 3600.0, True),
        (says(500, {"errcode": "M_UNKNOWN", "error": "Internal server error"}), None, False),
        (says(401, {"errcode": "M_UNKNOWN_TOKEN", "error": "Invalid"}), 60.0, True),
        (says(200, "no JSON"), None, True),
        (says(302, "", Location="https://elsewhere.example/"), None, True),
    ],
)
@pytest.mark.parametrize("through", ["send", "call"])
async def test_what_may_pass_is_transient(
    fake: FakeHomeserver, bot: Connected, answer: Answer, retry_after: float | None, peer_down: bool, through: str
) -> None:
    fake.script.append(("/send/" if through == "send" else "/createRoom", answer))
    shown = through == "send"
    tried = bot.chat.show("!r", a_mail("k"), root=None, images={}) if shown else bot.chat.open_room(a_room("k"))
    with pytest.raises(Transient) as raised:
        await tried
    assert raised.value.retry_after == retry_after
    assert raised.value.peer_down is peer_down
    assert len(fake.seen) == 1, "nothing retries by itself: the outbox does"
    assert SECRET not in raised.value.text


@pytest.mark.parametrize("errcode", ["M_FORBIDDEN", "M_NOT_FOUND"])
async def test_a_room_we_are_not_in_is_lost(fake: FakeHomeserver, bot: Connected, errcode: str) -> None:
    fake.script.append(("/send/", says(403, {"errcode": errcode, "error": "User not in room"})))
    with pytest.raises(RoomLost) as raised:
        await bot.chat.show("!r", a_mail("k"), root=None, images={})
    assert raised.value.code == f"403 {errcode}"


@pytest.mark.parametrize("status", [400, 413])
async def test_what_is_wrong_with_the_request_is_permanent(fake: FakeHomeserver, bot: Connected, status: int) -> None:
    fake.script.append(("/send/", says(status, {"errcode": "M_TOO_LARGE", "error": "event too large"})))
    with pytest.raises(Permanent) as raised:
        await bot.chat.show("!r", a_mail("k"), root=None, images={})
    assert not isinstance(raised.value, RoomLost)


async def test_a_hanging_homeserver_is_given_up(
    fake: FakeHomeserver, bot: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_TIMEOUT", 0.2)
    fake.script.append(("/send/", hangs))
    with pytest.raises(Transient) as raised:
        await bot.chat.tell("!r", Tell("k", "l", "r", "words"), root=None, edits=None)
    assert raised.value.peer_down


async def test_a_connection_that_breaks_is_the_peer_being_down(fake: FakeHomeserver, bot: Connected) -> None:
    fake.script.append(("/createRoom", drops))
    with pytest.raises(Transient) as raised:
        await bot.chat.open_room(a_room("k"))
    assert raised.value.peer_down


async def test_nobody_listening_is_the_peer_being_down(bot: Connected) -> None:
    async with connected("http://127.0.0.1:1") as nobody:
        gone = type(bot.bot)(nobody, bot.bot.identity)
        with pytest.raises(Transient) as raised:
            await gone.call("GET", "sync")
    assert raised.value.peer_down


@pytest.mark.parametrize("known", [True, False])
async def test_a_file_over_the_upload_limit_is_permanent_with_words(
    fake: FakeHomeserver, bot: Connected, known: bool
) -> None:
    size = 1001 if known else 999
    if not known:
        fake.script.append(("/upload", says(413, {"errcode": "M_TOO_LARGE", "error": "too large"})))
    attach = Attach("k", "l", "r", "c", "x", "a", GHOST, Part(1, "big.bin", "application/x", size, "d"))
    with pytest.raises(Permanent, match=r"big\.bin .* over the homeserver's upload limit"):
        await bot.chat.attach("!r", attach, Raw(b"x" * size), root=None)
    assert len(fake.paths("/upload")) == (0 if known else 1)


async def test_an_image_that_is_refused_does_not_hold_up_its_mail(fake: FakeHomeserver, bot: Connected) -> None:
    fake.script.append(("/upload", says(413, {"errcode": "M_TOO_LARGE", "error": "too large"})))
    part = Part(1, "a.png", "image/png", 3, "d", inline=True, content_id="a")
    show = a_mail("k", html='<img src="cid:a">', images=(part,))
    await bot.chat.show("!r", show, root=None, images={"a": b"png"})
    assert len(fake.paths("/send/")) == 1


@pytest.mark.parametrize("status", [403, 502])
async def test_a_member_whose_server_is_away_does_not_hold_up_the_room(
    fake: FakeHomeserver, bot: Connected, status: int
) -> None:
    refusal = {"errcode": "M_UNKNOWN", "error": "cannot invite"}
    fake.script += [("/createRoom", says(status, refusal)), ("/invite", says(status, refusal))]
    fake.script.append(("/directory/", says(404, {"errcode": "M_NOT_FOUND", "error": "none"})))
    assert await bot.chat.open_room(a_room("k", "@far:far.example", "@ann:corp.example")) == "!made"
    assert len(fake.paths("/invite")) == 2


async def test_a_refused_alias_race_is_tried_again_later(fake: FakeHomeserver, bot: Connected) -> None:
    fake.script.append(("/createRoom", says(400, {"errcode": "M_ROOM_IN_USE", "error": "taken"})))
    fake.script.append(("/directory/", says(404, {"errcode": "M_NOT_FOUND", "error": "none"})))
    with pytest.raises(Transient):
        await bot.chat.open_room(a_room("k"))


async def test_servers_without_devices_for_appservices_are_served(fake: FakeHomeserver) -> None:
    fake.script.append(("/devices/", says(404, {"errcode": "M_NOT_FOUND", "error": "no device"})))
    registration = generate("http://127.0.0.1:1")
    async with connect_appservice(AppserviceSettings(fake.url, registration), SEED) as connected:
        await connected.chat.show("!r", a_mail("k"), root=None, images={})
    (sent,) = fake.paths("/send/")
    assert "user_id=%40_mailroom_" in sent
    assert "device_id" not in sent


async def test_servers_without_logins_for_appservices_get_the_device_separately(fake: FakeHomeserver) -> None:
    registration = generate("http://127.0.0.1:1")
    async with connect_appservice(AppserviceSettings(fake.url, registration), SEED) as connected:
        fake.seen.clear()
        refusal = {"errcode": "M_APPSERVICE_LOGIN_UNSUPPORTED", "error": "MSC4190"}
        fake.script.append(("/register", says(400, refusal)))
        await connected.chat.show("!r", a_mail("k"), root=None, images={})
    assert len(fake.paths("/register")) == 2
    assert len(fake.paths("PUT")) == 0
    assert any("/devices/MAILROOM" in path for path in fake.paths("/devices/"))
    assert "device_id=MAILROOM" in fake.paths("/send/")[0]


async def test_no_token_shows_in_a_repr(bot: Connected) -> None:
    assert SECRET not in repr(bot.bot.identity)
    assert SECRET not in repr(BotSettings("u", "n", "p", SECRET))
    assert SECRET not in repr(bot)
