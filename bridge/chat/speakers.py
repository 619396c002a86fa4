"""In whose voice something is said: a correspondent's ghost (application service), or the bot naming the sender.

Two strategies behind one Protocol. They register, name and join ghosts, each once a process, and never send a message.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from bridge.chat.client import Wire
from bridge.chat.connection import Identity
from bridge.chat.faults import errcode, status
from bridge.chat.names import Names, display_name
from bridge.core.addresses import Address
from bridge.core.effects import Speaker
from bridge.core.errors import Permanent

DEVICE = "MAILROOM"
"""The device of the bot and the ghosts: with it Synapse keeps transaction ids over its restarts."""


KEEPER = "bot"
"""What follows our prefix in the user id that speaks in encrypted rooms as an application service."""

_KNOWN = 8192
"""Ghosts, and places of ghosts in rooms, that are remembered: about 5 MB. The oldest are forgotten first."""

_CACHED = 4096
"""Correspondents whose names and connections are kept at hand: making them costs a tenth of a mail."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Voice:
    """`wire` sends. `named`: whose name must stand in the text, since the sender's own profile does not say it."""

    wire: Wire
    named: Address | None = None


class Speakers(Protocol):
    """The choice of a voice."""

    async def prepare(self, speaker: Speaker) -> str:
        """The ghost's user id, registered and named, to be invited to a new room; empty when the bot speaks."""

    async def voice(self, speaker: Speaker, room: str) -> Voice:
        """The voice, ready to speak in the room."""

    def forget(self, room: str, voice: Voice) -> bool:
        """A send was refused: forget that this ghost is in the room. False when there was nothing to forget."""

    def left(self, room: str, users: Iterable[str]) -> None:
        """These are in the room no more."""


class BotSpeakers:
    """The bot says everything."""

    def __init__(self, bot: Wire) -> None:
        self._bot = bot

    async def prepare(self, speaker: Speaker) -> str:
        """Nobody but the bot is there."""
        return ""

    async def voice(self, speaker: Speaker, room: str) -> Voice:
        """The bot, with the sender's name in the text."""
        return Voice(self._bot, speaker.address)

    def forget(self, room: str, voice: Voice) -> bool:
        """Nothing is remembered."""
        return False

    def left(self, room: str, users: Iterable[str]) -> None:
        """Nothing is remembered."""


class GhostSpeakers:
    """A ghost for each correspondent that may have one; the bot for the rest.

    What is known of ghosts lives in memory only: after a restart, or when too many others came since, each costs one
    register and one join again.
    """

    def __init__(self, bot: Wire, names: Names, *, devices: bool) -> None:
        self._bot = bot
        self._devices = devices
        self._named = lru_cache(_CACHED)(lambda address: (names.ghost(address), display_name(address)))
        self._wire = lru_cache(_CACHED)(lambda user: bot.acting(user, DEVICE if devices else ""))
        self._shown: OrderedDict[str, str] = OrderedDict()  # ghost -> display name
        self._joined: OrderedDict[tuple[str, str], None] = OrderedDict()  # (room, ghost)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # as long as someone waits

    async def prepare(self, speaker: Speaker) -> str:
        """Register and name the ghost, at its first mail and when the name changed."""
        if speaker.address is None or not speaker.ghost:
            return ""
        user, name = self._named(speaker.address)
        if self._shown.get(user) == name:
            return user
        async with self._locks.setdefault(user, asyncio.Lock()):
            if user not in self._shown and not await register(self._bot, user, device=self._devices):
                # A name set again would be sent to every room the ghost is in, so it is looked up first.
                _remember(self._shown, user, await shown_name(self._bot, user))
            if self._shown.get(user) != name:
                await self._wire(user).call("PUT", "profile", user, "displayname", body={"displayname": name})
                _remember(self._shown, user, name)
        return user

    async def voice(self, speaker: Speaker, room: str) -> Voice:
        """The ghost, in the room; the bot when the ghost may not come in (banned): a mail is never held up by that."""
        user = await self.prepare(speaker)
        if not user:
            return Voice(self._bot, speaker.address)
        if (room, user) not in self._joined:
            try:
                await self._join(user, room)
            except Permanent:
                return Voice(self._bot, speaker.address)
            _remember(self._joined, (room, user), None)
        return Voice(self._wire(user))

    def forget(self, room: str, voice: Voice) -> bool:
        """The ghost was removed from the room, or its device from the server, behind our back."""
        user = voice.wire.identity.user
        if (room, user) not in self._joined:
            return False
        del self._joined[room, user]
        self._shown.pop(user, None)
        return True

    def left(self, room: str, users: Iterable[str]) -> None:
        """They are let in again when they have something to say."""
        for user in users:
            self._joined.pop((room, user), None)

    async def _join(self, user: str, room: str) -> None:
        try:
            await self._wire(user).call("POST", "rooms", room, "join", body={})
        except Permanent:  # not invited yet
            await self._bot.call("POST", "rooms", room, "invite", body={"user_id": user})
            await self._wire(user).call("POST", "rooms", room, "join", body={})


def speaker_of(names: Names) -> str:
    """The user id of who speaks in encrypted rooms for an application service."""
    return f"@{names.ghosts}{KEEPER}:{names.server}"


async def keeper(bot: Wire, names: Names, device: str, name: str) -> Wire:
    """Who speaks in encrypted rooms for an application service: a user of its namespace, with a device of its own.

    Not the bot: to-device messages reach it through /sync alone, which Synapse answers every user but the one whom the
    registration names as sender. Raises Permanent where an application service may not act with a device.
    """
    user = speaker_of(names)
    await register(bot, user, device=False)
    wire = bot.acting(user, device)
    try:
        await bot.acting(user, "").call("PUT", "devices", device, body={"display_name": "Mailroom"})
        await wire.call("GET", "account", "whoami")
    except Permanent as error:
        if status(error) in ("400", "403", "404", "405"):
            raise Permanent(f"{NO_DEVICES} ({error.text})", code=error.code) from None
        raise
    if await shown_name(bot, user) != name:
        await bot.acting(user, "").call("PUT", "profile", user, "displayname", body={"displayname": name})
    return wire


NO_DEVICES = "encrypted rooms need a homeserver where an application service may act with a device (Matrix v1.17)"


def _remember(known: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    known[key] = value
    if len(known) > _KNOWN:
        known.popitem(last=False)


async def shown_name(bot: Wire, user: str) -> str:
    """A user's display name, or empty."""
    try:
        return str((await bot.call("GET", "profile", user, "displayname")).get("displayname", ""))
    except Permanent:
        return ""


async def register(bot: Wire, user: str, *, device: bool) -> bool:
    """Have a user of the namespace (m.login.application_service), with our device if devices are used.

    Returns whether it is new.

    The device comes with the registration, which saves a request; the token that comes along is thrown away. Servers
    that take no logins from appservices (MSC4190, OAuth) get the device by a request of its own.
    """
    outcome = await _register(bot, user, login=device)
    if outcome == "no login":
        outcome = await _register(bot, user, login=False)
    if device and outcome != "made with device":  # the user may be older than our use of devices
        await bot.acting(user, "").call("PUT", "devices", DEVICE, body={"display_name": "Mailroom"})
    return outcome != "there"


async def _register(bot: Wire, user: str, *, login: bool) -> str:
    wish: dict[str, object] = {
        "type": "m.login.application_service",
        "username": user[1:].partition(":")[0],
        "inhibit_login": not login,
    }
    if login:
        wish |= {"device_id": DEVICE, "initial_device_display_name": "Mailroom"}
    anyone = Wire(bot.server, Identity(bot.identity.token))
    try:
        await anyone.call("POST", "register", body=wish)
    except Permanent as error:
        if errcode(error) == "M_USER_IN_USE":
            return "there"
        if login and status(error) == "400" and errcode(error).endswith("M_APPSERVICE_LOGIN_UNSUPPORTED"):
            return "no login"
        raise
    return "made with device" if login else "made"
