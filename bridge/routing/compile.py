"""Compiles a directory of rules to a rulebook, all or nothing: every problem at once, or a rulebook and its warnings.

Every key of the language is obeyed; one that does nothing where it stands is a named warning.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath

from bridge.core.decision import Action, RoomRule, Scope
from bridge.core.mail import SPAM_HEADERS
from bridge.routing.authentication import authentication
from bridge.routing.book import CompiledRulebook, Rule, Ruled
from bridge.routing.closing import keep_for
from bridge.routing.conditions import compile_when
from bridge.routing.contents import spam
from bridge.routing.documents import BoxDoc, RuleDoc
from bridge.routing.doors import Doors
from bridge.routing.exposure import exposure
from bridge.routing.files import MOST_PROBLEMS, Rules, read_rules
from bridge.routing.ground import Ground
from bridge.routing.index import Index, index_of
from bridge.routing.merge import From, lay_room, merge
from bridge.routing.naming import captures
from bridge.routing.narrow import narrowest
from bridge.routing.option_docs import Options
from bridge.routing.passing import Passing
from bridge.routing.people import NOBODY, Directory
from bridge.routing.people import directory as people_directory
from bridge.routing.refusing import over_imap, refusal, too_late
from bridge.routing.review import review
from bridge.routing.scopes import Box, Builder
from bridge.routing.tree import Node, leaves
from bridge.routing.when_doc import AuthenticationDoc
from bridge.routing.windows import clock, day, until
from bridge.yamldoc import Path, Problem, in_order

UNMATCHED = "unmatched"
"""The name of the scope for mail that is addressed to nobody."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules are held against, from the settings. None: not known, not checked.

    `server`: the homeserver's name. `identities`: addresses that some submission account may send as.
    `authserv`: lower-cased authserv-ids whose authentication results count. `spam_headers`: where the filter says Yes.
    `now`: seconds since the epoch, for telling which rules have expired. `cannot_encrypt`: how to make encryption
    possible; empty where it is.
    """

    accounts: frozenset[str] | None = None
    identities: frozenset[str] | None = None
    authserv: frozenset[str] | None = None
    spam_headers: tuple[str, ...] = SPAM_HEADERS
    now: float | None = None
    server: str = ""
    admin_room: str = "#mailroom"
    admins: tuple[str, ...] = ()
    cannot_encrypt: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome: `rulebook` is None exactly when there are problems. `texts`: the files it was made of, by name.

    `people`: whom its short names mean. `written`: the files as one, with the place of everything.
    """

    rulebook: CompiledRulebook | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    people: Directory = NOBODY
    written: Rules = field(default_factory=Rules)


@dataclass(slots=True)
class _Compiler:
    rules: Rules
    facts: Facts
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    ground: Ground = field(init=False)

    def complain(self, path: Path, what: str, cure: str) -> None:
        if len(self.problems) >= MOST_PROBLEMS:
            more = "has more problems, which are not told yet"
            self.problems.append(self.rules.fallback.problem((), more, "mend the others first"))
            raise _Enough
        self.problems.append(self.rules.problem(path, what, cure))

    def warn(self, path: Path, what: str, cure: str) -> None:
        if len(self.warnings) < MOST_PROBLEMS:
            self.warnings.append(self.rules.problem(path, what, cure))


class _Enough(Exception):
    """More problems than anyone reads: going on could take for ever."""


def compile_rules(directory: FilePath, *, facts: Facts) -> Compiled:
    """Read, check and compile a rules directory. Never raises for what the files hold."""
    rules, problems, warnings = read_rules(directory)
    if problems:
        # Half-read rules would only add complaints about names that stand in the unread half.
        return Compiled(None, tuple(in_order(problems)), tuple(warnings))
    work = _Compiler(rules, facts, warnings=warnings)
    work.ground, book = Ground(work.complain), None
    with suppress(_Enough):
        book = _compile(work)
    found = tuple(in_order(dict.fromkeys(work.problems)))
    warned = tuple(in_order(dict.fromkeys(work.warnings)))
    return Compiled(None if found else book, found, warned, rules.texts, work.ground.people, rules)


def _compile(work: _Compiler) -> CompiledRulebook | None:
    rules, facts = work.rules, work.facts
    people = people_directory(rules.people, rules.groups, rules.domain, work.complain)
    passing = Passing.of(rules.inboxes, people, work.complain, work.warn)
    build = Builder(
        people, facts.server, facts.admin_room, passing, work.complain, work.warn, rules.zone, facts.authserv
    )
    doors = Doors(work.complain, facts.accounts)
    work.ground = Ground(
        work.complain,
        people,
        clock(rules.zone, rules.holidays, rules.times, work.complain),
        facts.spam_headers,
        facts.authserv,
    )
    before = _conditions(rules.before, ("before",), "before", work.ground)
    scopes: dict[str, Ruled] = {}
    for name, inbox in rules.inboxes.items():
        path: Path = ("inboxes", name)
        addresses = doors.inbox(f"inbox:{name}", inbox, path)
        box = Box(
            f"inbox:{name}", inbox.title or name, path, addresses, inbox.private, is_list=False, lies=over_imap(inbox)
        )
        scopes[box.name] = _ruled(work, build, box, inbox, before)
    for name, entry in rules.lists.items():
        path = ("lists", name)
        addresses = doors.list(f"list:{name}", entry, path)
        box = Box(
            f"list:{name}", entry.title or name, path, addresses, entry.private, is_list=True, lies=over_imap(entry)
        )
        scopes[box.name] = _ruled(work, build, box, entry, before)
    unmatched = _unmatched(work, build, before)
    scopes = {name: _triaged(ruled, unmatched.base) for name, ruled in scopes.items()}
    today = None if facts.now is None else day(facts.now, work.ground.clock)
    exposure(scopes, unmatched, people, work.warn)
    review(
        rules,
        [*scopes.values(), unmatched],
        facts.identities,
        facts.cannot_encrypt,
        today,
        people,
        work.complain,
        work.warn,
    )
    catch_all = frozenset(domain.lower() for domain in rules.unmatched.catch_all) if rules.unmatched else frozenset()
    own = {address.key for ruled in scopes.values() for address in ruled.base.own}
    users = frozenset(someone.matrix for someone in people.people.values())
    first = [rule.conditions for rule in before if rule.doc.enabled]
    shared = index_of(first)
    scopes = {name: _indexed(ruled, shared, len(first)) for name, ruled in scopes.items()}
    unmatched = _indexed(unmatched, shared, len(first))
    by_address, by_account = doors.built(scopes)
    domains = {key.rpartition("@")[2] for key in by_address} | catch_all | ({rules.domain.lower()} - {""})
    asking = frozenset(ruled.base.name for ruled in (*scopes.values(), unmatched) if _asks(ruled))
    return CompiledRulebook(
        digest=rules.digest,
        scopes=scopes,
        unmatched=unmatched,
        addresses=by_address,
        accounts=by_account,
        domains=frozenset(domains),
        catch_all=catch_all,
        users=users,
        staff=tuple((someone.name, someone.mail) for someone in people.people.values()),
        own_keys=frozenset(own),
        asking=asking,
        suspect=_suspect(work.ground),
        fallback=_shortest((*scopes.values(), unmatched)),
        patience=_patience((*scopes.values(), unmatched)),
        retention=_retention((*scopes.values(), unmatched)),
        encrypted=any(scope.room.encryption for scope in _all((*scopes.values(), unmatched))),
        rated=any(scope.sending and scope.sending.rate for scope in _all((*scopes.values(), unmatched))),
        refusing=frozenset(
            ruled.base.name
            for ruled in (*scopes.values(), unmatched)
            if any(rule.action == "reject" for rule in ruled.rules)
        ),
    )


def _indexed(ruled: Ruled, shared: Index, before: int) -> Ruled:
    """With indexes over its rules; that over the first `before` is the same for every scope."""
    own = index_of([rule.conditions for rule in ruled.rules[before:]])
    return replace(ruled, indexes=((0, shared), (before, own)))


def _suspect(ground: Ground) -> tuple[Node, ...]:
    """Spam, and mail whose sender is forged as far as the trusted server knows."""
    forged = AuthenticationDoc.model_validate({"dmarc": "fail", "spf": "fail"})
    return (spam(True, (), ground), *(authentication(forged, (), ground) if ground.authserv else ()))


def _all(scopes: Sequence[Ruled]) -> Iterator[Scope]:
    """What holds by inboxes and lists, and by each of their rules."""
    return (scope for ruled in scopes for scope in (ruled.base, *(rule.scope for rule in ruled.rules)))


def _shortest(scopes: Sequence[Ruled]) -> float | None:
    wishes = (scope.fallback for scope in _all(scopes))
    return min((wish.after for wish in wishes if wish is not None), default=None)


def _patience(scopes: Sequence[Ruled]) -> float | None:
    return min((time for scope in _all(scopes) for time in (scope.close_after, scope.keep) if time), default=None)


def _retention(scopes: Sequence[Ruled]) -> float | None:
    times = [scope.keep for scope in _all(scopes)]
    return max(times) if all(times) else None


def _asks(ruled: Ruled) -> bool:
    return any(leaf.asks for rule in ruled.rules for leaf in leaves(rule.conditions))


@dataclass(frozen=True, slots=True)
class _Written:
    """A rule as it was written, its conditions compiled once for every scope that asks them."""

    id: str
    doc: RuleDoc
    path: Path
    conditions: Node


def _conditions(docs: Sequence[RuleDoc], path: Path, stem: str, ground: Ground) -> list[_Written]:
    written: list[_Written] = []
    for index, doc in enumerate(docs):
        here = (*path, index)
        conditions = compile_when(doc.when, (*here, "when"), ground)
        if doc.expires is not None:
            conditions = until(doc.expires, (*here, "expires"), ground.clock, conditions)
        written.append(_Written(doc.name or f"{stem}#{index + 1}", doc, here, conditions))
    return written


def _ruled(work: _Compiler, build: Builder, box: Box, doc: BoxDoc, before: Sequence[_Written]) -> Ruled:
    layers: list[tuple[Options | None, Path]] = [(work.rules.defaults, ("defaults",)), (doc, box.path)]
    merged = merge(layers)
    base, files = build.scope(box, merged), build.files(merged)
    own = _conditions(doc.rules, (*box.path, "rules"), str(box.path[-1]), work.ground)
    seen: dict[str, Path] = {}
    for rule in (*before, *own):
        if rule.id in seen:
            work.complain(rule.path, f"another rule here is called {rule.id!r}", "give each rule its own name")
        seen[rule.id] = rule.path
    label = f"{'list' if box.is_list else 'inbox'} {box.path[-1]}"
    rules: list[Rule] = []
    for rule in (*before, *own):
        merged = merge([*layers, (rule.doc, rule.path)])
        fields = (*captures(rule.conditions), *sorted(work.ground.unread))
        made = _rule(work, rule, build.scope(box, merged, rule.id, fields), label)
        if not rule.doc.enabled:
            continue
        rules.append(replace(made, files=build.files(merged)))
        if made.action == "reject" and over_imap(doc):
            too_late(rule.doc, rule.path, str(box.path[-1]), work.complain, work.warn)
    file, place = work.rules.place(box.path)
    where = f"{file}:{place.line} {label}"
    return Ruled(
        base,
        tuple(rules),
        file,
        place.line,
        where,
        narrowest([base, *(rule.scope for rule in rules if rule.action == "bridge")]),
        files=files,
        targets=_targets(base, rules),
    )


def _rule(work: _Compiler, rule: _Written, scope: Scope, label: str) -> Rule:
    file, place = work.rules.place(rule.path)
    where = f"{file}:{place.line} rule {rule.id!r} of {label}"
    action: Action = "bridge" if rule.doc.doing == "show" else rule.doc.doing
    if rule.doc.doing == "show":
        scope = replace(scope, sending=None)
    elsewhere = any(f"inbox:{target}" != scope.name for target in rule.doc.forward or ())
    if action == "forward" and not (elsewhere and scope.copies):
        action, where = "bridge", f"{where} (shown here: nothing is passed on from here)"
    if action == "reject":
        scope = replace(scope, refusal=refusal(rule.doc, rule.path, work.complain))
    if action != "bridge":
        scope = replace(scope, acknowledge=None)  # whoever shows a mail answers for it
    if action in ("quarantine", "triage", "reject") or (action == "drop" and rule.doc.copy_ is None):
        scope = replace(scope, copies=())  # what is held or refused goes nowhere; what is dropped, only if it is said
    return Rule(rule.id, rule.conditions, action, scope, file, place.line, where)


def _unmatched(work: _Compiler, build: Builder, before: Sequence[_Written]) -> Ruled:
    """The scope for what is addressed to nobody; without a room of its own it is the admin room's (fails closed)."""
    doc = work.rules.unmatched
    path: Path = (UNMATCHED,)
    action: Action = doc.do if doc is not None else "triage"
    if doc is not None and doc.room is not None:
        merged: dict[str, From] = {}
        if work.rules.defaults.room is not None:
            lay_room(merged, work.rules.defaults.room, ("defaults", "room"))
        lay_room(merged, doc.room, (*path, "room"))
        room = build.room(merged, path, private=False, default="conversation")
    else:
        room = RoomRule(work.facts.admins, target=work.facts.admin_room)
    defaults = merge([(work.rules.defaults, ("defaults",))])
    keep = keep_for(defaults.whole.get("keep"), work.complain)
    base = Scope(UNMATCHED, "Unmatched", room, None, looks=build.looks(defaults), keep=keep)
    files = build.files(defaults)
    file, place = work.rules.place(path)
    rules = tuple(_unmatched_rule(work, build, base, rule, action) for rule in before if rule.doc.enabled)
    where = f"{file}:{place.line} unmatched" if doc is not None else "unmatched"
    return Ruled(base, rules, file, place.line, where, base, action, files, _targets(base, rules))


def _unmatched_rule(work: _Compiler, build: Builder, base: Scope, rule: _Written, otherwise: Action) -> Rule:
    """A `before` rule for mail that is addressed to nobody.

    It may drop or hold it. It shows it only where it names both room and members itself; else what `unmatched` does
    happens to it (`otherwise`).
    """
    merged = merge([(work.rules.defaults, ("defaults",)), (rule.doc, rule.path)])
    files = build.files(merged)
    scope = replace(base, rule=rule.id)
    room = rule.doc.room
    if rule.doc.doing == "forward":
        told = build.passing.copies([From(rule.doc.forward, (*rule.path, "forward"))], UNMATCHED, None, private=False)
        taken = _rule(work, rule, replace(scope, copies=told), UNMATCHED)
        return replace(taken, files=files, action="forward" if taken.action == "forward" else otherwise)
    if rule.doc.doing not in ("bridge", "show"):
        return replace(_rule(work, rule, scope, UNMATCHED), files=files)
    if room is None or not room.for_ or not room.is_:
        return replace(_rule(work, rule, scope, UNMATCHED), action=otherwise, files=files)
    box = Box(UNMATCHED, base.title, rule.path, (), private=False, is_list=False)
    return replace(_rule(work, rule, build.scope(box, replace(merged, send={}), rule.id), UNMATCHED), files=files)


def _targets(base: Scope, rules: Sequence[Rule]) -> tuple[str, ...]:
    scopes = (base, *(rule.scope for rule in rules))
    return tuple(dict.fromkeys(copy.scope for scope in scopes for copy in scope.copies if copy.scope))


def _triaged(ruled: Ruled, unmatched: Scope) -> Ruled:
    """Triage shows mail in the triage room; of a private inbox it is held in quarantine instead, unseen by others."""
    rules: list[Rule] = []
    for rule in ruled.rules:
        if rule.action != "triage":
            rules.append(rule)
        elif ruled.base.private:
            where = f"{rule.where} (held in quarantine instead of triage: the inbox is private)"
            rules.append(replace(rule, action="quarantine", where=where))
        else:
            rules.append(replace(rule, scope=unmatched))
    return replace(ruled, rules=tuple(rules))
