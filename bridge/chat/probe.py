"""Looking whether a homeserver lets us work, for `mailroom init` and `mailroom check`: findings, each with its cure.

It leaves nothing behind but a forgotten room, and never touches a room that people use.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from bridge.chat import pinging
from bridge.chat.client import Wire
from bridge.chat.faults import errcode, required, status
from bridge.core.errors import BridgeError, Permanent


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. `cure` is empty when it is `ok`."""

    what: str
    ok: bool
    words: str
    cure: str = ""


async def look_around(bot: Wire, *, invitee: str = "", registration_id: str = "") -> AsyncIterator[Finding]:
    """Every finding as it is made. `invitee`: a staff user id to invite for a try; `registration_id`: is pinged."""
    yield await _versions(bot)
    yield await _identity(bot)
    if registration_id:
        yield await _ping(bot, registration_id)
    async for finding in _probe_room(bot, invitee):
        yield finding


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


async def _probe_room(bot: Wire, invitee: str) -> AsyncIterator[Finding]:
    try:
        wish = {"preset": "private_chat", "name": "Mailroom probe", "creation_content": {"m.federate": False}}
        room = required(await bot.call("POST", "createRoom", body=wish, timeout=180), "room_id")
    except BridgeError as error:
        yield Finding("probe room", False, error.text, "let the bot create rooms")
        return
    yield Finding("probe room", True, "made a room")
    try:
        yield await _encryption(bot, room)
        if invitee:
            yield await _invitation(bot, room, invitee)
    finally:
        await _leave(bot, room, invitee)


async def _encryption(bot: Wire, room: str) -> Finding:
    what = "encryption"
    try:
        await bot.call("GET", "rooms", room, "state", "m.room.encryption", "")
    except Permanent as error:
        if status(error) == "404":
            return Finding(what, True, "not forced on new rooms")
        return Finding(what, False, error.text)
    except BridgeError as error:
        return Finding(what, False, error.text)
    cure = "set encryption_enabled_by_default_for_room_type to off, or replies cannot be read"
    return Finding(what, False, "the homeserver encrypts every new room", cure)


async def _invitation(bot: Wire, room: str, invitee: str) -> Finding:
    try:
        await bot.call("POST", "rooms", room, "invite", body={"user_id": invitee})
    except BridgeError as error:
        return Finding("invitation", False, error.text, f"check that {invitee} exists and may be invited by the bot")
    return Finding("invitation", True, f"{invitee} can be invited")


async def _leave(bot: Wire, room: str, invitee: str) -> None:
    if invitee:
        await _quietly(bot, room, "kick", {"user_id": invitee})
    await _quietly(bot, room, "leave", {})
    await _quietly(bot, room, "forget", {})


async def _quietly(bot: Wire, room: str, verb: str, body: dict[str, str]) -> None:
    try:
        await bot.call("POST", "rooms", room, verb, body=body)
    except BridgeError:
        return  # a probe that cannot clean up has said all it had to say
