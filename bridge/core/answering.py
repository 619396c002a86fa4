"""Is what someone said in a room an answer, a note, or a note that its author may have meant as an answer?

Notes are the default and never leave. `read_intent` follows the three ways of `send.by`; `plan_said` makes the plan.
"""

from dataclasses import dataclass, replace
from typing import Literal

from bridge.core import quoting, templates
from bridge.core.addresses import Address
from bridge.core.decision import Scope, Sending
from bridge.core.effects import Effect, SendMail, Tell
from bridge.core.ids import derive, mark, message_id
from bridge.core.mail import Draft, Letter
from bridge.core.placing import mark_anchor
from bridge.core.plan import Anchor, Conversation, EventView, Filed, Pending, Plan
from bridge.core.post import Said
from bridge.core.recipients import Audience, audience, forbidden, named
from bridge.core.setup import Setup
from bridge.core.words import EN, Words, words

COMMAND = "!send"

SIGNATURE = 4_000
"""Characters of a signature."""


@dataclass(frozen=True, slots=True)
class Intent:
    """`kind`: what it is. `body`: the words that would leave. `why`: what the author of an "unsent" one hears."""

    kind: Literal["answer", "note", "unsent"]
    body: str = ""
    why: str = ""


NOTE = Intent("note")


def read_intent(said: Said, view: EventView, sending: Sending, staff: frozenset[str], says: Words = EN) -> Intent:
    """Decide by words and place alone; whether the sender may send is decided elsewhere."""
    if said.type == "notice" or said.body.lstrip().startswith(sending.prefix):
        return NOTE
    conversation = view.conversation
    side_room = bool(said.thread) and not (conversation and conversation.threaded)
    replied = view.replied if said.reply_to else None
    to_mail = replied is not None and replied.meaning in ("letter", "answer")
    speaks = bool(said.body.strip()) or said.media is not None
    match sending.by:
        case "command":
            typed = said.body.strip()
            if typed != COMMAND and not typed.startswith((COMMAND + " ", COMMAND + "\n")):
                return NOTE
            body = typed[len(COMMAND) :].strip()
            return Intent("answer", body) if body else Intent("unsent", why=says.command_needs.format(command=COMMAND))
        case "all":
            if side_room or not speaks or (replied is not None and not to_mail):
                return NOTE
            if conversation is None or (conversation.threaded and not said.thread and not to_mail):
                return NOTE
            return Intent("answer", said.body)
        case "reply":
            if replied is None:
                return NOTE
            if not to_mail:
                return Intent("unsent", why=says.only_replies)
            if side_room:
                return Intent("unsent", why=says.side_room)
            if any(user in staff and user != replied.sender for user in said.mentions):
                return Intent("unsent", why=says.colleague)
            if not speaks:
                return Intent("unsent", why=says.says_nothing)
            return Intent("answer", said.body)


def _tell(said: Said, view: EventView, name: str, text: str, **more: object) -> Tell:
    conversation = view.conversation
    tell = Tell(
        key=derive(name, said.event),
        lane=f"conv:{conversation.id}" if conversation else f"room:{view.room}",
        room=view.room,
        text=text,
        reply_to=said.event,
        conversation=conversation.id if conversation else "",
        threaded=bool(conversation and conversation.threaded),
    )
    return replace(tell, **more)  # type: ignore[arg-type]  # keyword names of Tell, checked by its constructor


def plan_said(pending: Pending, said: Said, view: EventView, scope: Scope | None, setup: Setup) -> Plan:
    """The plan for a message: an answer with its hold and mark, or a note that stays."""
    note = Plan(arrival=pending.key, outcome="note", words="a note: it stays in the room")
    if not view.room or scope is None or said.sender == setup.bot:
        return replace(note, outcome="ignored", words="not in a room with mail")
    if scope.sending is None:
        return note
    says = words(scope.looks.language)
    intent = read_intent(said, view, scope.sending, setup.staff, says)
    if intent.kind == "note":
        return note
    identity = scope.sending.identity(said.sender)
    why = intent.why if intent.kind == "unsent" else ""
    if identity is None and not why:
        why = says.may_not
    letter = (view.replied.letter if view.replied else None) or view.last
    if letter is None and not why:
        why = says.no_mail
    to_mail = view.replied is None or view.replied.meaning in ("letter", "answer")
    if why and not to_mail and said.sender not in setup.staff:
        return replace(note, words=why)  # another bot that answers our words must not hear more of them (I10)
    if why or identity is None or letter is None or view.conversation is None:
        return replace(note, words=why, effects=(_tell(said, view, "unsent", says.unsent.format(why=why)),))
    who = audience(letter, scope.sending, identity, view.participants, setup, says)
    if not who.to:
        why = says.no_address
        return replace(note, words=why, effects=(_tell(said, view, "unsent", says.unsent.format(why=why)),))
    draft = _draft(pending, said, intent.body, letter, view.conversation, who, identity, scope, setup)
    if barred := _barred(pending, view, who, draft, scope.sending, says):
        logged, why = barred
        return replace(note, words=logged, effects=(_tell(said, view, "unsent", says.unsent.format(why=why)),))
    kept_back = tuple(a for a in who.everyone if not setup.may_leave(a))
    if kept_back:
        switch = f"outbound is {setup.outbound}"
        everyone = named(who.everyone, says)
        text = says.observed.format(
            outbound=setup.outbound, who=everyone, identity=identity.shown, subject=draft.subject
        )
        shown = switch if scope.private else f"{switch}: would have been sent to {everyone} as {identity.shown}"
        return replace(note, words=shown, effects=(_tell(said, view, "mark", text, meaning="mark"),))
    return _answer(pending, said, view, view.conversation, letter, who, draft, scope, setup)


def _draft(
    pending: Pending,
    said: Said,
    body: str,
    letter: Letter,
    conversation: Conversation,
    who: Audience,
    identity: Address,
    scope: Scope,
    setup: Setup,
) -> Draft:
    sending = scope.sending
    assert sending is not None
    key = derive("answer", said.event)
    html = said.html if body == said.body else ""
    media = (said.media,) if said.media else ()
    name = message_id(setup.seed, key, identity.domain)
    return Draft(
        message_id=name,
        date=float(int(pending.at)),
        from_=identity,
        mail_from=identity.spec,
        to=who.to,
        cc=who.cc,
        subject=quoting.reply_subject(letter.subject or conversation.subject),
        text="" if said.media and body == said.media.name else body,
        html="" if said.media and body == said.media.name else html,
        quote=quoting.quote(letter) if sending.quote == "below" else "",
        in_reply_to=letter.parent,
        references=quoting.references(letter),
        media=media,
        bcc=who.bcc,
        signature=_signature(said, letter, identity, scope),
        mark=mark(setup.seed, name),
    )


def _signature(said: Said, letter: Letter, identity: Address, scope: Scope) -> str:
    """The rules' text below every answer, its fields filled."""
    if scope.sending is None or not scope.sending.signature:
        return ""
    name = dict(scope.sending.names).get(said.sender, "") or identity.name
    me = {"me.name": name, "me.first": name.split()[0] if name.split() else "", "me.address": identity.spec}
    values = {**templates.letter_values(letter, scope.title), **me}
    return templates.fill(scope.sending.signature, values, SIGNATURE)


def _barred(
    pending: Pending, view: EventView, who: Audience, draft: Draft, sending: Sending, says: Words
) -> tuple[str, str] | None:
    """Why the rules let this answer not leave, for the log (which names nobody) and for its author."""
    if wrong := forbidden(sending.domains, who.everyone):
        return "the rules forbid its recipients", says.forbidden.format(who=named(wrong, says))
    if sending.rate and view.full_until > pending.at:
        wait = max(1, round((view.full_until - pending.at) / 60))
        span = f"{sending.rate.per / 60:g}"
        return "the rate of the rules is reached", says.rate.format(count=sending.rate.mails, span=span, wait=wait)
    size = sum(media.size for media in draft.media) * 4 // 3 + len(draft.text.encode()) + len(draft.html.encode())
    if sending.size and size > sending.size:
        return "over the size of the rules", says.answer_too_large.format(size=f"{sending.size / 1e6:g}")
    return None


def _answer(
    pending: Pending,
    said: Said,
    view: EventView,
    conversation: Conversation,
    letter: Letter,
    who: Audience,
    draft: Draft,
    scope: Scope,
    setup: Setup,
) -> Plan:
    assert scope.sending is not None
    key = derive("answer", said.event)
    hold = scope.sending.hold
    approvers = tuple(pair for pair in scope.sending.approvers if pair[0] != said.sender)
    held = bool(who.doubt or scope.sending.approvers)
    says = words(scope.looks.language)
    send = SendMail(
        key=key,
        lane=f"mail:{conversation.into or conversation.id}",
        room=view.room,
        conversation=conversation.id,
        event=said.event,
        author=said.sender,
        scope=scope.name,
        rule=scope.rule,
        draft=draft,
        not_before=pending.at + hold,
        held=held,
        threaded=conversation.threaded,
        language=scope.looks.language,
    )
    effects: tuple[Effect, ...] = (
        send,
        _tell(said, view, "mark", waiting_words(draft, hold, says), meaning="mark", subject_of=key),
    )
    if held:
        format_ = says.approve if scope.sending.approvers else says.confirm
        names = ", ".join(name for _, name in approvers)
        text = format_.format(doubt=who.doubt, who=named(who.everyone, says), approvers=names).strip()
        mention = tuple(user for user, _ in approvers) or (said.sender,)
        effects = (send, _tell(said, view, "mark", text, meaning="confirm", subject_of=key, mention=mention))
    ours = Letter(
        key=key,
        conversation=conversation.id,
        message_id=draft.message_id,
        references=draft.references,
        from_=(draft.from_,),
        reply_to=(),
        to=draft.to,
        cc=draft.cc,
        subject=draft.subject,
        date=draft.date,
        text=draft.text,
        ours=True,
        rule=letter.rule,
        list_post=letter.list_post,
    )
    sent_to = () if held else tuple((conversation.id, a.key) for a in (*who.to, *who.cc))
    return Plan(
        arrival=pending.key,
        outcome="answer",
        words="an answer" if scope.private else f"an answer to {named(who.everyone)}",
        letters=(Filed(conversation.scope, "", ours),),
        anchors=tuple(
            Anchor(conversation.scope, name, conversation.id) for name in (draft.message_id, mark_anchor(draft.mark))
        ),
        participants=sent_to,
        effects=effects,
    )


def waiting_words(draft: Draft, hold: float, says: Words = EN) -> str:
    """The mark during the hold: who will get it, and how to stop it."""
    cc = says.cc.format(who=named(draft.cc, says)) if draft.cc else ""
    cc += says.bcc.format(who=named(draft.bcc, says)) if draft.bcc else ""
    return says.waiting.format(to=named(draft.to, says), cc=cc, identity=draft.from_.shown, hold=f"{hold:g}")
