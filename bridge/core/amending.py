"""What an edit, a deletion or a reaction does to an answer: before it leaves it changes it, afterwards it cannot.

Also the plans for events that move rooms: upgrades, kicks and invitations of the bot, messages nobody here can read.
"""

from dataclasses import replace
from typing import Literal, assert_never

from bridge.core import closing, opening
from bridge.core.answering import COMMAND, waiting_words
from bridge.core.decision import Scope
from bridge.core.effects import (
    ADMIN_ROOM,
    Amendment,
    Cancel,
    Effect,
    Rejoin,
    Release,
    Replace,
    SendMail,
    Tell,
)
from bridge.core.ids import derive
from bridge.core.looking import FULL, UNFOLD
from bridge.core.marks import alarm, mark
from bridge.core.plan import Answer, EventView, Filed, Pending, Plan
from bridge.core.post import Edited, Member, Reacted, Redacted, Replaced, Sealed
from bridge.core.setup import Setup
from bridge.core.unfolding import whole
from bridge.core.words import Words, words

CONFIRM = frozenset({"✅", "✔", "👍"})
RETRY = frozenset({"🔁", "🔄"})
DAY = 86_400
HOUR = 3600

ONE_BY_ONE = 3
"""Messages that could not be read whose author is told of each, in a room and an hour."""


def _send(answer: Answer) -> SendMail | None:
    return answer.effect if isinstance(answer.effect, SendMail) else None


def _too_late(send: SendMail, event: str, text: str) -> Tell:
    return replace(alarm(send, event, text), meaning="notice", subject_of="")


def _late_edit(says: Words, state: Literal["begun", "done", "failed", "cancelled"]) -> str:
    match state:
        case "begun":
            return says.late_edit_begun
        case "done":
            return says.late_edit_done
        case "failed":
            return says.late_edit_failed
        case "cancelled":
            return says.late_edit_cancelled


def plan_edited(pending: Pending, edited: Edited, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """An edit before the mail leaves changes it, and the hold begins anew; into a note takes it back."""
    plan = Plan(arrival=pending.key, outcome="ignored", words="an edit of something that is no answer")
    send = _send(view.answer) if view.answer else None
    said = edited.said
    if view.answer is None or send is None or said.sender != send.author:
        return plan
    says = words(send.language)
    state = view.answer.state
    if state != "waiting" and state != "held":
        return replace(plan, words="an edit too late", effects=(_too_late(send, said.event, _late_edit(says, state)),))
    sending = scope.sending if scope else None
    body = said.body
    if sending and sending.by == "command":
        body = body.strip().removeprefix(COMMAND).strip()
    stays = sending is None or sending.identity(said.sender) is None
    if (
        stays
        or (sending and body.lstrip().startswith(sending.prefix))
        or said.asks(FULL)
        or said.asks(closing.COMMAND)
        or not (body or send.draft.media)
    ):
        changed_mark = mark(send, said.event, says.now_a_note)
        return replace(
            plan, outcome="amended", words="taken back", amendments=(Cancel(send.key),), effects=(changed_mark,)
        )
    hold = sending.hold if sending else 0.0
    html = said.html if body == said.body else ""
    draft = replace(send.draft, text=body, html=html)
    changed = replace(send, draft=draft, not_before=pending.at + hold)
    amendments: tuple[Amendment, ...] = (Replace(changed),)
    effects: tuple[Effect, ...] = (mark(send, said.event, waiting_words(draft, hold, says)),)
    if send.held:  # what was agreed to is not what it says now
        agreed = view.answer.state == "waiting"
        effects = (replace(mark(send, said.event, says.confirm_again), meaning="confirm"),) if agreed else ()
    changing = replace(plan, outcome="amended", words="an answer was changed", amendments=amendments, effects=effects)
    letter = view.replied.letter if view.replied else None
    if letter is None or letter.key != send.key or view.conversation is None:
        return changing
    # Answers to this answer quote what left, never what was edited away.
    return replace(changing, letters=(Filed(view.conversation.scope, "", replace(letter, text=draft.text)),))


def plan_redacted(pending: Pending, redacted: Redacted, view: EventView) -> Plan:
    """Deleting the message takes the answer back while it waits; a mail that left cannot be recalled."""
    plan = Plan(arrival=pending.key, outcome="ignored", words="a deletion of something that is no answer")
    send = _send(view.answer) if view.answer else None
    if view.answer is None or send is None or redacted.target != send.event:
        return plan
    says = words(send.language)
    match view.answer.state:
        case "waiting" | "held":
            changed_mark = replace(mark(send, redacted.event, says.taken_back), reply_to="")
            return replace(
                plan, outcome="amended", words="taken back", amendments=(Cancel(send.key),), effects=(changed_mark,)
            )
        case "begun" | "done":
            text = says.late_deletion
            if view.answer.state == "begun":
                text = says.deletion_begun.format(command=f"mailroom queue drop {send.key}")
            late = replace(_too_late(send, redacted.event, text), reply_to="")
            return replace(plan, words="a deletion too late", effects=(late,))
        case "failed" | "cancelled":
            return plan


def plan_reacted(pending: Pending, reacted: Reacted, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """✅ lets an answer go that waits for it and makes strangers participants; 🔁 tries a failed answer again; 📄
    brings what was folded or left out of a mail."""
    plan = Plan(arrival=pending.key, outcome="ignored", words="a reaction that means nothing here")
    if view.shown and view.shown.cut and reacted.symbol == UNFOLD and reacted.sender in setup.staff:
        return replace(plan, outcome="amended", words="the whole text", effects=whole(view.shown))
    send = _send(view.answer) if view.answer else None
    sending = scope.sending if scope else None
    if view.answer is None or send is None or sending is None:
        return plan
    says = words(send.language)
    agrees = reacted.symbol in CONFIRM and sending.may_release(reacted.sender, send.author)
    if view.answer.state == "held" and agrees:
        changed_mark = mark(send, reacted.event, waiting_words(send.draft, 0, says))
        return replace(
            plan,
            outcome="amended",
            words=f"confirmed by {reacted.sender}",
            amendments=(Release(send.key, pending.at),),
            participants=tuple((send.conversation, a.key) for a in (*send.draft.to, *send.draft.cc)),
            effects=(changed_mark,),
        )
    if view.answer.state == "failed" and reacted.symbol in RETRY and sending.identity(reacted.sender) is not None:
        changed_mark = mark(send, reacted.event, says.retrying)
        amendments = (Release(send.key, pending.at),)
        return replace(plan, outcome="amended", words="a retry", amendments=amendments, effects=(changed_mark,))
    return plan


def plan_room_event(
    pending: Pending, post: Member | Replaced | Sealed, view: EventView, setup: Setup, scope: Scope | None = None
) -> Plan:
    """Rooms get upgraded, bots get kicked: work for the room waits, the admin room knows, nothing is lost."""
    plan = Plan(arrival=pending.key, outcome="ignored", words="nothing to do")
    if not view.room:
        return replace(plan, words="not a room of ours")
    lane, readers = f"room:{view.room}", opening.readers(scope) if scope else ()
    match post:
        case Replaced():
            rejoin = Rejoin(derive("rejoin", post.event), f"move:{view.room}", view.room, post.successor, readers)
            return replace(plan, words=f"the room goes on in {post.successor}", effects=(rejoin,))
        case Member(user=setup.bot, membership="leave" | "ban") if post.by != setup.bot:
            text = (
                f"{post.by} removed me from {post.room}. Mail for it waits: invite {setup.bot} there again."
                if view.room != ADMIN_ROOM
                else f"{post.by} removed me from the admin room."
            )
            notice = Tell(derive("kicked", post.event), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text, mention=setup.admins)
            return replace(plan, words=f"the bot was removed by {post.by}", effects=(notice,))
        case Member(user=setup.bot, membership="invite"):
            rejoin = Rejoin(derive("rejoin", post.event), f"move:{view.room}", view.room, post.room, readers)
            return replace(plan, words="the bot is let in again", effects=(rejoin,))
        case Sealed(keyless=True) | Sealed(bare=True):
            says = words(scope.looks.language if scope else "en")
            why = "not encrypted, in an encrypted room" if post.bare else "encrypted, and its key did not come"
            return replace(plan, words=why, effects=_unread(pending, post, view, says))
        case Sealed():
            day = str(int(pending.at // DAY))
            text = words(scope.looks.language if scope else "en").sealed
            return replace(
                plan, words="encrypted", effects=(Tell(derive("sealed", post.room, day), lane, view.room, text),)
            )
        case Member():
            return plan
        case _:
            assert_never(post)


def _unread(pending: Pending, post: Sealed, view: EventView, says: Words) -> tuple[Effect, ...]:
    """The author hears of each of the first, then of how many they are at 4, 8, 16, … in one place: who sends such
    messages without end must not make the bot talk without end (I10)."""
    name, one, many = ("bare", says.bare, says.bare_many) if post.bare else ("keyless", says.keyless, says.keyless_many)
    hour = str(int(pending.at // HOUR))
    first = Tell(
        key=derive(name, post.event) if 0 < post.count <= ONE_BY_ONE else derive(name, post.room, post.sender, hour),
        lane=f"room:{view.room}",
        room=view.room,
        text=one if post.count <= ONE_BY_ONE else many.format(count=post.count),
        reply_to=post.event,
        mention=(post.sender,),
    )
    if post.count <= ONE_BY_ONE:
        return (first,)
    if post.count & (post.count - 1):
        return ()
    again = replace(first, key=derive(first.key, str(post.count)), edits=first.key, reply_to="", mention=())
    return (first,) if post.count == ONE_BY_ONE + 1 else (first, again)
