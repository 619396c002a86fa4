"""The `Chat` port: mail shown, files attached, the bot's words said, rooms opened, as an application service or a bot.

It composes the pure half (what an event says) with the wire half (moving it), and knows no mode: `Speakers` does. In a
known conversation a mail costs one request.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence

from bridge.chat import contents
from bridge.chat.client import Wire
from bridge.chat.contents import Content
from bridge.chat.encryption import Encryption
from bridge.chat.faults import errcode, lost, status
from bridge.chat.limits import label
from bridge.chat.names import KEY, Names, transaction
from bridge.chat.read import read_event
from bridge.chat.readback import events_of
from bridge.chat.render import Rendered, render
from bridge.chat.rooms import Rooms
from bridge.chat.speakers import Speakers, Voice
from bridge.core.addresses import Address
from bridge.core.effects import Attach, React, RoomSpec, Show, Speaker, Tell
from bridge.core.errors import Permanent, RoomLost, Transient
from bridge.core.mail import Part
from bridge.core.plan import Raw
from bridge.core.post import Post
from bridge.core.words import words

_log = logging.getLogger("mailroom.chat")
_BOT = Speaker()
Make = Callable[[Address | None], Content]
"""Makes a content, given whose name its text must say."""

_CACHED = 20_000


class MatrixChat:
    """Implements `bridge.core.ports.Chat`. Made by `connect`."""

    def __init__(
        self,
        bot: Wire,
        names: Names,
        speakers: Speakers,
        rooms: Rooms,
        encryption: Encryption,
        *,
        upload_limit: int | None,
    ) -> None:
        self.names = names
        self.encryption = encryption
        self._bot = bot
        self._speakers = speakers
        self._rooms = rooms
        self._upload_limit = upload_limit
        self._uploads: dict[tuple[str, str], str] = {}  # (room, digest) -> mxc: once a room, never shared

    def read(self, raw: bytes) -> Post | None:
        """Understand an event's JSON; None for what means nothing here."""
        return read_event(raw, self.names)

    async def open_room(self, spec: RoomSpec) -> str:
        """Create the room whole, or adopt what stands under its name. Returns the room id."""
        return await self._rooms.open(spec)

    async def show(
        self, room_id: str, show: Show, *, root: str | None, images: Mapping[str, bytes], doubtful: bool = False
    ) -> Sequence[str]:
        """Send a mail's messages; event ids in order."""
        done = await events_of(self._bot, self.names, room_id, show.key) if doubtful else {}
        sealed = await self.encryption.covers(room_id)
        placed = {} if done or sealed else await self._place_images(room_id, show, images)

        def rendered(named: Address | None) -> Rendered:
            return render(show, self.names, named, placed)

        whole = rendered(None)  # the number of messages does not depend on who speaks
        events: list[str] = []
        for number in range(len(whole.contents)):
            thread = root or (events[0] if show.threaded and events else None)

            def part(named: Address | None, number: int = number, thread: str | None = thread) -> Content:
                return contents.relate((rendered(named) if named else whole).contents[number], thread)

            events.append(done.get(number) or await self._send(room_id, show.speaker, part, show.at))
        if whole.full:
            number, thread = len(events), root or (events[0] if show.threaded else None)
            events.append(done.get(number) or await self._send_whole_text(room_id, show, whole.full, number, thread))
        for image in show.images if sealed else ():  # a picture within encrypted text would lie open on the server
            number, thread = len(events), root or (events[0] if show.threaded else None)
            if image.content_id in images and contents.is_picture(image):
                data = Raw(images[image.content_id])
                events.append(done.get(number) or await self._send_file(room_id, show, image, data, number, thread))
        return events

    async def attach(self, room_id: str, attach: Attach, data: Raw, *, root: str | None, doubtful: bool = False) -> str:
        """Upload and send a file. Raises Permanent when it is over the homeserver's limit."""
        if doubtful and (done := await events_of(self._bot, self.names, room_id, attach.key)):
            return done[min(done)]
        name = attach.part.name if attach.part else "mail"
        file = await self._upload(data, contents.safe_type(attach.part), name, room=room_id)

        def content(named: Address | None) -> Content:
            made = contents.file(attach.key, attach.part, _size(data), str(file["url"]), self.names, named)
            return contents.relate(contents.sealed(made, file) if "key" in file else made, root)

        return await self._send(room_id, attach.speaker, content, attach.at)

    async def react(
        self, room_id: str, react: React, *, root: str | None, target: str | None, doubtful: bool = False
    ) -> Sequence[str]:
        """A ghost reacts; the bot says who reacted, for it could react once for everybody alone."""
        if doubtful and (done := await events_of(self._bot, self.names, room_id, react.key)):
            return [done[min(done)]]
        voice = await self._voice(react.speaker, room_id)
        if target is not None and voice.named is None:
            made = contents.reaction(react, target)
            try:
                return [await voice.wire.send(room_id, made, str(made[KEY]), kind="m.reaction")]
            except Permanent as error:
                if errcode(error) == "M_DUPLICATE_ANNOTATION":
                    return []
                _log.warning("room %s: a reaction was refused (%s), it is said instead", room_id, error.code)
        words = contents.reacted(react, root, target)
        return [await self._send(room_id, react.speaker, lambda _: words, None)]

    async def tell(
        self, room_id: str, tell: Tell, *, root: str | None, edits: str | None, doubtful: bool = False
    ) -> str:
        """Say, or edit in place, the bot's own words."""
        if doubtful and (done := await events_of(self._bot, self.names, room_id, tell.key)):
            return done[min(done)]
        words = contents.told(tell, root=root, edits=edits)
        return await self._send(room_id, _BOT, lambda _: words, None)

    async def admit(
        self, room_id: str, members: Sequence[str], staying: Sequence[str] = (), *, readers: Sequence[str] = ()
    ) -> None:
        """Reconcile the membership of people, and who gets keys: before they are told that somebody left or came."""
        try:
            await self._give_keys(room_id, readers, (*members, *staying))
        except Permanent:  # also where it cannot be encrypted, nobody stays who is no member
            await self._rooms.admit(room_id, members, staying)
            raise
        await self._rooms.admit(room_id, members, staying)

    async def _give_keys(self, room: str, readers: Sequence[str], members: Sequence[str] = ()) -> None:
        """`members`: who may read a room that is encrypted although the rules do not say so (any more)."""
        if readers:
            await self.encryption.encrypt(room, readers)
        elif members and self.encryption.knows(room):
            await self.encryption.remember(room, members)

    async def unsay(self, room_id: str, events: Sequence[str], key: str) -> None:
        """Redact events."""
        for number, event in enumerate(events):
            try:
                await self._bot.call("PUT", "rooms", room_id, "redact", event, transaction(key, number), body={})
            except Permanent as error:
                if status(error) != "404":
                    raise lost(error, room_id) from None

    async def encrypt(self, room_id: str, readers: Sequence[str]) -> None:
        """What we say is encrypted, whether the room can be made so or not: that is told where it is reconciled."""
        if self.encryption.knows(room_id):
            await self.encryption.remember(room_id, readers)
            return
        try:
            await self.encryption.encrypt(room_id, readers)
        except RoomLost:
            raise
        except Permanent as error:
            if not self.encryption.knows(room_id):
                raise RoomLost(error.text, code=error.code) from None

    async def admit_space(self, key: str, members: Sequence[str]) -> None:
        """Reconcile the people of a space."""
        await self._rooms.admit_space(key, members)

    async def close_room(self, room_id: str, space: str, reason: str) -> None:
        """Out of its space, and empty but for the bot."""
        await self._rooms.close(room_id, space, reason)

    async def leave_room(self, room_id: str, space: str) -> None:
        """Left and forgotten by everyone of ours."""
        await self._rooms.leave(room_id, space)

    async def reopen_room(self, room_id: str, spec: RoomSpec) -> None:
        """In its space again, with its members."""
        await self._give_keys(room_id, spec.readers, spec.members)
        await self._rooms.reopen(room_id, spec)

    async def rejoin(self, room_id: str, readers: Sequence[str] = ()) -> None:
        """Enter a room that the bot was invited to, or a successor."""
        await self._rooms.enter(room_id)
        await self._give_keys(room_id, readers)

    async def fetch(self, mxc: str, limit: int, *, cipher: str = "") -> bytes:
        """A media file's octets."""
        return await self._bot.download(mxc, limit, cipher)

    async def _voice(self, speaker: Speaker, room: str) -> Voice:
        """In encrypted rooms one device speaks for everybody: ghosts have no keys."""
        if await self.encryption.covers(room):
            await self.encryption.enter(room)
            return Voice(self.encryption.wire, speaker.address)
        try:
            return await self._speakers.voice(speaker, room)
        except Permanent as error:
            raise lost(error, room) from None

    async def _send(self, room: str, speaker: Speaker, make: Make, at: float | None) -> str:
        """One event, by its own transaction id; a thread or an edit that the server refuses is left away.

        A ghost that was removed is let in again once; when it may not come (banned), the bot speaks for it.
        """
        voice = await self._voice(speaker, room)
        try:
            return await self._put(voice, room, make(voice.named), at)
        except Permanent as error:
            refused = errcode(error) in ("M_FORBIDDEN", "M_UNKNOWN_DEVICE")
            plain = contents.alone(make(voice.named)) if status(error) == "400" and not refused else None
            if plain is not None:
                _log.warning("room %s: the thread or edit was refused (%s), sent by itself", room, error.code)
                return await self._put(voice, room, plain, at)
            again = refused and (await self.encryption.forget(room) or self._speakers.forget(room, voice))
            if not again:
                raise lost(error, room) from None
        voice = await self._voice(speaker, room)
        try:
            return await self._put(voice, room, make(voice.named), at)
        except Permanent as error:
            raise lost(error, room) from None

    async def _put(self, voice: Voice, room: str, content: Content, at: float | None) -> str:
        moment = None if at is None else min(max(at, 0.0), time.time())
        if await self.encryption.covers(room):
            if voice.wire is not self.encryption.wire:
                raise Transient(f"{room} was encrypted just now")
            sealed = await self.encryption.seal(room, "m.room.message", content)
            return await voice.wire.send(room, sealed, str(content[KEY]), at=moment, kind="m.room.encrypted")
        return await voice.wire.send(room, content, str(content[KEY]), at=moment)

    async def _upload(self, data: Raw, media_type: str, name: str, *, room: str = "") -> Content:
        """By the bot: the ghost's right to upload may differ, and the file is purged with the room.

        Returns its `url`, and what opens it where the room is encrypted.
        """
        size = _size(data)
        if self._upload_limit is not None and size > self._upload_limit:
            raise _too_large(name, size, self._upload_limit)
        try:
            if room and await self.encryption.covers(room):
                return await self._bot.upload_sealed(data, size)
            return {"url": await self._bot.upload(data, size, media_type, label(name))}
        except Permanent as error:
            if status(error) == "413":
                raise _too_large(name, size, self._upload_limit) from None
            raise

    async def _place_images(self, room: str, show: Show, images: Mapping[str, bytes]) -> Mapping[str, str]:
        """Upload inline images; one that the server does not take is left out, since the mail matters more."""
        placed: dict[str, str] = {}
        for part in show.images:
            data = images.get(part.content_id)
            if data is None or not contents.is_picture(part):
                continue
            known = (room, part.sha256)
            if known not in self._uploads:
                try:
                    mxc = str((await self._upload(Raw(data), contents.safe_type(part), part.name))["url"])
                except Permanent as error:
                    _log.warning("room %s: an inline image was left out (%s)", room, error.code)
                    continue
                if len(self._uploads) >= _CACHED:
                    self._uploads.clear()
                self._uploads[known] = mxc
            placed[part.content_id] = self._uploads[known]
        return placed

    async def _send_whole_text(self, room: str, show: Show, text: str, number: int, thread: str | None) -> str:
        """The text of a mail that is too long for messages, as a file beside its head."""
        data = text.encode("utf-8", "replace")
        part = Part(index=0, name=words(show.language).full_text, type="text/plain", size=len(data), sha256="")
        return await self._send_file(room, show, part, Raw(data), number, thread)

    async def _send_file(self, room: str, show: Show, part: Part, data: Raw, number: int, thread: str | None) -> str:
        file = await self._upload(data, contents.safe_type(part), part.name, room=room)

        def content(named: Address | None) -> Content:
            made = contents.file(show.key, part, _size(data), str(file["url"]), self.names, named)
            made = contents.sealed(made, file) if "key" in file else made
            return contents.relate({**made, KEY: transaction(show.key, number)}, thread)

        return await self._send(room, show.speaker, content, show.at)


def _size(data: Raw) -> int:
    return os.stat(data.path).st_size if data.path else len(data.data)


def _too_large(name: str, size: int, limit: int | None) -> Permanent:
    most = f" of {limit / 1e6:.0f} MB" if limit else ""
    return Permanent(
        f"{name or 'a file'} ({size / 1e6:.1f} MB) is over the homeserver's upload limit{most}", code="413"
    )
