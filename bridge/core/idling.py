"""What becomes of conversations in which nothing happens: after the time that the rules name they are closed.

Pure. The journal says which are to be looked at, and when to look again is part of what is decided, so that most looks
find one whose time has come. What waits counts as happening, however long it waits.
"""

from dataclasses import dataclass

from bridge.core import closing
from bridge.core.decision import Scope
from bridge.core.effects import Effect
from bridge.core.lives import State
from bridge.core.plan import Conversation

SOON = 3600.0
"""Seconds until one is looked at again in which something waits, at most."""


@dataclass(frozen=True, slots=True)
class Lull:
    """A conversation that is to be looked at. `last`: when its newest letter was written down, or something waited.

    `busy`: something waits or is being done in its lanes, or is held. `lost`: the bot is not in its room.
    """

    conversation: Conversation
    last: float
    busy: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is done with it, if it is still as the lull says. `look_at`: when to look again; None: not by these rules.

    `last`: what counts as its last event from now on. Moments in seconds since the epoch.
    """

    lull: Lull
    state: State
    last: float
    look_at: float | None
    effects: tuple[Effect, ...] = ()

    @property
    def closes(self) -> bool:
        """Whether it is closed by this."""
        return self.state != self.lull.conversation.state


def step(lull: Lull, scope: Scope | None, now: float) -> Step:
    """What to do with a conversation at this moment. `scope`: its options in force now; None: its rules are gone."""
    talk = lull.conversation
    after = scope.close_after if scope is not None else 0.0
    if scope is None or talk.threaded or talk.state == "closed" or not after:
        return Step(lull, talk.state, lull.last, None)
    if lull.busy:
        return Step(lull, talk.state, now, now + min(after, SOON))
    if now < lull.last + after:
        return Step(lull, talk.state, lull.last, lull.last + after)
    return Step(lull, "closed", lull.last, now, closing.idle(talk, scope, lull.last, lost=lull.lost))
