"""Looks at a compiled rulebook as a whole, for what no single rule shows: rooms shared by people who should not meet,
private mail that would be seen, senders no account may use, rules never reached.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from bridge.core.addresses import Address
from bridge.core.decision import Scope
from bridge.routing.book import Ruled
from bridge.routing.documents import RuleDoc
from bridge.routing.files import Rules
from bridge.routing.naming import may_become
from bridge.routing.option_docs import Options, RoomDoc
from bridge.routing.people import Directory
from bridge.routing.places import place_of
from bridge.routing.reach import unreached
from bridge.routing.unheeded import unheeded
from bridge.yamldoc import Complain, Path


def review(
    rules: Rules,
    scopes: Sequence[Ruled],
    identities: frozenset[str] | None,
    cannot_encrypt: str,
    today: date | None,
    names: Directory,
    complain: Complain,
    warn: Complain,
) -> None:
    """Complain and warn about the rulebook made of `scopes`. `identities`: address keys that may be sent as.

    `cannot_encrypt`: how to make encryption possible, or empty.
    """
    apart = _lobbies(rules, scopes, complain, warn)
    _rooms(rules, scopes, names, apart, complain)
    _aliases(rules, scopes, complain)
    for ruled in scopes:
        if ruled.base.private:
            _private(rules, ruled, names, complain)
        if identities is not None:
            _senders(rules, ruled, identities, warn)
    _unveiled(rules, scopes, warn)
    unreached(rules, scopes, warn)
    unheeded(rules, scopes, warn)
    if rules.unmatched is not None and rules.unmatched.room is not None:
        _encrypted(rules.unmatched.room, ("unmatched", "room"), cannot_encrypt, complain)
    _past(rules.holidays, today, warn)
    for options, path in _options(rules):
        if options.room is not None:
            _encrypted(options.room, (*path, "room"), cannot_encrypt, complain)
        _expired(options, path, today, warn)


def _shown(ruled: Ruled) -> Iterator[Scope]:
    yield ruled.base
    yield from (rule.scope for rule in ruled.rules if rule.action == "bridge")


def _rooms(rules: Rules, scopes: Sequence[Ruled], names: Directory, apart: frozenset[str], complain: Complain) -> None:
    """One room has one membership, and is encrypted or not. Of a rule or inbox the first other one is told.

    `apart`: rooms that must not be shared at all, where to make members equal would be no cure.
    """
    first: dict[str, Scope] = {}
    told: set[Path] = set()
    for ruled in scopes:
        for scope in _shown(ruled):
            target = _target(scope)
            other = first.setdefault(target, scope) if target else scope
            path = place_of(rules, scope.name, scope.rule)
            if path in told or target in apart:
                continue
            if other.room.encryption != scope.room.encryption:
                told.add(path)
                what = f"{target} is encrypted for one of {_by(scope)} and {_by(other)}, not for the other"
                complain(path, what, "make `encryption` equal")
            if other.room.members == scope.room.members:
                continue
            told.add(path)
            here, there = set(scope.room.members), set(other.room.members)
            only = [(here - there, "only here"), (there - here, "only there")]
            more = "; ".join(f"{names.keys_of(users)} {where}" for users, where in only if users)
            everywhere = path[0] == "before"
            leaves = ", or leave the lobby by `per: conversation`" if scope.room.lobby else ""
            complain(
                path,
                f"{target} has other members for {_by(scope)} than for {_by(other)}: {more}",
                f"say in this rule who sees it: room: {{for: …}}{leaves}"
                if everywhere
                else f"make `for` equal{leaves}",
            )


def _target(scope: Scope) -> str:
    """The room that it shares with whoever else names it, or empty."""
    return scope.room.lobby.target if scope.room.lobby else scope.room.target


def _lobbies(rules: Rules, scopes: Sequence[Ruled], complain: Complain, warn: Complain) -> frozenset[str]:
    """A private inbox has a lobby of its own: who comes to another one later may read what stood there before.

    Returns the lobbies of private inboxes that others name too. Of lines among mail it is warned.
    """
    users: dict[str, set[str]] = {}
    filled = {scope.room.target: scope for ruled in scopes for scope in _shown(ruled) if scope.room.target}
    told: set[str] = set()
    apart: set[str] = set()
    for scope in (scope for ruled in scopes for scope in _shown(ruled) if _target(scope)):
        users.setdefault(_target(scope), set()).add(scope.name)
    for scope in (scope for ruled in scopes for scope in _shown(ruled) if scope.private and scope.room.lobby):
        if others := sorted(users[_target(scope)] - {scope.name}):
            what = f"{_target(scope)} is the lobby of {scope.name}, which is private, and a room of {others[0]} too"
            complain((*place_of(rules, scope.name, scope.rule), "room"), what, "give it a lobby of its own")
            apart.add(_target(scope))
    for scope in (scope for ruled in scopes for scope in _shown(ruled) if scope.room.lobby):
        target = _target(scope)
        if target in filled and target not in told | apart:
            told.add(target)
            what = f"{target} is the lobby of {_by(scope)}, and mail of {_by(filled[target])} is shown there too"
            warn((*place_of(rules, scope.name, scope.rule), "room"), what, "give the lobby a room of its own")
    return frozenset(apart)


def _unveiled(rules: Rules, scopes: Sequence[Ruled], warn: Complain) -> None:
    """Names of rooms are never encrypted. What an inbox does is not told of its rules again."""
    for ruled in scopes:
        shown = [ruled.base] if _names_subject(ruled.base) else list(_shown(ruled))
        for scope in filter(_names_subject, shown):
            where = (*place_of(rules, scope.name, scope.rule), "room")
            warn(where, "names of rooms are not encrypted, and this one is the subject", "say `name` without {subject}")


def _names_subject(scope: Scope) -> bool:
    room = scope.room
    return room.encryption and ("{subject" in room.name or (room.per == "conversation" and not room.name))


def _by(scope: Scope) -> str:
    return f"rule {scope.rule!r} of {scope.name}" if scope.rule else scope.name


def _aliases(rules: Rules, scopes: Sequence[Ruled], complain: Complain) -> None:
    """A stranger's words must not give his conversation the alias of a room that the rules name, to catch its mail."""
    triage = rules.unmatched is not None and rules.unmatched.room is not None  # else it is the admin room
    shown = [scope for ruled in scopes for scope in _shown(ruled) if triage or scope is not scopes[-1].base]
    templates: dict[str, Scope] = {}
    for scope in shown:
        if scope.room.alias and not scope.room.target:
            templates.setdefault(scope.room.alias, scope)
    for target in dict.fromkeys(_target(scope) for scope in shown if _target(scope)):
        for text, scope in templates.items():
            if may_become(text, target):
                where = (*place_of(rules, scope.name, scope.rule), "room")
                complain(where, f"the alias {text} could become {target}, a room of the rules", "begin it otherwise")


def _private(rules: Rules, ruled: Ruled, names: Directory, complain: Complain) -> None:
    """A rule must not show a private inbox to others than the inbox itself names."""
    for scope in _shown(ruled):
        others = [user for user in scope.room.members if user not in ruled.base.room.members]
        if others:
            what = f"rule {scope.rule!r} would show mail of {ruled.base.name}, which is private, to "
            complain(
                place_of(rules, scope.name, scope.rule),
                what + names.keys_of(others),
                "let the rule name nobody but those in the inbox's own `for`",
            )


def _senders(rules: Rules, ruled: Ruled, identities: frozenset[str], warn: Complain) -> None:
    seen: set[str] = set()
    for scope in (ruled.base, *(rule.scope for rule in ruled.rules)):
        senders: tuple[Address, ...] = tuple(a for _, a in scope.sending.identities) if scope.sending else ()
        copied = any(copy.address is not None for copy in scope.copies)
        alone = copied or scope.acknowledge is not None or scope.fallback is not None
        if scope.voice is not None and alone:
            senders = (*senders, scope.voice)
        for address in senders:
            if address.key not in identities and address.key not in seen:
                seen.add(address.key)
                what = f"no submission account may send as {address.spec}"
                warn(
                    (*place_of(rules, scope.name, scope.rule), "send"),
                    what,
                    "add it to the `identities` of one in the settings",
                )


def _options(rules: Rules) -> Iterator[tuple[Options, Path]]:
    yield rules.defaults, ("defaults",)
    for index, rule in enumerate(rules.before):
        yield rule, ("before", index)
    for section, boxes in (("inboxes", rules.inboxes), ("lists", rules.lists)):
        for name, box in boxes.items():
            yield box, (section, name)
            for index, rule in enumerate(box.rules):
                yield rule, (section, name, "rules", index)


def _past(holidays: Sequence[str], today: date | None, warn: Complain) -> None:
    """Nobody notices a list of holidays that has come to its end until customers stand before a closed door."""
    if holidays and today and all(len(day) > 5 and day < today.isoformat() for day in holidays):
        warn(("holidays",), "all of them are past", "add those to come; 12-25 is that day of every year")


def _expired(options: Options, path: Path, today: date | None, warn: Complain) -> None:
    if isinstance(options, RuleDoc) and options.enabled and options.expires and today and options.expires < today:
        warn((*path, "expires"), "the rule has expired and takes nothing", "remove it, or give it a later day")


def _encrypted(room: RoomDoc, path: Path, cannot: str, complain: Complain) -> None:
    if room.encryption and cannot:
        complain((*path, "encryption"), "rooms cannot be encrypted by this installation", cannot)
