"""What an IMAP account is: where it lives, how to log in, what to watch, how much at a time.

Never holds the secret: that is asked for anew at each login.
"""

import datetime
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from bridge.mail.imap.sasl import Auth

Secret = Callable[[], Awaitable[str]]
"""Gives the password or the OAuth access token. Raises Transient or Permanent when it has none."""

Tls = Literal["implicit", "starttls", "none"]
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Pace:
    """Waits, in seconds.

    `timeout`: without an octet from the server. `longest`: for one command in all. `retry`: after the 1st, 2nd, …
    failure, the last repeats for ever. `refused`: likewise after a refused login. `looks`: pauses before each look for
    a copy that the server filed itself. `jitter`: fraction by which a wait may be longer.
    """

    timeout: float = 30.0
    longest: float = 900.0
    retry: tuple[float, ...] = (1, 2, 5, 15, 60, 300)
    refused: tuple[float, ...] = (300, 900, 1800, 3600)
    looks: tuple[float, ...] = (1, 2, 4)
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    `start`: where to begin in a folder that was never seen. `sent`: "auto" looks whether the server files copies
    itself, "append" does not, "off" files none, else the name of the folder. `ca_file`: PEM file of certificate
    authorities, empty for the system's. `delivery_header`: the field that the final server writes with the envelope
    recipient, empty for none. `poll`, `renew`: seconds between looks and between IDLEs (RFC 2177: below 29 minutes).
    `max_octets`: of a message that is taken whole. `chunk_uids`, `chunk_octets`: fetched and kept in memory at a time.
    Raises ValueError for what cannot be meant, such as no TLS to another host.
    """

    name: str
    host: str
    user: str
    port: int = 993
    tls: Tls = "implicit"
    auth: Auth = "auto"
    folders: tuple[str, ...] = ("INBOX",)
    start: Literal["now", "all"] | datetime.date = "now"
    sent: str = "auto"
    ca_file: str = ""
    delivery_header: str = ""
    allow_insecure: bool = False
    poll: float = 300.0
    renew: float = 540.0
    max_octets: int = 50 * MIB
    chunk_uids: int = 200
    chunk_octets: int = 16 * MIB
    pace: Pace = Pace()

    def __post_init__(self) -> None:
        if self.tls == "none" and not self.allow_insecure and not _loopback(self.host):
            raise ValueError(f"account {self.name}: without TLS only to a loopback address")
        if ":" in self.name or not self.name:
            raise ValueError(f"account {self.name!r}: a name without colon is needed")
        if not self.folders or len(set(self.folders)) != len(self.folders):
            raise ValueError(f"account {self.name}: folders must be named, each once")
        if not 0 < self.renew < 29 * 60:
            raise ValueError(f"account {self.name}: IDLE is renewed within 29 minutes (RFC 2177)")

    def source(self, folder: str) -> str:
        """The name of a folder's bookmark."""
        return f"imap:{self.name}:{folder}"


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
