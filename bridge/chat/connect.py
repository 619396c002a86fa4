"""Making a `MatrixChat` in either mode: finds out who we are and what the server can do, once, at the start.

It opens connections and closes them; it creates no room and sends nothing to anyone.
"""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from bridge.chat.client import Wire
from bridge.chat.connection import Identity, Server, connected
from bridge.chat.encrypted import Notes, Unwritten
from bridge.chat.encryption import Encryption
from bridge.chat.faults import required, status
from bridge.chat.keyring import Keyring
from bridge.chat.names import PREFIX, Names
from bridge.chat.registration import Registration
from bridge.chat.rooms import Rooms
from bridge.chat.service import MatrixChat
from bridge.chat.speakers import DEVICE, BotSpeakers, GhostSpeakers, Speakers, keeper, register, shown_name
from bridge.core.errors import Permanent
from bridge.core.ids import Seed, keyed

Seen = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class AppserviceSettings:
    """`url`: the homeserver's client-server API. `display_name`: the bot's. `ca_file`: whom to trust, or empty."""

    url: str
    registration: Registration
    display_name: str = "Mailroom"
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class BotSettings:
    """`user`: localpart or full user id. With `access_token` the password is not needed (and then not used)."""

    url: str
    user: str
    password: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    display_name: str = ""
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """`chat` is the port; `bot` (who it is, and its wire) serves the sync loop and the probes.

    `remembers`: the server keeps transaction ids over its restarts, because we act with a device.
    """

    chat: MatrixChat
    bot: Wire
    names: Names
    remembers: bool


@contextlib.asynccontextmanager
async def connect_appservice(
    settings: AppserviceSettings,
    seed: Seed,
    *,
    seen: Seen | None = None,
    keys: Path | None = None,
    notes: Notes | None = None,
    encrypt: bool = False,
) -> AsyncIterator[Connected]:
    """Be the application service. Raises Transient while the homeserver is away, Permanent when it refuses us.

    `keys`: where those of encrypted rooms are kept; None: there are none. `notes`: the journal's. `encrypt`: keys are
    needed, by the rules.
    """
    async with connected(settings.url, seen, ca_file=settings.ca_file) as server:
        registration = settings.registration
        anyone = Wire(server, Identity(registration.as_token))
        # whoami without user_id answers the sender's full id, and so our server's name
        user = required(await anyone.call("GET", "account", "whoami"), "user_id")
        names = Names(seed, user.partition(":")[2], user, registration.ghosts, registration.aliases)
        bot = Wire(server, Identity(registration.as_token, user, masquerade=True))
        await register(bot, user, device=False)
        devices = await _takes_devices(bot)
        bot = bot.acting(user, DEVICE if devices else "")
        await _name(bot, settings.display_name)

        async def speak(device: str) -> Wire:
            return await keeper(bot, names, device, settings.display_name)

        ghosts = GhostSpeakers(bot, names, devices=devices)
        written = notes or Unwritten()
        keyring = Keyring(keys, keyed(seed, "keys"), speak, written.report)
        encryption = Encryption(keyring, bot, names, written, apart=True)
        async with contextlib.aclosing(encryption.keys):
            await encryption.begin(needed=encrypt)
            yield await _assemble(server, bot, names, ghosts, encryption, remembers=devices)


@contextlib.asynccontextmanager
async def connect_bot(
    settings: BotSettings,
    seed: Seed,
    *,
    seen: Seen | None = None,
    keys: Path | None = None,
    notes: Notes | None = None,
    encrypt: bool = False,
) -> AsyncIterator[Connected]:
    """Be an ordinary account. Raises Transient while the homeserver is away, Permanent when it refuses us.

    `keys`: where those of encrypted rooms are kept; None: there are none. `notes`: the journal's. `encrypt`: keys are
    needed, by the rules.
    """
    async with connected(settings.url, seen, ca_file=settings.ca_file) as server:
        identity = Identity(settings.access_token)
        if not settings.access_token:
            device = f"{DEVICE}_{keyed(seed, 'device')[:8].upper()}"  # always the same: it keeps transaction ids
            identity = await Wire(server, identity).login(settings.user, settings.password, device)
        who = await Wire(server, identity).call("GET", "account", "whoami")
        user = required(who, "user_id")
        bot = Wire(server, Identity(identity.token, user, str(who.get("device_id", ""))))
        names = Names(seed, user.partition(":")[2], user, ghosts="", aliases=PREFIX)
        if settings.display_name:
            await _name(bot, settings.display_name)

        async def speak(_: str) -> Wire:
            if not bot.identity.device:
                raise Permanent("encrypted rooms need a device, and the access token has none: log in with a password")
            return bot

        written = notes or Unwritten()
        keyring = Keyring(keys, keyed(seed, "keys"), speak, written.report)
        encryption = Encryption(keyring, bot, names, written)
        async with contextlib.aclosing(encryption.keys):
            await encryption.begin(needed=encrypt)
            yield await _assemble(server, bot, names, BotSpeakers(bot), encryption, remembers=True)


async def _assemble(
    server: Server, bot: Wire, names: Names, speakers: Speakers, encryption: Encryption, *, remembers: bool
) -> Connected:
    rooms = Rooms(bot, names, speakers, encryption, creator_listed=await _creator_listed(bot))
    chat = MatrixChat(bot, names, speakers, rooms, encryption, upload_limit=await _upload_limit(bot))
    return Connected(chat, bot, names, remembers)


async def _name(bot: Wire, wanted: str) -> None:
    user = bot.identity.user
    if await shown_name(bot, user) != wanted:
        await bot.call("PUT", "profile", user, "displayname", body={"displayname": wanted})


async def _takes_devices(bot: Wire) -> bool:
    """Whether the server lets an appservice act with a device (v1.17): then transaction ids outlive restarts."""
    user = bot.identity.user
    try:
        await bot.call("PUT", "devices", DEVICE, body={"display_name": "Mailroom"})
        await bot.acting(user, DEVICE).call("GET", "account", "whoami")
    except Permanent as error:
        if status(error) in ("400", "403", "404", "405"):
            return False
        raise
    return True


async def _creator_listed(bot: Wire) -> bool:
    """Whether rooms are made in a version before 12, whose creator must stand in the power levels."""
    answer = await bot.call("GET", "capabilities")
    version = str(answer.get("capabilities", {}).get("m.room_versions", {}).get("default", "1"))
    return version.isdecimal() and int(version) < 12


async def _upload_limit(bot: Wire) -> int | None:
    """m.upload.size, or None where the server does not say."""
    try:
        answer = await bot.call("GET", "config", base="/_matrix/client/v1/media")
    except Permanent:
        return None
    size = answer.get("m.upload.size")
    return size if isinstance(size, int) else None
