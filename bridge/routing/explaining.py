"""Why a mail goes where it goes: who is addressed, which conditions held, and where each option in force was written.

Pure. It goes the way that `CompiledRulebook.decide` goes, with its own words beside each step; a test holds the two
equal. The words are the admin's own: of the mail they name nothing but the recipients that lead to an inbox.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.core.addresses import parse_spec
from bridge.core.decision import NO_STANDINGS, Decision, Standing
from bridge.core.mail import Envelope, Mail
from bridge.routing.book import NO_DOOR, CompiledRulebook, Door, Ruled
from bridge.routing.files import Rules
from bridge.routing.places import rule_path
from bridge.routing.tree import All, Case, Either, Leaf, Node, Not, Result, explain, words


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition, or what holds several together, as it turned out. `depth`: how many stand around it."""

    depth: int
    hit: bool
    words: str
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that was asked. `asked` is empty for one that takes everything."""

    rule: str
    taken: bool
    file: str
    line: int
    column: int
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """The way to one decision of the inbox or list `scope`. `why`: how the mail came to be addressed there.

    `private`: nothing of it may be told elsewhere. `left`: how many rules were not asked.
    """

    scope: str
    private: bool
    decision: Decision
    why: tuple[str, ...]
    steps: tuple[Step, ...]
    left: int


def explain_mail(
    book: CompiledRulebook,
    written: Rules,
    envelope: Envelope,
    mail: Mail,
    *,
    at: float,
    standings: Mapping[str, Standing] = NO_STANDINGS,
) -> tuple[Explained, ...]:
    """The way to each decision, in the order of `decide`. `written`: the files that the rulebook was compiled from."""
    found: list[Explained] = []
    whys = {name: why for name, (_, why) in addressed(book, envelope, mail).items()}
    for ruled, decision in book.decided(envelope, mail, at=at, standings=standings):
        why = whys.get(ruled.base.name, ["another inbox passes it on"])
        case = Case(envelope, mail, at, standings.get(ruled.base.name, Standing()))
        steps: list[Step] = []
        for rule in ruled.rules:
            result = explain(rule.conditions, case)
            path = rule_path(result.node)
            file, place = written.place(path)
            asked = tuple(_asked(result, 0, written)) if not _always(result.node) else ()
            steps.append(Step(rule.id, result.hit is not None, file, place.line, place.column, asked))
            if result.hit is not None:
                break
        left = len(ruled.rules) - len(steps)
        found.append(Explained(ruled.base.name, ruled.base.private, decision, tuple(why), tuple(steps), left))
    return tuple(found)


def _always(node: Node) -> bool:
    return isinstance(node, All) and not node.below


def _asked(result: Result, depth: int, written: Rules) -> Iterator[Asked]:
    node = result.node
    match node:
        case Leaf():
            said = result.hit.words if result.hit is not None else words(node)
        case All():
            said = "all of these"
        case Either():
            said = "any of these"
        case Not():
            said = "not"
    file, place = written.place(node.path)
    yield Asked(depth, result.hit is not None, said, file, place.line, place.column)
    for below in result.below:
        yield from _asked(below, depth + 1, written)


def addressed(book: CompiledRulebook, envelope: Envelope, mail: Mail) -> dict[str, tuple[Ruled, list[str]]]:
    """The scopes that the mail is addressed to, in the order of `CompiledRulebook.addressed`, each with why."""
    ways = list(_lying(book, envelope, mail) if envelope.account else _sent(book, envelope, mail))
    if not ways:
        ways = [(book.unmatched, "it leads to no inbox or list")]
    found: dict[str, tuple[Ruled, list[str]]] = {}
    for ruled, why in ways:
        found.setdefault(ruled.base.name, (ruled, []))[1].append(why)
    return found


def _sent(book: CompiledRulebook, envelope: Envelope, mail: Mail) -> Iterator[tuple[Ruled, str]]:
    if not envelope.rcpt_tos:
        yield book.unmatched, "its envelope names no recipient"
    for recipient in envelope.rcpt_tos:
        door, shown = _door(book, recipient)
        if lists := list(door.listed(mail)):
            yield from ((ruled, f"{shown} is its via, and the mail carries its id") for ruled in lists)
        elif inbox := door.inbox(""):
            yield inbox, f"{shown} is its address"
        elif book.knows(recipient):
            yield book.unmatched, f"{shown} is no inbox's, but taken"
        else:
            yield book.unmatched, f"{shown} is no inbox's, and would be refused over SMTP"


def _lying(book: CompiledRulebook, envelope: Envelope, mail: Mail) -> Iterator[tuple[Ruled, str]]:
    account = book.accounts.get(envelope.account, NO_DOOR)
    lay = f"it lay in {envelope.folder} of the account {envelope.account}"
    doors = [_door(book, recipient) for recipient in envelope.rcpt_tos]
    lists = [(ruled, f"{lay}, its via, and carries its id") for ruled in account.listed(mail)]
    lists += [
        (r, f"{shown} is its via, and the mail carries its id") for door, shown in doors for r in door.listed(mail)
    ]
    if lists:
        yield from lists
    elif inbox := account.inbox(envelope.folder):
        yield inbox, lay
    else:
        for door, shown in doors:
            if inbox := door.inbox(""):
                yield inbox, f"{lay}, which is no inbox's, and its delivery header says {shown}"


def _door(book: CompiledRulebook, recipient: str) -> tuple[Door, str]:
    address = parse_spec(recipient)
    if address is None:
        return NO_DOOR, recipient
    if (door := book.addresses.get(address.key)) is not None:
        return door, recipient
    if (door := book.addresses.get(address.base().key)) is not None:
        return door, f"{address.base().spec}, without +…,"
    return NO_DOOR, recipient
