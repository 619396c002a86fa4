"""Mail addresses (RFC 5322 section 3.4.1) as values that compare the way mail servers do.

Parsing of header fields lives in the reader; here is only the strict addr-spec and what follows from it.
"""

import re
from dataclasses import dataclass, replace

_ATOM = r"[^\s()<>\[\]:;@\\,.\"\x00-\x1f\x7f]+"
_LOCAL = re.compile(rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[^\"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*\")\Z")
_LABEL = r"[^\s()<>\[\]:;@\\,.\"\x00-\x1f\x7f-](?:[^\s()<>\[\]:;@\\,.\"\x00-\x1f\x7f]*)"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Za-z:.]+\])\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. `local` keeps its case as written, `domain` is lower-cased; `name` is the display name, or empty."""

    local: str
    domain: str
    name: str = ""

    @property
    def spec(self) -> str:
        """The addr-spec, local@domain."""
        return f"{self.local}@{self.domain}"

    @property
    def key(self) -> str:
        """For comparing: RFC 5321 allows case-sensitive local parts, no one has them."""
        return f"{self.local.casefold()}@{self.domain}"

    @property
    def shown(self) -> str:
        """For people: the name, and always the real address."""
        return f"{self.name} <{self.spec}>" if self.name else self.spec

    def base(self) -> "Address":
        """Without subaddress: support+x@ is support@ (RFC 5233)."""
        local, plus, _ = self.local.partition("+")
        return replace(self, local=local) if plus and local else self

    def named(self, name: str) -> "Address":
        """The same mailbox under another display name."""
        return Address(self.local, self.domain, name)


def parse_spec(text: str) -> Address | None:
    """The strict addr-spec in `text`, or None.

    Bounds of RFC 5321 section 4.5.3.1: local part 64, domain 255 octets. Comments, routes, encoded words are refused:
    an allow-list must never see a decoded one (RFC 2047 section 5).
    """
    local, at, domain = text.strip().rpartition("@")
    if not at or len(local.encode(errors="replace")) > 64 or len(domain.encode(errors="replace")) > 255:
        return None
    if not _LOCAL.match(local) or not _DOMAIN.match(domain):
        return None
    if not text.isprintable():  # nor are lone surrogates
        return None
    return Address(local, domain.rstrip(".").lower())


def unique(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """In order, each mailbox once."""
    seen: dict[str, Address] = {}
    for address in addresses:
        seen.setdefault(address.key, address)
    return tuple(seen.values())
