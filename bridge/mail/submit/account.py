"""What is to be known of a submission account. Values only: it holds no secret, just the way to ask for it."""

import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bridge.core.addresses import Address
from bridge.core.errors import Permanent

Tls = Literal["implicit", "starttls", "none"]
Auth = Literal["auto", "plain", "login", "xoauth2", "none"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds of patience (RFC 5321 section 4.5.3.2: 5 minutes for a command, 10 for the reply to the final dot).

    `rate`: octets a second that the slowest honest uplink carries; a large mail gets that much longer. `idle`: how long
    a connection is kept; `fresh`: for how long a kept one is trusted without a NOOP.
    """

    connect: float = 60.0
    command: float = 300.0
    dot: float = 600.0
    rate: float = 8192.0
    noop: float = 10.0
    fresh: float = 5.0
    idle: float = 30.0


@dataclass(frozen=True, slots=True)
class SubmissionAccount:
    """One account on one server.

    `identities`: addr-specs, or "@domain" for all of a domain, that it may send as. `secret` is awaited for each login:
    the password, or for "xoauth2" an access token. `tls` "none" is for loopback, elsewhere only with `insecure`.
    `auth` "auto" takes PLAIN, else LOGIN, and none without `user`. `ca_file` is trusted beside the system's.
    `connections`: at once. Raises Permanent for TLS "none" to another host.
    """

    name: str
    host: str
    port: int
    identities: tuple[str, ...]
    tls: Tls = "implicit"
    user: str = ""
    auth: Auth = "auto"
    secret: Callable[[], Awaitable[str]] | None = field(default=None, repr=False)
    ca_file: str = ""
    insecure: bool = False
    connections: int = 2
    helo: str = "[127.0.0.1]"
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        if self.tls == "none" and not self.insecure and not _loopback(self.host):
            raise Permanent(
                f"submission account {self.name}: {self.host} is another host, and its TLS is off; "
                "use smtps:// (or starttls), or allow it by name"
            )

    def sends(self, identity: Address) -> Literal["exact", "domain"] | None:
        """Whether it lists `identity`, and how closely."""
        listed = {one.casefold() for one in self.identities}
        if identity.key in listed:
            return "exact"
        return "domain" if f"@{identity.domain}" in listed else None


class SentFolder(Protocol):
    """The Sent folder that belongs to an account."""

    async def file_copy(self, message_id: str, message: bytes) -> None:
        """Have one copy there. Raises Transient, Permanent."""


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
