"""The compiled rulebook: immutable, and all that deciding needs. It never reads a file, and To and Cc address nobody.

Who is addressed comes from the envelope alone (DESIGN, laws of the edges): RCPT over SMTP and LMTP; over IMAP the
account and folder, and only where those name no inbox the configured delivery header.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from bridge.core.addresses import Address, parse_spec
from bridge.core.decision import NO_STANDINGS, Action, Decision, Scope, Standing, Trace
from bridge.core.mail import Envelope, Mail
from bridge.routing.attachments import ALL, Files
from bridge.routing.gathering import window_end
from bridge.routing.index import Index
from bridge.routing.patterns import Matcher
from bridge.routing.texts import Texts
from bridge.routing.tree import Case, Node, meet

_parsed = lru_cache(1024)(parse_spec)
"""The same few recipients come again and again. Bounded, as their length is by the protocols they come by."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule of one scope. `id` is its name, or like "support#2"; `where`: "rules/a.yaml:21 rule 'noise'"."""

    id: str
    conditions: Node
    action: Action
    scope: Scope
    file: str
    line: int
    where: str
    files: Files = ALL


@dataclass(frozen=True, slots=True)
class Ruled:
    """A scope with its rules in order, `before` first; `base` holds when none is taken (then `action`).

    `narrowest` is in force for what an earlier rulebook's rule made when that rule is gone: only people on whom base
    and every rule agree, so that renaming a rule never opens its rooms to others. `indexes`: over the rules, each with
    the number of its first one; without any, each rule is asked. `targets`: the scopes to which it may pass mail on.
    """

    base: Scope
    rules: tuple[Rule, ...]
    file: str
    line: int
    where: str
    narrowest: Scope
    action: Action = "bridge"
    files: Files = ALL
    targets: tuple[str, ...] = ()
    indexes: tuple[tuple[int, Index], ...] = ()

    def decide(self, case: Case, digest: str) -> Decision:
        """The first rule whose conditions hold, or the scope's own settings. Of private mail the trace says no more
        than the rule's place: what held in it would tell senders and subjects to logs and queues."""
        for rule in self._possible(case):
            why = meet(rule.conditions, case)
            if why is not None:
                words = rule.where if self.base.private else f"{rule.where}: {why.words}"
                trace = Trace(rule.id, rule.file, rule.line, digest, words)
                return _decision(rule.scope, rule.action, trace, rule.files, case, why.captures)
        words = f"{self.where}: no rule took it"
        trace = Trace("", self.file, self.line, digest, words)
        return _decision(self.base, self.action, trace, self.files, case)

    def _possible(self, case: Case) -> Iterator[Rule]:
        """The rules that may hold, in the order written."""
        if not self.indexes:
            yield from self.rules
        for first, found in self.indexes:
            for number in found.candidates(case):
                yield self.rules[first + number]


def _decision(
    scope: Scope, action: Action, trace: Trace, files: Files, case: Case, captures: tuple[tuple[str, str], ...] = ()
) -> Decision:
    window = window_end(scope.digest, case.at) if scope.digest and action == "bridge" else 0.0
    return Decision(scope, action, trace, captures, files.withheld(case.mail), window)


@dataclass(frozen=True, slots=True)
class Door:
    """What lies behind one address or account. Lists take mail that carries their id, else the inboxes get it."""

    lists: tuple[tuple[Matcher, Ruled], ...] = ()
    inboxes: tuple[tuple[Matcher | None, Ruled], ...] = ()

    def listed(self, mail: Mail) -> Iterator[Ruled]:
        """The lists whose mail this is."""
        if mail.list is not None:
            yield from (ruled for ids, ruled in self.lists if ids.hit((mail.list.id,)))

    def inbox(self, folder: str) -> Ruled | None:
        """The inbox for mail in `folder`; those that name their folders come first."""
        for folders, ruled in self.inboxes:
            if folders is None or folders.hit((folder,)):
                return ruled
        return None


NO_DOOR = Door()


def _case(
    envelope: Envelope, mail: Mail, at: float, standings: Mapping[str, Standing], taken: dict[str, Texts], ruled: Ruled
) -> Case:
    return Case(envelope, mail, at, standings.get(ruled.base.name, Standing()), taken)


def _received(decision: Decision, source: Decision) -> Decision:
    """What an inbox does with mail that another one passes on to it: what its rules say, but it passes nothing on.

    So rules cannot send a mail round in circles. What it would forward it shows; what it would refuse it holds.
    """
    otherwise: dict[Action, Action] = {"forward": "bridge", "reject": "quarantine"}
    action = otherwise.get(decision.action, decision.action)
    scope = replace(decision.scope, copies=())
    if source.action != "forward":  # the inbox that shows it already answers for it
        scope = replace(scope, acknowledge=None)
    words = f"{decision.trace.words}; passed on by {source.scope.title}"
    return replace(decision, scope=scope, action=action, trace=replace(decision.trace, words=words))


def _kept(decisions: list[tuple[Ruled, Decision]]) -> list[tuple[Ruled, Decision]]:
    """The decisions, where no mail is lost between inboxes that pass it to each other: when it is addressed to all of
    them, none gets it from another, and the first of them shows it.
    """
    found = {ruled.base.name: decision for ruled, decision in decisions}
    for name, decision in found.items():
        if decision.action == "forward" and not _arrives(name, found):
            trace = replace(decision.trace, words=f"{decision.trace.words}; shown here: it would come back")
            found[name] = replace(decision, action="bridge", trace=trace)
    return [(ruled, found[ruled.base.name]) for ruled, _ in decisions]


def _arrives(name: str, found: Mapping[str, Decision]) -> bool:
    """Whether what this inbox passes on ends anywhere: at an address, or where more is done than passing it on."""
    met, open_ = {name}, [name]
    while open_:
        decision = found[open_.pop()]
        onward = [copy.scope for copy in decision.scope.copies if copy.scope]
        if decision.action != "forward" or not onward:
            return True
        open_ += [each for each in onward if each not in met]
        met.update(onward)
    return False


@dataclass(frozen=True, slots=True)
class CompiledRulebook:
    """Implements the `Rulebook` port. `addresses` and `accounts` are what a mail can come through.

    `asking`: the names of the scopes of which a rule reads the standing; `refusing`: of those of which a rule refuses
    mail. `suspect`: conditions of which any forbids an automatic answer.
    `fallback`: the shortest absence of the chat after which one forwards mail. `patience`: the shortest time after
    which one closes or purges what is idle. `retention`: the longest for which one keeps mail. `rated`: one limits how
    many answers leave. `encrypted`: one asks for encrypted rooms. `staff`: full names and mail addresses.
    """

    digest: str
    scopes: Mapping[str, Ruled]
    unmatched: Ruled
    addresses: Mapping[str, Door]
    accounts: Mapping[str, Door]
    domains: frozenset[str]
    catch_all: frozenset[str]
    users: frozenset[str]
    own_keys: frozenset[str]
    asking: frozenset[str] = frozenset()
    refusing: frozenset[str] = frozenset()
    suspect: tuple[Node, ...] = ()
    fallback: float | None = None
    patience: float | None = None
    retention: float | None = None
    rated: bool = False
    encrypted: bool = False
    staff: tuple[tuple[str, Address | None], ...] = ()

    def knows(self, recipient: str) -> bool:
        """Whether RCPT takes this addr-spec. Bare "postmaster" counts (RFC 5321 section 4.5.1)."""
        if recipient.casefold() == "postmaster":
            return True
        address = _parsed(recipient)
        if address is None:
            return False
        if self._door(address) is not NO_DOOR or address.domain in self.catch_all:
            return True
        return address.local.casefold() == "postmaster" and address.domain in self.domains

    def recipients(self) -> tuple[str, ...]:
        """Everything `knows` takes, for a mail server's recipient map; "@domain" takes a whole domain."""
        postmasters = {f"postmaster@{domain}" for domain in self.domains}
        return tuple(sorted({*self.addresses, *postmasters, *(f"@{domain}" for domain in self.catch_all)}))

    def decide(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> Sequence[Decision]:
        """One decision for each scope that the mail is addressed to; at least one."""
        return tuple(decision for _, decision in self.decided(envelope, mail, at=at, standings=standings))

    def decided(
        self, envelope: Envelope, mail: Mail, *, at: float, standings: Mapping[str, Standing] = NO_STANDINGS
    ) -> list[tuple[Ruled, Decision]]:
        """The decisions, each with the inbox or list that took it: what it holds for triage bears another's scope."""
        asked = self.addressed(envelope, mail)
        taken: dict[str, Texts] = {}
        case = partial(_case, envelope, mail, at, standings, taken)
        decisions = [(ruled, self._decided(ruled, case(ruled))) for ruled in asked]
        seen = {ruled.base.name for ruled in asked}
        for _, decision in tuple(decisions):
            for copy in decision.scope.copies:
                if copy.scope and copy.scope not in seen:
                    seen.add(copy.scope)
                    ruled = self.scopes[copy.scope]
                    decisions.append((ruled, _received(self._decided(ruled, case(ruled)), decision)))
        return _kept(decisions)

    def _decided(self, ruled: Ruled, case: Case) -> Decision:
        """What is suspect is not answered by itself, whatever the rules do with it."""
        decision = ruled.decide(case, self.digest)
        if decision.scope.acknowledge is None or not any(meet(sign, case) for sign in self.suspect):
            return decision
        return replace(decision, scope=replace(decision.scope, acknowledge=None))

    def asks(self, envelope: Envelope, mail: Mail) -> Sequence[str]:
        """The names of the scopes in which a rule asks what the journal knows of this mail."""
        if not self.asking:
            return ()
        asked = self.addressed(envelope, mail)
        names = [ruled.base.name for ruled in asked]
        names += [name for ruled in asked for name in ruled.targets if name not in names]
        return tuple(dict.fromkeys(name for name in names if name in self.asking))

    def refuses(self, recipients: Sequence[str]) -> bool:
        """Whether a rule may refuse mail to one of these RCPT addresses: only then need it be read at the door."""
        if not self.refusing:
            return False
        return any(self._behind(address) & self.refusing for each in recipients if (address := _parsed(each)))

    def _behind(self, address: Address) -> frozenset[str]:
        door = self._door(address)
        names = {ruled.base.name for _, ruled in (*door.lists, *door.inboxes)}
        return frozenset(names if door.inbox("") else {*names, self.unmatched.base.name})

    def addressed(self, envelope: Envelope, mail: Mail) -> list[Ruled]:
        """The scopes that the mail is addressed to; at least one."""
        return self._lying(envelope, mail) if envelope.account else self._sent(envelope, mail)

    def scope(self, name: str, rule: str = "") -> Scope | None:
        """The options in force now. A rule that is gone leaves the narrowest there are; a scope that is gone, None."""
        ruled = self.unmatched if name == self.unmatched.base.name else self.scopes.get(name)
        if ruled is None:
            return None
        if not rule:
            return ruled.base
        return next((found.scope for found in ruled.rules if found.id == rule), ruled.narrowest)

    def people(self) -> frozenset[str]:
        """The user ids of all `people`."""
        return self.users

    def colleagues(self) -> Sequence[tuple[str, Address | None]]:
        """The full names of all `people`, each with its mail address if it has one."""
        return self.staff

    def own(self) -> frozenset[str]:
        """Address keys that are ours."""
        return self.own_keys

    def _door(self, address: Address) -> Door:
        return self.addresses.get(address.key) or self.addresses.get(address.base().key) or NO_DOOR

    def _doors(self, envelope: Envelope) -> list[Door]:
        found = (_parsed(recipient) for recipient in envelope.rcpt_tos)
        return [self._door(address) if address is not None else NO_DOOR for address in found]

    def _sent(self, envelope: Envelope, mail: Mail) -> list[Ruled]:
        """By RCPT: each recipient is a copy of its own; one that leads nowhere leads to `unmatched`."""
        found: dict[str, Ruled] = {}
        for door in self._doors(envelope) or [NO_DOOR]:
            behind = list(door.listed(mail)) or [door.inbox("") or self.unmatched]
            found.update((ruled.base.name, ruled) for ruled in behind)
        return list(found.values())

    def _lying(self, envelope: Envelope, mail: Mail) -> list[Ruled]:
        """By mailbox: one copy lies there, so a list takes it from the inbox, and the account before the header."""
        account = self.accounts.get(envelope.account, NO_DOOR)
        doors = [account, *self._doors(envelope)]
        if lists := {ruled.base.name: ruled for door in doors for ruled in door.listed(mail)}:
            return list(lists.values())
        if inbox := account.inbox(envelope.folder):
            return [inbox]
        inboxes = {ruled.base.name: ruled for door in doors[1:] if (ruled := door.inbox(""))}
        return list(inboxes.values()) or [self.unmatched]
