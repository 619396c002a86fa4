"""The listener for `/metrics` and `/health`: GET and HEAD, and nothing that changes anything.

It asks for no credentials, and so it belongs on loopback or behind something that does.
"""

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

log = logging.getLogger("mailroom.web")

Page = Callable[[str], Awaitable[tuple[bytes, str]]]
"""The metrics for who accepts such content types: the octets and their content type."""

Checked = Callable[[], Awaitable[tuple[int, str]]]
"""The status and text of `/health`."""


@contextlib.asynccontextmanager
async def serve(host: str, port: int, *, metrics: Page, health: Checked) -> AsyncIterator[int]:
    """Listen while the context is open. Yields the port (a free one was taken when `port` is 0). Raises OSError."""

    async def measured(request: web.Request) -> web.Response:
        octets, kind = await metrics(request.headers.get("Accept", ""))
        return web.Response(body=octets, headers={"Content-Type": kind})

    async def looked(_: web.Request) -> web.Response:
        status, words = await health()
        return web.Response(status=status, text=words, headers={"Cache-Control": "no-store"})

    app = web.Application(client_max_size=1024, middlewares=[_quiet])
    app.router.add_get("/metrics", measured)
    app.router.add_get("/health", looked)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@web.middleware
async def _quiet(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A bug is told by its kind alone."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        log.error("%s could not be answered: %s", request.path, type(error).__name__)
        return web.Response(status=500, text="internal error\n")
