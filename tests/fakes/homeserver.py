"""A homeserver that misbehaves on purpose: answers are scripted for each request, the rest is answered sanely.

It stores nothing and checks nothing; whatever a real Synapse can show is tested against that instead.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def says(status: int, body: Any = None, **headers: str) -> Answer:
    """An answer of JSON, or of text as a proxy would give it."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body or {}, status=status, headers=headers)

    return answer


async def hangs(_: web.Request) -> web.StreamResponse:
    """No answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def drops(request: web.Request) -> web.StreamResponse:
    """The connection ends in the middle."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@dataclass
class FakeHomeserver:
    """`script`: answers for requests whose path contains the key, used up in order. `seen`: what was asked."""

    url: str = ""
    script: list[tuple[str, Answer]] = field(default_factory=list)
    seen: list[tuple[str, str, Any]] = field(default_factory=list)

    def paths(self, part: str) -> list[str]:
        """The requests that contained `part`."""
        return [f"{method} {path}" for method, path, _ in self.seen if part in path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        octets = await request.read()
        self.seen.append((request.method, request.path_qs, octets))
        for number, (part, answer) in enumerate(self.script):
            if part in request.path:
                del self.script[number]
                return await answer(request)
        if "/state/m.room.encryption" in request.path:
            return web.json_response({"errcode": "M_NOT_FOUND", "error": "not encrypted"}, status=404)
        return web.json_response(_sane(request.path))


def _sane(path: str) -> dict[str, Any]:
    replies: dict[str, dict[str, Any]] = {
        "/whoami": {"user_id": "@mailroom:corp.example", "device_id": "D"},
        "/capabilities": {"capabilities": {"m.room_versions": {"default": "12", "available": {}}}},
        "/media/config": {"m.upload.size": 1000},
        "/media/v3/config": {"m.upload.size": 1000},
        "/createRoom": {"room_id": "!made"},
        "/upload": {"content_uri": "mxc://corp.example/file"},
        "/members": {"chunk": []},
        "/messages": {"chunk": []},
        "/join/": {"room_id": "!made"},
    }
    if "/send/" in path:
        return {"event_id": f"$sent-{path.rpartition('/')[2]}"}
    return next((reply for part, reply in replies.items() if part in path), {})


@contextlib.asynccontextmanager
async def fake_homeserver() -> AsyncIterator[FakeHomeserver]:
    """Listening on a free loopback port."""
    fake = FakeHomeserver()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fake.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield fake
    finally:
        await runner.cleanup()
