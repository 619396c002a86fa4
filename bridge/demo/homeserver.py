"""A real Synapse on SQLite, on the loopback interface, with all its state in one folder.

It serves the playground and the tests: limits lifted, no federation, nothing fetched from the network. It never
serves anyone else, and it knows nothing about mail.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from bridge.demo.process import LOOPBACK, ServerProcess, free_port


@dataclass(frozen=True, slots=True)
class Account:
    """A user that was registered just now, logged in with one device."""

    user_id: str
    password: str = field(repr=False)
    access_token: str = field(repr=False)
    device_id: str


class Homeserver:
    """Synapse in `folder`, reachable at `url`; the port and the secrets stay the same across restarts.

    `registrations` are the YAML files of application services; Synapse reads them only when it starts, so a change
    to the attribute counts from the next start. A first start takes about 2 s.

    An appservice may act with `device_id=` on any request (spec v1.17). Synapse 1.163 needs no experimental switch
    for it, only that the device exists (`PUT /devices/{id}` makes it).
    """

    def __init__(
        self,
        folder: Path,
        *,
        server_name: str = "corp.example",
        port: int | None = None,
        registrations: Sequence[Path] = (),
    ) -> None:
        self.folder = folder
        self.server_name = server_name
        self.registrations = tuple(registrations)
        saved = _saved_config(folder)
        self.port = port or (saved["listeners"][0]["port"] if saved else free_port())
        self._secret: str = saved["registration_shared_secret"] if saved else secrets.token_urlsafe(32)
        self._process = ServerProcess(
            [sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(folder / "homeserver.yaml")],
            folder / "stdout.log",
        )

    @property
    def url(self) -> str:
        """Base URL of the client-server API, without a final slash."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._process.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and return when it answers. Raises `ServerFailed` with its last log lines."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_config()
        await self._process.start(self._answers)

    async def stop(self) -> None:
        """End it in good order."""
        await self._process.stop()

    async def kill(self) -> None:
        """End it as a power cut would."""
        await self._process.kill()

    async def restart(self) -> None:
        """Stop and start, with the `registrations` of now."""
        await self.stop()
        await self.start()

    async def register(
        self, name: str, password: str | None = None, *, admin: bool = False, displayname: str | None = None
    ) -> Account:
        """Make a user through the shared-secret admin API. Without `password` it gets a random one.

        Raises `aiohttp.ClientResponseError`: 400 when the name is taken or not a legal localpart.
        """
        password = password or secrets.token_urlsafe(12)
        url = f"{self.url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession(raise_for_status=True) as http:
            async with http.get(url) as answer:
                nonce: str = (await answer.json())["nonce"]
            words = (nonce, name, password, "admin" if admin else "notadmin")
            mac = hmac.new(self._secret.encode(), "\0".join(words).encode(), hashlib.sha1).hexdigest()
            wish: dict[str, Any] = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
            if displayname is not None:
                wish["displayname"] = displayname
            async with http.post(url, json=wish) as answer:
                made = await answer.json()
        return Account(made["user_id"], password, made["access_token"], made["device_id"])

    async def _answers(self) -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
                http.get(f"{self.url}/_matrix/client/versions") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _write_config(self) -> None:
        key = self.folder / "signing.key"
        if not key.exists():
            seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            _write_private(key, f"ed25519 a_{secrets.token_hex(2)} {seed}\n")
        _write_private(self.folder / "log.yaml", json.dumps(_log_config(self.folder), indent=1))
        _write_private(self.folder / "homeserver.yaml", json.dumps(self._config(key), indent=1))

    def _config(self, key: Path) -> dict[str, Any]:
        folder = self.folder
        return {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "listeners": [
                {
                    "port": self.port,
                    "type": "http",
                    "bind_addresses": [LOOPBACK],
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
            "pid_file": str(folder / "homeserver.pid"),
            "log_config": str(folder / "log.yaml"),
            "media_store_path": str(folder / "media"),
            "signing_key_path": str(key),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": self._secret,
            "form_secret": self._secret,
            "app_service_config_files": [str(path) for path in self.registrations],
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "report_stats": False,
            "presence": {"enabled": False},
            "url_preview_enabled": False,
            "enable_registration": False,
            "bcrypt_rounds": 4,  # passwords of a playground; the default costs a quarter of a second each
            "background_updates": {"sleep_enabled": False},  # else a new database keeps busy for a minute
            "max_upload_size": "100M",
            "caches": {"sync_response_cache_duration": "0s"},  # else whoever looks again is told the past
            **_lifted_limits(),
        }


def _saved_config(folder: Path) -> dict[str, Any] | None:
    path = folder / "homeserver.yaml"
    if not path.exists():
        return None
    config: dict[str, Any] = json.loads(path.read_text())  # JSON is YAML: no second format needed
    return config


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _log_config(folder: Path) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {
            "file": {"class": "logging.FileHandler", "formatter": "plain", "filename": str(folder / "homeserver.log")}
        },
        "root": {"level": "WARNING", "handlers": ["file"]},
    }


def _lifted_limits() -> dict[str, Any]:
    lifted = {"per_second": 100_000, "burst_count": 100_000}
    flat = (
        *("rc_message", "rc_registration", "rc_admin_redaction", "rc_joins_per_room", "rc_key_requests"),
        *("rc_third_party_invite", "rc_media_create", "rc_presence", "rc_room_creation", "rc_reports"),
        *("rc_user_directory", "rc_profile", "rc_3pid_validation", "rc_registration_token_validity"),
    )
    nested = {
        "rc_login": ("address", "account", "failed_attempts"),
        "rc_joins": ("local", "remote"),
        "rc_invites": ("per_room", "per_user", "per_issuer"),
    }
    limits: dict[str, Any] = dict.fromkeys(flat, lifted)
    limits["rc_presence"] = {"per_user": lifted}
    for name, parts in nested.items():
        limits[name] = dict.fromkeys(parts, lifted)
    return limits
