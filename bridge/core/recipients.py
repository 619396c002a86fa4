"""To whom an answer goes. Confinement (I6): nobody is added whom the answered mail and the rules do not name."""

from dataclasses import dataclass

from bridge.core.addresses import Address, unique
from bridge.core.decision import Sending
from bridge.core.mail import Letter
from bridge.core.setup import Setup


@dataclass(frozen=True, slots=True)
class Audience:
    """`to` and `cc` of an answer; `unconfirmed`: strangers among them, who need a confirmation first."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    unconfirmed: tuple[Address, ...] = ()

    @property
    def everyone(self) -> tuple[Address, ...]:
        """To and Cc."""
        return (*self.to, *self.cc)


def audience(
    letter: Letter, sending: Sending, identity: Address, participants: frozenset[str], setup: Setup
) -> Audience:
    """Who gets the answer to `letter` that `identity` sends (RFC 5322 section 3.6.3).

    The one answered is Reply-To, else From. An answer to an earlier answer of ours goes where that one went. Own
    addresses are left out, and of a reply to all everyone who is no participant. A bounce or a mail without readable
    sender has nobody to answer: `to` is empty then. Strangers stay unconfirmed until an answer to them was confirmed.
    """

    def strangers(*addresses: Address) -> tuple[Address, ...]:
        return tuple(a for a in addresses if a.key not in participants)

    if letter.ours:
        to = _others(letter.to, setup)
        cc = _others(letter.cc if sending.to == "all" else (), setup, without=letter.to)
        return Audience(to, cc, strangers(*to, *cc))
    me = (identity,)
    if sending.to == "list" and letter.list_post:
        return Audience((letter.list_post,))
    answered = _others(letter.reply_to or letter.from_, setup)
    if letter.kind == "bounce":
        return Audience(())
    if sending.to != "all":
        return Audience(answered, (), strangers(*answered) if letter.stranger else ())
    known = tuple(a for a in letter.to if a.key in participants)
    to = unique((*answered, *_others(known, setup, without=me)))
    cc = _others(tuple(a for a in letter.cc if a.key in participants), setup, without=(*to, *me))
    return Audience(to, cc, strangers(*answered) if letter.stranger else ())


def _others(addresses: tuple[Address, ...], setup: Setup, *, without: tuple[Address, ...] = ()) -> tuple[Address, ...]:
    taken = {a.key for a in without}
    return unique(tuple(a for a in addresses if not setup.is_own(a) and a.key not in taken))


def named(addresses: tuple[Address, ...]) -> str:
    """For the mark in the room: every address, in full."""
    return ", ".join(a.shown for a in addresses)
