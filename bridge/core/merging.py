"""Two conversations that turn out to be one: a mail refers to both.

Rooms cannot be merged in Matrix, so the older conversation goes on and the later one says where; answers work in both,
and nothing that was shown is shown again. Only who took part in all of them can bring them together: a stranger who
names two foreign Message-IDs merges nobody's conversations (I6).
"""

from dataclasses import dataclass, replace

from bridge.core import placing, sender
from bridge.core.decision import Scope
from bridge.core.effects import Tell
from bridge.core.ids import derive
from bridge.core.mail import Mail
from bridge.core.placing import Place
from bridge.core.plan import Conversation, Kin, MailView, Merge
from bridge.core.setup import Setup
from bridge.core.verdicts import outcome
from bridge.core.words import words


@dataclass(frozen=True, slots=True)
class Merged:
    """Where the mail goes after all, what is one now, and what both rooms hear."""

    place: Place
    view: MailView
    merges: tuple[Merge, ...] = ()
    told: tuple[Tell, ...] = ()


def merged(scope: Scope, mail: Mail, place: Place, view: MailView, setup: Setup) -> Merged:
    """Bring together what the mail refers to and its author may bring together; mostly nothing.

    Only conversations of one rule: those of another may be seen by other people. A digest is no conversation.
    """
    if len(view.kin) < 2 or place.new or place.window:
        return Merged(place, view)
    ours = _proven_ours(mail, setup)
    if not ours and (place.stranger or sender.forged(mail, setup)):
        return Merged(place, view)
    here = place.conversation
    kin = [each for each in view.kin if _may(each, scope, mail, here.rule, ours=ours)]
    if len(kin) < 2 or all(each.conversation.id != here.id for each in kin):
        return Merged(place, view)
    oldest = kin[0].conversation
    everyone = frozenset(key for each in kin for key in each.participants)
    later = [each.conversation for each in kin[1:]]
    return Merged(
        replace(place, conversation=oldest),
        replace(view, conversation=oldest, participants=everyone),
        tuple(Merge(each.id, oldest.id) for each in later),
        tuple(tell for each in later for tell in _told(scope, each, oldest)),
    )


def _may(kin: Kin, scope: Scope, mail: Mail, rule: str, *, ours: bool) -> bool:
    talk = kin.conversation
    took_part = ours or (mail.author is not None and mail.author.key in kin.participants)
    digest = talk.threaded and not talk.subject
    return took_part and not digest and talk.rule == rule and placing.fits(scope, mail, talk)


def _proven_ours(mail: Mail, setup: Setup) -> bool:
    """Whether staff sent it past the bridge, by the word of our own mail server."""
    return mail.author is not None and setup.is_us(mail.author) and outcome(mail, "dmarc", setup.authserv) == "pass"


def _told(scope: Scope, later: Conversation, oldest: Conversation) -> tuple[Tell, ...]:
    """No subject of the other one: each room says only where the other is."""
    says = words(scope.looks.language)
    return (
        _tell(later, oldest, says.goes_on),
        _tell(oldest, later, says.came_together),
    )


def _tell(here: Conversation, there: Conversation, text: str) -> Tell:
    return Tell(
        key=derive("merged", here.id, there.id),
        lane=f"conv:{here.id}",
        room=here.room,
        text=text,
        conversation=here.id,
        threaded=here.threaded,
        link=there.room,
        linked=there.id if there.threaded else "",
    )
