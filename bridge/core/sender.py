"""What people should know of a mail's sender before they trust it: lines above the mail, where they matter.

Only our own server's verdict counts, and looks are only ever told: nothing is dropped, moved or refused for them.
"""

from bridge.core.decision import Scope
from bridge.core.lookalikes import likenesses, wire_domain
from bridge.core.mail import Mail
from bridge.core.plan import MailView
from bridge.core.setup import Setup
from bridge.core.verdicts import outcome
from bridge.core.words import Words


def forged(mail: Mail, setup: Setup) -> bool:
    """Whether the trusted server found that its From does not stand for who sent it (RFC 7489: DMARC fails)."""
    return bool(mail.author and mail.verdicts) and outcome(mail, "dmarc", setup.authserv) == "fail"


def ours(mail: Mail, setup: Setup) -> bool:
    """Whether the trusted server vouches that a mail is from one of our own domains: of all other mail nobody knows."""
    author = mail.author
    return (
        author is not None and author.domain in setup.own_domains and outcome(mail, "dmarc", setup.authserv) == "pass"
    )


def warnings(mail: Mail, scope: Scope, view: MailView, setup: Setup, says: Words) -> tuple[str, ...]:
    """What to say of the author; nothing where there is no one author.

    A failed DMARC is told where people would trust the name: of our own domains, and of who is known here. On lists it
    is no news, for they change mail on its way; nor are colleagues' names there, which lists put on their own address.
    """
    author = mail.author
    if author is None or scope.name.startswith("list:"):
        return ()
    lines: list[str] = []
    house = author.domain in setup.own_domains or setup.is_us(author)
    if (house or view.known or author.key in view.participants) and forged(mail, setup):
        lines.append(says.forged.format(who=author.spec))
    for like in likenesses(author, setup.faces):
        match like.kind:
            case "person":
                lines.append(says.posing.format(name=like.of, address=author.spec))
            case "domain":
                lines.append(says.lookalike.format(domain=wire_domain(author.domain), ours=like.of))
            case "address":
                lines.append(says.other_address.format(said=like.of, address=author.spec))
    return tuple(lines)
