"""What becomes of conversations in which nothing happens: after the times that rules name they are closed and purged.

Pure. The journal says which are to be looked at, and when to look again is part of what is decided, so that most looks
find one whose time has come. What waits counts as happening, however long it waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.core import closing
from bridge.core.decision import Scope
from bridge.core.effects import SPACE, CloseRoom, Effect, Line
from bridge.core.ids import derive
from bridge.core.lives import State
from bridge.core.plan import Conversation

SOON = 3600.0
"""Seconds until one is looked at again in which something waits, at most."""


@dataclass(frozen=True, slots=True)
class Lull:
    """A conversation that is to be looked at. `last`: when its newest letter was written down, or something waited.

    `newest`: the same of all that were merged into it, itself too. `busy`: in one of them something waits or is being
    done in its lanes, or is held. `lost`: the bot is not in its room.
    """

    conversation: Conversation
    last: float
    newest: float = 0.0
    busy: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with it, if it is still as the lull says. `look_at`: when to look again; None: not by these rules.

    `last`: what counts as its last event from now on. Moments in seconds since the epoch. `purges`: it is forgotten,
    with all that was merged into it.
    """

    lull: Lull
    state: State
    last: float
    look_at: float | None
    effects: tuple[Effect, ...] = ()
    purges: bool = False

    @property
    def closes(self) -> bool:
        """Whether it is closed by this."""
        return not self.purges and self.state != self.lull.conversation.state


class Idle(Protocol):
    """What the engine asks of the journal for it. Every method is one transaction, durable when it returns."""

    async def lulls(self, now: float, limit: int) -> Sequence[Lull]:
        """Conversations that are to be looked at now, those first whose moment came first."""

    async def take(self, steps: Sequence[Step]) -> Sequence[Step]:
        """Do these, and return those that were done: not where something happened since the lull was read."""

    async def sweep(self, before: float, limit: int) -> int:
        """Forget originals that came before that moment and that no conversation shows, at most `limit` at a time."""

    async def look_anew(self, digest: str) -> None:
        """By the rules of this digest every conversation is to be looked at, unless that was asked for before."""

    async def closed_rooms(self) -> frozenset[str]:
        """The keys of the rooms of conversations that are closed: nobody is to be there."""


def step(lull: Lull, scope: Scope | None, now: float) -> Step:
    """What to do with a conversation at this moment. `scope`: its options in force now; None: its rules are gone.

    What was merged into an older one is purged with that. What no rules speak of any more stays as it is.
    """
    talk = lull.conversation
    closes = scope is not None and talk.state == "open" and not talk.threaded
    after = scope.close_after if scope is not None and closes else 0.0
    keep = scope.keep if scope is not None and not talk.into else 0.0
    times = [time for time in (after, keep) if time]
    if scope is None or not times:
        return Step(lull, talk.state, lull.last, None)
    if lull.busy:
        return Step(lull, talk.state, now, now + min(*times, SOON))
    end = lull.newest + keep if keep else None
    if end is not None and end <= now:
        return Step(lull, talk.state, lull.last, None, purges=True)
    if after and lull.last + after <= now:
        return Step(lull, "closed", lull.last, end, closing.idle(talk, scope, lull.last, lost=lull.lost))
    return Step(lull, talk.state, lull.last, min(each for each in (lull.last + after if after else end, end) if each))


def leaving(talk: Conversation, room_id: str) -> Effect:
    """What is done with the room of a conversation that was purged."""
    return CloseRoom(
        key=derive("leave", talk.id, room_id),
        lane=f"conv:{talk.id}",
        room=talk.room,
        space=f"{SPACE}{talk.scope}",
        reason="",
        leave=room_id,
    )


def unsaid(conversation: str, lines: Mapping[str, Sequence[str]]) -> tuple[Effect, ...]:
    """What is done with the lines of a conversation that was purged: event ids by the key of the lobby."""
    return tuple(
        Line(
            derive("unsay", conversation, room), f"unsay:{conversation}:{room}", room, conversation, gone=tuple(events)
        )
        for room, events in lines.items()
        if events
    )
