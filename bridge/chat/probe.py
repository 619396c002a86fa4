"""Looking whether a homeserver lets us work, for `mailroom init` and `mailroom check`: findings, each with its cure.

It leaves nothing behind but a forgotten room without an alias, and never touches a room that people use.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bridge.chat import aliases, pinging
from bridge.chat.client import Wire
from bridge.chat.faults import errcode, required, status
from bridge.chat.keyring import packages
from bridge.chat.names import Names
from bridge.chat.speakers import keeper, speaker_of
from bridge.core.errors import BridgeError, Permanent

_PROBE = "MAILROOM_PROBE"
"""A device that is there as long as it is looked at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. `cure` is empty when it is `ok`."""

    what: str
    ok: bool
    words: str
    cure: str = ""


async def look_around(
    bot: Wire, names: Names, *, invitee: str = "", registration_id: str = "", encrypted: bool = False
) -> AsyncIterator[Finding]:
    """Every finding as it is made. `invitee`: a staff user id to invite for a try; `registration_id`: is pinged.

    `encrypted`: the rules ask for encrypted rooms, or there are some.
    """
    yield await _versions(bot)
    yield await _identity(bot)
    if registration_id:
        yield await _ping(bot, registration_id)
    if encrypted:
        yield await _keys(bot, names)
    async for finding in _probe_room(bot, names, invitee, encrypted=encrypted):
        yield finding


async def _keys(bot: Wire, names: Names) -> Finding:
    """Whether keys can reach who speaks in encrypted rooms: it must have a device, and be answered by /sync."""
    what = "keys"
    try:
        await asyncio.to_thread(packages)
    except Permanent as error:
        return Finding(what, False, "nothing can be encrypted", error.text)
    if not names.ghosts:
        cure = "log in with a password instead of this access token"
        given = bool(bot.identity.device)
        return Finding(
            what, given, "can be exchanged" if given else "the access token has no device", "" if given else cure
        )
    try:
        speaker = await keeper(bot, names, _PROBE, "Mailroom")
        try:
            wish = {"timeout": "0", "filter": '{"room":{"rooms":[]}}', "set_presence": "offline"}
            await speaker.call("GET", "sync", query=wish)
        finally:
            await _quietly(speaker, "DELETE", "devices", _PROBE, body={})
    except BridgeError as error:
        cure = "upgrade the homeserver, or take `encryption: true` out of the rules"
        return Finding(what, False, f"{speaker_of(names)} cannot be given keys: {error.text}", cure)
    return Finding(what, True, f"{speaker_of(names)} can be given keys")


async def _versions(bot: Wire) -> Finding:
    what = "homeserver"
    try:
        answer = await bot.call("GET", "versions", base="/_matrix/client")
    except BridgeError as error:
        return Finding(what, False, error.text, "check homeserver.url: it is the base URL of the client-server API")
    versions = [str(version) for version in answer.get("versions", [])]
    modern = any(v.startswith("v1.") and v[3:].isdecimal() and int(v[3:]) >= 11 for v in versions)
    said = f"speaks Matrix up to {versions[-1]}" if versions else "names no versions"
    return Finding(what, modern, said, "" if modern else "upgrade it: authenticated media needs Matrix v1.11")


async def _identity(bot: Wire) -> Finding:
    try:
        user = required(await bot.call("GET", "account", "whoami"), "user_id")
    except BridgeError as error:
        cure = "restart the homeserver with the registration, or mend user and password"
        return Finding("identity", False, error.text, cure)
    return Finding("identity", True, f"we are {user}")


async def _ping(bot: Wire, registration_id: str) -> Finding:
    """The homeserver calls us back (application service API, v1.7): the daemon must listen meanwhile."""
    what = "appservice ping"
    started = time.monotonic()
    try:
        await pinging.reach(bot, registration_id)
    except BridgeError as error:
        cure = pinging.CURES.get(errcode(error), "restart the homeserver with the registration")
        return Finding(what, False, error.text, cure)
    return Finding(what, True, f"called back within {(time.monotonic() - started) * 1000:.0f} ms")


async def _probe_room(bot: Wire, names: Names, invitee: str, *, encrypted: bool) -> AsyncIterator[Finding]:
    try:
        wish = {"preset": "private_chat", "name": "Mailroom probe", "creation_content": {"m.federate": False}}
        room = required(await bot.call("POST", "createRoom", body=wish, timeout=180), "room_id")
    except BridgeError as error:
        yield Finding("probe room", False, error.text, "let the bot create rooms")
        return
    yield Finding("probe room", True, "made a room")
    try:
        yield await _alias(bot, names, room)
        yield await _encryption(bot, names, room, encrypted=encrypted)
        if invitee:
            yield await _invitation(bot, room, invitee)
    finally:
        await _leave(bot, room, invitee)


async def _alias(bot: Wire, names: Names, room: str) -> Finding:
    """Every room of ours stands under an alias: one of that form is made and removed."""
    what, alias = "room alias", names.alias(names.alias_localpart(f"probe:{room}"))
    try:
        await aliases.claim(bot, alias, room)
    except BridgeError as error:
        cure = "let the bot make aliases: alias_creation_rules in homeserver.yaml"
        if errcode(error) == "M_EXCLUSIVE":
            reserved = f"#{names.aliases} names are reserved by an application service that is not us"
            cure = f"{reserved}: take its registration out of homeserver.yaml and restart the homeserver"
        return Finding(what, False, error.text, cure)
    await _quietly(bot, "DELETE", "directory", "room", alias)
    return Finding(what, True, "rooms can have the aliases that they are found by")


async def _encryption(bot: Wire, names: Names, room: str, *, encrypted: bool) -> Finding:
    """Forced encryption is no harm where keys can be had: what is said in such rooms is for those who are there."""
    what = "encryption"
    try:
        await bot.call("GET", "rooms", room, "state", "m.room.encryption", "")
    except Permanent as error:
        if status(error) == "404":
            return Finding(what, True, "not forced on new rooms")
        return Finding(what, False, error.text)
    except BridgeError as error:
        return Finding(what, False, error.text)
    said = "the homeserver encrypts every new room"
    keys = await _keys(bot, names)
    if encrypted or keys.ok:  # what is wrong with keys that are needed was told
        return Finding(what, True, f"{said}: it is spoken in for those who are there")
    off = "set encryption_enabled_by_default_for_room_type to off"
    return Finding(what, False, f"{said}, and {keys.words}: mail would wait", f"{keys.cure}; or {off}")


async def _invitation(bot: Wire, room: str, invitee: str) -> Finding:
    try:
        await bot.call("POST", "rooms", room, "invite", body={"user_id": invitee})
    except BridgeError as error:
        return Finding("invitation", False, error.text, f"check that {invitee} exists and may be invited by the bot")
    return Finding("invitation", True, f"{invitee} can be invited")


async def _leave(bot: Wire, room: str, invitee: str) -> None:
    if invitee:
        await _quietly(bot, "POST", "rooms", room, "kick", body={"user_id": invitee})
    await _quietly(bot, "POST", "rooms", room, "leave", body={})
    await _quietly(bot, "POST", "rooms", room, "forget", body={})


async def _quietly(bot: Wire, method: str, *path: str, body: dict[str, str] | None = None) -> None:
    try:
        await bot.call(method, *path, body=body)
    except BridgeError:
        return  # a probe that cannot clean up has said all it had to say
