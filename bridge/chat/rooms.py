"""Rooms and spaces: created whole by the bot under an alias that follows from their key, or adopted when they stand.

A new room is one request, with all its state in createRoom. Nothing here sends a message or decides who belongs in.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Sequence

from bridge.chat import aliases, roomstate
from bridge.chat.client import Wire
from bridge.chat.encryption import Encryption
from bridge.chat.faults import errcode, lost, required, status
from bridge.chat.names import Names
from bridge.chat.speakers import Speakers
from bridge.core.effects import RoomSpec
from bridge.core.errors import BridgeError, Permanent, RoomLost, Transient

_log = logging.getLogger("mailroom.chat")
_PRESENT = ("join", "invite")
_STAYING = (*_PRESENT, "knock")
"""Memberships that end when someone is removed."""


class Rooms:
    """Opens, enters and reconciles rooms as the bot. It remembers the spaces it has seen and who was invited there."""

    def __init__(
        self, bot: Wire, names: Names, speakers: Speakers, encryption: Encryption, *, creator_listed: bool
    ) -> None:
        self._bot = bot
        self._names = names
        self._speakers = speakers
        self._encryption = encryption
        self._creator_listed = creator_listed
        self._spaces: dict[str, tuple[str, set[str]]] = {}  # key -> room id, people invited
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def open(self, spec: RoomSpec) -> str:
        """The room of `spec`: its id. A person who cannot be invited is logged and never holds up the mail."""
        if spec.target.startswith("!"):
            return await self._adopt(spec.target, spec)
        alias = ""
        if spec.target:
            localpart, server = aliases.split(spec.target, self._names.server)
            alias = f"#{localpart}:{server}"
            standing = await aliases.resolve(self._bot, alias)
            if standing is not None:
                await self._adopt(standing, spec)
                if spec.space:
                    await self._gather(await self._space(spec), standing)
                return standing
            if server != self._names.server:
                raise Permanent(f"there is no room {spec.target}, and only {server} can make one of that name")
        if spec.readers:
            await self._encryption.wake()
        ghost = self._encryption.guest if spec.readers else await self._speakers.prepare(spec.speaker)
        invited = [*dict.fromkeys([*spec.members, *([ghost] if ghost else [])])]
        space = await self._space(spec) if spec.space else ""
        localpart = self._names.alias_localpart(alias or spec.key)
        room, made = await self._create(localpart, roomstate.room(spec, self._context(space)), invited)
        if not made:
            await self._vouch(room, localpart)
            await self.invite_missing(room, spec.members)
        if spec.readers:
            await self._encryption.encrypt(room, spec.readers, made=made)
        elif made:
            await self._encryption.made(room)
        if alias:
            await self._give(alias, room)
        elif spec.alias and made:
            await self._give(f"#{spec.alias}:{self._names.server}", room)
        if space:
            await self._gather(space, room)
        return room

    async def _gather(self, space: str, room: str, *, there: bool = True) -> None:
        """Have it in the space, or not: then the space says nothing of it (Matrix spec, m.space.child)."""
        via = {"via": [self._names.server]} if there else {}
        await self._bot.call("PUT", "rooms", space, "state", "m.space.child", room, body=via)

    async def close(self, room: str, space: str, reason: str) -> None:
        """Take it out of the space and remove everyone but the bot; each one is tried before a failure is raised.

        Who speaks for the bot in encrypted rooms stays too.
        """
        known = self._spaces.get(space)
        parent = known[0] if known else await self._standing(space) if space else None
        if parent is not None:
            try:
                await self._gather(parent, room, there=False)
            except Permanent as error:  # a space that is not ours any more gathers nothing
                _log.warning("room %s: it could not be taken out of its space: %s", room, errcode(error))
        there = await self._everyone(room)
        ours = (self._names.bot, self._encryption.guest)
        leaving = [user for user, state in there.items() if state in _STAYING and user not in ours]
        self._speakers.left(room, leaving)
        failures = [error for user in leaving for error in await self._try("kick", room, user, reason)]
        _raise_worst(failures)

    async def leave(self, room: str, space: str) -> None:
        """Empty it, and have the bot and the ghosts forget it; its aliases go too. What is gone already is fine."""
        with contextlib.suppress(RoomLost):
            await self.close(room, space, "")
            await self._drop_aliases(room)
            for user in await self._everyone(room):
                if self._names.is_ghost(user):  # who speaks in encrypted rooms is one, and was not removed
                    ghost = self._bot.acting(user, "")
                    await self._calmly(ghost, "rooms", room, "leave")
                    await self._calmly(ghost, "rooms", room, "forget")
        await self._calmly(self._bot, "rooms", room, "leave")
        await self._calmly(self._bot, "rooms", room, "forget")

    async def _drop_aliases(self, room: str) -> None:
        for alias in (await self._bot.call("GET", "rooms", room, "aliases")).get("aliases", []):
            try:
                await self._bot.call("DELETE", "directory", "room", str(alias))
            except Permanent as error:
                _log.warning("room %s: an alias of it could not be removed: %s", room, errcode(error))

    async def _calmly(self, wire: Wire, *path: str) -> None:
        """For good or not at all: who is not in the room need not leave it."""
        with contextlib.suppress(Permanent):
            await wire.call("POST", *path, body={})

    async def reopen(self, room: str, spec: RoomSpec) -> None:
        """Put it into its space and have exactly the members of `spec` there."""
        if spec.space:
            await self._gather(await self._space(spec), room)
        await self.admit(room, spec.members)

    async def _standing(self, key: str) -> str | None:
        return await aliases.resolve(self._bot, self._names.alias(self._names.alias_localpart(key)))

    async def _give(self, alias: str, room: str) -> None:
        """The alias the admin chose. The room works without it, so that a refusal never holds up the mail."""
        try:
            await aliases.give(self._bot, alias, room)
        except Permanent as error:
            # A template may hold a subject: the log hears the room alone.
            _log.warning("room %s: it could not be given the alias of the rules: %s", room, errcode(error))

    async def enter(self, room: str) -> None:
        """Join a room the bot was invited to. Raises RoomLost, with the cure, when it may not."""
        try:
            await self._bot.call("POST", "join", room, body={})
        except Permanent as error:
            cure = f"the bot cannot enter {room}: invite {self._names.bot} there"
            raise RoomLost(f"{cure} ({error.text})", code=error.code) from None

    async def admit(self, room: str, members: Sequence[str], staying: Sequence[str] = ()) -> None:
        """Make the people in the room exactly `members`; each one is tried before the first failure is raised.

        Those of `staying` who are there remain.
        """
        there = await self._people(room)
        belong = {*members, *staying}
        leaving = [user for user, state in there.items() if state in _STAYING and user not in belong]
        failures: list[BridgeError] = []
        for user in leaving:
            failures += await self._try("kick", room, user)
        for user in members:
            if there.get(user) not in _PRESENT and user != self._names.bot:
                failures += await self._try("invite", room, user)
        _raise_worst(failures)

    async def admit_space(self, key: str, members: Sequence[str]) -> None:
        """`admit` for the space of that key; without effect when it was never made."""
        async with self._locks[key]:
            known = self._spaces.get(key)
            room = known[0] if known else await self._standing(key)
            if room is not None:
                await self.admit(room, members)
                self._spaces[key] = (room, set(members))

    async def invite_missing(self, room: str, members: Sequence[str]) -> None:
        """Invite those of `members` who are not there; who cannot be invited is logged."""
        there = await self._people(room) if members else {}
        for user in members:
            if there.get(user) not in _PRESENT:
                await self._invite_or_log(room, user)

    async def _people(self, room: str) -> dict[str, str]:
        """Membership of everyone but the bot and the ghosts."""
        there = await self._everyone(room)
        return {user: state for user, state in there.items() if not self._names.is_ours(user)}

    async def _everyone(self, room: str) -> dict[str, str]:
        """Membership of everyone who ever had one."""
        try:
            answer = await self._bot.call("GET", "rooms", room, "members")
        except Permanent as error:
            raise lost(error, room) from None
        found = {}
        for event in answer.get("chunk", []):
            user, state = str(event.get("state_key", "")), event.get("content", {}).get("membership")
            if user:
                found[user] = str(state)
        return found

    async def _try(self, verb: str, room: str, user: str, reason: str = "") -> list[BridgeError]:
        wish = {"user_id": user, "reason": reason} if reason else {"user_id": user}
        try:
            await self._bot.call("POST", "rooms", room, verb, body=wish)
        except Transient as error:
            return [error]
        except Permanent as error:
            return [Permanent(f"cannot {verb} {user}: {error.text}", code=error.code)]
        return []

    async def _invite_or_log(self, room: str, user: str) -> None:
        for error in await self._try("invite", room, user):
            if isinstance(error, Transient) and error.peer_down:
                raise error  # our homeserver; that a person's own server is away holds up nothing
            _log.warning("room %s: %s", room, error.text)

    def _context(self, space: str) -> roomstate.Context:
        return roomstate.Context(self._names.bot, self._names.server, space, self._creator_listed)

    async def _create(self, localpart: str, wish: roomstate.Content, invited: list[str]) -> tuple[str, bool]:
        """createRoom; the room id, and whether it is new. One bad invitation must not prevent the room."""
        wish = {**wish, "room_alias_name": localpart}
        try:
            return await self._post(wish, invited), True
        except (Permanent, Transient) as error:
            if errcode(error) != "M_ROOM_IN_USE" and (not invited or not _may_be_an_invitation(error)):
                raise
            # A refused invitation leaves the room behind, under its alias.
            room = await aliases.resolve(self._bot, self._names.alias(localpart))
            if room is not None:
                return room, False
            if errcode(error) == "M_ROOM_IN_USE":
                raise Transient(f"the alias of a new room is taken, but leads nowhere: {error.text}") from None
        room = await self._post(wish, [])
        for user in invited:
            await self._invite_or_log(room, user)
        return room, True

    async def _post(self, wish: roomstate.Content, invited: list[str]) -> str:
        answer = await self._bot.call("POST", "createRoom", body={**wish, "invite": invited}, timeout=180)
        return required(answer, "room_id")

    async def _adopt(self, room: str, spec: RoomSpec) -> str:
        await self.enter(room)
        if spec.readers:
            await self._encryption.encrypt(room, spec.readers)
        await self.invite_missing(room, spec.members)
        return room

    async def _vouch(self, room: str, localpart: str) -> None:
        """What stands under a name of ours must be ours: nobody may put a room there to catch mail."""
        state = await self._bot.call("GET", "rooms", room, "state", "m.room.create", "", query={"format": "event"})
        if state.get("sender") != self._names.bot:
            alias = self._names.alias(localpart)  # not the room's name: it is a mail's subject
            raise Permanent(f"the alias {alias} leads to a room that is not ours ({room}): remove that alias")

    async def _space(self, spec: RoomSpec) -> str:
        """The inbox's space, made at first need. Its id; people new to it are invited."""
        async with self._locks[spec.space]:
            known = self._spaces.get(spec.space)
            if known is None:
                known = await self._find_space(spec)
                self._spaces[spec.space] = known
            room, invited = known
            for user in spec.members:
                if user not in invited:
                    await self._invite_or_log(room, user)
                    invited.add(user)
            return room

    async def _find_space(self, spec: RoomSpec) -> tuple[str, set[str]]:
        localpart = self._names.alias_localpart(spec.space)
        room = await aliases.resolve(self._bot, self._names.alias(localpart))
        if room is None:
            wish = roomstate.space(spec, self._context(""))
            room, made = await self._create(localpart, wish, list(spec.members))
            if made:
                return room, set(spec.members)
        there = await self._people(room)
        return room, {user for user, state in there.items() if state in _PRESENT}


def _raise_worst(failures: Sequence[BridgeError]) -> None:
    """What may pass before what may not."""
    if failures:
        raise next((f for f in failures if isinstance(f, Transient)), failures[0])


def _may_be_an_invitation(error: BridgeError) -> bool:
    """Whether createRoom may have failed for one of the invited: refused, or their server is away."""
    return not error.peer_down if isinstance(error, Transient) else status(error) in ("400", "403", "404")
