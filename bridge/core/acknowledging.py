"""The automatic answer to a person's first mail (RFC 3834): who gets one, and what it says. Pure.

In doubt nobody is answered: an answer too few annoys no one, an answer too many may meet another machine. It goes to
the author alone, and only where the envelope's sender is that very address, so that forged mail answers nobody else.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bridge.core.addresses import Address, parse_spec
from bridge.core.decision import Scope
from bridge.core.effects import ADMIN_ROOM, AutoMail, Effect, Tell
from bridge.core.ids import derive, mark, message_id
from bridge.core.mail import Draft, Mail
from bridge.core.passing import LOOP_FIELD
from bridge.core.placing import mark_anchor
from bridge.core.plan import Acknowledged, Anchor, Conversation, MailView, Pending, Plan
from bridge.core.quoting import one_line, reply_subject
from bridge.core.setup import Setup
from bridge.core.templates import fill
from bridge.core.words import words

MACHINE_FIELDS = (
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Unsubscribe",
    "Precedence",
    "X-Auto-Response-Suppress",
    "X-Autoreply",
    "X-Autorespond",
    "X-Loop",
    LOOP_FIELD,
)
"""Fields that no person's own mail carries. Precedence has no value that would invite an answer."""

_MACHINE = re.compile(
    r"(?:owner-.*|.*-(?:owner|request|bounces?|errors)|mailer-?daemon|postmaster|.*no-?_?reply.*|.*do-?_?not-?_?reply.*"
    r"|bounces?(?:[+.=-].*)?|listserv|majordomo|abuse|root|nobody|notifications?|alerts?|srs[01][=+-].*|prvs=.*)\Z",
    re.I,
)
"""Local parts that are no person's (RFC 3834 section 2, and what became customary)."""

MOST, HOUR = 100, 3600.0
"""Mails that are acknowledged within so many seconds, to all people together: whoever forges ten thousand senders must
not have us write to all of them (I10)."""

TEXT, SUBJECT = 20_000, 400
"""Characters of what it says at most."""


def sender(pending: Pending, mail: Mail) -> Address | None:
    """The envelope's sender: RFC 3834 section 4 knows no other destination. In a mailbox Return-Path tells."""
    if pending.envelope is not None and pending.envelope.door in ("smtp", "lmtp"):
        return parse_spec(pending.envelope.mail_from)
    return next((parse_spec(value.strip().strip("<>")) for value in mail.header("Return-Path")[:1]), None)


def correspondent(pending: Pending, mail: Mail, scope: Scope, setup: Setup) -> Address | None:
    """Who may be answered at all; None: nobody."""
    author = mail.author
    if scope.acknowledge is None or scope.voice is None or author is None or pending.quiet or pending.released:
        return None
    path = sender(pending, mail)
    personal = mail.kind in ("personal", "empty") and mail.list is None and not mail.unreadable
    said = [value.split(";")[0].strip().lower() for value in mail.header("Auto-Submitted")]
    if not personal or path is None or path.key != author.key or any(value != "no" for value in said):
        return None
    if _MACHINE.match(author.local) or any(mail.header(name) for name in MACHINE_FIELDS):
        return None
    named = {a.base().key for a in (*mail.to, *mail.cc)}  # who got it unseen answers nobody (RFC 3834 section 2)
    if setup.is_us(author) or author.key == scope.voice.key or not named & {a.base().key for a in scope.own}:
        return None
    return author


def acknowledged(
    plan: Plan, pending: Pending, mail: Mail, scope: Scope, view: MailView, values: Mapping[str, str], setup: Setup
) -> Plan:
    """The plan of a mail with its acknowledgement; the plan as it is when nobody is to be answered.

    The answer's Message-ID is anchored, so that what is answered to it lands in the conversation.
    """
    author, wish, voice = correspondent(pending, mail, scope, setup), scope.acknowledge, scope.voice
    conversation = next(iter(plan.conversations), None)
    if author is None or wish is None or voice is None or conversation is None:
        return plan
    if pending.at - view.acknowledged < wish.once:
        return plan
    if pending.at - view.flood < HOUR:
        return replace(plan, effects=(*plan.effects, _stopped(pending)))
    key = derive("acknowledge", scope.name, pending.key)
    if not setup.may_leave(author):
        return replace(plan, effects=(*plan.effects, _withheld(key, author, scope, conversation, setup)))
    chain = (*(mail.references or mail.in_reply_to[:1]), *((mail.message_id,) if mail.message_id else ()))
    name = message_id(setup.seed, key, voice.domain)
    draft = Draft(
        message_id=name,
        date=float(int(pending.at)),
        from_=voice,
        mail_from="",
        to=(author,),
        cc=(),
        subject=one_line(fill(wish.subject, values, SUBJECT))
        if wish.subject
        else f"Auto: {reply_subject(mail.subject)}",
        text=fill(wish.text, values, TEXT),
        in_reply_to=mail.message_id,
        references=tuple(dict.fromkeys(chain)),
        auto="auto-replied",
        mark=mark(setup.seed, name),
        loop=(setup.loop,),
    )
    leaving = AutoMail(
        key=key,
        lane=f"auto:{key}",
        scope=scope.name,
        rule=scope.rule,
        why="acknowledge",
        draft=draft,
        room=conversation.room,
        conversation=conversation.id,
        threaded=conversation.threaded,
        language=scope.looks.language,
    )
    return replace(
        plan,
        anchors=(
            *plan.anchors,
            *(Anchor(scope.name, name, conversation.id) for name in (draft.message_id, mark_anchor(draft.mark))),
        ),
        acknowledged=(Acknowledged(author.key, pending.at, wish.once),),
        effects=(*plan.effects, leaving),
    )


def _stopped(pending: Pending) -> Effect:
    """The admins hear of it once a day."""
    text = (
        f"{MOST} acknowledgements left within an hour: no more are sent until they are fewer. "
        "If the senders are forged, let the rules ask for `authentication`."
    )
    return Tell(
        derive("acknowledgements-stopped", str(int(pending.at // 86_400))), f"room:{ADMIN_ROOM}", ADMIN_ROOM, text
    )


def _withheld(key: str, author: Address, scope: Scope, conversation: Conversation, setup: Setup) -> Effect:
    text = words(scope.looks.language).would_acknowledge.format(outbound=setup.outbound, who=author.spec)
    return Tell(
        key=derive("not-acknowledged", key),
        lane=f"conv:{conversation.id}",
        room=conversation.room,
        text=text,
        conversation=conversation.id,
        threaded=conversation.threaded,
    )
