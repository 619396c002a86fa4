"""Names that are computed, not remembered: keys of effects, Message-IDs, ghost names, room aliases.

Each is a digest over its parts, so that doing a thing again gives it the same name. Those that outsiders see are keyed
with the installation's secret, so that they can be neither guessed nor turned back.
"""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Seed:
    """The installation's secret, at least 16 bytes. Its value never shows in a repr."""

    value: bytes = field(repr=False)


def _framed(parts: tuple[str, ...]) -> bytes:
    """Join parts with their lengths, so that ("ab", "c") and ("a", "bc") differ; surrogates are kept, not refused."""
    return b"".join(b"%d:%s" % (len(b), b) for b in (part.encode("utf-8", "surrogatepass") for part in parts))


def derive(*parts: str) -> str:
    """A public name of 32 hex digits (128 bits of SHA-256) from its parts."""
    return hashlib.sha256(_framed(parts)).hexdigest()[:32]


def keyed(seed: Seed, *parts: str) -> str:
    """Like `derive`, but only computable with the installation's secret (HMAC-SHA-256, 128 bits)."""
    return hmac.new(seed.value, _framed(parts), hashlib.sha256).hexdigest()[:32]


def message_id(seed: Seed, key: str, domain: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4, with its angle brackets) of the mail that effect `key` sends."""
    return f"<{keyed(seed, 'message-id', key)}@{domain}>"


def mark(seed: Seed, message_id: str) -> str:
    """What the HTML of our mail carries to be known by when it comes back quoted: 34 letters and digits.

    Short enough for a bookmark of Word (40 characters), by which Outlook keeps it.
    """
    return f"mr{keyed(seed, 'mark', message_id)}"


def ghost_localpart(seed: Seed, address_key: str, prefix: str) -> str:
    """The localpart of a correspondent's ghost: user ids cannot be deleted, so the address is not in it."""
    return f"{prefix}{keyed(seed, 'ghost', address_key)[:24]}"
