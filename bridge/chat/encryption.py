"""Encrypted rooms: what is said there is encrypted for those who may read it, what people say is decrypted as it comes.

Asleep until a rule asks for an encrypted room or one turns up (`encrypted` tells which are); from then on for ever,
since such a room stays one. Where it cannot wake, nothing is said in such rooms. It composes the keys (`keyring`,
`olm`) with the requests they need. An event whose key has not come yet is kept on disk before anyone is told that it
was taken in. It logs no content and no key.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.chat.client import Wire
from bridge.chat.encrypted import Encrypted, Notes
from bridge.chat.faults import lost
from bridge.chat.keyring import Keyring
from bridge.chat.limits import storable
from bridge.chat.names import KEY, Names
from bridge.chat.read import BARE, KEYLESS, silent
from bridge.chat.unread import Unread
from bridge.core.errors import BridgeError, CannotEncrypt, Permanent

if TYPE_CHECKING:
    from bridge.chat.olm import Device

_log = logging.getLogger("mailroom.chat")

Content = dict[str, Any]

PATIENCE = 60.0
"""Seconds that an event waits for its key at least; it waits on while the homeserver has other keys for us."""

LONGEST = 600.0
"""Seconds that it waits at most, whatever keys come: others must not be able to keep its author in the dark."""

KEPT = 1000
"""Events that wait for keys at once; what comes beyond is unreadable at once, for anyone may send such events."""

ASKED = 3
"""Senders whose devices are looked up while a batch of events waits; events of the others wait for their keys."""

PAUSE = 300.0
"""Seconds after which a server or device that gave no keys is asked again."""

_MANY = 20_000
_T = TypeVar("_T")


class Encryption:
    """What is said and heard in encrypted rooms. Its `keys` are to be closed at the end."""

    def __init__(self, keys: Keyring, bot: Wire, names: Names, notes: Notes, *, apart: bool = False) -> None:
        """`apart`: who speaks in encrypted rooms is not the bot, and must enter them."""
        self.keys = keys
        self._bot, self.names, self._apart = bot, names, apart
        self._known = Encrypted(bot, notes)
        self._awake, self._waking = False, asyncio.Lock()
        self._rooms: dict[str, frozenset[str] | None] = {}  # encrypted, with their readers
        self._present: dict[str, frozenset[str]] = {}  # who is there, where no rule says who reads
        self._entered: set[str] = set()
        self._told: set[str] = set()  # of which the homeserver knows that they are encrypted
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._silent: dict[object, float] = {}  # who gave no keys, and until when they are left alone
        self._turn, self._remembering = asyncio.Lock(), asyncio.Lock()
        self._waiting = 0
        self._asked = 0
        self._unread = Unread()

    @property
    def wire(self) -> Wire:
        """Who speaks in encrypted rooms. Only when awake."""
        return self.keys.wire

    @property
    def waits(self) -> bool:
        """Whether an event waits for its key."""
        return self._waiting > 0

    @property
    def guest(self) -> str:
        """The user id of who must be invited to speak; empty when that is the bot, or nothing is encrypted yet."""
        return self.wire.identity.user if self._apart and self.keys.woken.is_set() else ""

    async def begin(self, *, needed: bool) -> None:
        """Wake up where the rules need it, and where there have been encrypted rooms before.

        Where that cannot be, the keys' `trouble` says why, and what is for other rooms goes on. Raises Transient while
        the homeserver is away.
        """
        file = self.keys.file
        if needed or (file is not None and await asyncio.to_thread(file.exists)) or await self._known.any():
            with contextlib.suppress(CannotEncrypt):
                await self.wake()
        else:
            await self.keys.unneeded()

    async def wake(self) -> None:
        """Be able to encrypt. Raises Transient, and CannotEncrypt with the cure where it cannot be."""
        async with self._waking:
            if self._awake:  # what the book said would be older than what is known by now
                return
            await self.keys.wake()
            self._rooms |= await self.keys.run(self.keys.book.rooms)
            self._entered |= await self.keys.run(self.keys.book.entered)
            self._waiting = len(await self.keys.run(self.keys.book.waiting))
            self._awake = True

    # what is said

    async def covers(self, room: str) -> bool:
        """Whether the room is encrypted, whatever the rules say; it can be spoken in then. Raises CannotEncrypt where
        it cannot, RoomLost, Transient."""
        if room in self._rooms:
            return True
        if not await self._known.covers(room):
            return False
        await self.wake()
        await self.remember(room, None)
        return True

    async def made(self, room: str) -> None:
        """A room was made, not to be encrypted."""
        await self._known.made(room)

    async def remember(self, room: str, readers: Collection[str] | None) -> None:
        """The room is encrypted, for `readers` (None: whoever is there). Who is no reader any more gets no new key."""
        now = None if readers is None else frozenset(readers)
        async with self._remembering:  # the event of a new room may come meanwhile, and it knows no readers
            before = self._rooms.get(room)
            if room in self._rooms and (now is None or before == now):
                return
            await self._known.note(room)
            await self.keys.run(self.keys.book.remember, room, now)
            if before is None or now is None or before - now:
                await self._rotate(room)
            self._rooms[room] = now

    async def encrypt(self, room: str, readers: Collection[str], *, made: bool = False) -> None:
        """Have a room encrypted from now on; `made`: it was made so. Raises Permanent with the cure if we may not."""
        await self.wake()
        await self.remember(room, readers)  # first: what we say there is encrypted, whatever the room is
        await self.enter(room)  # and before anyone speaks there: their clients encrypt for those who are in
        if made or room in self._told or await self._known.says(room):
            self._told.add(room)
            return
        body = {"algorithm": "m.megolm.v1.aes-sha2"}
        try:
            await self._bot.call("PUT", "rooms", room, "state", "m.room.encryption", "", body=body)
        except Permanent as error:
            cure = f"turn encryption on in {room}, or let {self.names.bot} do so (power level 100)"
            raise Permanent(f"the room cannot be encrypted: {cure} ({error.text})", code=error.code) from None
        self._told.add(room)

    def knows(self, room: str) -> bool:
        """Whether the room is known to be encrypted."""
        return room in self._rooms

    async def enter(self, room: str) -> None:
        """Who speaks is in the room."""
        if not self._apart or room in self._entered:
            return
        try:
            await self.wire.call("POST", "rooms", room, "join", body={})
        except Permanent:  # not invited yet
            try:
                await self._bot.call("POST", "rooms", room, "invite", body={"user_id": self.guest})
                await self.wire.call("POST", "rooms", room, "join", body={})
            except Permanent as error:
                raise lost(error, room) from None
        await self.keys.run(self.keys.book.enter, room)
        self._entered.add(room)

    async def forget(self, room: str) -> bool:
        """A send was refused: who speaks may have been removed. False when there was nothing to forget."""
        self._known.look_again(room)
        if room not in self._entered:
            return False
        self._entered.discard(room)
        await self.keys.run(self.keys.book.leave, room)
        return True

    async def seal(self, room: str, kind: str, content: Mapping[str, Any]) -> Content:
        """The content of an m.room.encrypted event, whose key every reader's devices have by now.

        The name of our effect stays readable, as in the transaction id: the read-back looks for it.
        """
        async with self._locks[room]:
            await self._share(room)
            sealed = await self.keys.run(self.keys.olm.encrypt, room, kind, dict(content))
        return {**sealed, KEY: content[KEY]} if KEY in content else sealed

    async def _rotate(self, room: str) -> None:
        """What is said from now on has a new key; never between sharing one and using it."""
        async with self._locks[room]:
            await self.keys.run(self.keys.olm.rotate, room)

    async def _share(self, room: str) -> None:
        readers = sorted(await self._readers(room))
        if unknown := await self._hear(await self.keys.run(self.keys.olm.unknown, readers)):
            await self._ask(unknown)
        await self._meet(await self.keys.run(self.keys.olm.unmet, readers))
        for devices, messages in await self.keys.run(self.keys.olm.share, room, readers):
            await self._to_devices(messages)
            await self.keys.run(self.keys.olm.shared, room, devices)

    async def _readers(self, room: str) -> frozenset[str]:
        """By the rules; where they do not name the room, those who are in it or invited."""
        named = self._rooms.get(room)
        if named is not None:
            return named
        if room not in self._present:
            try:
                answer = await self._bot.call("GET", "rooms", room, "members")
            except Permanent as error:
                raise lost(error, room) from None
            there = [e for e in answer.get("chunk", []) if e.get("content", {}).get("membership") in ("join", "invite")]
            users = {str(e.get("state_key")) for e in there}
            self._present[room] = frozenset(user for user in users if not self.names.is_ours(user))
        return self._present[room]

    async def _ask(self, users: Sequence[str], timeout: int = 10_000) -> None:
        """Which devices these users have. `timeout`: milliseconds that our homeserver waits for others."""
        body = {"device_keys": {user: [] for user in users}, "timeout": timeout}
        answer = await self.wire.call("POST", "keys", "query", body=body)
        await self.keys.run(self.keys.olm.queried, answer)
        self._silence(await self.keys.run(self.keys.olm.unknown, users))

    async def _meet(self, devices: Sequence["Device"]) -> None:
        """Begin a session with each."""
        wanted = await self._hear(devices)
        if not wanted:
            return
        body: Content = {"one_time_keys": {}, "timeout": 10_000}
        for user, device in wanted:
            body["one_time_keys"].setdefault(user, {})[device] = "signed_curve25519"
        await self.keys.run(self.keys.olm.claimed, await self.wire.call("POST", "keys", "claim", body=body))
        met = await self.keys.run(self.keys.olm.unmet, [user for user, _ in wanted])
        self._silence([device for device in met if device in wanted])

    async def _hear(self, asked: Sequence[_T]) -> list[_T]:
        now = time.monotonic()
        return [each for each in asked if self._silent.get(each, 0.0) <= now]

    def _silence(self, who: Sequence[object]) -> None:
        if len(self._silent) > _MANY:
            self._silent.clear()
        self._silent |= dict.fromkeys(who, time.monotonic() + PAUSE)

    async def _to_devices(self, messages: Content) -> None:
        name = secrets.token_hex(16)
        await self.wire.call("PUT", "sendToDevice", "m.room.encrypted", name, body={"messages": messages})

    # what others say

    @contextlib.asynccontextmanager
    async def reading(
        self, events: Sequence[Any], synced: Mapping[str, Any] | None = None
    ) -> AsyncIterator[Sequence[Any]]:
        """Room events with those readable that can be read by now, to be committed within the context.

        `synced`: a /sync of who speaks, with the keys that came. Those events come along for which it had the key.
        """
        if not self.keys.woken.is_set():
            await self._heed(events)
        if not self.keys.woken.is_set():
            yield events
            return
        async with self._turn:  # in the order in which they came
            self._asked = 0
            late = await self._absorb(synced) if synced is not None else {}
            found = list(late.values())
            for event in events:
                found += await self._understood(storable(event)) if isinstance(event, dict) else [event]
            yield [event for event in found if event is not None]
            await self.keys.run(self.keys.book.done, list(late))
        if synced is not None:
            try:
                await self._upkeep(synced)
            except BridgeError as error:  # the next sync says again what is missing
                _log.warning("keys could not be renewed: %s", error.text)

    async def _heed(self, events: Sequence[Any]) -> None:
        """Asleep: a room that is encrypted from now on wakes us, so that what people say there can be read."""
        for event in events:
            if isinstance(event, dict) and await self._known.heed(event):
                with contextlib.suppress(BridgeError):  # then nothing is said there, and all else goes on
                    await self.wake()

    async def _understood(self, event: Content) -> list[Content]:
        room, sender = str(event.get("room_id")), str(event.get("sender"))
        content = event.get("content")
        await self._known.heed(event)
        match event.get("type"):
            case "m.room.encrypted" if not self.names.is_ours(sender):
                made = await self._read(event)
                if made is None and self._waiting >= KEPT:
                    return [self._unread.marked(event, KEYLESS)]
                if made is None:
                    await self.keys.run(self.keys.book.wait, str(event["event_id"]), event, time.time())
                    self._waiting += 1
                return made or []
            case "m.room.message" | "m.sticker" as kind if room in self._rooms and not self.names.is_ours(sender):
                return [event if kind == "m.room.message" and silent(content) else self._unread.marked(event, BARE)]
            case "m.room.member" if isinstance(content, dict):
                self._present.pop(room, None)
                if room in self._rooms and content.get("membership") in ("leave", "ban"):
                    await self._rotate(room)
            case "m.room.encryption" if event.get("state_key") == "":  # else anybody could say so
                if room not in self._rooms:  # turned on by somebody else
                    await self.remember(room, None)
                    with contextlib.suppress(Permanent):  # else when something is to be said there
                        await self.enter(room)
            case "m.room.redaction":
                inside = content.get("redacts") if isinstance(content, dict) else None
                await self.keys.run(self.keys.book.done, [str(event.get("redacts") or inside)])
            case _:
                pass
        return [event]

    async def _read(self, event: Content) -> list[Content] | None:
        """What an encrypted event says, nothing, or that it is unreadable; None when its key may still come."""
        found = await self.keys.run(self.keys.olm.open, event)
        if found.outcome == "no device":
            sender = str(event["sender"])
            if self._asked < ASKED and await self._hear([("sender", sender)]):
                self._asked += 1
                self._silent["sender", sender] = time.monotonic() + 10
                await self._ask([sender], 1_000)  # others wait meanwhile (I8)
                found = await self.keys.run(self.keys.olm.open, event)
        match found.outcome:
            case "opened":
                return [found.event] if found.event is not None else []
            case "nothing":
                return []
            case "bad":
                return [self._unread.marked(event, KEYLESS)]
            case _:
                return None

    async def _absorb(self, synced: Mapping[str, Any]) -> dict[str, Content | None]:
        """Take in keys and lists of devices; by event id what could be read with them, or never will be."""
        came = _list(_object(synced.get("to_device")).get("events"))
        changes = _object(synced.get("device_lists"))
        changed = [str(user) for user in _list(changes.get("changed"))]
        await self.keys.run(self.keys.olm.changed, changed)
        for user in changed:
            self._silent.pop(user, None)
        if came:
            named = (readers for readers in self._rooms.values() if readers)
            known = frozenset[str]().union(*named, *self._present.values())
            await self.keys.run(self.keys.olm.receive, came, known)
        found: dict[str, Content | None] = {}
        kept = 0
        for waiting in await self.keys.run(self.keys.book.waiting):
            event = dict(waiting.body)
            made = await self._read(event)
            waited = time.time() - waiting.since
            if made is None and (waited > LONGEST or (not came and waited > PATIENCE)):
                made = [self._unread.marked(event, KEYLESS)]
            if made is None:
                kept += 1
            else:
                found[waiting.event] = made[0] if made else None
        self._waiting = kept
        return found

    async def _upkeep(self, synced: Mapping[str, Any]) -> None:
        """One-time keys as they are used up; new sessions with devices that we could not understand."""
        counts = synced.get("device_one_time_keys_count")
        if isinstance(counts, dict):
            unused = synced.get("device_unused_fallback_key_types", ["signed_curve25519"])
            count = counts.get("signed_curve25519", 0)
            await self.keys.renew(count if isinstance(count, int) else 0, fallback="signed_curve25519" in unused)
        await self._meet_again(await self.keys.run(self.keys.olm.wedged))

    async def _meet_again(self, devices: Sequence["Device"]) -> None:
        wanted = await self._hear([("wedged", *device) for device in devices])
        if wanted:
            self._silence(wanted)
            body: Content = {"one_time_keys": {}, "timeout": 10_000}
            for _, user, device in wanted:
                body["one_time_keys"].setdefault(user, {})[device] = "signed_curve25519"
            await self.keys.run(self.keys.olm.claimed, await self.wire.call("POST", "keys", "claim", body=body))
        for messages in await self.keys.run(self.keys.olm.greetings):
            await self._to_devices(messages)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
