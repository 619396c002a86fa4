"""Tries each peer that settings name, for `mailroom init` and `mailroom check`: Matrix, mailboxes, submission.

It uses a device and a room of its own, changes nothing that people use, and takes no event away from the daemon: what
a homeserver pushes meanwhile is refused, so that it is pushed again.
"""

import contextlib
import errno
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.chat import probe as chat_probe
from bridge.chat.appservice import serve_transactions
from bridge.chat.connect import AppserviceSettings, BotSettings, Connected, connect_appservice, connect_bot
from bridge.chat.registration import Registration
from bridge.config import Bind
from bridge.core.errors import BridgeError, Permanent, Transient
from bridge.core.ids import Seed
from bridge.core.plan import Arrival, Bookmark
from bridge.mail import imap, submit

Level = Literal["ok", "warning", "problem"]

_SEED = Seed(b"mailroom: the device of init and check")
"""Not the installation's: in bot mode the device follows from it, and logging in as the daemon's would end its
session."""

RESTART = "add the registration's path to app_service_config_files in homeserver.yaml and restart the homeserver"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `cure`: what a person can do, empty when there is nothing to do."""

    what: str
    level: Level
    words: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """A homeserver and who we are there: `registration` for an application service, else `bot`.

    `listen`: where its transactions are taken. `invitee`: a user id to invite into the probe room, or empty.
    `encrypted`: the rules ask for encrypted rooms, or there are some.
    """

    url: str
    registration: Registration | None = None
    bot: BotSettings | None = None
    listen: Bind | None = None
    invitee: str = ""
    encrypted: bool = False


async def matrix(home: Home) -> AsyncIterator[Finding]:
    """Every finding about the homeserver as it is made. Raises nothing of `bridge.core.errors`."""
    try:
        async with contextlib.AsyncExitStack() as stack:
            connected = await stack.enter_async_context(_connect(home))
            ping = home.registration.id if home.registration else ""
            if home.registration is not None and home.listen is not None:
                finding = await _listen(stack, home.listen, home.registration, connected)
                yield finding
                ping = ping if finding.level != "problem" else ""
            try:
                async for found in chat_probe.look_around(
                    connected.bot,
                    connected.names,
                    invitee=home.invitee,
                    registration_id=ping,
                    encrypted=home.encrypted,
                ):
                    yield Finding(found.what, "ok" if found.ok else "problem", found.words, found.cure)
            finally:
                if home.bot is not None and not home.bot.access_token:
                    with contextlib.suppress(BridgeError):
                        await connected.bot.call("POST", "logout", body={})
    except BridgeError as error:
        yield Finding("homeserver", "problem", error.text, _cure(home, error))


async def server_name(home: Home) -> str:
    """The homeserver's name, empty while it does not let us in."""
    if home.bot is not None:
        return home.bot.user.partition(":")[2]
    try:
        async with _connect(home) as connected:
            return connected.names.server
    except BridgeError:
        return ""  # `matrix` says why


async def mailbox(account: imap.Account, secret: imap.Secret) -> Sequence[Finding]:
    """Login, IDLE, folders."""
    return [
        Finding(
            f"mailbox {account.name}: {found.subject}",
            "problem" if found.ok is False else "warning" if found.cure else "ok",
            found.words,
            found.cure,
        )
        for found in await imap.probe(account, secret)
    ]


async def sender(account: submit.SubmissionAccount) -> Sequence[Finding]:
    """Login; nothing is sent."""
    what = f"submission {account.name}"
    found = await submit.probe(account)
    return [Finding(what, each.level, each.words.removeprefix(f"{what}: "), each.cure) for each in found]


def _connect(home: Home) -> contextlib.AbstractAsyncContextManager[Connected]:
    if home.registration is not None:
        return connect_appservice(AppserviceSettings(home.url, home.registration), _SEED)
    assert home.bot is not None, "one of the two modes"
    return connect_bot(home.bot, _SEED)


async def _listen(
    stack: contextlib.AsyncExitStack, bind: Bind, registration: Registration, connected: Connected
) -> Finding:
    """Answer the homeserver while it is asked to ping us; where something listens already, it will answer."""
    what, where = "appservice listener", f"{bind.host}:{bind.port}"

    async def refuse(arrivals: Sequence[Arrival], bookmark: Bookmark | None) -> int:
        raise Transient("only a check is running")

    try:
        await stack.enter_async_context(
            serve_transactions(
                bind.host, bind.port, hs_token=registration.hs_token, names=connected.names, accept=refuse
            )
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(what, "ok", f"{where} is in use: whoever listens there answers the ping")
        cure = "name an address of this machine and a free port in listen.matrix"
        return Finding(what, "problem", f"cannot listen on {where}: {error.strerror or error}", cure)
    return Finding(what, "ok", f"can listen on {where}")


def _cure(home: Home, error: BridgeError) -> str:
    if error.code.startswith("401") and home.registration is not None:
        return RESTART
    if home.bot is not None and (error.code.startswith(("401", "403")) or isinstance(error, Permanent)):
        return "check the bot's user id and password"
    if error.code and not error.code[0].isdigit():
        return f"check homeserver.url ({home.url}), and that the homeserver runs and can be reached from here"
    return f"check homeserver.url ({home.url}): it is the base URL of the client-server API"
