"""Names of our things on the homeserver: aliases, ghosts, transaction ids, display names.

Pure: each follows from a key and the installation's secret, so that doing a thing again names it the same. A name never
holds a mail address where it cannot be deleted (user ids, aliases), and always where people must see it.
"""

import re
from dataclasses import dataclass

from bridge.chat.limits import NAME, cut, label
from bridge.core.addresses import Address
from bridge.core.ids import Seed, ghost_localpart, keyed

PREFIX = "_mailroom_"
"""What our ghosts' and rooms' localparts start with, unless the registration says otherwise."""

KEY = "org.matrix-mailroom.key"
"""The content field that names the effect an event was made by: for the read-back."""

_ADDRESS_LIKE = re.compile(r"[^\s@]@[^\s@]")


@dataclass(frozen=True, slots=True)
class Names:
    """`server`: our homeserver's name. `bot`: the bot's user id. `prefix` is empty for ghosts in bot mode."""

    seed: Seed
    server: str
    bot: str
    ghosts: str = PREFIX
    aliases: str = PREFIX

    def ghost(self, address: Address) -> str:
        """The user id of a correspondent's ghost."""
        return f"@{ghost_localpart(self.seed, address.key, self.ghosts)}:{self.server}"

    def is_ghost(self, user: str) -> bool:
        """Whether a user id is in our namespace."""
        return bool(self.ghosts) and user.startswith(f"@{self.ghosts}") and user.endswith(f":{self.server}")

    def is_ours(self, user: str) -> bool:
        """Whether a user id is the bot's or a ghost's."""
        return user == self.bot or self.is_ghost(user)

    def alias_localpart(self, room: str) -> str:
        """The localpart of the alias under which the room with our key `room` stands."""
        return f"{self.aliases}{keyed(self.seed, 'alias', room)[:24]}"

    def alias(self, localpart: str) -> str:
        """A full alias on our server."""
        return f"#{localpart}:{self.server}"

    def profile(self, address: Address) -> str:
        """An opaque id of a correspondent for per-message profiles."""
        return keyed(self.seed, "profile", address.key)[:24]


def transaction(key: str, part: int) -> str:
    """A transaction id: globally unique, since Synapse keys them by path and appservice, not by ghost."""
    return f"{key}.{part}"


def display_name(address: Address) -> str:
    """What a ghost is called: the name from the mail and always, last, the real address.

    A name that looks like another address is dropped, so that "boss@corp.example (x@evil.example)" cannot be read.
    """
    spec = label(address.spec)
    name = label(address.name)
    if not name or _ADDRESS_LIKE.search(name) or name.casefold() == spec.casefold():
        return spec
    room = NAME - len(spec.encode()) - 3
    return f"{cut(name, room)} ({spec})" if room >= 8 else spec
