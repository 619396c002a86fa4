"""One plan for one room event: what the journal must be asked, and which planner it goes to. Pure."""

from typing import assert_never

from bridge.core import closing
from bridge.core.amending import plan_edited, plan_reacted, plan_redacted, plan_room_event
from bridge.core.answering import plan_said
from bridge.core.closing import plan_close, reopened_by_answer
from bridge.core.commands import is_command, plan_command
from bridge.core.decision import Scope
from bridge.core.effects import ADMIN_ROOM
from bridge.core.looking import FULL
from bridge.core.plan import EventQuery, EventView, Pending, Plan
from bridge.core.post import Edited, Member, Post, Reacted, Redacted, Replaced, Said, Sealed
from bridge.core.setup import Setup
from bridge.core.taking import plan_taken
from bridge.core.unfolding import plan_full


def query(post: Post) -> EventQuery:
    """What to ask the journal before planning."""
    match post:
        case Said():
            full, close = post.asks(FULL), post.asks(closing.COMMAND)
            return EventQuery(post.room, reply_to=post.reply_to, thread=post.thread, whole=full, waits=close)
        case Edited():
            return EventQuery(post.said.room, target=post.target)
        case Redacted() | Reacted():
            return EventQuery(post.room, target=post.target)
        case Member() | Replaced() | Sealed():
            return EventQuery(post.room)
        case _:
            assert_never(post)


def plan_event(pending: Pending, post: Post | None, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """The plan for an event; `scope` is the one in force now for the room, None when it is gone."""
    match post:
        case None:
            return Plan(arrival=pending.key, outcome="ignored", words="an event that means nothing here")
        case Said() if view.room == ADMIN_ROOM and is_command(post):
            return plan_command(pending, post, setup)
        case Said() if view.room and view.room != ADMIN_ROOM and post.asks(FULL):
            return plan_full(pending, post, view, scope, setup)
        case Said() if view.room and view.room != ADMIN_ROOM and post.asks(closing.COMMAND):
            return plan_close(pending, post, view, scope, setup)
        case Said():
            return reopened_by_answer(plan_said(pending, post, view, scope, setup), post, view, scope)
        case Edited():
            return plan_edited(pending, post, view, scope, setup)
        case Redacted():
            return plan_redacted(pending, post, view)
        case Reacted() if view.line is not None:
            return plan_taken(pending, post, view, scope)
        case Reacted():
            return plan_reacted(pending, post, view, scope, setup)
        case Member() | Replaced() | Sealed():
            return plan_room_event(pending, post, view, setup, scope)
        case _:
            assert_never(post)
