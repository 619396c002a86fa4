"""The lobby: one line for each conversation, in a room of its own, edited in place.

Pure. That a line is to be true again is planned with whatever changes it; what it says is made of the journal's facts
at the moment when it is said, so that changes which meet each other lose nothing and many become one edit. Edits
notify nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bridge.core import moments, opening, placing
from bridge.core.decision import Lobby, Looks, Notify, Scope
from bridge.core.effects import Admit, Effect, Line, OpenRoom, SendMail, Tell
from bridge.core.ids import derive
from bridge.core.mail import Letter
from bridge.core.placing import Place
from bridge.core.plan import Assignment, Conversation, MailView, Merge, Pending
from bridge.core.templates import one_line
from bridge.core.words import Words, words

TAKE = ("👋", "✋")
"""The reactions to a line by which a member takes its conversation, in any tone of skin."""

SETTLING = 2.0
"""Seconds that a line waits after a mail before it is edited: what comes in a burst is one edit."""


@dataclass(frozen=True, slots=True)
class LineView:
    """What the journal knows of a conversation and of those that were merged into it, at one moment.

    `first`: its oldest mail that is not ours. `count`: how many such there are. `newest`: when the last one came.
    `waits`: when the oldest one came that no answer followed, None when all were answered. `answered`: when the last
    answer left. Seconds since the epoch.
    """

    conversation: Conversation
    first: Letter | None = None
    count: int = 0
    newest: float = 0.0
    waits: float | None = None
    answered: float | None = None


def rooms(scope: Scope) -> tuple[tuple[str, str, str], ...]:
    """The lobby among the rooms that a plan uses."""
    return ((placing.lobby_key(scope), scope.name, scope.rule),) if scope.room.lobby else ()


def lines(
    pending: Pending,
    scope: Scope,
    place: Place,
    view: MailView,
    merges: Sequence[Merge],
    given: Assignment | None,
    notify: Notify,
) -> tuple[Effect, ...]:
    """What a mail does to the lobby: its conversation gets a line there, or has it told anew.

    `notify`: of the mail. The line is as loud where it waits for somebody to take it; else people hear of it in its
    own room.
    """
    if scope.room.lobby is None:
        return ()
    key, talk = placing.lobby_key(scope), place.conversation.id
    lane = _lane(talk, key)
    opened: tuple[Effect, ...] = ()
    if key not in view.open_rooms:
        room = opening.lobby(scope, quiet=pending.quiet)
        opened = (OpenRoom(key=derive("open", key, talk, pending.key), lane=lane, room=room),)
    elif place.new and not pending.quiet:
        # History may have opened it for nobody yet, and this must be heard of. By its name it is done once.
        people, readers = scope.room.members, opening.readers(scope)
        opened = (Admit(derive("admit", key, "live"), f"room:{key}", key, people, readers=readers),)
    # Without effect where it has its line already: a name is used once.
    waits = scope.room.lobby.on_take and not (given and given.user)
    loud = notify if waits else Notify("none")
    first = Line(key=_name(talk, key), lane=lane, room=key, conversation=talk, notify=loud)
    again = () if place.new else (_edit(talk, key, pending.key, pending.at + SETTLING),)
    ended = tuple(_edit(merge.later, key, pending.key, 0.0) for merge in merges)
    return (*opened, first, *again, *ended)


def answered(send: SendMail, scope: Scope) -> tuple[Effect, ...]:
    """What an answer that left does to the line of its conversation."""
    if scope.room.lobby is None:
        return ()
    talk = send.lane.removeprefix("mail:")  # the conversation that it went on in, whichever room it was said in
    return (_edit(talk, placing.lobby_key(scope), send.key, 0.0),)


def _name(conversation: str, lobby: str) -> str:
    return derive("line", conversation, lobby)


def _edit(conversation: str, lobby: str, cause: str, not_before: float) -> Line:
    first = _name(conversation, lobby)
    lane = _lane(conversation, lobby)
    return Line(derive("line", first, cause), lane, lobby, conversation, edits=first, not_before=not_before)


def _lane(conversation: str, lobby: str) -> str:
    return f"lobby:{conversation}:{lobby}"


def called(talk: Conversation, scope: Scope, cause: str) -> tuple[Effect, ...]:
    """A closed conversation is opened that nobody has: its line was heard of long ago, so the members are called."""
    if scope.room.lobby is None or not scope.room.lobby.on_take or talk.assignee in scope.room.members:
        return ()
    tell = Tell(
        key=derive("called", talk.id, cause),
        lane=_lane(talk.id, placing.lobby_key(scope)),
        room=placing.lobby_key(scope),
        text=words(scope.looks.language).opened_again,
        mention=scope.notify.people if scope.notify.mode == "mention" else (),
        loud=scope.notify.mode == "all",
        link=talk.room,
    )
    return (tell,)


def retold(
    scope: Scope, conversation: str, cause: str, not_before: float = 0.0, *, there: str = ""
) -> tuple[Effect, ...]:
    """What the end of a conversation, or who takes it or may no longer have it, does to its line.

    `there`: the key of the lobby whose line it is; the rules may have named another one since.
    """
    lobbies = dict.fromkeys(key for key in (placing.lobby_key(scope), there) if key)
    return tuple(_edit(conversation, key, cause, not_before) for key in lobbies) if scope.room.lobby else ()


def told(line: Line, view: LineView, scope: Scope, link: str) -> Tell:
    """The line in words. `link`: the address of the conversation's room."""
    says, talk = words(scope.looks.language), view.conversation
    assignee = talk.assignee if talk.assignee in scope.room.members else ""
    who = one_line(view.first.from_[0].shown, 120) if view.first and view.first.from_ else says.nobody
    subject = one_line(talk.subject, 200) or says.no_subject
    sign = _sign(view, taken=bool(assignee))
    state = [says.line_merged]
    if not talk.into:
        state = [*_mails(view, scope.looks, says), *_whose(view, scope.room.lobby or Lobby(""), assignee, says)]
    return Tell(
        key=line.key,
        lane=line.lane,
        room=line.room,
        text=f"{sign} {who}: {subject}\n{' · '.join(state)}\n{link}",
        html=f'{sign} {escape(who)}: <a href="{escape(link)}">{escape(subject)}</a><br>{escape(" · ".join(state))}',
        mention=line.notify.people if line.notify.mode == "mention" else (),
        loud=line.notify.mode == "all",
        edits=line.edits,
    )


def _sign(view: LineView, *, taken: bool) -> str:
    """What the eye finds first; the words beside it say the same."""
    if view.conversation.into or view.conversation.state == "closed":
        return "⚪"
    if view.waits is None:
        return "🟢"
    return "🟡" if taken else "🔴"


def _mails(view: LineView, looks: Looks, says: Words) -> list[str]:
    def when(at: float) -> str:
        return moments.minute(at, looks.zone)

    mails = says.line_one if view.count == 1 else says.line_many
    found = [mails.format(count=view.count, when=when(view.newest))]
    if view.answered is not None:
        found.append(says.line_answered.format(when=when(view.answered)))
    if view.conversation.state == "closed":
        found.append(says.line_closed)
    elif view.waits is not None and (view.count > 1 or view.answered is not None):
        found.append(says.line_waits.format(when=when(view.waits)))
    return found


def _whose(view: LineView, lobby: Lobby, assignee: str, says: Words) -> list[str]:
    if assignee:
        return [says.assigned.format(who=lobby.name(assignee))]
    if view.conversation.state == "closed" or not (lobby.on_take or view.waits is not None):
        return []
    return [says.line_free.format(symbol=TAKE[0])]
