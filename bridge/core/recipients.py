"""To whom an answer goes. Confinement (I6): nobody is added whom the answered mail and the rules do not name."""

from dataclasses import dataclass, replace

from bridge.core.addresses import Address, unique
from bridge.core.decision import Domains, Sending
from bridge.core.mail import Letter
from bridge.core.setup import Setup
from bridge.core.words import EN, Words

CROWD = 20
"""Recipients above which an answer is confirmed first: one mail must not make a whole address book hear from us."""


@dataclass(frozen=True, slots=True)
class Audience:
    """`to`, `cc` and `bcc` of an answer. `doubt`: why its author must confirm them first, in words; empty: no need."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    doubt: str = ""
    bcc: tuple[Address, ...] = ()

    @property
    def everyone(self) -> tuple[Address, ...]:
        """To, Cc and Bcc."""
        return (*self.to, *self.cc, *self.bcc)


def audience(
    letter: Letter, sending: Sending, identity: Address, participants: frozenset[str], setup: Setup, says: Words = EN
) -> Audience:
    """Who gets the answer to `letter` that `identity` sends (RFC 5322 section 3.6.3).

    The one answered is Reply-To, else From. An answer to an earlier answer of ours goes where that one went. Own
    addresses are left out, and of a reply to all everyone who is no participant. A bounce or a mail without readable
    sender has nobody to answer: `to` is empty then. In doubt are strangers until an answer to them was confirmed, an
    answer that misses its list, and a crowd. Those whom the rules always add come on top, and never alone.
    """
    found = _always(_audience(letter, sending, identity, participants, setup, says), sending)
    if not found.doubt and len(found.everyone) > CROWD:
        return replace(found, doubt=says.doubt_crowd.format(count=len(found.everyone)))
    return found


def _always(found: Audience, sending: Sending) -> Audience:
    """With the rules' own Cc and Bcc, each address once."""
    if not found.to or not (sending.cc or sending.bcc):
        return found
    cc = unique((*found.cc, *_without(sending.cc, found.to)))
    return replace(found, cc=cc, bcc=unique(_without(sending.bcc, (*found.to, *cc))))


def _without(addresses: tuple[Address, ...], taken: tuple[Address, ...]) -> tuple[Address, ...]:
    keys = {a.key for a in taken}
    return tuple(a for a in addresses if a.key not in keys)


def forbidden(domains: Domains, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
    """Those of `addresses` that answers may not go to."""
    return tuple(
        a
        for a in addresses
        if _within(a.domain, domains.forbid) or (domains.allow and not _within(a.domain, domains.allow))
    )


def _within(domain: str, patterns: tuple[str, ...]) -> bool:
    """Whether `domain` is one of them; "*.corp.example" means what is below it."""
    return any(domain.endswith(p[1:]) if p.startswith("*.") else domain == p for p in patterns)


def _audience(
    letter: Letter, sending: Sending, identity: Address, participants: frozenset[str], setup: Setup, says: Words
) -> Audience:
    def strangers(*addresses: Address) -> str:
        found = tuple(a for a in addresses if a.key not in participants)
        return says.doubt_stranger.format(who=named(found, says)) if found else ""

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
    if sending.to == "list" and answered:
        return Audience(answered, (), says.doubt_list.format(who=named(answered, says)))
    if sending.to != "all":
        return Audience(answered, (), strangers(*answered) if letter.stranger else "")
    known = tuple(a for a in letter.to if a.key in participants)
    to = unique((*answered, *_others(known, setup, without=me)))
    cc = _others(tuple(a for a in letter.cc if a.key in participants), setup, without=(*to, *me))
    return Audience(to, cc, strangers(*answered) if letter.stranger else "")


def _others(addresses: tuple[Address, ...], setup: Setup, *, without: tuple[Address, ...] = ()) -> tuple[Address, ...]:
    taken = {a.key for a in without}
    return unique(tuple(a for a in addresses if not setup.is_own(a) and a.key not in taken))


def named(addresses: tuple[Address, ...], says: Words = EN) -> str:
    """For the mark in the room: the addresses in full; of a crowd the first ones and how many more."""
    shown = ", ".join(a.shown for a in addresses[:CROWD])
    return says.more_people.format(names=shown, count=len(addresses) - CROWD) if len(addresses) > CROWD else shown
