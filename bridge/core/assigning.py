"""Whose a new conversation is, by the rules: one person, or people strictly in turn; and the tags it carries.

Pure: the journal says who had the last turn. Later mail changes nothing about it.
"""

from dataclasses import replace
from html import escape
from urllib.parse import quote

from bridge.core.decision import Scope
from bridge.core.effects import Effect, Tell
from bridge.core.ids import derive
from bridge.core.plan import Assignment, Conversation, MailView
from bridge.core.words import words


def assignment(scope: Scope, conversation: Conversation, view: MailView) -> Assignment | None:
    """For a new conversation; None when the rules say nothing of it."""
    users = [user for user, _ in scope.assign]
    if not users and not scope.tags:
        return None
    turn = users.index(view.before) + 1 if view.before in users else 0
    user = users[turn % len(users)] if users else ""
    return Assignment(conversation.id, scope.name, scope.rule, view.turn, user, scope.tags)


def line(scope: Scope, given: Assignment | None) -> str:
    """What stands in the room's topic: "For Ann Berg · tags: billing, vip"; empty when there is nothing to say."""
    return " · ".join(_parts(given, scope, _name(scope, given))) if given is not None else ""


def notice(scope: Scope, given: Assignment | None, conversation: Conversation) -> tuple[Effect, ...]:
    """What the room hears of it: the person is mentioned, also where mail notifies nobody."""
    if given is None:
        return ()
    pill = f'<a href="https://matrix.to/#/{quote(given.user, safe="@:")}">{escape(_name(scope, given))}</a>'
    told = Tell(
        key=derive("assigned", conversation.id),
        lane=f"conv:{conversation.id}",
        room=conversation.room,
        text=line(scope, given),
        html=" · ".join(_parts(replace(given, tags=tuple(map(escape, given.tags))), scope, pill)) if given.user else "",
        mention=(given.user,) if given.user else (),
        conversation=conversation.id,
        threaded=conversation.threaded,
    )
    return (told,)


def _name(scope: Scope, given: Assignment) -> str:
    return dict(scope.assign).get(given.user, given.user)


def _parts(given: Assignment, scope: Scope, who: str) -> list[str]:
    says = words(scope.looks.language)
    assigned = [says.assigned.format(who=who)] if given.user else []
    return [*assigned, says.tagged.format(tags=", ".join(given.tags))] if given.tags else assigned
