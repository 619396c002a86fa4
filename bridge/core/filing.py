"""A mail as the journal files it: the letter that answers refer to, and the names by which later mail finds it.

Pure. What a stranger refers to is not filed under: see `anchors`.
"""

from bridge.core import appointments, handed_in, placing, sender
from bridge.core.decision import Scope
from bridge.core.mail import QUOTED, Letter, Mail
from bridge.core.plan import Anchor, Conversation, MailView, Pending
from bridge.core.setup import Setup


def letter(key: str, mail: Mail, conversation: Conversation, stranger: bool, pending: Pending) -> Letter:
    """The letter that a mail becomes."""
    chain = mail.references or mail.in_reply_to[:1]
    return Letter(
        key=key,
        conversation=conversation.id,
        message_id=mail.message_id,
        references=chain,
        from_=mail.from_,
        reply_to=mail.reply_to,
        to=mail.to,
        cc=mail.cc,
        subject=mail.subject,
        date=mail.date if mail.date is not None else pending.at,
        text=_quotable(mail),
        stranger=stranger,
        rule=conversation.rule,
        list_post=placing.trusted_post(mail),
        kind=mail.kind,
        events=appointments.kept(mail.calendar),
    )


def _quotable(mail: Mail) -> str:
    """Its text as far as a letter keeps it: of a long one what is new comes first, wherever it stands."""
    if len(mail.text) < QUOTED or not mail.pieces:
        return mail.text[:QUOTED]
    ordered = sorted(mail.pieces, key=lambda piece: piece.kind not in ("new", "forwarded"))
    return "\n".join(piece.text for piece in ordered)[:QUOTED]


def hints(pending: Pending, handed: handed_in.Taken, setup: Setup) -> tuple[str, ...]:
    """As `placing.query` asked for them, else what is bound would not be known."""
    envelope = pending.envelope if handed.by is None else None
    return placing.hints(handed.mail, envelope, forged=sender.forged(handed.mail, setup))


def anchors(
    scope: Scope, mail: Mail, hints: tuple[str, ...], place: placing.Place, view: MailView
) -> tuple[Anchor, ...]:
    """Its own id, and those it refers to that may still arrive. Of a stranger's mail only its own.

    Otherwise a stranger could name ids that he foresees and so draw other people's mail into this conversation.
    """
    own = (mail.message_id,) if mail.message_id else ()
    alone = place.stranger or scope.room.thread_by == "subject" or bool(place.window)
    wanted = own if alone else (*own, *placing.ancestors(mail), *hints)
    return tuple(Anchor(scope.name, i, place.conversation.id) for i in wanted if i not in view.bound)
