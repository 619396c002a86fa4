"""Our own keys for encrypted rooms: kept in one file, used in one thread, known to the homeserver.

Asleep, and nothing is imported, until it is woken. It decides nothing about rooms and logs no key.
"""

import asyncio
import contextlib
import json
import logging
import secrets
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.chat.client import Wire
from bridge.chat.faults import status
from bridge.core.errors import BridgeError, CannotEncrypt, Permanent, Transient
from bridge.core.ports import Health

if TYPE_CHECKING:
    from bridge.chat.keybook import Keybook
    from bridge.chat.olm import Machine

_log = logging.getLogger("mailroom.chat")

Content = dict[str, Any]
Speak = Callable[[str], Awaitable[Wire]]
"""Makes who speaks in encrypted rooms ready, as a device of that name if it may choose; returns its wire."""

Report = Callable[[Health], Awaitable[None]]

HEALTH = "encryption"
"""The name under which `mailroom status` shows whether encrypted rooms can be spoken in."""

REFUSED = 60.0
"""Seconds for which nobody tries to wake up again after that failed: many rooms may wait for it."""

_ENOUGH = 10**6
_T = TypeVar("_T")


class Keyring:
    """The keys of who speaks in encrypted rooms. `aclose` it at the end."""

    def __init__(self, file: Path | None, passphrase: str, speak: Speak, report: Report) -> None:
        """`file`: where keys are kept; None: there are never any. `passphrase`: what they are locked with there."""
        self.file = file
        self.trouble = ""
        """Why nothing can be encrypted, with the cure; empty while it can, or need not."""
        self._passphrase = passphrase
        self._speak = speak
        self._report = report
        self._rested = 0.0
        self._wire: Wire | None = None
        self._machine: Machine | None = None
        self._book: Keybook | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._waking = asyncio.Lock()
        self.woken = asyncio.Event()

    @property
    def wire(self) -> Wire:
        """Who speaks in encrypted rooms. Only when awake."""
        assert self._wire is not None, "asleep"
        return self._wire

    @property
    def olm(self) -> "Machine":
        """The machine, to be used in `run`. Only when awake."""
        assert self._machine is not None, "asleep"
        return self._machine

    @property
    def book(self) -> "Keybook":
        """What is remembered, to be used in `run`. Only when awake."""
        assert self._book is not None, "asleep"
        return self._book

    async def wake(self) -> None:
        """Have keys, known to the homeserver. Raises Transient while that is away, and CannotEncrypt."""
        async with self._waking:
            if self.woken.is_set():
                return
            if self.trouble and time.monotonic() < self._rested:
                raise CannotEncrypt(self.trouble)
            try:
                await self._wake()
            except BridgeError as error:
                if isinstance(error, Transient) and error.peer_down:
                    raise
                await self._trouble(error.text)
                raise CannotEncrypt(error.text, code=error.code) from None
            self.trouble = ""
            words = f"encrypted rooms are spoken in as {self.wire.identity.user}"
            _log.info("%s", words)
            await self._report(Health(HEALTH, "ok", words, time.time()))
            self.woken.set()

    async def unneeded(self) -> None:
        """Tell that nothing has to be encrypted: what was told before may be of another time."""
        await self._report(Health(HEALTH, "ok", "no room is encrypted", time.time()))

    async def _trouble(self, why: str) -> None:
        self._rested = time.monotonic() + REFUSED
        if why != self.trouble:
            self.trouble = why
            _log.error("nothing can be encrypted, so that mail for encrypted rooms waits: %s", why)
            await self._report(Health(HEALTH, "failed", f"mail for encrypted rooms waits: {why}", time.time()))

    async def _wake(self) -> None:
        if self.file is None:
            raise Permanent("rooms cannot be encrypted here")
        self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="keys")
        if self._machine is None:
            await self._open(self.file)
        await self._publish()

    async def aclose(self) -> None:
        """Give up the files."""
        if self._pool is None:
            return
        for part in (self._machine, self._book):
            if part is not None:
                with contextlib.suppress(BridgeError):
                    await self.run(part.close)
        self._pool.shutdown()
        self._pool = None

    async def run(self, work: Callable[..., _T], *given: Any) -> _T:
        """In the one thread that uses the files. A failing disk is Transient."""
        assert self._pool is not None, "asleep"
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)
        except Exception as error:
            if isinstance(error, sqlite3.Error | OSError) or type(error).__module__ == "peewee":
                raise Transient(f"the keys of encrypted rooms cannot be kept ({type(error).__name__})") from None
            raise

    async def renew(self, count: int, *, fallback: bool) -> None:
        """Upload one-time keys where few of them, `count`, are left; and a fallback key where the last was used."""
        await self._upload(True, count, fallback=fallback)

    async def _open(self, file: Path) -> None:
        """The file is made last: where nobody may speak there are no keys either, at the next start neither."""
        book_of, machine_of = await asyncio.to_thread(packages)
        device = f"MAILROOM_{secrets.token_hex(4).upper()}"
        if self._book is None and await asyncio.to_thread(file.exists):
            self._book = await self.run(book_of, file)
        if self._book is not None:
            device = await self.run(self._book.secret, "device") or device
        self._wire = await self._speak(device)
        if self._book is None:
            self._book = await self.run(book_of, file)
        await self.run(self.book.keep_secret, "device", device)
        identity = self.wire.identity
        self._machine = await self.run(machine_of, file, identity.user, identity.device, self._passphrase, self.book)

    async def _publish(self) -> None:
        """Have the homeserver know our device's keys, and the account's that sign them."""
        user, device = self.wire.identity.user, self.wire.identity.device
        answer = await self.wire.call("POST", "keys", "query", body={"device_keys": {user: []}})
        mine = _object(_object(_object(answer.get("device_keys")).get(user)).get(device))
        known = _object(mine.get("keys")).get(f"ed25519:{device}")
        if known and known != self.olm.identity["ed25519"]:
            raise Permanent(
                f"the homeserver knows other keys of our device {device}: bring back the file {self.file} that"
                f" belongs to it, or log that device of {user} out, and start again"
            )
        uploaded = await self._upload(bool(known), _ENOUGH if known else 0, fallback=bool(known))
        try:
            await self._cross_sign(answer, uploaded.get("device_keys") or mine)
        except BridgeError as error:
            _log.warning("our device could not be signed, so clients may call it unverified: %s", error.text)

    async def _upload(self, known: bool, count: int, *, fallback: bool) -> Content:
        body = await self.run(lambda: self.olm.upload(known, count, fallback=fallback))
        if body is None:
            return {}
        try:
            await self.wire.call("POST", "keys", "upload", body=body)
        except Permanent as error:
            if not known or status(error) != "400":
                raise
            # Keys of these names are there already, as after a restored backup: these are never used, others follow.
            _log.warning("one-time keys were refused (%s), others are made", error.code)
        await self.run(self.olm.uploaded)
        return body

    async def _cross_sign(self, answer: Mapping[str, Any], device_keys: Content) -> None:
        from bridge.chat.crosssigning import bootstrap

        user, device = self.wire.identity.user, self.wire.identity.device
        published = user in _object(answer.get("master_keys"))
        seeds = json.loads(await self.run(self.book.secret, "cross-signing") or "{}")
        signed_by = _object(_object(device_keys.get("signatures")).get(user))
        if published and (not seeds or len(signed_by) > 1):  # done before; or the account is signed by somebody else
            return
        made = await self.run(lambda: bootstrap(user, device, device_keys, self.olm.sign, seeds))
        await self.run(self.book.keep_secret, "cross-signing", json.dumps(dict(made.seeds)))
        if not published:
            await self.wire.call("POST", "keys", "device_signing", "upload", body=made.keys)
        await self.wire.call("POST", "keys", "signatures", "upload", body=made.signatures)


def packages() -> "tuple[type[Keybook], type[Machine]]":
    """Imported when first needed, beside the event loop (I8). Raises Permanent, with the cure, without them."""
    try:
        from bridge.chat.keybook import Keybook
        from bridge.chat.olm import Machine
    except ImportError:
        raise Permanent("encrypted rooms need more packages: pip install 'matrix-mailroom[encryption]'") from None
    return Keybook, Machine


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
