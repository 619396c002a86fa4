"""A gate before a real homeserver, as a reverse proxy stands there: it lets all through but what a test names.

It knows nothing of Matrix and keeps nothing. A test that needs a whole homeserver to misbehave takes the fake one.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

from tests.fakes.homeserver import Answer

_HOP = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass
class Gate:
    """`shut`: answers to requests whose path and body hold all words of the key, as long as they stand there."""

    url: str = ""
    shut: dict[tuple[str, ...], Answer] = field(default_factory=dict)

    def answer(self, path: str, body: bytes) -> Answer | None:
        """What the test wants said, None to let it through."""
        asked = path.encode() + b" " + body
        return next((it for words, it in self.shut.items() if all(word.encode() in asked for word in words)), None)


@contextlib.asynccontextmanager
async def homeserver_gate(upstream: str) -> AsyncIterator[Gate]:
    """Listening on a free loopback port before `upstream`."""
    gate = Gate()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as http:

        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            refusal = gate.answer(request.path, body)
            if refusal is not None:
                return await refusal(request)
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
            url = URL(upstream + request.raw_path, encoded=True)
            async with http.request(request.method, url, data=body, headers=headers, allow_redirects=False) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)

        app = web.Application(client_max_size=2**27)
        app.router.add_route("*", "/{tail:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            gate.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield gate
        finally:
            await runner.cleanup()
