"""Who may come in now: caps on connections and on mails a minute, for each address and in all.

Networks that are trusted are exempt. Too much is always "later" (4xx), never "no": a busy relay must not bounce mail.
It counts, and never sleeps or talks.
"""

import functools
from collections import Counter
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address

from bridge.mail.smtpd.settings import Listener


class Gate:
    """Counts for one listener. `clock` gives seconds since the epoch."""

    def __init__(self, listener: Listener, clock: Callable[[], float]) -> None:
        self._limits = listener.limits
        self._trusted = listener.trusted
        self._clock = clock
        self._open: Counter[str] = Counter()
        self._minute = 0
        self._mails: Counter[str] = Counter()

    def trusts(self, peer: str) -> bool:
        """Whether `peer` (an address; empty for a unix socket) is exempt."""
        if not peer:
            return True
        address = _address(peer)
        return any(address in network for network in self._trusted)

    def enter(self, peer: str) -> str | None:
        """Count a connection in. None: welcome; else the reply that turns it away, and it is not counted."""
        key = self._key(peer)
        if not self.trusts(peer):
            if self._open.total() >= self._limits.connections:
                return "421 4.3.2 Too many connections, try again later"
            if self._open[key] >= self._limits.per_address:
                return "421 4.7.0 Too many connections from your address, try again later"
        self._open[key] += 1
        return None

    def leave(self, peer: str) -> None:
        """Count a connection out that had come in."""
        key = self._key(peer)
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    def admits_mail(self, peer: str) -> bool:
        """Count a mail; False: too many in this minute. The counts of past minutes are forgotten."""
        if self.trusts(peer):
            return True
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute = minute
            self._mails.clear()
        key = self._key(peer)
        if self._mails[key] >= self._limits.rate:
            return False
        self._mails[key] += 1
        return True

    @staticmethod
    def _key(peer: str) -> str:
        """An IPv6 host has a whole /64 to come from, so that counts as one address."""
        if not peer:
            return ""
        address = _address(peer)
        return address.exploded[:19] if isinstance(address, IPv6Address) else str(address)


@functools.lru_cache(1024)
def _address(peer: str) -> IPv4Address | IPv6Address:
    address = ip_address(peer.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
