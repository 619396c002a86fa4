"""Mail that rules pass on by mail (`forward`, `copy`, `fallback`): a new mail with the original enclosed as it came.

Pure. Each target gets a mail once, by name: through whatever door it came, and however often it is planned. Nothing is
passed on that went through here before, and history never is.
"""

import re
from dataclasses import replace

from bridge.core.addresses import Address
from bridge.core.decision import Decision, Scope
from bridge.core.effects import ADMIN_ROOM, AutoMail, Effect, Tell
from bridge.core.ids import derive, message_id
from bridge.core.mail import Draft, Mail
from bridge.core.plan import Conversation, Pending
from bridge.core.quoting import forward_subject, one_line
from bridge.core.setup import Setup
from bridge.core.words import EN, to_the_minute, words

LOOP_FIELD = "X-Mailroom-Loop"
"""The header field that names the installations a mail went through."""

HOPS = 30
"""Received fields above which a mail is not passed on, and marks of installations above which neither: no mail that
arrives in earnest has so many (RFC 5321 section 6.3 stops at 100, each of which could be two here)."""

MARKS = 8

_PASSED = re.compile(r"(?:\s*(?:fwd?|wg|tr|rv|i|re|aw)\s*:){8}", re.I)
"""How the subject begins of what was passed on again and again by those who strip our mark and write a new mail each
time: each pass puts one more in front."""


def marks(mail: Mail) -> tuple[str, ...]:
    """The installations that passed it on before it came here."""
    return tuple(mark for value in mail.header(LOOP_FIELD) for mark in value.split()[: MARKS + 1])


def came_round(mail: Mail, setup: Setup) -> bool:
    """Whether passing it on once more would make a loop, or one is near."""
    found = marks(mail)
    return setup.loop in found or len(found) >= MARKS or mail.hops > HOPS or bool(_PASSED.match(mail.subject))


def null_path(pending: Pending, mail: Mail) -> bool:
    """Whether its sender wants to hear nothing of it (RFC 5321 section 4.5.5).

    In a mailbox Return-Path tells; some delivery agents write the null path there as MAILER-DAEMON.
    """
    if pending.envelope is not None and pending.envelope.door in ("smtp", "lmtp"):
        return not pending.envelope.mail_from
    return any(value.strip("<> ").casefold() in ("", "mailer-daemon") for value in mail.header("Return-Path")[:1])


def targets(decision: Decision) -> tuple[Address, ...]:
    """The addresses that get it by mail."""
    return tuple(copy.address for copy in decision.scope.copies if copy.address is not None)


def stays(pending: Pending, mail: Mail, decision: Decision, setup: Setup) -> str | None:
    """Why a mail that is to be forwarded is shown here all the same, as a line above it; None: it is not shown.

    What people are not told by mail they must see (I1): what may not leave, what would go round, and bounces, which
    may tell of this very forwarding. History is shown without a word.
    """
    addresses, says = targets(decision), words(decision.scope.looks.language)
    if pending.quiet:
        return ""
    if addresses and came_round(mail, setup):
        return says.came_round
    if addresses and mail.kind == "bounce":
        return says.bounce_forwarded
    if held := [a.spec for a in addresses if not setup.may_leave(a)]:
        return says.would_forward.format(outbound=setup.outbound, who=", ".join(held))
    return None


def passed_on(
    pending: Pending, mail: Mail, decision: Decision, conversation: Conversation | None, setup: Setup
) -> tuple[Effect, ...]:
    """What leaves for the addresses that the rules name. `conversation`: where it is shown too, if it is.

    Where the master switch holds a copy back, that is told once: in the room, else in the admin room once a day.
    """
    scope = decision.scope
    if pending.quiet or scope.voice is None or came_round(mail, setup):
        return ()
    found: list[Effect] = []
    for to in targets(decision):
        why = "forward" if decision.action == "forward" else "copy"
        key = derive("pass", scope.name, mail.message_id, mail.content, to.key)
        if setup.may_leave(to):
            found.append(
                AutoMail(
                    key=key,
                    lane=f"auto:{key}",
                    scope=scope.name,
                    rule=scope.rule,
                    why="forward" if why == "forward" else "copy",
                    draft=_draft(key, pending, mail, scope, to, why, setup),
                    room=conversation.room if conversation else "",
                    conversation=conversation.id if conversation else "",
                    threaded=conversation.threaded if conversation else False,
                    language=scope.looks.language,
                )
            )
        elif why == "copy":
            found.append(_withheld(key, pending, scope, to, conversation, setup))
    return tuple(found)


def fallen_back(arrival: str, mail: Mail, scope: Scope, since: float, now: float, setup: Setup) -> tuple[Effect, ...]:
    """What leaves while the chat is away since `since`, and one word for the admins to read when it is back.

    With a null path: a bounce would wait for the chat too, and be forwarded again.
    """
    if scope.fallback is None or scope.voice is None or came_round(mail, setup):
        return ()
    found: list[Effect] = []
    when = to_the_minute(since)
    text = words(scope.looks.language).mail_fallen_back.format(inbox=scope.voice.spec, since=when)
    for to in scope.fallback.to:
        key = derive("fallback", scope.name, mail.message_id, mail.content, to.key)
        leaves = setup.may_leave(to)
        would = "is forwarded" if leaves else f"would have been forwarded (outbound is {setup.outbound})"
        told = f"The homeserver was away since {when}: mail to {scope.title} {would} to {to.spec} meanwhile."
        once = derive("fell-back", scope.name, to.key, f"{since:.3f}")
        found.append(Tell(once, f"room:{ADMIN_ROOM}", ADMIN_ROOM, told))
        if leaves:
            draft = _enclosing(key, arrival, mail, scope.voice, to, text, now, setup)
            found.append(AutoMail(key, f"auto:{key}", scope.name, scope.rule, "fallback", draft))
    return tuple(found)


def _withheld(
    key: str, pending: Pending, scope: Scope, to: Address, conversation: Conversation | None, setup: Setup
) -> Tell:
    if conversation is None:
        once = derive("not-copied", scope.name, to.key, str(int(pending.at // 86_400)))
        text = EN.would_copy.format(outbound=setup.outbound, who=to.spec)
        return Tell(once, f"room:{ADMIN_ROOM}", ADMIN_ROOM, f"Mail to {scope.title}: {text}")
    return Tell(
        key=derive("not-copied", key),
        lane=f"conv:{conversation.id}",
        room=conversation.room,
        text=words(scope.looks.language).would_copy.format(outbound=setup.outbound, who=to.spec),
        conversation=conversation.id,
        threaded=conversation.threaded,
    )


def _draft(key: str, pending: Pending, mail: Mail, scope: Scope, to: Address, why: str, setup: Setup) -> Draft:
    """What answers a null path answers with one: so no bounce of a bounce can arise. Else failures come back to the
    inbox, where people see them."""
    assert scope.voice is not None, "asked before"
    says = words(scope.looks.language)
    text = (says.mail_forwarded if why == "forward" else says.mail_copied).format(inbox=scope.voice.spec)
    draft = _enclosing(key, pending.key, mail, scope.voice, to, text, pending.at, setup)
    return draft if null_path(pending, mail) else replace(draft, mail_from=scope.voice.spec)


def _enclosing(
    key: str, arrival: str, mail: Mail, voice: Address, to: Address, text: str, at: float, setup: Setup
) -> Draft:
    author = mail.author.shown if mail.author else ", ".join(a.shown for a in mail.from_[:5]) or "(unknown)"
    return Draft(
        message_id=message_id(setup.seed, key, voice.domain),
        date=float(int(at)),
        from_=voice,
        mail_from="",
        to=(to,),
        cc=(),
        subject=forward_subject(mail.subject),
        text=f"{text}\n\nFrom: {one_line(author)}\nSubject: {one_line(mail.subject)}",
        auto="auto-generated",
        loop=(*marks(mail), setup.loop),
        original=arrival,
    )
