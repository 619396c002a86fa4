"""A colleague with a client that encrypts: nio with a device and keys of its own, as a person's client has them.

It decrypts what lies on the homeserver and says things encrypted. Of the bridge it shares nothing but the library.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any, Self

from nio import (
    AsyncClient,
    AsyncClientConfig,
    Event,
    KeysUploadResponse,
    LoginResponse,
    MegolmEvent,
    RoomSendResponse,
    SyncResponse,
    ToDeviceMessage,
    UploadResponse,
)
from nio.crypto import decrypt_attachment
from nio.exceptions import EncryptionError

from tests.servers.probe import Json, Probe
from tests.waiting import eventually

logging.getLogger("nio").setLevel(logging.CRITICAL + 1)
_CONFIG = AsyncClientConfig(encryption_enabled=True, max_timeouts=0, max_limit_exceeded=0)


class Client:
    """One person's encrypting client; `probe` is the same person without keys. `close` it at the end."""

    def __init__(self, probe: Probe, nio: AsyncClient) -> None:
        self.probe = probe
        self.nio = nio

    @classmethod
    async def of(cls, probe: Probe, folder: Path) -> Self:
        """A new device of that person, its keys published, kept in `folder`."""
        nio = AsyncClient(probe.url, probe.user_id, store_path=str(folder), config=_CONFIG)
        answer = await nio.login(probe.password)
        assert isinstance(answer, LoginResponse), answer
        self = cls(probe, nio)
        await self.look()
        return self

    async def close(self) -> None:
        """End it; the device stays."""
        await self.nio.close()
        if self.nio.store is not None:
            self.nio.store.database.close()

    async def look(self) -> None:
        """One /sync with all that a client does after it."""
        answer = await self.nio.sync(timeout=0, full_state=True)
        assert isinstance(answer, SyncResponse), answer
        if self.nio.should_upload_keys:
            uploaded = await self.nio.keys_upload()
            assert isinstance(uploaded, KeysUploadResponse), uploaded
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        if self.nio.should_claim_keys:
            await self.nio.keys_claim(self.nio.get_users_for_key_claiming())
        await self.nio.send_to_device_messages()

    async def read(self, room: str) -> list[Json]:
        """The room's messages, decrypted where they are encrypted and this device has the key; `sealed` tells."""
        await self.look()
        found: list[Json] = []
        for raw in await self.probe.events(room):
            if raw["type"] == "m.room.message" and raw["content"]:
                found.append({**raw, "sealed": False})
            elif raw["type"] == "m.room.encrypted" and raw["content"]:
                event = Event.parse_event({**raw, "room_id": room})
                if isinstance(event, MegolmEvent):
                    try:
                        opened = self.nio.decrypt_event(event)
                    except EncryptionError:  # its key is not here
                        continue
                    content = {**opened.source["content"]}
                    found.append({**raw, "type": opened.source["type"], "content": content, "sealed": True})
        return found

    async def hears(self, room: str, words: str, within: float = 40.0) -> Json:
        """The first message that holds `words`, once this device can read it."""

        async def look() -> Json:
            for event in await self.read(room):
                content = event["content"]
                if words in str(content.get("m.new_content", content).get("body", "")):
                    return event
            return {}

        return await eventually(look, within=within, every=0.2)

    async def send(self, room: str, content: Json) -> str:
        """Say something encrypted, for everybody who is there. The event id."""
        await self.look()
        assert self.nio.rooms[room].encrypted
        answer = await self.nio.room_send(room, "m.room.message", content, ignore_unverified_devices=True)
        assert isinstance(answer, RoomSendResponse), answer
        return str(answer.event_id)

    async def reply(self, room: str, to: str, body: str) -> str:
        """Answer an event, encrypted."""
        relation = {"m.in_reply_to": {"event_id": to}}
        return await self.send(room, {"msgtype": "m.text", "body": body, "m.relates_to": relation})

    async def edit(self, room: str, event: str, body: str) -> str:
        """Edit an event, encrypted."""
        fresh = {"msgtype": "m.text", "body": body}
        relation = {"rel_type": "m.replace", "event_id": event}
        return await self.send(room, {**fresh, "body": f"* {body}", "m.new_content": fresh, "m.relates_to": relation})

    async def reply_file(self, room: str, to: str, data: bytes, name: str, kind: str) -> str:
        """Answer with an encrypted file."""
        uploaded, keys = await self.nio.upload(
            lambda *_: data, content_type=kind, filename=name, encrypt=True, filesize=len(data)
        )
        assert isinstance(uploaded, UploadResponse), uploaded
        file = {**(keys or {}), "url": uploaded.content_uri}
        info = {"mimetype": kind, "size": len(data)}
        relation = {"m.in_reply_to": {"event_id": to}}
        content: dict[str, Any] = {"msgtype": "m.file", "body": name, "filename": name, "file": file, "info": info}
        return await self.send(room, {**content, "m.relates_to": relation})

    async def opened(self, content: Json) -> bytes:
        """The octets of an encrypted file."""
        file = content["file"]
        data = await self.probe.download(file["url"])
        return bytes(
            await asyncio.to_thread(decrypt_attachment, data, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        )

    async def say_without_key(self, room: str, to: str, body: str) -> tuple[str, Json]:
        """Answer encrypted, the key kept back; the event id and the key for `give`."""
        await self.look()
        assert self.nio.olm is not None
        self.nio.olm.create_outbound_group_session(room)
        session = self.nio.olm.outbound_group_sessions[room]
        key = {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": session.id}
        key["session_key"] = session.session_key
        session.mark_as_shared()
        said = await self.reply(room, to, body)
        del self.nio.olm.outbound_group_sessions[room]  # the next message has a key of its own
        return said, key

    async def give(self, room: str, key: Json, user: str) -> None:
        """Give a key to all devices of a user."""
        assert self.nio.olm is not None
        await self.look()
        if missing := self.nio.olm.get_missing_sessions([user]):
            await self.nio.keys_claim(missing)
        for device in self.nio.device_store.active_user_devices(user):
            session = self.nio.olm.session_store.get(device.curve25519)
            sealed = self.nio.olm._olm_encrypt(session, device, "m.room_key", key)
            await self.nio.to_device(ToDeviceMessage("m.room.encrypted", user, device.id, sealed))
