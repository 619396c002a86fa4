"""The plan for a mail that came in: what each inbox or list it is addressed to does with it.

Pure. The engine reads the mail, asks the rules and the journal, and hands everything over; nothing here decides by To
or Cc, and no content of a mail commands anything (I7).
"""

from dataclasses import dataclass, replace

from bridge.core import (
    acknowledging,
    assigning,
    bouncing,
    closing,
    filing,
    gathering,
    handed_in,
    lobby,
    looking,
    marking,
    merging,
    opening,
    passing,
    placing,
    sender,
    specials,
    unmarked,
    withheld,
)
from bridge.core.addresses import Address
from bridge.core.decision import Decision, Notify, Scope
from bridge.core.effects import ADMIN_ROOM, Attach, DigestRoot, Effect, OpenRoom, Show, Speaker, Tell
from bridge.core.ids import derive
from bridge.core.mail import Mail
from bridge.core.plan import Conversation, Filed, MailView, Outcome, Pending, Plan
from bridge.core.setup import Setup
from bridge.core.subjects import base_subject
from bridge.core.templates import mail_values
from bridge.core.words import Words, words

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Look:
    """One decision with what the journal knows about it."""

    decision: Decision
    view: MailView


def plan_mail(pending: Pending, mail: Mail, looks: tuple[Look, ...], setup: Setup) -> Plan:
    """One plan for all scopes that the mail is addressed to."""
    shares: list[Plan] = []
    for look in looks:
        if any(share.acknowledged for share in shares):  # one answer, however many inboxes it is addressed to
            look = replace(look, view=replace(look.view, acknowledged=pending.at))
        if shares:
            reported = tuple(r for share in shares for r in share.reported)
            look = replace(look, view=bouncing.told_before(look.view, reported))
        scope = scope_of(look.decision, setup, released=pending.released)
        shares.append(closing.reopened(_share(pending, mail, look, setup), pending, scope, look.view))
    # What one of several inboxes holds back must stay in the queue; released, the others know it for a duplicate.
    order: tuple[Outcome, ...] = ("quarantined", "bridged", "forwarded", "dropped", "echo", "duplicate")
    outcomes = {share.outcome for share in shares}
    settled = ("bridged", "forwarded", "dropped")
    taken = [look.decision.scope for look, share in zip(looks, shares, strict=True) if share.outcome in settled]
    return Plan(
        arrival=pending.key,
        outcome=next((o for o in order if o in outcomes), "ignored"),
        words="; ".join(dict.fromkeys(share.words for share in shares)),
        traces=tuple(look.decision.trace for look in looks),
        conversations=tuple(c for share in shares for c in share.conversations),
        letters=tuple(f for share in shares for f in share.letters),
        anchors=tuple(dict.fromkeys(a for share in shares for a in share.anchors)),
        participants=tuple(dict.fromkeys(p for share in shares for p in share.participants)),
        correspondents=tuple(dict.fromkeys(c for share in shares for c in share.correspondents)),
        rooms=tuple(dict.fromkeys(r for share in shares for r in share.rooms)),
        acknowledged=tuple(a for share in shares for a in share.acknowledged),
        merges=tuple(m for share in shares for m in share.merges),
        lives=tuple(life for share in shares for life in share.lives),
        assignments=tuple(a for share in shares for a in share.assignments),
        reported=tuple(r for share in shares for r in share.reported),
        effects=(*(e for share in shares for e in share.effects), *marking.marks(pending, mail, taken)),
    )


def scope_of(decision: Decision, setup: Setup, *, released: bool = False) -> Scope:
    """The scope whose room shows the mail: triage shows it in its own, except what is private."""
    triaged = decision.action == "triage" or (released and decision.action in ("quarantine", "reject"))
    return setup.triage if triaged and not decision.scope.private else decision.scope


def _share(pending: Pending, mail: Mail, look: Look, setup: Setup) -> Plan:
    decision, view = look.decision, look.view
    words = decision.trace.words
    done = Plan(arrival=pending.key, outcome="ignored", words=words)
    if view.duplicate:
        return replace(done, outcome="duplicate", words=f"{decision.scope.title}: shown before")
    if view.ours and mail.author and setup.is_us(mail.author):
        return replace(done, outcome="echo", words=f"{decision.scope.title}: our own mail came back")
    match decision.action:
        case "drop":
            copies = passing.passed_on(pending, mail, decision, None, setup)
            return replace(done, outcome="dropped", effects=copies)
        case "forward" if passing.stays(pending, mail, decision, setup) is None:
            copies = passing.passed_on(pending, mail, decision, None, setup)
            return replace(done, outcome="forwarded", effects=copies)
        case "quarantine" | "reject" if not pending.released:
            held = f"{words} (held: it was accepted before)" if decision.action == "reject" else words
            return replace(done, outcome="quarantined", words=held, effects=_quarantine_notice(pending, view))
        case _:
            scope = scope_of(decision, setup, released=pending.released)
            handed = handed_in.taken(mail, scope, setup)
            plan = _bridge(pending, handed, mail, scope, look, setup)
            values = mail_values(handed.mail, scope.title, decision.captures)
            return acknowledging.acknowledged(plan, pending, handed.mail, scope, view, values, setup)


def _quarantine_notice(pending: Pending, view: MailView) -> tuple[Effect, ...]:
    """One notice a day, counted in place (I1). It names nobody: the mail may be private."""
    first = derive("quarantine-notice", str(int(pending.at // DAY)))
    lane = f"room:{ADMIN_ROOM}"
    cure = "`mailroom queue list` shows it, `mailroom queue retry KEY` releases it, `mailroom queue drop KEY` drops it."
    notice = Tell(key=first, lane=lane, room=ADMIN_ROOM, text=f"Mail is held in quarantine. {cure}")
    count = Tell(
        key=derive("quarantine-count", pending.key),
        lane=lane,
        room=ADMIN_ROOM,
        text=f"{view.held + 1} held in quarantine. {cure}",
        edits=first,
    )
    return (notice, count)


def _bridge(pending: Pending, handed: handed_in.Taken, came: Mail, scope: Scope, look: Look, setup: Setup) -> Plan:
    """`came`: the mail as it came, which may hold the one that was handed in."""
    view = look.view
    mail = unmarked.beside(handed.mail, view.earlier)
    place = placing.place(scope, mail, pending.key, view)
    gathered = bool(look.decision.window and placing.shared_room(scope, mail) and not pending.quiet)
    if gathered:
        place = placing.gathered(scope, mail, look.decision.window)
    one = merging.merged(scope, mail, place, view, setup)
    place, view = one.place, one.view
    conversation = place.conversation
    room, lane = conversation.room, f"conv:{conversation.id}"
    letter_key = derive("letter", pending.key, look.decision.scope.name)
    speaker = _speaker(mail, scope, look.decision)
    elsewhere = placing.elsewhere(scope, mail, place, view, setup.own)
    doubtful = place.stranger or bool(elsewhere)
    sentence = not gathered and bouncing.stands_for(mail, view, conversation.id)
    old_answer = _old_answer(pending, mail, setup)
    letter = filing.letter(letter_key, mail, conversation, doubtful, pending)
    letter = replace(letter, original=handed.original) if handed.original else letter
    at = mail.date if pending.quiet else None
    hidden = frozenset(held.part for held in look.decision.withheld)
    says = words(scope.looks.language)
    plain = looking.look(mail, scope.looks, says, hidden)
    beside = [p for p in mail.attachments if (not p.inline and p.index not in hidden) or p in plain.files]
    dressed = specials.dress(mail, plain, beside, scope.looks, pending.at, view.events)
    looked, parts = dressed.looked, dressed.parts
    show = Show(
        key=derive("show", letter_key),
        lane=lane,
        room=room,
        conversation=conversation.id,
        letter=letter_key,
        arrival=pending.key,
        speaker=speaker,
        subject=mail.subject if (place.new or _changed(mail, conversation)) and not dressed.titled else "",
        text=looked.text,
        html=looked.html,
        banner=_banner(
            mail,
            view,
            elsewhere,
            says,
            (*handed_in.lines(handed, says), *sender.warnings(mail, scope, view, setup, says)),
            stranger=place.stranger and not old_answer and not sentence,
            original=None not in hidden,
            kept=passing.stays(pending, came, look.decision, setup) if look.decision.action == "forward" else None,
        ),
        images=looked.images,
        notify=Notify("none") if pending.quiet or gathered else dressed.notify or scope.notify,
        at=at,
        threaded=conversation.threaded,
        language=scope.looks.language,
        headers=looked.headers,
        cut=looked.cut or handed.by is not None,
        unseen=looked.unseen,
    )
    show = bouncing.shown(pending, mail, scope, view, show) if not gathered else show
    parts = () if sentence else parts  # the whole report is attached
    files = tuple(
        Attach(
            key=derive("attach", letter_key, str(part.index) if part else "original"),
            lane=lane,
            room=room,
            conversation=conversation.id,
            letter=letter_key,
            arrival=pending.key,
            speaker=speaker,
            part=part,
            at=at,
            threaded=conversation.threaded,
            language=scope.looks.language,
        )
        for part in ([*parts, None] if (mail.unreadable or sentence) and None not in hidden else parts)
    )
    kept_back = withheld.told(mail, look.decision.withheld, pending.key, says)
    notes = (
        Tell(
            key=derive("withheld", letter_key),
            lane=lane,
            room=room,
            text=kept_back,
            conversation=conversation.id,
            threaded=conversation.threaded,
        ),
    )
    batch = DigestRoot(
        key=gathering.root(conversation.id),
        lane=lane,
        room=room,
        conversation=conversation.id,
        not_before=look.decision.window,
        notify=scope.notify,
        language=scope.looks.language,
    )
    begins = place.new and not gathered and not pending.quiet
    given = assigning.assignment(scope, conversation, view) if begins else None
    opened: tuple[Effect, ...] = ()
    if (place.new and not conversation.threaded) or (conversation.threaded and room not in view.open_rooms):
        values = mail_values(mail, scope.title, look.decision.captures)
        spec = opening.room(scope, conversation, speaker, values, given, quiet=pending.quiet)
        opened = (OpenRoom(key=derive("open", room, letter_key), lane=lane, room=spec),)
    known = () if place.stranger else placing.newcomers(mail, setup.own, new=place.new)
    known = known if handed.by is None else (*known, handed.by)
    there = view.participants if view.conversation is not None and view.conversation.id == conversation.id else ()
    heard = placing.correspondents(mail, setup.own, sent=old_answer)
    plan = Plan(
        arrival=pending.key,
        outcome="bridged",
        words=look.decision.trace.words,
        conversations=(conversation,) if place.new else (),
        letters=(Filed(scope.name, mail.content, letter),),
        anchors=filing.anchors(scope, mail, filing.hints(pending, handed, setup), place, view),
        participants=tuple((conversation.id, a.key) for a in known if a.key not in there),
        correspondents=tuple((scope.name, a.key) for a in heard),
        rooms=((room, scope.name, scope.rule), *lobby.rooms(scope)),
        assignments=() if given is None else (given,),
        merges=one.merges,
        effects=(
            *opened,
            *((batch,) if gathered else ()),
            specials.reacting(mail, show, view.reacted) or show,
            *files,
            *(notes if kept_back else ()),
            *handed_in.told(handed, letter_key, conversation, says),
            *one.told,
            *assigning.notice(scope, given, conversation),
            *lobby.lines(pending, scope, place, view, one.merges, given, show.notify),
            *passing.passed_on(pending, came, look.decision, conversation, setup),
        ),
    )
    return bouncing.follow(plan, pending, mail, view, conversation.id, setup)


def _old_answer(pending: Pending, mail: Mail, setup: Setup) -> bool:
    """History holds what we answered before there was a bridge. It earns no trust by that, but needs no warning."""
    return pending.quiet and mail.author is not None and setup.is_us(mail.author)


def _changed(mail: Mail, conversation: Conversation) -> bool:
    old, new = base_subject(conversation.subject), base_subject(mail.subject)
    return bool(new) and old.casefold() != new.casefold()


def _speaker(mail: Mail, scope: Scope, decision: Decision) -> Speaker:
    """A ghost only for people one can answer: spam, bulk and alerts must not mint users."""
    address = mail.author or next(iter(mail.from_), None)
    answerable = scope.sending is not None or placing.is_list(scope)
    ghost = (
        mail.author is not None
        and mail.kind in ("personal", "list", "calendar", "reaction", "empty")
        and decision.action == "bridge"
        and scope.name != "unmatched"
        and answerable
    )
    return Speaker(address or Address("unknown", "invalid", "Unknown sender"), ghost)


def _banner(
    mail: Mail,
    view: MailView,
    elsewhere: tuple[Address, ...],
    says: Words,
    about: tuple[str, ...],
    *,
    stranger: bool,
    original: bool,
    kept: str | None,
) -> str:
    """`about`: what is to be said of the sender. `kept`: why it is shown here instead of being forwarded."""
    lines: list[str] = [*([kept] if kept else []), *about]
    if stranger:
        lines.append(says.stranger.format(who=mail.author.spec if mail.author else says.nobody))
    if elsewhere:
        who = ", ".join(a.spec for a in elsewhere[:5]) + (", …" if len(elsewhere) > 5 else "")
        lines.append(says.elsewhere.format(who=who))
    if view.twin:
        lines.append(says.twin)
    if len(mail.from_) > 1:
        lines.append(says.several.format(who=", ".join(a.shown for a in mail.from_[:5])))
    if mail.unreadable:
        why = "; ".join(mail.problems[:3]) or says.too_complex
        lines.append(says.unreadable.format(why=why) + (f" {says.original_attached}" if original else ""))
    return "\n".join(lines)
