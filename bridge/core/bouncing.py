"""What follows when a delivery report comes in: the answer it is about is marked, and its author hears of it once.

Pure. Anybody can write a report (I7): an answer is marked only when the report is about that very mail and about a
recipient whom a server took it for, and the mark names who reported it, unless our own server vouches that it is from
our own domain. Nothing is sent again, nobody's rights change, and the report of a delay ends nothing.
"""

from dataclasses import replace
from itertools import groupby

from bridge.core import sender
from bridge.core.answered import Answered, Reported
from bridge.core.bounces import Action, Bounce, Failure
from bridge.core.decision import Notify, Scope
from bridge.core.effects import Effect, Show
from bridge.core.mail import Mail
from bridge.core.marks import alarm, mark
from bridge.core.plan import MailView, Pending, Plan
from bridge.core.setup import Setup
from bridge.core.words import bounces, words

ASKED = 10
"""Message-IDs by which the mail is looked for that a report is about."""


_GRAVITY: tuple[Action, ...] = ("delivered", "relayed", "expanded", "delayed", "failed")


def report(mail: Mail) -> Bounce | None:
    """The delivery report that a mail is; None for all other mail, complaints too."""
    return mail.bounce if mail.kind == "bounce" else None


def about(mail: Mail) -> tuple[str, ...]:
    """The Message-IDs of the mail that a report may be about, the likeliest first; empty for other mail."""
    told = report(mail)
    if told is None:
        return ()
    named = (told.original_id, *mail.in_reply_to, *reversed(mail.references))
    return tuple(dict.fromkeys(each for each in named if each))[:ASKED]


def matched(mail: Mail, view: MailView) -> tuple[Failure, ...]:
    """What the report says of recipients of our answer, each by the address that the answer went to; of others not."""
    told, answer = report(mail), view.answer
    if told is None or answer is None:
        return ()
    sent = {each.lower(): each for each in answer.accepted}
    worst = sorted(told.failures, key=lambda f: _GRAVITY.index(f.action))  # of what it says twice the worst holds
    found = {f.address.lower(): f for f in worst if f.address.lower() in sent}
    return tuple(replace(failure, address=sent[key]) for key, failure in found.items())


def reporter(mail: Mail, setup: Setup) -> str:
    """Who wrote a report; empty where our own server did. The null path proves nothing: anybody may use it."""
    if sender.ours(mail, setup):
        return ""
    return ", ".join(author.spec for author in mail.from_[:3]) or "?"


def reported(mail: Mail, view: MailView, by: str = "") -> tuple[Reported, ...]:
    """What is new in it: failures, and delays of those who are not known to have failed. `by`: see `reporter`."""
    if view.answer is None:
        return ()
    known = {(each.address, each.action) for each in view.answer.reported}
    new = []
    for failure in matched(mail, view):
        key = failure.address.lower()
        if failure.action == "failed" and (key, "failed") not in known:
            new.append(Reported(view.answer.send.key, key, "failed", failure.reason, by))
        elif failure.action == "delayed" and not known & {(key, "failed"), (key, "delayed")}:
            new.append(Reported(view.answer.send.key, key, "delayed", failure.reason, by))
    return tuple(new)


def told_before(view: MailView, told: tuple[Reported, ...]) -> MailView:
    """The view of the next inbox that the same report is addressed to: one mark, one mention."""
    if view.answer is None or not told:
        return view
    return replace(view, answer=replace(view.answer, reported=(*view.answer.reported, *told)))


def marks(pending: Pending, mail: Mail, view: MailView, by: str = "") -> tuple[Effect, ...]:
    """The mark of the answer as it is true now; nothing when the report is no news. History changes no mark."""
    new = reported(mail, view, by)
    if view.answer is None or not new or pending.quiet:
        return ()
    send = view.answer.send
    return (mark(send, f"reported-{pending.key}", _mark(view.answer, new)),)


def _mark(answer: Answered, new: tuple[Reported, ...]) -> str:
    send, says = answer.send, words(answer.send.language)
    fate = {each.address: each for each in (*answer.reported, *new)}
    well = [each for each in answer.accepted if each.lower() not in fate]
    lines = [says.sent.format(who=", ".join(well))] if well else []
    if answer.refused:
        refused = "; ".join(f"{who}: {why}" for who, why in answer.refused)
        lines.append(f"❌ {says.not_sent_to.format(who=refused)}")
    told = [(each, fate[each.lower()]) for each in answer.accepted if each.lower() in fate]
    for by, group in groupby(told, lambda one: one[1].by):
        for address, one in group:
            permanent = False if one.action == "delayed" else None
            failure = Failure(address, one.action, permanent=permanent, reason=one.reason)
            lines.append(bounces.sentence(failure, send.language))
        lines.extend([bounces.according(by, send.language)] if by else [])
    return " ".join(lines)


def stands_for(mail: Mail, view: MailView, conversation: str) -> bool:
    """Whether a sentence stands for the report: it comes into the conversation of the answer that it is about."""
    here = view.answer is not None and conversation == view.answer.send.conversation
    return here and bool(matched(mail, view))


def shown(pending: Pending, mail: Mail, scope: Scope, view: MailView, show: Show) -> Show:
    """The report as people see it: in its answer's conversation what it says in a sentence, elsewhere that above it.

    The author of the answer is mentioned at the first report that a recipient was not reached.
    """
    told = report(mail)
    if told is None:
        return show
    if view.answer is None or not stands_for(mail, view, show.conversation):
        line = bounces.sentences(told.failures, scope.looks.language)
        return replace(show, banner=f"{show.banner}\n{line}" if show.banner else line)
    failed = any(each.action == "failed" for each in reported(mail, view))
    notify = show.notify
    if not pending.quiet:
        notify = Notify("mention", (view.answer.send.author,)) if failed else Notify("none")
    return replace(
        show,
        subject="",
        text=bounces.sentences(matched(mail, view), scope.looks.language, said=True),
        html="",
        notify=notify,
        images=(),
        headers=(),
        cut=False,
        unseen=(),
    )


def alarms(pending: Pending, mail: Mail, view: MailView, conversation: str, by: str = "") -> tuple[Effect, ...]:
    """For an author whose conversation does not get the report itself: what it says, beside the answer."""
    if view.answer is None or pending.quiet or conversation == view.answer.send.conversation:
        return ()
    failed = {each.address for each in reported(mail, view) if each.action == "failed"}
    told = tuple(f for f in matched(mail, view) if f.address.lower() in failed and f.action == "failed")
    if not told:
        return ()
    send = view.answer.send
    words = bounces.sentences(told, send.language)
    words = f"{words} {bounces.according(by, send.language)}" if by else words
    return (alarm(send, f"reported-{pending.key}", words),)


def follow(plan: Plan, pending: Pending, mail: Mail, view: MailView, conversation: str, setup: Setup) -> Plan:
    """The plan with what the report means for the answer that it is about."""
    if view.answer is None:
        return plan
    by = reporter(mail, setup)
    effects = (*marks(pending, mail, view, by), *alarms(pending, mail, view, conversation, by))
    return replace(plan, effects=(*plan.effects, *effects), reported=() if pending.quiet else reported(mail, view, by))
