"""Matrix in the mode that the settings name: the connection, and the source of its events.

While the homeserver is away at the start, connecting is tried again; mail is taken in meanwhile.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from bridge.chat.appservice import Accept, serve_transactions
from bridge.chat.connect import AppserviceSettings, BotSettings, Connected, connect_appservice, connect_bot
from bridge.chat.pinging import keep_asking
from bridge.chat.registration import Registration
from bridge.chat.registration import load as load_registration
from bridge.chat.sync import begin_sync, run_keys, run_sync
from bridge.config import Settings
from bridge.core.errors import Permanent, Transient
from bridge.core.ports import Health, Journal
from bridge.yamldoc import load as load_yaml

log = logging.getLogger("mailroom.matrix")

KEYS = "encryption.db"
"""The file of the state folder that holds the keys of encrypted rooms."""

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between the first tries to reach the homeserver; the last repeats."""


def registration(settings: Settings) -> Registration:
    """The registration file. Raises Permanent when it is none."""
    path = settings.homeserver.registration
    assert path is not None, "mode appservice has one"
    document, problems = load_yaml(path)
    if problems or not isinstance(document.value, dict):
        raise Permanent(f"{path} is no registration: " + "; ".join(str(p) for p in problems[:3]))
    return load_registration(document.value)


@contextlib.asynccontextmanager
async def connect(settings: Settings, journal: Journal, *, encrypt: bool = False) -> AsyncIterator[Connected]:
    """Be somebody on the homeserver. Raises Transient while it is away, Permanent when it refuses us.

    `encrypt`: be ready for encrypted rooms from the first moment on, as where there have been some.
    """
    home, keys, seed = settings.homeserver, settings.state / KEYS, journal.seed
    if home.mode == "appservice":
        appservice = AppserviceSettings(home.url, registration(settings), ca_file=str(home.ca_file or ""))
        async with connect_appservice(appservice, seed, keys=keys, notes=journal, encrypt=encrypt) as connected:
            yield connected
        return
    credential = home.credential
    assert credential is not None, "mode bot has one"
    bot = BotSettings(home.url, credential.user, await credential.secret(), ca_file=str(home.ca_file or ""))
    async with connect_bot(bot, seed, keys=keys, notes=journal, encrypt=encrypt) as connected:
        yield connected


@contextlib.asynccontextmanager
async def connect_patiently(settings: Settings, journal: Journal, *, encrypt: bool = False) -> AsyncIterator[Connected]:
    """Like `connect`, but waits until the homeserver is there and lets us in."""
    async with contextlib.AsyncExitStack() as stack:
        for attempt in range(1_000_000_000):
            try:
                connected = await stack.enter_async_context(connect(settings, journal, encrypt=encrypt))
                break
            except (Transient, Permanent) as error:
                log.warning("the homeserver does not let us in yet: %s", error.text)
                refused = isinstance(error, Permanent)
                await journal.report(Health("homeserver", "failed" if refused else "waiting", error.text, time.time()))
                await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
        await journal.report(Health("homeserver", "ok", f"we are {connected.names.bot}", time.time()))
        yield connected


@contextlib.asynccontextmanager
async def events(
    settings: Settings, connected: Connected, journal: Journal, accept: Accept
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The source of room events: what it yields is to be kept running while the context is open.

    Nothing may be said before it is entered: it stands then where every answer comes by.
    """
    encryption = connected.chat.encryption
    if settings.homeserver.mode == "bot":
        bot, names, bookmark, report = connected.bot, connected.names, journal.bookmark, journal.report
        await begin_sync(bot, names, accept=accept, bookmark=bookmark, report=report)
        yield lambda: run_sync(bot, names, accept=accept, bookmark=bookmark, report=report, encryption=encryption)
        return
    bind = settings.listen.matrix
    assert bind is not None, "the settings see to it"
    known = registration(settings)

    async def ask() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_asking(connected.bot, known.id, report=journal.report))
            group.create_task(run_keys(encryption, accept=accept, bookmark=journal.bookmark, report=journal.report))

    async with serve_transactions(
        bind.host,
        bind.port,
        hs_token=known.hs_token,
        names=connected.names,
        accept=accept,
        reading=encryption.reading,
    ):
        yield ask
