"""The door through which a homeserver pushes events (application service API, "Pushing events").

Each transaction is committed through `accept` before the 200. Nothing is decided here beyond leaving out what means
nothing to anyone: our own messages, typing, receipts. It logs types, never content.
"""

import contextlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bridge.chat.limits import sound
from bridge.chat.names import Names
from bridge.chat.read import understand
from bridge.core.errors import BridgeError
from bridge.core.plan import Arrival, Bookmark

_log = logging.getLogger("mailroom.chat")
_LARGEST = 64 * 2**20
"""Octets of a transaction: 100 events of 65 kB and much room besides."""

Accept = Callable[[Sequence[Arrival], Bookmark | None], Awaitable[int]]
Reading = Callable[[Sequence[Any]], contextlib.AbstractAsyncContextManager[Sequence[Any]]]
"""Makes events readable that are encrypted; they are to be committed within the context."""


@contextlib.asynccontextmanager
async def as_they_are(events: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
    """Nothing is encrypted."""
    yield events


@contextlib.asynccontextmanager
async def serve_transactions(
    host: str,
    port: int,
    *,
    hs_token: str,
    names: Names,
    accept: Accept,
    clock: Callable[[], float] = time.time,
    reading: Reading = as_they_are,
) -> AsyncIterator[int]:
    """Listen while the context is open. Yields the port (a free one was taken when `port` is 0). Raises OSError."""
    runner = web.AppRunner(application(hs_token, names, accept, clock, reading), access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def application(
    hs_token: str, names: Names, accept: Accept, clock: Callable[[], float], reading: Reading = as_they_are
) -> web.Application:
    """The endpoint as an aiohttp application."""

    async def transaction(request: web.Request) -> web.Response:
        try:
            body = json.loads((await request.read()).decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return _error(HTTPStatus.BAD_REQUEST, "M_NOT_JSON", "the body is not JSON")
        events = body.get("events") if isinstance(body, dict) else None
        try:
            async with reading(events if isinstance(events, list) else []) as readable:
                arrivals = arrivals_of(readable, names, clock())
                if arrivals:
                    await accept(arrivals, None)
        except BridgeError as error:
            _log.warning("transaction not taken, the homeserver will push it again: %s", error.text)
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "M_UNKNOWN", "not stored, push again")
        return web.json_response({})

    async def unknown_name(_: web.Request) -> web.Response:
        return _error(HTTPStatus.NOT_FOUND, "M_NOT_FOUND", "made when mail needs it, not on demand")

    async def ping(_: web.Request) -> web.Response:
        return web.json_response({})

    app = web.Application(client_max_size=_LARGEST, middlewares=[_as_matrix, _guard(hs_token)])
    for base in ("/_matrix/app/v1", ""):  # the second is the older path
        app.router.add_put(f"{base}/transactions/{{txn}}", transaction)
        app.router.add_get(f"{base}/users/{{user}}", unknown_name, allow_head=False)
        app.router.add_get(f"{base}/rooms/{{alias}}", unknown_name, allow_head=False)
    app.router.add_post("/_matrix/app/v1/ping", ping)
    return app


def arrivals_of(events: Sequence[Any], names: Names, now: float) -> list[Arrival]:
    """Those events that mean something here. A malformed one is left out, or it would block the queue for ever."""
    found: list[Arrival] = []
    for event in events:
        post = understand(event, names)
        if post is not None:
            found.append(Arrival(f"event:{sound(event['event_id'])}", "event", json.dumps(event).encode(), now))
    return found


def _guard(hs_token: str) -> Middleware:
    expected = f"Bearer {hs_token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected):  # a MUST: anyone can reach this port
            return _error(HTTPStatus.FORBIDDEN, "M_FORBIDDEN", "bad token")
        return await handler(request)

    return guard


@web.middleware
async def _as_matrix(request: web.Request, handler: Handler) -> web.StreamResponse:
    """aiohttp's own refusals, and any bug, in the protocol's form and without their text."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        return _error(HTTPStatus.METHOD_NOT_ALLOWED, "M_UNRECOGNIZED", "unknown method")
    except web.HTTPNotFound:
        return _error(HTTPStatus.NOT_FOUND, "M_UNRECOGNIZED", "unknown path")
    except web.HTTPRequestEntityTooLarge:
        return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "M_TOO_LARGE", "transaction too large")
    except Exception as error:
        _log.error("a transaction failed by a fault of ours: %s", type(error).__name__)
        return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "M_UNKNOWN", "internal error")


def _error(status: HTTPStatus, errcode: str, words: str) -> web.Response:
    return web.json_response({"errcode": errcode, "error": words}, status=status)
