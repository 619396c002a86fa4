"""The session's Synapse: fresh users for each test, and application service registrations to take.

Synapse reads registrations only when it starts, and each test wants one that no other test has used. So it starts
with a pool of them; when the pool is empty it restarts with the next one (1.5 s), which open syncs survive as any
client survives a restart.
"""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.demo.homeserver import Account, Homeserver
from tests.servers.ports import LOOPBACK, free_port

POOL = 24


@dataclass(frozen=True, slots=True)
class Registration:
    """One application service that Synapse knows: what goes into its registration file, and where that file lies.

    `user_prefix` and `alias_prefix` are the namespaces (`@{user_prefix}anything:server`, `#{alias_prefix}…`), both
    exclusive; Synapse pushes to `http://127.0.0.1:{port}`. Nobody listens there yet.
    """

    id: str
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    sender_localpart: str
    user_prefix: str
    alias_prefix: str
    port: int
    path: Path
    server_name: str

    @property
    def sender(self) -> str:
        """The bot's user id."""
        return f"@{self.sender_localpart}:{self.server_name}"

    def ghost(self, suffix: str) -> str:
        """A user id in the namespace."""
        return f"@{self.user_prefix}{suffix}:{self.server_name}"


class SynapseWithPool:
    """A homeserver with its pool. `server_name` is corp.example, as in the sample rules."""

    def __init__(self, folder: Path) -> None:
        self._registrations = folder / "registrations"
        self._pool: list[Registration] = []
        self._made = 0
        self.homeserver = Homeserver(folder / "synapse", port=free_port())
        self._fill()

    @property
    def url(self) -> str:
        """Base URL of the client-server API."""
        return self.homeserver.url

    @property
    def server_name(self) -> str:
        """The part of user ids after the colon."""
        return self.homeserver.server_name

    async def take(self) -> Registration:
        """A registration that Synapse knows and nobody has used; may restart Synapse."""
        if not self._pool:
            self._fill()
            await self.homeserver.restart()
        return self._pool.pop(0)

    async def register(self, name: str, *, admin: bool = False, displayname: str | None = None) -> Account:
        """A fresh user whose localpart begins with `name`."""
        return await self.homeserver.register(f"{name}-{secrets.token_hex(4)}", admin=admin, displayname=displayname)

    def _fill(self) -> None:
        self._registrations.mkdir(parents=True, exist_ok=True)
        for _ in range(POOL):
            self._made += 1
            self._pool.append(self._write(f"m{self._made:03}"))
        fresh = tuple(entry.path for entry in self._pool)
        self.homeserver.registrations = self.homeserver.registrations[-POOL:] + fresh  # a test may hold an old one yet

    def _write(self, mark: str) -> Registration:
        entry = Registration(
            id=f"mailroom-{mark}",
            as_token=secrets.token_hex(16),
            hs_token=secrets.token_hex(16),
            sender_localpart=f"mailroom-{mark}",
            user_prefix=f"_{mark}_",
            alias_prefix=f"_{mark}_",
            port=free_port(),
            path=self._registrations / f"{mark}.yaml",
            server_name=self.server_name,
        )
        users = [{"exclusive": True, "regex": f"@{entry.user_prefix}.*:{self.server_name}"}]
        aliases = [{"exclusive": True, "regex": f"#{entry.alias_prefix}.*:{self.server_name}"}]
        document: dict[str, Any] = {
            "id": entry.id,
            "url": f"http://{LOOPBACK}:{entry.port}",
            "as_token": entry.as_token,
            "hs_token": entry.hs_token,
            "sender_localpart": entry.sender_localpart,
            "namespaces": {"users": users, "aliases": aliases, "rooms": []},
            "rate_limited": False,
        }
        entry.path.touch(mode=0o600)
        entry.path.write_text(json.dumps(document, indent=1))  # JSON is YAML
        return entry
