"""Somebody takes a conversation, by a reaction to its line in the lobby; a closed one is opened by it.

Pure. Only a member by the rules in force can, and only for themselves (I6, I7); the right to send is another one. Who
takes what another one has gets it from them; whoever was let into the room stays there. Removing the reaction gives
nothing back.
"""

from dataclasses import replace

from bridge.core import lobby, opening
from bridge.core.closing import opened
from bridge.core.decision import Scope
from bridge.core.effects import Admit, Effect, Tell
from bridge.core.ids import derive
from bridge.core.plan import Assignment, Conversation, EventView, Pending, Plan
from bridge.core.post import Reacted
from bridge.core.words import words

_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""Modifiers of skin tone (Unicode, UTS #51 section 2.4), which a client may put behind the hand."""


def plan_taken(pending: Pending, reacted: Reacted, view: EventView, scope: Scope | None) -> Plan:
    """The plan for a reaction to a line."""
    plan = Plan(arrival=pending.key, outcome="ignored", words="a reaction that means nothing to a line")
    talk = view.line
    if talk is None or scope is None or scope.room.lobby is None or reacted.symbol.rstrip(_TONES) not in lobby.TAKE:
        return plan
    if reacted.sender not in scope.room.members:
        return replace(plan, words="nobody takes a conversation who is not a member")
    if reacted.sender != talk.assignee:
        plan = replace(
            plan,
            outcome="amended",
            words=f"taken by {reacted.sender}",
            assignments=(Assignment(talk.id, talk.scope, talk.rule, 0, reacted.sender, taken=True),),
            effects=(_said(reacted, talk, scope),),
        )
    if plan.assignments or talk.state == "closed":
        plan = replace(plan, effects=(*plan.effects, *lobby.retold(scope, talk.id, reacted.event, there=view.room)))
    if talk.state == "closed":
        return opened(
            replace(plan, outcome="amended", words=f"opened by {reacted.sender}"),
            scope,
            {talk.id: talk},
            reacted.sender,
        )
    return replace(plan, effects=(*_let_in(reacted, talk, scope), *plan.effects))


def _let_in(reacted: Reacted, talk: Conversation, scope: Scope) -> tuple[Effect, ...]:
    if scope.room.lobby is None or not scope.room.lobby.on_take:
        return ()
    key, lane = derive("take", reacted.event), f"room:{talk.room}"
    admit = Admit(key, lane, talk.room, (reacted.sender,), scope.room.members, opening.readers(scope))
    return (admit,)


def _said(reacted: Reacted, talk: Conversation, scope: Scope) -> Tell:
    """Those who are in the room read whose it is now; it notifies nobody."""
    assert scope.room.lobby is not None
    who = scope.room.lobby.name(reacted.sender)
    return Tell(
        key=derive("taken", reacted.event),
        lane=f"conv:{talk.id}",
        room=talk.room,
        text=words(scope.looks.language).assigned.format(who=who),
        conversation=talk.id,
    )
