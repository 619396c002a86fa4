"""The keys of one device, and what is encrypted and decrypted with them: nio's machine for Olm and Megolm, with care.

Beside `nioclient` the only importer of nio, and only where rooms are encrypted. It never speaks to the homeserver: it
makes the bodies of requests and takes in their answers, which are not trusted to be well-formed. To be used from one
thread, for it waits for the disk. What was written down is never used for other content: the sessions that we encrypt
with are not kept over a restart.
"""

import contextlib
import copy
import json
import logging
import sqlite3
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import vodozemac
from nio import KeysClaimResponse, KeysQueryResponse
from nio.api import Api
from nio.crypto import Olm, OlmDevice, OutboundGroupSession
from nio.events import OlmEvent
from nio.store import SqliteStore
from nio.store.models import MegolmInboundSessions, OlmSessions
from peewee import PeeweeException

from bridge.chat.keybook import Given, Keybook

logging.getLogger("nio").setLevel(logging.CRITICAL + 1)
_log = logging.getLogger("mailroom.chat")

Content = dict[str, Any]
Device = tuple[str, str]
"""User id and device id."""

MEGOLM = "m.megolm.v1.aes-sha2"
_READ = ("m.room.message", "m.reaction", "m.sticker")
"""What may be inside; anything else that is encrypted means nothing here."""

_TOGETHER = 100
"""Devices that are sent a key in one request."""

STRANGERS = 1000
"""Sessions that strangers together may have given us: anyone on the homeserver may send us keys, without end."""

DEVICES = 100
"""Devices of one user that are taken in."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The outcome of reading an encrypted event: `event` is what it says, when `outcome` is opened.

    no key: its key may still come. no device: the sender's devices must be looked up. bad: it will never be readable.
    nothing: it means nothing here, or was read before under another name.
    """

    outcome: Literal["opened", "no key", "no device", "bad", "nothing"]
    event: Content | None = None


class _Olm(Olm):  # type: ignore[misc] # untyped
    """nio's, which tells what sessions were written down last."""

    def __init__(self, user: str, device: str, store: SqliteStore) -> None:
        self.written: deque[tuple[str, str, str]] = deque(maxlen=10)
        super().__init__(user, device, store)

    def save_session(self, curve_key: str, session: Any) -> None:
        super().save_session(curve_key, session)
        self.written.append(("", curve_key, session.id))

    def save_inbound_group_session(self, session: Any) -> None:
        super().save_inbound_group_session(session)
        self.written.append((session.room_id, session.sender_key, session.id))


class Machine:
    """One device's keys. Raises sqlite3.Error and peewee's errors where the disk fails."""

    def __init__(self, file: Path, user: str, device: str, passphrase: str, book: Keybook) -> None:
        self._book = book
        self._store = SqliteStore(user, device, str(file.parent), passphrase, file.name)
        self._olm = _Olm(user, device, self._store)
        self.user, self.device = user, device

    def close(self) -> None:
        """Give up the file."""
        self._store.database.close()

    @property
    def identity(self) -> Mapping[str, str]:
        """The device's public keys by algorithm."""
        return dict(self._olm.account.identity_keys)

    def sign(self, value: Content) -> str:
        """The device's signature of a JSON object."""
        return str(self._olm.sign_json(value))

    # keys of our own

    def upload(self, known: bool, count: int, *, fallback: bool) -> Content | None:
        """The body of /keys/upload; None when there is nothing to upload.

        `known`: the homeserver has our device's keys. `count`: of our one-time keys it has. `fallback`: it has an
        unused fallback key. The keys are written down before anyone gets to know them.
        """
        account = self._olm.account
        account.shared, self._olm.uploaded_key_count = known, count
        if known and fallback and count > account.max_one_time_keys // 2:
            return None
        body: Content = {}
        if not known or count < account.max_one_time_keys:
            body = self._olm.share_keys()
        if not fallback:
            account._account.generate_fallback_key()
            made = dict(account._account.fallback_key)
            body["fallback_keys"] = {
                f"signed_curve25519:{name}": self._signed({"key": key.to_base64(), "fallback": True})
                for name, key in made.items()
            }
        self._olm.save_account()
        return body

    def uploaded(self) -> None:
        """The homeserver has them."""
        self._olm.account.shared = True
        self._olm.mark_keys_as_published()
        self._olm.save_account()

    def _signed(self, value: Content) -> Content:
        return {**value, "signatures": {self.user: {f"ed25519:{self.device}": self.sign(value)}}}

    # keys of others

    def changed(self, users: Collection[str]) -> None:
        """These users' devices may have changed."""
        self._olm.users_for_key_query |= set(users) & self._olm.tracked_users

    def unknown(self, users: Collection[str]) -> list[str]:
        """Those whose devices must be asked for."""
        return [u for u in users if u not in self._olm.tracked_users or u in self._olm.users_for_key_query]

    def queried(self, answer: Content) -> None:
        """The answer of /keys/query. A device that did not sign its own keys is no device."""
        found = answer.get("device_keys")
        for user, devices in found.items() if isinstance(found, dict) else ():
            if isinstance(devices, dict):
                few = list(devices.items())[:DEVICES]
                sound = {name: keys for name, keys in few if self._is_own(user, name, keys)}
                with _forgiven("devices of a user"):
                    self._olm.handle_response(KeysQueryResponse({user: sound}, {}))

    def _is_own(self, user: str, device: str, keys: Any) -> bool:
        with contextlib.suppress(Exception):
            return bool(self._olm.verify_json(copy.deepcopy(keys), keys["keys"][f"ed25519:{device}"], user, device))
        return False

    def unmet(self, users: Collection[str]) -> list[Device]:
        """Devices with which we share no session yet: a one-time key of each must be claimed."""
        return [(d.user_id, d.id) for d in self._devices(users) if self._olm.session_store.get(d.curve25519) is None]

    def wedged(self) -> list[Device]:
        """Devices that we could not understand: a new session must be begun with each."""
        return [(device.user_id, device.id) for device in self._olm.wedged_devices]

    def claimed(self, answer: Content) -> None:
        """The answer of /keys/claim."""
        found = answer.get("one_time_keys")
        for user, devices in found.items() if isinstance(found, dict) else ():
            for device, keys in devices.items() if isinstance(devices, dict) else ():
                with _forgiven("a one-time key"):
                    self._olm.handle_response(KeysClaimResponse({user: {device: keys}} if keys else {}, {}))

    def greetings(self) -> list[Content]:
        """Messages (for sendToDevice) that tell wedged devices of their new session; each is made once."""
        made = [
            {message.recipient: {message.recipient_device: message.content}}
            for message in self._olm.outgoing_to_device_messages
            if message.type == "m.room.encrypted"
        ]
        self._olm.outgoing_to_device_messages.clear()
        return made

    def receive(self, events: Sequence[Any], known: Collection[str]) -> None:
        """To-device messages: keys are taken in, and durable when this returns.

        `known`: users whose keys are kept; of all others' those used last.
        """
        for event in events:
            if isinstance(event, dict) and event.get("type") == "m.room.encrypted":
                self._olm.written.clear()
                with _forgiven("a to-device message"):
                    understood = OlmEvent.from_dict(event)
                    if isinstance(understood, OlmEvent):
                        self._olm.handle_to_device_event(understood)
                self._forget_empty(event)
                if (sender := event.get("sender")) not in known:
                    for room, key, session in self._olm.written:
                        self._book.note_stranger(Given(str(sender), room, key, session))
        if much := self._book.beyond(STRANGERS):
            for given in much:
                if given.user not in known:
                    self._drop(given)
            self._book.forget_strangers(much)

    def _forget_empty(self, event: Content) -> None:
        """Whoever looks for sessions of a device that has none leaves an entry behind."""
        content = event.get("content")
        key = content.get("sender_key") if isinstance(content, dict) else None
        entries = self._olm.session_store._entries
        if isinstance(key, str) and key in entries and not entries[key]:
            del entries[key]

    def _drop(self, given: Given) -> None:
        """Out of memory and file. Another's session may bear the same id."""
        if given.room:
            self._olm.inbound_group_store[given.room][given.key].pop(given.session, None)
            table = MegolmInboundSessions
        else:
            kept = self._olm.session_store[given.key]
            kept[:] = [session for session in kept if session.id != given.session]
            table = OlmSessions
        with self._store.database.bind_ctx([table]):
            named = (table.session_id == given.session) & (table.sender_key == given.key)
            table.delete().where(named).execute()

    # what we say

    def share(self, room: str, users: Collection[str]) -> list[tuple[list[Device], Content]]:
        """The room's key for those devices that lack it: messages for sendToDevice, each with whom it reaches."""
        session = self._olm.outbound_group_sessions.get(room)
        if session is None or session.expired:
            session = self._olm.outbound_group_sessions[room] = OutboundGroupSession()
            session.mark_as_shared()
        key = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        lacking = [d for d in self._devices(users) if (d.user_id, d.id) not in session.users_shared_with]
        made: list[tuple[list[Device], Content]] = []
        with self._store.database.atomic():  # one commit: each ratchet is stored as it moves on
            for start in range(0, len(lacking), _TOGETHER):
                messages: Content = {}
                reached: list[Device] = []
                for device in lacking[start : start + _TOGETHER]:
                    olm = self._olm.session_store.get(device.curve25519)
                    if olm is not None:
                        sealed = self._olm._olm_encrypt(olm, device, "m.room_key", key)
                        messages.setdefault(device.user_id, {})[device.id] = sealed
                        reached.append((device.user_id, device.id))
                if reached:
                    made.append((reached, messages))
        return made

    def shared(self, room: str, devices: Sequence[Device]) -> None:
        """These devices were sent the room's key."""
        self._olm.outbound_group_sessions[room].users_shared_with.update(devices)

    def encrypt(self, room: str, kind: str, content: Content) -> Content:
        """The content of an m.room.encrypted event. Its relation stays readable for the homeserver, as it must."""
        inner = {key: value for key, value in content.items() if key != "m.relates_to"}
        session = self._olm.outbound_group_sessions[room]
        sealed: Content = {
            "algorithm": MEGOLM,
            "sender_key": self.identity["curve25519"],
            "device_id": self.device,
            "session_id": session.id,
            "ciphertext": session.encrypt(Api.to_json({"type": kind, "content": inner, "room_id": room})),
        }
        return sealed | ({"m.relates_to": content["m.relates_to"]} if "m.relates_to" in content else {})

    def rotate(self, room: str) -> None:
        """What is said from now on needs a new key, which those who left do not get."""
        self._olm.outbound_group_sessions.pop(room, None)

    # what others say

    def open(self, event: Content) -> Opened:
        """Read an m.room.encrypted event of a room, if its key is there and belongs to a device of its sender."""
        content, room = event.get("content"), event.get("room_id")
        if not content:
            return Opened("nothing")  # it was deleted
        if not isinstance(content, dict) or content.get("algorithm") != MEGOLM:
            return Opened("bad")
        named = (content.get("session_id"), content.get("ciphertext"), room, event.get("sender"), event.get("event_id"))
        if not all(isinstance(value, str) for value in named):
            return Opened("bad")
        session_id, ciphertext, room, sender, event_id = map(str, named)
        # By its id alone, for clients are to leave the sender's key away (MSC3700). Whoever has a key may pass it off
        # as theirs: what counts is one that came from a device of the sender.
        sessions = [found[session_id] for found in self._senders(room) if session_id in found]
        if not sessions:
            return Opened("no key")
        theirs = {(d.curve25519, d.ed25519) for d in self._all_devices(sender)}
        session = next((s for s in sessions if (s.sender_key, s.ed25519) in theirs), None)
        if session is None:
            return Opened("no device")
        try:
            plain, number = session.decrypt(ciphertext)
        except Exception as error:  # vodozemac's, and what is no text
            known_later = isinstance(error, vodozemac.MegolmDecryptionException)  # a key from before may still come
            return Opened("no key" if known_later else "bad")
        inner = _json(plain)
        if inner.get("room_id") != room:
            return Opened("bad")
        # By whose device it is too: what somebody copies from another's session hides nothing of that one's.
        if not self._book.first_seen(f"{session.sender_key}:{session_id}", number, event_id):
            _log.warning("room %s: an encrypted message was shown again as another, and not read", room)
            return Opened("nothing")
        said = inner.get("content")
        if inner.get("type") not in _READ or not isinstance(said, dict):
            return Opened("nothing")
        outside: Content = {key: content[key] for key in ("m.relates_to",) if key in content}
        head: Content = {
            key: event[key] for key in ("event_id", "room_id", "sender", "origin_server_ts") if key in event
        }
        return Opened("opened", {**head, "type": inner["type"], "content": {**said, **outside}})

    def _senders(self, room: str) -> Iterator[Mapping[str, Any]]:
        yield from self._olm.inbound_group_store[room].values()

    def _devices(self, users: Collection[str]) -> list[OlmDevice]:
        """Devices in use, but for our own."""
        found = [device for user in users for device in self._olm.device_store.active_user_devices(user)]
        return [device for device in found if (device.user_id, device.id) != (self.user, self.device)]

    def _all_devices(self, user: str) -> list[OlmDevice]:
        """Those too that have logged out since."""
        return list(self._olm.device_store[user].values())


def _json(text: str) -> Content:
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(text)
        if isinstance(value, dict):
            return value
    return {}


@contextlib.contextmanager
def _forgiven(what: str) -> Iterator[None]:
    """What others make of their keys is theirs: it must not stop what is for others. The disk's errors are ours."""
    try:
        yield
    except (sqlite3.Error, PeeweeException):
        raise
    except Exception as error:
        _log.warning("%s could not be understood (%s)", what, type(error).__name__)
