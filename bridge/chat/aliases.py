"""Room aliases: finding the room behind one, and giving a room the alias that an admin chose for it."""

from bridge.chat.client import Wire
from bridge.chat.connection import Identity
from bridge.chat.faults import errcode, required
from bridge.core.errors import Permanent


def split(alias: str, server: str) -> tuple[str, str]:
    """An alias with or without "#" and server, as localpart and server; `server` is ours."""
    localpart, _, given = alias.removeprefix("#").partition(":")
    return localpart, given or server


async def resolve(bot: Wire, alias: str) -> str | None:
    """The room id behind an alias, or None when there is no such alias."""
    try:
        return required(await bot.call("GET", "directory", "room", alias), "room_id")
    except Permanent as error:
        if errcode(error) == "M_NOT_FOUND":
            return None
        raise


async def give(bot: Wire, alias: str, room: str) -> None:
    """Let `alias` lead to `room` and be its canonical one. Raises Permanent when it may not be had.

    A homeserver lets an application service make aliases of its namespace only (M_EXCLUSIVE), and a namespace that
    covered any alias would have every room of the server pushed to us. So the bot logs in as the user it is, for this.
    """
    try:
        await claim(bot, alias, room)
    except Permanent as error:
        if errcode(error) != "M_EXCLUSIVE" or not bot.identity.masquerade:
            raise
        user = bot.identity.user
        wish = {"type": "m.login.application_service", "identifier": {"type": "m.id.user", "user": user}}
        token = required(
            await Wire(bot.server, Identity(bot.identity.token)).call("POST", "login", body=wish), "access_token"
        )
        as_user = Wire(bot.server, Identity(token, user))
        try:
            await claim(as_user, alias, room)
        finally:
            await as_user.call("POST", "logout", body={})
    await bot.call("PUT", "rooms", room, "state", "m.room.canonical_alias", "", body={"alias": alias})


async def claim(wire: Wire, alias: str, room: str) -> None:
    """Let `alias` lead to `room`. Raises Permanent when it is taken or not for us."""
    await wire.call("PUT", "directory", "room", alias, body={"room_id": room})
