"""What becomes of a mail in the mailbox it came from, where rules ask for it. Pure.

Nothing is marked that rules do not name, no history, no duplicate: so a mail that was moved into another watched folder
stays there.
"""

from collections.abc import Iterable

from bridge.core.decision import Marking, Scope
from bridge.core.effects import Effect, MarkMail
from bridge.core.ids import derive
from bridge.core.mail import Mail
from bridge.core.plan import Pending


def marks(pending: Pending, mail: Mail, scopes: Iterable[Scope]) -> tuple[Effect, ...]:
    """`scopes`: those that took the mail, under the rules that did. Each does it once with one mail, wherever it lies.

    A mail that rules drop again and again as others move it about is so moved once.
    """
    envelope = pending.envelope
    if envelope is None or envelope.door != "imap" or pending.quiet:
        return ()
    asked = [scope for scope in scopes if scope.marking != Marking()]
    move = next((scope.marking.move for scope in asked if scope.marking.move), "")
    marking = Marking(
        any(scope.marking.seen for scope in asked),
        any(scope.marking.flag for scope in asked),
        "" if move == envelope.folder else move,
    )
    if marking == Marking():
        return ()
    _, uidvalidity, uid = pending.key.rsplit(":", 2)
    names = ",".join(scope.name for scope in asked)
    return (
        MarkMail(
            key=derive("mark-mail", envelope.account, names, mail.message_id, mail.content),
            lane=f"box:{envelope.account}",
            account=envelope.account,
            folder=envelope.folder,
            uidvalidity=int(uidvalidity),
            uid=int(uid),
            marking=marking,
        ),
    )
