"""The transactions endpoint: committed before 200, refused without the token, never blocked by a poisonous event."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest

from bridge.chat.appservice import serve_transactions
from bridge.chat.names import Names
from bridge.core.errors import StorageFull
from bridge.core.ids import Seed
from bridge.core.plan import Arrival, Bookmark

NAMES = Names(Seed(b"0" * 16), "corp.example", "@mailroom:corp.example")
TOKEN = "hs_secret"


class Door:
    """The endpoint with a journal that may be full."""

    def __init__(self) -> None:
        self.taken: list[Arrival] = []
        self.failure: Exception | None = None
        self.url = ""
        self.http: aiohttp.ClientSession

    async def accept(self, arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        if self.failure:
            raise self.failure
        self.taken += arrivals
        return len(arrivals)

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = f"Bearer {TOKEN}"
    ) -> tuple[int, Any, Any]:
        headers = {"Authorization": token} if token else {}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.request(method, self.url + path, data=data, headers=headers) as answer:
            return answer.status, await answer.json(), answer.headers

    async def push(self, *events: Any, path: str = "/_matrix/app/v1/transactions/1") -> int:
        status, _, _ = await self.ask("PUT", path, {"events": list(events)})
        return status


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    serving = serve_transactions("127.0.0.1", 0, hs_token=TOKEN, names=NAMES, accept=made.accept, clock=lambda: 5.0)
    async with serving as port, aiohttp.ClientSession() as http:
        made.url, made.http = f"http://127.0.0.1:{port}", http
        yield made


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": "hi"}
    base = {"event_id": f"${number}", "room_id": "!r", "sender": "@ann:corp.example", "origin_server_ts": 1}
    return {"type": "m.room.message", "content": content, **base, **more}


@pytest.mark.parametrize("path", ["/_matrix/app/v1/transactions/1", "/transactions/1"])
async def test_events_are_kept_before_the_answer(door: Door, path: str) -> None:
    assert await door.push(event(1), event(2), path=path) == 200
    assert [(a.key, a.kind, a.at) for a in door.taken] == [("event:$1", "event", 5.0), ("event:$2", "event", 5.0)]
    assert json.loads(door.taken[0].raw) == event(1)


async def test_the_answer_has_a_length_and_an_empty_object(door: Door) -> None:
    status, body, headers = await door.ask("PUT", "/_matrix/app/v1/transactions/1", {"events": []})
    assert (status, body, headers["Content-Length"]) == (200, {}, "2")


async def test_a_full_disk_makes_the_homeserver_push_again(door: Door) -> None:
    door.failure = StorageFull("disk full")
    assert await door.push(event()) == 500
    door.failure = None
    assert await door.push(event()) == 200
    assert len(door.taken) == 1


async def test_a_bug_tells_nothing_of_itself(door: Door) -> None:
    door.failure = RuntimeError("secret detail")
    status, body, _ = await door.ask("PUT", "/_matrix/app/v1/transactions/1", {"events": [event()]})
    assert status == 500
    assert "secret" not in json.dumps(body)


@pytest.mark.parametrize("token", [None, "", "Bearer wrong", TOKEN, f"bearer  {TOKEN}x", "Bearer \xfc"])
async def test_a_bad_token_is_forbidden(door: Door, token: str | None) -> None:
    status, body, _ = await door.ask("PUT", "/_matrix/app/v1/transactions/1", {"events": [event()]}, token)
    assert (status, body["errcode"]) == (403, "M_FORBIDDEN")
    assert door.taken == []


@pytest.mark.parametrize(
    "poison", [None, 7, [], {}, {"type": 1}, {**event(), "origin_server_ts": "x"}, {**event(), "content": []}]
)
async def test_poison_blocks_nothing(door: Door, poison: Any) -> None:
    assert await door.push(poison, event(9)) == 200
    assert "event:$9" in [arrival.key for arrival in door.taken]


@pytest.mark.parametrize("body", [{"events": "x"}, {"events": None}, [], {}, {"ephemeral": [{"type": "m.typing"}]}])
async def test_odd_transactions_are_taken_and_mean_nothing(door: Door, body: Any) -> None:
    status, _, _ = await door.ask("PUT", "/_matrix/app/v1/transactions/1", body)
    assert status == 200
    assert door.taken == []


async def test_our_own_messages_do_not_reach_the_journal(door: Door) -> None:
    ghost = "@_mailroom_0123456789abcdef01234567:corp.example"
    assert await door.push(event(1, sender=NAMES.bot), event(2, sender=ghost), event(3, type="m.typing")) == 200
    assert door.taken == []


async def test_a_lone_surrogate_is_kept_as_it_came(door: Door) -> None:
    body = b'{"events": [' + json.dumps(event()).encode().replace(b'"hi"', b'"\\ud800"') + b"]}"
    status, _, _ = await door.ask("PUT", "/_matrix/app/v1/transactions/1", body)
    assert status == 200
    assert b"\\ud800" in door.taken[0].raw


async def test_an_event_id_that_cannot_be_written_down_blocks_nothing(door: Door) -> None:
    body = b'{"events": [' + json.dumps(event(event_id="$x?")).encode().replace(b"x?", b"x\\ud800") + b"]}"
    assert (await door.ask("PUT", "/_matrix/app/v1/transactions/1", body))[0] == 200
    assert [arrival.key.encode() for arrival in door.taken] == ["event:$x\ufffd".encode()]


@pytest.mark.parametrize(
    ("method", "path", "status", "errcode"),
    [
        ("GET", "/_matrix/app/v1/users/@x:y", 404, "M_NOT_FOUND"),
        ("GET", "/_matrix/app/v1/rooms/%23x:y", 404, "M_NOT_FOUND"),
        ("GET", "/_matrix/app/v1/nothing", 404, "M_UNRECOGNIZED"),
        ("POST", "/_matrix/app/v1/transactions/1", 405, "M_UNRECOGNIZED"),
    ],
)
async def test_other_requests_are_answered_by_the_spec(
    door: Door, method: str, path: str, status: int, errcode: str
) -> None:
    answered, body, _ = await door.ask(method, path, {})
    assert (answered, body["errcode"]) == (status, errcode)


async def test_a_ping_is_answered(door: Door) -> None:
    status, body, _ = await door.ask("POST", "/_matrix/app/v1/ping", {"transaction_id": "t"})
    assert (status, body) == (200, {})
