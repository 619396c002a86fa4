"""What a listener is told: where it listens, what it takes, how long it waits, whom it trusts.

Only values; the composition root fills them from the settings file. Defaults are those of RFC 5321 section 4.5.3, and
of a relay on the same host. Nothing here opens a socket or reads a file.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds (RFC 5321 section 4.5.3.2). `command`: between commands, `block`: between blocks of DATA.

    `handshake`: for TLS. `grace`: how long DATA may be slower than `minimum_rate` (octets a second, on average since
    the 354), so that a slow but honest client is served. `longest`: from the connection, or the last accepted mail, to
    the dot, however steadily it trickles: 50 MB at 3.5 kB/s; without it, a place could be held for ever at little cost.
    `close`: how long a closing server waits for running transactions.
    """

    command: float = 300.0
    block: float = 180.0
    handshake: float = 60.0
    grace: float = 120.0
    minimum_rate: float = 500.0
    longest: float = 14_400.0
    close: float = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one listener, one address and one connection may use.

    `size`: octets of one mail. `recipients`: of one transaction, at least 100 (RFC 5321 section 4.5.3.1.8).
    `connections` and `per_address`: at one time; `rate`: mails a minute from one address (an IPv6 /64 is one address).
    `errors` (5xx replies) and `commands`: of one connection since its last accepted mail.
    """

    size: int = 50 * 1024 * 1024
    recipients: int = 100
    connections: int = 200
    per_address: int = 20
    rate: int = 300
    errors: int = 20
    commands: int = 1000

    def __post_init__(self) -> None:
        if self.recipients < 100:
            raise ValueError("a mail server takes at least 100 recipients (RFC 5321 section 4.5.3.1.8)")
        if self.size < 64 * 1024:
            raise ValueError("a mail server takes at least 64 kB (RFC 5321 section 4.5.3.1.7)")


@dataclass(frozen=True, slots=True)
class Listener:
    """One door for mail: TCP at `host` and `port` (0: any free one), or a unix socket at `path`, which wins.

    `tls`: `starttls` offers it, and with `require_tls` takes no mail without; `implicit` begins with the handshake.
    Both need `certificate` and `key` (PEM). `hostname`: what the server calls itself, empty for the machine's name.
    `trusted`: networks of relays that are exempt from the caps on connections, rate and errors; a unix socket always
    is. `mode`: permissions of the unix socket.
    """

    protocol: Literal["smtp", "lmtp"] = "smtp"
    host: str = "127.0.0.1"
    port: int = 0
    path: Path | None = None
    mode: int = 0o660
    tls: Literal["none", "starttls", "implicit"] = "none"
    require_tls: bool = False
    certificate: Path | None = None
    key: Path | None = None
    hostname: str = ""
    trusted: tuple[Network, ...] = LOOPBACK
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        if self.tls != "none" and self.certificate is None:
            raise ValueError("TLS needs a certificate")
        if self.require_tls and self.tls == "none":
            raise ValueError("TLS cannot be required where it is not offered")
