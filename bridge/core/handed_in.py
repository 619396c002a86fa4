"""Mail that staff forward to an inbox for others to answer: by rule, its original author becomes the correspondent.

Only for people whom the rules name, and only when our own mail server vouches that they sent it (DMARC passes): else a
stranger could make us write to anybody (I6, I7). Where the original author cannot be read with certainty, the mail
stays what it is, and a line says so. Who hands a mail in vouches for nothing in it: an author who quotes a known
Message-ID is a stranger there like any other.
"""

from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Literal

from bridge.core.addresses import Address
from bridge.core.body import Forwarded, of_kind
from bridge.core.decision import Scope
from bridge.core.effects import Tell
from bridge.core.ids import derive
from bridge.core.mail import Mail
from bridge.core.plan import Conversation
from bridge.core.setup import Setup
from bridge.core.verdicts import outcome
from bridge.core.words import Words

NOTE = 8_000
"""Characters of a covering note that are told; the whole mail can be asked for."""


@dataclass(frozen=True, slots=True)
class Taken:
    """`mail` as it is to be shown and answered: where `by` handed it in, as its original author wrote it.

    `note`: what `by` said above it. `original`: the Message-ID that it had, where the forward tells; else empty.
    `doubt`: why a forward of such a person was taken as their own mail.
    """

    mail: Mail
    by: Address | None = None
    note: str = ""
    original: str = ""
    doubt: Literal["", "unproven", "unclear"] = ""


def taken(mail: Mail, scope: Scope, setup: Setup) -> Taken:
    """The mail that was handed in, or the mail as it came."""
    by = mail.author
    if by is None or not mail.forwarded or not {by.key, by.base().key} & set(scope.forwarders):
        return Taken(mail)
    if outcome(mail, "dmarc", setup.authserv) != "pass":
        return Taken(mail, doubt="unproven")
    found = _original(mail)
    author = found.from_[0] if found is not None and len(found.from_) == 1 else None
    if found is None or author is None or author.key == by.key or setup.is_us(author):
        return Taken(mail, doubt="unclear")
    original = found.message_id or (*mail.in_reply_to[:1], *mail.references[-1:], "")[0]
    return Taken(
        _as_written(mail, found, author, original),
        by,
        of_kind(mail.pieces, "new") if mail.pieces else mail.text if found.part >= 0 else "",
        original,
    )


def lines(given: Taken, says: Words) -> tuple[str, ...]:
    """What stands above a forward that was not taken as such."""
    match given.doubt:
        case "unproven":
            return (says.not_vouched.format(who=given.mail.author.spec if given.mail.author else says.nobody),)
        case "unclear":
            return (says.no_original,)
        case "":
            return ()


def told(given: Taken, letter: str, here: Conversation, says: Words) -> tuple[Tell, ...]:
    """The covering note, as a note: it never leaves."""
    if given.by is None or given.mail.author is None:
        return ()
    line = says.handed_in.format(who=given.by.shown, to=given.mail.author.shown)
    note = given.note.strip()
    note = note if len(note) <= NOTE else f"{note[:NOTE]}…"
    tell = Tell(
        key=derive("handed-in", letter),
        lane=f"conv:{here.id}",
        room=here.room,
        text=f"{line}\n\n{note}" if note else line,
        conversation=here.id,
        threaded=here.threaded,
    )
    return (tell,)


def _original(mail: Mail) -> Forwarded | None:
    """The one mail that was passed on; None where there are several, or it cannot be told which."""
    enclosed = {found.part: found for found in reversed(mail.forwarded) if found.part >= 0}  # one's outermost is first
    within = [found for found in mail.forwarded if found.part < 0]
    stretches = sum(piece.kind == "forwarded" for piece in mail.pieces)
    if len(enclosed) + min(len(within), 1) != 1 or (within and stretches != 1):
        return None
    return next(iter(enclosed.values()), None) or within[0]


def _as_written(mail: Mail, found: Forwarded, author: Address, original: str) -> Mail:
    """Nothing of the forward's own header speaks for the original author; its octets, id and files stay."""
    rich = [piece.text for piece in mail.html_pieces if piece.kind == "forwarded"] if found.part < 0 else []
    html = rich[0] if len(rich) == 1 else ""
    parts = tuple(replace(p, inline=p.inline and f"cid:{p.content_id}" in html) for p in mail.attachments)
    chain = tuple(dict.fromkeys((*mail.references, *mail.in_reply_to[:1], *([original] if original else ()))))
    return replace(
        mail,
        in_reply_to=(original,) if original else (),
        references=chain,
        from_=(author,),
        sender=None,
        reply_to=(),
        to=(),
        cc=(),
        date=_moment(found.date, mail.date),
        subject=found.subject or mail.subject,
        text=found.text,
        html=html,
        attachments=parts,
        verdicts=(),
        pieces=(),
        html_pieces=(),
        forwarded=(),
        thread_index="",
        marks=(),
    )


def _moment(written: str, otherwise: float | None) -> float | None:
    """When it was written, where that stands as a mail's Date does; people's ways of writing it are not guessed."""
    try:
        found = parsedate_to_datetime(written)
        return found.timestamp() if found.tzinfo is not None and found.year >= 1970 else otherwise
    except (ValueError, TypeError, IndexError, OverflowError):
        return otherwise
