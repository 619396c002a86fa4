"""When a conversation is closed, and how it is opened again: by `!close` in its room or when its time has come
(`idling`); by a new mail, or an answer.

Pure. What is on its way is never left behind: while a mail is not shown or an answer has not left, nothing is closed.
Only people who may answer from a room close it, and no content of a mail does (I7).
"""

from dataclasses import replace

from bridge.core import lobby, opening
from bridge.core.decision import Scope
from bridge.core.effects import SPACE, CloseRoom, Effect, ReopenRoom, RoomSpec, Tell
from bridge.core.ids import derive
from bridge.core.lives import Life
from bridge.core.plan import Conversation, EventView, MailView, Pending, Plan
from bridge.core.post import Said
from bridge.core.setup import Setup
from bridge.core.words import Words, words

COMMAND = "!close"
"""By which people close a conversation in its room. Such a message never leaves as mail."""


def plan_close(pending: Pending, said: Said, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """The plan for the command: closed, or a word that says why not. Only staff are heard."""
    ignored = Plan(arrival=pending.key, outcome="ignored", words="a command of nobody on the staff")
    if said.sender not in setup.staff:
        return ignored
    says = words(scope.looks.language if scope else "en")
    talk = view.conversation
    if refusal := _refusal(said, view, scope, says):
        return replace(ignored, words="nothing is closed", effects=(_refused(said, view, refusal),))
    if talk is None or scope is None or talk.state == "closed":
        return replace(ignored, words="closed before")
    who = dict(scope.sending.names).get(said.sender, said.sender) if scope.sending else said.sender
    told = says.closed_by.format(who=who)
    return Plan(
        arrival=pending.key,
        outcome="command",
        words="a conversation is closed",
        lives=(Life(talk.id, "closed", view.last_at),),
        effects=_closing(talk, scope, said.event, told, says),
    )


def _refusal(said: Said, view: EventView, scope: Scope | None, says: Words) -> str:
    talk = view.conversation
    if talk is None or talk.threaded:
        return says.close_threads.format(command=COMMAND)
    if scope is None or scope.sending is None or scope.sending.identity(said.sender) is None:
        return says.may_not_close
    match view.waits:
        case "":
            return ""
        case "answer":
            return says.close_answer.format(command=COMMAND)
        case "mail":
            return says.close_mail.format(command=COMMAND)


def _refused(said: Said, view: EventView, text: str) -> Tell:
    talk = view.conversation
    return Tell(
        key=derive("not-closed", said.event),
        lane=f"conv:{talk.id}" if talk else f"room:{view.room}",
        room=view.room,
        text=text,
        reply_to=said.event,
        conversation=talk.id if talk else "",
        threaded=bool(talk and talk.threaded),
    )


def idle(talk: Conversation, scope: Scope, last: float, *, lost: bool) -> tuple[Effect, ...]:
    """The end of one in which nothing happened since `last`. In a room that is `lost` nothing can be done."""
    says, cause = words(scope.looks.language), f"{last:.6f}"
    if lost:
        return lobby.retold(scope, talk.id, derive("closed", talk.id, cause))
    return _closing(talk, scope, cause, says.closed, says)


def _closing(talk: Conversation, scope: Scope, cause: str, told: str, says: Words) -> tuple[Effect, ...]:
    """A line, while people are there to read it, and then nobody is."""
    lane = f"conv:{talk.id}"
    return (
        Tell(derive("closing", talk.id, cause), lane, talk.room, told, conversation=talk.id),
        CloseRoom(
            key=derive("close", talk.id, cause),
            lane=lane,
            room=talk.room,
            space=f"{SPACE}{talk.scope}",
            reason=says.closed,
            conversation=talk.id,
        ),
        *lobby.retold(scope, talk.id, derive("closed", talk.id, cause)),
    )


def reopened(plan: Plan, pending: Pending, scope: Scope, view: MailView) -> Plan:
    """The plan of a mail, which opens the closed conversation that it is shown in. History opens nothing."""
    if pending.quiet:
        return plan
    kin = (*view.kin, view.apart) if view.apart else view.kin
    known = (*(each.conversation for each in kin), *([view.conversation] if view.conversation else []))
    shown = {filed.letter.conversation for filed in plan.letters}
    return opened(plan, scope, {talk.id: talk for talk in known if talk.id in shown})


def reopened_by_answer(plan: Plan, said: Said, view: EventView, scope: Scope | None) -> Plan:
    """The plan of what was said in a room: an answer opens it, so that its author sees what becomes of it."""
    talk = view.conversation
    if plan.outcome != "answer" or talk is None or scope is None:
        return plan
    return opened(plan, scope, {talk.id: talk}, said.sender)


def opened(plan: Plan, scope: Scope, talks: dict[str, Conversation], by: str = "") -> Plan:
    """The plan, which also opens those of `talks` that are closed. `by`: who does that, if it is a person."""
    closed = [talk for talk in talks.values() if talk.state == "closed"]
    effects = tuple(
        ReopenRoom(
            key=derive("reopen", talk.id, plan.arrival),
            lane=f"conv:{talk.id}",
            room=talk.room,
            spec=_spec(scope, talk, by),
            conversation=talk.id,
        )
        for talk in closed
    )
    called = () if by else tuple(tell for talk in closed for tell in lobby.called(talk, scope, plan.arrival))
    lives = tuple(Life(talk.id, "open") for talk in closed)
    return replace(plan, lives=(*plan.lives, *lives), effects=(*effects, *plan.effects, *called)) if closed else plan


def _spec(scope: Scope, talk: Conversation, by: str) -> RoomSpec:
    """As far as a room that is there needs it: who is there, as if it had never been closed, and its space."""
    return RoomSpec(
        key=talk.room,
        name="",
        members=opening.invited(scope, talk.assignee, by),
        space=f"{SPACE}{scope.name}" if scope.room.space else "",
        space_name=scope.title,
        federate=scope.room.federate,
        readers=opening.readers(scope),
    )
