"""What holds for the whole installation while it runs: the planner's fixed surroundings, as one value."""

from dataclasses import dataclass
from typing import Literal

from bridge.core.addresses import Address
from bridge.core.decision import Scope
from bridge.core.effects import ADMIN_ROOM, OpenRoom, RoomSpec
from bridge.core.ids import Seed, derive, keyed
from bridge.core.lookalikes import Faces

Outbound = Literal["observe", "own-domains", "all"]


@dataclass(frozen=True, slots=True)
class Setup:
    """`bot`: the bot's user id. `outbound`: the master switch. `own_domains`: lower-cased.

    `own`: address keys of inboxes and lists; `identities`: those of what we send as. `admin_room`: "#alias" or "!id".
    `admins` and `staff`: user ids. `triage`: the scope `unmatched`. `authserv`: the authserv-ids whose results count
    (see `verdicts`). `faces`: whom strangers may pretend to be.
    """

    seed: Seed
    bot: str
    outbound: Outbound
    own_domains: frozenset[str]
    own: frozenset[str]
    staff: frozenset[str]
    triage: Scope
    admin_room: str
    admins: tuple[str, ...] = ()
    identities: frozenset[str] = frozenset()
    authserv: frozenset[str] | None = frozenset()
    faces: Faces = Faces()

    def is_own(self, address: Address) -> bool:
        """Whether an address is one of ours, subaddresses included."""
        return address.key in self.own or address.base().key in self.own

    def is_us(self, address: Address) -> bool:
        """Whether mail From this address may be our own coming back."""
        return self.is_own(address) or address.key in self.identities

    @property
    def loop(self) -> str:
        """This installation's mark on mail that it sends by itself: what comes back with it went round."""
        return keyed(self.seed, "loop")[:16]

    def may_leave(self, address: Address) -> bool:
        """Whether the master switch lets mail to this address out."""
        match self.outbound:
            case "all":
                return True
            case "own-domains":
                return address.domain in self.own_domains
            case "observe":
                return False

    def open_admin_room(self, instead: str = "") -> OpenRoom:
        """Have the admin room: the first work of a daemon that has none, at the head of that room's lane.

        `instead`: names the change by which another one takes its place; then it waits for nothing in that lane.
        """
        spec = RoomSpec(
            key=ADMIN_ROOM,
            name="Mailroom",
            topic="What the mail bridge has to say to its admins",
            target=self.admin_room,
            members=self.admins,
        )
        key = ("open", ADMIN_ROOM, self.admin_room)
        if instead:
            return OpenRoom(key=derive(*key, instead), lane=f"room:{ADMIN_ROOM}:instead", room=spec)
        return OpenRoom(key=derive(*key), lane=f"room:{ADMIN_ROOM}", room=spec)
