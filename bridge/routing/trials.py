"""Compares what a rule test expects with what a rehearsal shows, in the words of the rule files.

Pure: reading test files and mails is done elsewhere. A name that the rules do not know is a problem of the test, never
an expectation that fails.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bridge.core.addresses import Address, parse_spec
from bridge.core.mail import Mail
from bridge.core.rehearsing import Rehearsal, Reply
from bridge.routing.book import CompiledRulebook, Ruled
from bridge.routing.people import Directory
from bridge.routing.trial_doc import AnswerDoc, ExpectDoc, MentionsDoc, TrialDoc
from bridge.yamldoc import Complain, Path, closest

UNMATCHED = "unmatched"

IN_DOUBT = "only a person's first mail is answered, from his own envelope address, with the inbox in To or Cc"
"""Why an automatic answer that is set up does not leave."""

_NOBODY = ("none",)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that does not hold. `path`: within the test, for its place in the file."""

    path: Path
    key: str
    expected: str
    actual: str


@dataclass(frozen=True, slots=True)
class Words:
    """The rules in force with the names that people write for them."""

    book: CompiledRulebook
    names: Directory

    def people(self, users: Iterable[str]) -> str:
        """User ids by their short names; "none" for nobody."""
        keys = {someone.matrix: key for key, someone in self.names.people.items()}
        return ", ".join(sorted(keys.get(user, user) for user in users)) or "none"

    def resolve(self, names: Sequence[str]) -> tuple[str, ...]:
        """The user ids behind names; unknown ones were complained of before."""
        found = self.names.resolve(_said(names), (), lambda *_: None)
        return tuple(someone.matrix for someone in found)


def check_names(trial: TrialDoc, path: Path, words: Words, complain: Complain) -> None:
    """Complain of people, groups, inboxes, lists and rules that the rules do not have."""
    several = len(trial.expect) > 1
    for index, expect in enumerate(trial.expect):
        here: Path = (*path, "expect", index) if several else (*path, "expect")
        _check_people(expect, here, words, complain)
        for word, kind in (("inbox", expect.inbox), ("list", expect.list_)):
            known = [name.partition(":")[2] for name in words.book.scopes if name.startswith(f"{word}:")]
            if kind is not None and kind not in known:
                complain((*here, word), f"the rules have no {word} {kind!r}", closest(kind, known))
        if expect.rule is not None and expect.rule != "none":
            rules = {rule.id for ruled in _scopes(expect, words.book) for rule in ruled.rules}
            if expect.rule not in rules:
                complain((*here, "rule"), f"no rule is called {expect.rule!r} there", closest(expect.rule, rules))


def _check_people(expect: ExpectDoc, path: Path, words: Words, complain: Complain) -> None:
    said: list[tuple[Sequence[str], Path]] = [
        (names, (*path, key))
        for key, names in (
            ("sees", expect.sees),
            ("not-sees", expect.not_sees),
            ("invited", expect.invited),
            ("may-answer", expect.may_answer),
            ("assigned", expect.assigned),
        )
        if names is not None
    ]
    if isinstance(expect.notify, MentionsDoc):
        said.append((expect.notify.mention, (*path, "notify", "mention")))
    for index, answer in enumerate(expect.answer):
        here: Path = (*path, "answer", index) if len(expect.answer) > 1 else (*path, "answer")
        if answer.by is not None and answer.by not in words.names.people:
            cure = closest(answer.by, words.names.people)
            complain((*here, "by"), f"nobody is called {answer.by!r} in people", cure)
        if answer.approvers is not None:
            said.append((answer.approvers, (*here, "approvers")))
        for key, addresses in (("to", answer.to), ("cc", answer.cc), ("bcc", answer.bcc)):
            for text in addresses or ():
                if parse_spec(text) is None:
                    complain((*here, key), f"{text!r} is no mail address", "write local@domain")
    for names, where in said:
        words.names.resolve(_said(names), where, complain)


def _said(names: Sequence[str]) -> Sequence[str]:
    return () if tuple(names) == _NOBODY else names


def _scopes(expect: ExpectDoc, book: CompiledRulebook) -> Iterator[Ruled]:
    wanted = _scope_name(expect)
    for ruled in (*book.scopes.values(), book.unmatched):
        if not wanted or ruled.base.name == wanted:
            yield ruled


def _scope_name(expect: ExpectDoc) -> str:
    if expect.inbox is not None:
        return f"inbox:{expect.inbox}"
    if expect.list_ is not None:
        return f"list:{expect.list_}"
    return UNMATCHED if expect.unmatched else ""


def judge(trial: TrialDoc, mail: Mail, seen: Sequence[tuple[str, Rehearsal]], words: Words) -> list[Mismatch]:
    """What of the test's expectations does not hold; empty when it passes. `seen`: by inbox or list, what it does."""
    came = [name for name, _ in seen]
    if len(trial.expect) == 1:
        expect, wanted = trial.expect[0], _scope_name(trial.expect[0])
        if not wanted and len(seen) > 1:
            return [Mismatch(("expect",), "inbox", "one, as the test names none", _names(came))]
        found = [each for each in seen if not wanted or each[0] == wanted]
        if not found:
            return [Mismatch(("expect",), *_scope_words(wanted), _names(came))]
        return list(_judge(expect, ("expect",), mail, *found[0], words))
    mismatches: list[Mismatch] = []
    left = list(seen)
    for index, expect in enumerate(trial.expect):
        here: Path = ("expect", index)
        wanted = _scope_name(expect)
        taken = next((each for each in left if wanted == each[0]), None)
        if taken is None:
            mismatches.append(Mismatch(here, *_scope_words(wanted or "inbox:(not said)"), _names(came)))
            continue
        left.remove(taken)
        mismatches.extend(_judge(expect, here, mail, *taken, words))
    extra = (Mismatch(("expect",), "inbox", "no other one", name) for name, _ in left)
    return [*mismatches, *extra]


def _scope_words(name: str) -> tuple[str, str]:
    kind, _, rest = name.partition(":")
    return kind, rest or "true"


def _names(scopes: Iterable[str]) -> str:
    return ", ".join(scopes)


def _judge(expect: ExpectDoc, path: Path, mail: Mail, took: str, seen: Rehearsal, words: Words) -> Iterator[Mismatch]:
    decision, scope = seen.decision, seen.scope
    visible = seen.outcome == "bridged"
    parts: dict[int | None, str] = {part.index: part.name for part in mail.attachments}
    plain: list[tuple[str, object, object]] = [
        ("unmatched", expect.unmatched, took == UNMATCHED),
        ("action", expect.action, _action(seen, shown=expect.action == "show")),
        ("rule", expect.rule, decision.trace.rule or "none"),
        ("name", expect.name, seen.name or "none"),
        ("acknowledged", expect.acknowledged, seen.acknowledged),
        ("digest", expect.digest, visible and scope.digest is not None),
        ("refusal", expect.refusal, scope.refusal or "none"),
        ("captures", expect.captures, dict(decision.captures)),
    ]
    silent = scope.acknowledge is not None and seen.outcome == "bridged" and not seen.acknowledged
    for key, wanted, actual in plain:
        if wanted is not None and wanted != actual:
            doubt = f" ({IN_DOUBT})" if key == "acknowledged" and silent else ""
            yield Mismatch((*path, key), key, _shown(wanted), _shown(actual) + doubt)
    sets: list[tuple[str, Sequence[str] | None, set[str]]] = [
        (
            "copies",
            expect.copies,
            {a.spec for a in seen.passed} | {c.scope.partition(":")[2] for c in scope.copies if c.scope},
        ),
        ("tags", expect.tags, set(scope.tags)),
        ("withheld", expect.withheld, {parts.get(each.part, "") for each in decision.withheld}),
    ]
    for key, texts, actual_set in sets:
        if texts is not None and {text.casefold() for text in _said(texts)} != {a.casefold() for a in actual_set}:
            yield Mismatch((*path, key), key, ", ".join(sorted(_said(texts))) or "none", _join(actual_set))
    yield from _rooms(expect, path, seen)
    yield from _people(expect, path, seen, words)
    yield from _marked(expect, path, seen)
    for index, answer in enumerate(expect.answer):
        here: Path = (*path, "answer", index) if len(expect.answer) > 1 else (*path, "answer")
        yield from _answer(answer, here, seen, words)


def _action(seen: Rehearsal, *, shown: bool) -> str:
    """A rule's `show` is bridging without the right to answer."""
    if shown and seen.decision.action == "bridge" and seen.scope.sending is None:
        return "show"
    return seen.decision.action


def _rooms(expect: ExpectDoc, path: Path, seen: Rehearsal) -> Iterator[Mismatch]:
    if expect.lobby is not None and expect.lobby != (seen.lobby or "none"):
        yield Mismatch((*path, "lobby"), "lobby", expect.lobby, seen.lobby or "none")
    if expect.room is None:
        return
    actual = seen.room or "none"
    fits = expect.room == actual or (expect.room == "new" and seen.fresh)
    if not fits:
        words = "new" if seen.fresh else actual
        yield Mismatch((*path, "room"), "room", expect.room, words)


def _people(expect: ExpectDoc, path: Path, seen: Rehearsal, words: Words) -> Iterator[Mismatch]:
    answering = [reply.user for reply in seen.replies]
    for key, names, actual in (
        ("sees", expect.sees, seen.seen_by),
        ("invited", expect.invited, seen.invited),
        ("may-answer", expect.may_answer, answering),
        ("assigned", expect.assigned, tuple(user for user, _ in seen.scope.assign)),
    ):
        if names is not None and set(words.resolve(names)) != set(actual):
            yield Mismatch((*path, key), key, words.people(words.resolve(names)), words.people(actual))
    if expect.not_sees is not None and (wrong := set(words.resolve(expect.not_sees)) & set(seen.seen_by)):
        yield Mismatch(
            (*path, "not-sees"), "not-sees", words.people(words.resolve(expect.not_sees)), words.people(wrong)
        )
    if expect.notify is not None:
        notify = seen.scope.notify
        wanted = expect.notify if isinstance(expect.notify, str) else "mention"
        mentioned = words.resolve(expect.notify.mention) if isinstance(expect.notify, MentionsDoc) else ()
        if wanted != notify.mode or set(mentioned) != set(notify.people):
            yield Mismatch(
                (*path, "notify"),
                "notify",
                _notified(wanted, mentioned, words),
                _notified(notify.mode, notify.people, words),
            )


def _notified(mode: str, users: Iterable[str], words: Words) -> str:
    return f"mention {words.people(users)}" if mode == "mention" else mode


def _marked(expect: ExpectDoc, path: Path, seen: Rehearsal) -> Iterator[Mismatch]:
    if expect.mailbox is None:
        return
    marking = seen.scope.marking
    for key, wanted, actual in (
        ("seen", expect.mailbox.seen, marking.seen),
        ("flag", expect.mailbox.flag, marking.flag),
        ("move", expect.mailbox.move, marking.move or "none"),
    ):
        if wanted is not None and wanted != actual:
            yield Mismatch((*path, "mailbox", key), f"mailbox.{key}", _shown(wanted), _shown(actual))


def _answer(answer: AnswerDoc, path: Path, seen: Rehearsal, words: Words) -> Iterator[Mismatch]:
    reply = _reply(answer, seen, words)
    who = f"answer by {answer.by}" if answer.by else "answer"
    if reply is None:
        actual = f"only {words.people(each.user for each in seen.replies)} may answer"
        yield Mismatch(path, who, answer.by or "somebody", actual if seen.replies else "nobody may answer")
        return
    for key, specs, actual_list in (
        ("to", answer.to, reply.to),
        ("cc", answer.cc, reply.cc),
        ("bcc", answer.bcc, reply.bcc),
    ):
        if specs is not None and {_key(spec) for spec in specs} != {address.key for address in actual_list}:
            note = f" ({reply.why})" if reply.why else ""
            yield Mismatch((*path, key), f"{who}, {key}", _join(specs), _specs(actual_list) + note)
    identity = reply.identity
    if answer.as_ is not None and (identity is None or answer.as_ not in (identity.shown, identity.spec)):
        yield Mismatch((*path, "as"), f"{who}, as", answer.as_, identity.shown if identity else "none")
    if answer.confirmed is not None and answer.confirmed != reply.held:
        yield Mismatch((*path, "confirmed"), f"{who}, confirmed", _shown(answer.confirmed), _shown(reply.held))
    if answer.approvers is not None and set(words.resolve(answer.approvers)) != set(reply.approvers):
        wanted, actual = words.people(words.resolve(answer.approvers)), words.people(reply.approvers)
        yield Mismatch((*path, "approvers"), f"{who}, approvers", wanted, actual)


def _reply(answer: AnswerDoc, seen: Rehearsal, words: Words) -> Reply | None:
    if answer.by is None:
        return next(iter(seen.replies), None)
    user = words.names.people[answer.by].matrix
    return next((reply for reply in seen.replies if reply.user == user), None)


def _key(spec: str) -> str:
    address = parse_spec(spec)
    return address.key if address else spec


def _specs(addresses: Iterable[Address]) -> str:
    return _join(address.spec for address in addresses)


def _join(texts: Iterable[str]) -> str:
    return ", ".join(sorted(texts)) or "none"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return _join(f"{key}={inner}" for key, inner in value.items())
        case _:
            return str(value)
