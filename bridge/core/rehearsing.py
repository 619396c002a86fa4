"""What the rules would do with one mail: decided, planned and answered as if, by the functions of the real turns.

Pure, and without a journal: what it would know is assumed (`Standing`). It never acts; the plans are looked at and
forgotten. Rule tests and `rules explain` show people what comes out of here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bridge.core import placing
from bridge.core.addresses import Address
from bridge.core.answering import COMMAND, plan_said
from bridge.core.decision import NO_STANDINGS, Decision, Scope, Sending, Standing
from bridge.core.effects import AutoMail, OpenRoom, SendMail, Tell
from bridge.core.ids import Seed, derive
from bridge.core.mail import Envelope, Letter, Mail
from bridge.core.plan import Conversation, EventView, Known, MailView, Outcome, Pending, Plan, Raw
from bridge.core.ports import Rulebook
from bridge.core.post import Said
from bridge.core.setup import Setup
from bridge.core.showing import Look, plan_mail, scope_of

WORDS = "An answer."
"""What the imagined answers say."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that `user` would give. `why`: in words why it would not leave, empty when it would.

    `held`: its author must confirm the recipients first. `approvers`: user ids of whom one must agree to it first.
    """

    user: str
    identity: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    held: bool = False
    approvers: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What one inbox or list makes of a mail.

    `scope`: the one whose room shows it (triage has its own). `outcome`: as the journal would record it. `room`: where
    it appears, as "#alias", a room id, or the word of `per`; empty when nobody sees it. `fresh`: the room is made for
    it; `name` is then its name. `seen_by`: user ids; where there is an `on_take` lobby ("#alias", a room id, or empty),
    those who see it on taking it, but for those who are `invited` at once. `passed`: who gets it by mail (forwarded or
    as a copy). `acknowledged`: its author gets an automatic answer.
    """

    decision: Decision
    scope: Scope
    outcome: Outcome
    room: str = ""
    name: str = ""
    fresh: bool = False
    seen_by: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()
    passed: tuple[Address, ...] = ()
    acknowledged: bool = False
    lobby: str = ""
    on_take: bool = False
    invited: tuple[str, ...] = ()


def rehearsal_setup(rulebook: Rulebook, *, bot: str, admin_room: str, admins: tuple[str, ...] = ()) -> Setup:
    """Surroundings in which every answer may leave: the rules are looked at, not the master switch."""
    triage = rulebook.scope("unmatched")
    assert triage is not None, "every rulebook has the scope unmatched"
    return Setup(
        seed=Seed(b"a rehearsal names nothing"),
        bot=bot,
        outbound="all",
        own_domains=frozenset(),
        own=rulebook.own(),
        staff=rulebook.people(),
        triage=triage,
        admin_room=admin_room,
        admins=admins,
        authserv=None,
    )


def rehearse(
    rulebook: Rulebook,
    envelope: Envelope,
    mail: Mail,
    *,
    at: float,
    setup: Setup,
    standings: Mapping[str, Standing] = NO_STANDINGS,
) -> tuple[Rehearsal, ...]:
    """What every inbox and list that the mail is addressed to would do with it."""
    key = f"imap:{envelope.account}:{envelope.folder}:1:1" if envelope.door == "imap" else "rehearsal"
    pending = Pending(0, key, "mail", Raw(), at, envelope, quiet=False)
    decisions = rulebook.decide(envelope, mail, at=at, standings=standings)
    found: list[Rehearsal] = []
    for decision in decisions:
        scope = scope_of(decision, setup)
        view = _view(scope, mail, standings.get(decision.scope.name, Standing()))
        if any(before.acknowledged for before in found):  # once, however many inboxes it is addressed to
            view = replace(view, acknowledged=at)
        found.append(_one(pending, mail, decision, scope, view, setup))
    return tuple(found)


def _one(pending: Pending, mail: Mail, decision: Decision, scope: Scope, view: MailView, setup: Setup) -> Rehearsal:
    plan = plan_mail(pending, mail, (Look(decision, view),), setup)
    mails = [effect for effect in plan.effects if isinstance(effect, AutoMail)]
    passed = tuple(a for each in mails if each.why != "acknowledge" for a in each.draft.recipients)
    acknowledged = any(each.why == "acknowledge" for each in mails)
    bare = Rehearsal(decision, scope, plan.outcome, passed=passed, acknowledged=acknowledged)
    if plan.outcome != "bridged":
        return bare
    rooms = (effect.room for effect in plan.effects if isinstance(effect, OpenRoom))
    opened = next((room for room in rooms if room.key != placing.lobby_key(scope)), None)
    on_take = scope.room.lobby is not None and scope.room.lobby.on_take
    return replace(
        bare,
        room=scope.room.target or scope.room.per or "",
        name=opened.name if opened else "",
        fresh=opened is not None and not placing.shared_room(scope, mail),
        seen_by=scope.room.members,
        lobby=scope.room.lobby.target if scope.room.lobby else "",
        on_take=on_take,
        invited=(opened.members if opened else ()) if on_take else scope.room.members,
        replies=_replies(plan, view, scope, setup) if scope.sending else (),
    )


def _view(scope: Scope, mail: Mail, standing: Standing) -> MailView:
    """What the journal would say. In a conversation that goes on, everyone whom the mail names took part before."""
    if standing.conversation == "new":
        return MailView()
    shared = placing.shared_room(scope, mail)
    before = derive("rehearsal", scope.name)
    talk = Conversation(before, scope.name, shared or f"conv:{before}", mail.subject, bool(shared), scope.rule)
    named = _named((*mail.from_, *mail.to, *mail.cc, *mail.reply_to))
    return MailView(conversation=talk, joined=True, participants=named, open_rooms=frozenset({shared} - {""}))


def _named(addresses: Iterable[Address]) -> frozenset[str]:
    return frozenset(address.key for address in addresses)


def _replies(plan: Plan, view: MailView, scope: Scope, setup: Setup) -> tuple[Reply, ...]:
    assert scope.sending is not None
    letter = next((filed.letter for filed in plan.letters), None)
    if letter is None:
        return ()
    talk = view.conversation or plan.conversations[0]
    known = view.participants | {address for _, address in plan.participants}
    event = EventView(talk.room, scope.name, scope.rule, talk, letter, Known("letter", letter), participants=known)
    return tuple(_reply(user, event, letter, scope, scope.sending, setup) for user, _ in scope.sending.identities)


def _reply(user: str, view: EventView, letter: Letter, scope: Scope, sending: Sending, setup: Setup) -> Reply:
    """What the real planner makes of that person's reply to the mail."""
    body = f"{COMMAND} {WORDS}" if sending.by == "command" else WORDS
    said = Said("$rehearsal", "!rehearsal", user, letter.date, "text", body, reply_to="$mail")
    pending = Pending(0, "event:$rehearsal", "event", Raw(), letter.date, None, quiet=False)
    plan = plan_said(pending, said, view, scope, setup)
    for effect in plan.effects:
        if isinstance(effect, SendMail):
            draft = effect.draft
            approvers = tuple(who for who, _ in sending.approvers if who != user)
            held = effect.held and not sending.approvers
            return Reply(user, draft.from_, draft.to, draft.cc, draft.bcc, held, approvers)
    told = next((effect.text for effect in plan.effects if isinstance(effect, Tell)), "")
    return Reply(user, sending.identity(user), why=told or plan.words)
