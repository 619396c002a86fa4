"""The small values of the settings file, each read from one text: endpoints, listeners, networks, dates, paths.

Complaints here never quote the text: a URL may hold a password where it does not belong.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, PlainValidator, ValidationInfo, WithJsonSchema

from bridge.core.addresses import Address, parse_spec
from bridge.yamldoc.types import Word, complaint

Security = Literal["tls", "starttls", "none"]
"""Implicit TLS (RFC 8314), STARTTLS that must succeed, or plain text."""

_USER_ID = re.compile(r"@[^\s:]+:\S+\Z")
_FIELD_NAME = re.compile(r"[!-9;-~]{1,100}\Z")
"""RFC 5322 section 3.6.8."""
_ROOM = re.compile(r"(?:#[^\s:#]+(?::\S+)?|![^\s]+)\Z")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to connect to. The certificate is always verified unless `security` is none."""

    host: str
    port: int
    security: Security

    @property
    def loopback(self) -> bool:
        """Whether the connection cannot leave this machine."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Bind:
    """Where to listen: host and port, or (port 0, empty host) a Unix socket at `socket`."""

    host: str = ""
    port: int = 0
    socket: Path | None = None


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint(url: str, schemes: Mapping[str, tuple[int, Security]]) -> Endpoint:
    """Read scheme://host[:port]. Raises a complaint."""
    known = ", ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise complaint("is no URL", f"write one of {known} and a host") from None
    if parts.username is not None or parts.password is not None:
        raise complaint("holds a user or password", "remove it; say `user` and `password_file` beside it")
    if parts.scheme not in schemes:
        raise complaint("has an unknown scheme", f"use one of {known}")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise complaint("is no scheme://host[:port]", f"write for example {next(iter(schemes))}://mail.corp.example")
    default, security = schemes[parts.scheme]
    return Endpoint(parts.hostname, port or default, security)


def _bind(value: Any, info: ValidationInfo) -> Bind:
    text = str(value)
    host, colon, port = text.rpartition(":")
    if not colon:
        if "/" in text or text.endswith(".sock"):
            return Bind(socket=_below(Path(text), info))
        raise complaint("is neither host:port nor a socket", "write 127.0.0.1:2525, or a path that ends in .sock")
    if not (port.isascii() and port.isdigit() and int(port) < 65_536) or not host:
        raise complaint("is no host:port", "write for example 127.0.0.1:2525, or [::1]:2525")
    return Bind(host.strip("[]"), int(port))


def _network(value: Any) -> str:
    try:
        return str(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        raise complaint("is no network", "write an address or 10.0.0.0/8") from None


def _address(value: Any) -> Address:
    address = parse_spec(value) if isinstance(value, str) else None
    if address is None:
        raise complaint("is no mail address", "write local@domain, without a name")
    return address


def _start(value: Any) -> Literal["now", "all"] | date:
    if value == "now":
        return "now"
    if value == "all":
        return "all"
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise complaint("must be now, all or a date", "write a date as 2026-01-31") from None


def _user_id(value: str) -> str:
    if not _USER_ID.match(value):
        raise complaint("is no Matrix user id", "write it as '@localpart:server', in quotes")
    return value


def _room(value: str) -> str:
    if not _ROOM.match(value):
        raise complaint("is neither a room alias nor a room id", 'write "#alias" in quotes')
    return value


def _header_name(value: str) -> str:
    if not _FIELD_NAME.match(value):
        raise complaint("is no header field's name", "write it without the colon: X-Spam-Flag")
    return value


def _http(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise complaint("is no https URL", "write https://matrix.corp.example")
    return value.rstrip("/")


def _below(path: Path, info: ValidationInfo) -> Path:
    """Relative paths count from the settings file."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path


HttpUrl = Annotated[Word, AfterValidator(_http)]
FilePath = Annotated[Path, AfterValidator(_below)]
BindTo = Annotated[Bind, PlainValidator(_bind), WithJsonSchema({"type": "string"})]
Network = Annotated[str, PlainValidator(_network), WithJsonSchema({"type": "string"})]
Mailbox = Annotated[Address, PlainValidator(_address), WithJsonSchema({"type": "string"})]
Start = Annotated[Literal["now", "all"] | date, PlainValidator(_start), WithJsonSchema({"type": "string"})]
UserId = Annotated[Word, AfterValidator(_user_id)]
Room = Annotated[Word, AfterValidator(_room)]
HeaderName = Annotated[Word, AfterValidator(_header_name)]
